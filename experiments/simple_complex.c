/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Simple and complex cells: two classes, or one continuum seen through a threshold?
 *
 * Cells with F1/F0 above 1 are called simple, the others complex, and the histogram of F1/F0 has
 * two humps (Skottun et al. 1991). A rectified linear cell has exactly pi/2, a cell that takes the
 * energy of a quadrature pair exactly 0. But two humps do not prove two classes (Mechler & Ringach
 * 2002): let the ratio c = V1/V0 of modulation to mean of the membrane potential have one hump; a
 * cell with c <= 1 is never below threshold and has F1/F0 = c, one with c > 1 is, and its F1/F0
 * crowds towards pi/2, for dF/dc falls. The density of F1/F0 is that of c over dF/dc: it has a
 * second hump and, near 1, a dip.
 *
 * Three populations of V1 are drawn for each seed (brain v1-population on coarser pixels) and
 * recorded at their best gratings: half simple and half complex; a continuum, as rates; the same
 * continuum as potentials. The dip is measured on a kernel estimate of the density. */
#include <gsl/gsl_sort.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/figures/figure.h"
#include "analysis/parts/statistics.h"
#include "experiments/parts/claims.h"
#include "experiments/parts/described.h"
#include "experiments/parts/physiology.h"

struct simple_complex {
    int cells, frequencies, orientations, phases;
    double contrast, bandwidth;
};

static const ww_param params[] = {
    WW_INT(struct simple_complex, cells, 1000, 10, 1024, "", "cells of each population", ""),
    WW_INT(struct simple_complex, frequencies, 8, 2, 100, "",
           "spatial frequencies, .4 to 6 cycles/deg", ""),
    WW_INT(struct simple_complex, orientations, 9, 2, 180, "", "orientations in 180 deg", ""),
    WW_INT(struct simple_complex, phases, 32, 4, 360, "", "phases of a cycle of the drift", ""),
    WW_REAL(struct simple_complex, contrast, 0.05, 0.0001, 1, "", "of the gratings", ""),
    WW_REAL(struct simple_complex, bandwidth, 0.08, 0.001, 1, "",
            "standard deviation of the kernel of the density of F1/F0", ""),
    WW_PARAM_END};

enum { CLASSES, RATES, POTENTIALS, POPULATIONS };

enum { M_SIMPLE, M_COMPLEX, M_DEPTH, M_PLACE, M_POTENTIAL_DEPTH, MEASURES };
static const ww_measure measures[MEASURES] = {
    {"simple", "", "F1/F0 of the rectified linear cell furthest from pi/2", false},
    {"complex", "", "largest F1/F0 of the energy cells", false},
    {"dip", "", "density at the dip of F1/F0 over the lower of the two humps, a continuum", false},
    {"dip_place", "", "where that dip is", false},
    {"potential_dip", "", "the same for V1/V0 of the potentials", false}};

struct state {
    struct simple_complex params;
    uint64_t seed;
    double *ratio[POPULATIONS]; /* [cells] */
};

static ww_status open(void **out, const void *params_, ww_model *model, uint64_t seed)
{
    struct state *s = calloc(1, sizeof *s);
    (void)model;
    *out = s;
    if (s == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    s->params = *(const struct simple_complex *)params_;
    s->seed = seed;
    for (int k = 0; k < POPULATIONS; k++)
        if ((s->ratio[k] = calloc((size_t)s->params.cells, sizeof(double))) == NULL)
            return WW_FAIL(WW_ENOMEM, "out of memory");
    return WW_OK;
}

static void close(void *state)
{
    struct state *s = state;
    if (s == NULL)
        return;
    for (int k = 0; k < POPULATIONS; k++)
        free(s->ratio[k]);
    free(s);
}

/* ---- recording ---- */

static ww_status make_model(ww_model **out, const struct state *s, int population)
{
    char cells[48], seed[48];
    snprintf(cells, sizeof cells, "area.V1.cells=%d", s->params.cells);
    snprintf(seed, sizeof seed, "area.V1.cell_seed=%" PRIu64, s->seed % 2147483647);
    const char *const set[] = {
        "view.width_px=96",
        "view.height_px=96",
        "view.deg_per_px=0.0625",
        "area.retina.grid=96",
        "area.LGN.grid=96",
        cells,
        seed,
        population == CLASSES ? "area.V1.kinds=both" : "area.V1.kinds=continuum",
        population == POTENTIALS ? "area.V1.rectified=no" : "area.V1.rectified=yes",
        NULL};
    return ww_model_create(out, "v1-population", set, s->seed);
}

/* F1/F0 of each cell at the grating to which F0 or F1 is largest. */
static void take_best(const float *f0, const float *f1, int gratings, int units, double *ratio)
{
    for (int u = 0; u < units; u++) {
        double most = 0;
        ratio[u] = NAN;
        for (int g = 0; g < gratings; g++) {
            double mean = (double)f0[g * units + u], modulation = (double)f1[g * units + u];
            if (fmax(mean, modulation) > most && mean > 0) {
                most = fmax(mean, modulation);
                ratio[u] = modulation / mean;
            }
        }
    }
}

static ww_status record(const struct state *s, ww_model *model, double *ratio)
{
    const struct simple_complex *p = &s->params;
    int n = p->frequencies * p->orientations;
    ww_probe probe;
    ww_status status = ww_probe_open(&probe, model, "V1");
    size_t all = status == WW_OK ? (size_t)n * (size_t)probe.units : 0;
    ww_drift *drift = malloc((size_t)n * sizeof *drift);
    float *f = calloc(2 * all + 1, sizeof *f);
    if (status == WW_OK && (drift == NULL || f == NULL))
        status = WW_FAIL(WW_ENOMEM, "out of memory");
    for (int i = 0; i < n && status == WW_OK; i++)
        drift[i] = (ww_drift){
            .frequency_cpd = 0.4 * pow(15, (double)(i / p->orientations) / (p->frequencies - 1)),
            .normal_deg = 180.0 * (i % p->orientations) / p->orientations,
            .contrast = p->contrast};
    if (status == WW_OK)
        status = ww_probe_drift(&probe, drift, (size_t)n, p->phases, f, f + all, NULL);
    if (status == WW_OK)
        take_best(f, f + all, n, probe.units, ratio);
    free(drift);
    free(f);
    ww_probe_close(&probe);
    return status;
}

/* ---- the dip ---- */

static double density(const double *x, int n, double at, double bandwidth)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        if (isfinite(x[i]))
            sum += exp(-0.5 * pow((x[i] - at) / bandwidth, 2));
    return sum;
}

/* The lowest density between the humps below and above 0.9, over the lower of these; 1: no dip. */
static double dip_of(const double *x, int n, double bandwidth, double *place)
{
    enum { STEPS = 160, MIDDLE = 90 }; /* of 0.01 */
    double y[STEPS + 1], least = INFINITY;
    int left = 0, right = MIDDLE;
    for (int i = 0; i <= STEPS; i++) {
        y[i] = density(x, n, 0.01 * i, bandwidth);
        if (i < MIDDLE && y[i] > y[left])
            left = i;
        if (i > MIDDLE && y[i] > y[right])
            right = i;
    }
    for (int i = left; i <= right; i++)
        if (y[i] < least) {
            least = y[i];
            *place = 0.01 * i;
        }
    double hump = fmin(y[left], y[right]);
    return hump > 0 ? least / hump : NAN;
}

static ww_status measure(void *state, ww_model *unused, double *value)
{
    struct state *s = state;
    int n = s->params.cells;
    double elsewhere;
    (void)unused;
    for (int k = 0; k < POPULATIONS; k++) {
        ww_model *model;
        WW_TRY(make_model(&model, s, k));
        ww_status status = record(s, model, s->ratio[k]);
        ww_model_free(model);
        WW_TRY(status);
    }
    value[M_SIMPLE] = value[M_COMPLEX] = NAN;
    for (int i = 0; i < n; i++) { /* the complex ones come first */
        double ratio = s->ratio[CLASSES][i], off = fabs(ratio - acos(-1) / 2);
        if (i < n / 2 && !(ratio <= value[M_COMPLEX]))
            value[M_COMPLEX] = ratio;
        if (i >= n / 2 && !(off <= fabs(value[M_SIMPLE] - acos(-1) / 2)))
            value[M_SIMPLE] = ratio;
    }
    value[M_DEPTH] = dip_of(s->ratio[RATES], n, s->params.bandwidth, &value[M_PLACE]);
    value[M_POTENTIAL_DEPTH] = dip_of(s->ratio[POTENTIALS], n, s->params.bandwidth, &elsewhere);
    return WW_OK;
}

static ww_status describe(void *state, ww_model *model, ww_h5 *file, const char *group)
{
    struct state *s = state;
    char name[300];
    (void)model;
    static const char *const names[POPULATIONS] = {"modulation_classes", "modulation_rates",
                                                   "modulation_potentials"};
    for (int k = 0; k < POPULATIONS; k++) {
        snprintf(name, sizeof name, "%s/%s", group, names[k]);
        WW_TRY(ww_h5_write_doubles(file, name, s->ratio[k], 1, (int64_t[]){s->params.cells}));
    }
    return WW_OK;
}

/* ---- report ---- */

/* Histograms of all seeds together: the rates as bars, the others as outlines. */
static ww_status store_histogram(const ww_grid *grid, ww_h5 *results, ww_arena *arena)
{
    enum { BINS = 20, ROWS = 2 };
    static const char *const sets[] = {"modulation_rates", "modulation_potentials"};
    static const char *const rows[] = {"continuum: F1/F0 of rates",
                                       "continuum: V1/V0 of potentials"};
    double *value = ww_arena_array(arena, ROWS * BINS, sizeof *value);
    double *x = ww_arena_array(arena, BINS, sizeof *x);
    if (value == NULL || x == NULL)
        return WW_ENOMEM;
    for (int b = 0; b < BINS; b++)
        x[b] = 0.05 + 0.1 * b;
    for (int k = 0; k < ROWS; k++)
        for (int s = 0; s < grid->n_seeds; s++) {
            int rank;
            int64_t dim[8];
            double *ratio;
            WW_TRY(ww_described_table(results, grid, 0, s, sets[k], &ratio, &rank, dim, arena));
            if (ratio == NULL)
                return WW_OK;
            for (int64_t i = 0; i < dim[0]; i++)
                if (ratio[i] >= 0 && ratio[i] < 2)
                    value[k * BINS + (int)(10 * ratio[i])] +=
                        1.0 / (double)(dim[0] * grid->n_seeds);
        }
    ww_figure_data figure = {
        .kind = "histogram",
        .name = "modulation",
        .title = "one hump before the threshold, two behind it",
        .caption = ww_arena_printf(arena, "cells of %d seeds together", grid->n_seeds),
        .x_label = "modulation over mean at the best grating",
        .y_label = "share of cells",
        .rows = ROWS,
        .columns = BINS,
        .row_name = rows,
        .x = x,
        .value = value,
        .reference = NAN};
    return ww_figure_store(results, &figure);
}

static const ww_range_rule rules[] = {
    {.id = "simple-pi-half",
     .finding = "a rectified linear cell has F1/F0 = pi/2 = 1.571",
     .published = "exact: the harmonics of a rectified sinusoid",
     .source = "skottun1991",
     .wired = true,
     .measure = M_SIMPLE,
     .low = 1.561,
     .high = 1.581},
    {.id = "complex-zero",
     .finding = "an energy cell has F1/F0 = 0",
     .published = "exact: sin^2 + cos^2 = 1",
     .source = "adelson1985",
     .wired = true,
     .measure = M_COMPLEX,
     .low = -INFINITY,
     .high = 0.02},
    {.id = "one-hump-before",
     .finding = "V1/V0 of the potentials has one hump",
     .published = "the premise of the argument",
     .source = "mechler2002",
     .wired = true,
     .measure = M_POTENTIAL_DEPTH,
     .low = 0.95,
     .high = INFINITY},
    {.id = "two-humps-behind",
     .finding = "F1/F0 of the rates has two humps, and less than .8 of the lower between them",
     .published = "two humps can arise from a threshold on one",
     .source = "mechler2002",
     .measure = M_DEPTH,
     .low = -INFINITY,
     .high = 0.8},
    {.id = "dip-near-one",
     .finding = "the dip lies between .6 and 1.2",
     .published = "the classes are told apart at F1/F0 = 1",
     .source = "skottun1991",
     .measure = M_PLACE,
     .low = 0.6,
     .high = 1.2}};

static ww_status report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                        ww_arena *arena)
{
    WW_TRY(store_histogram(grid, results, arena));
    return ww_claims_in_range(grid, rules, sizeof rules / sizeof rules[0], claims, n_claims, arena);
}

const ww_experiment ww_experiment_simple_complex = {
    .item = {.name = "simple-complex",
             .summary = "F1/F0 of simple and complex cells, and of a continuum behind a threshold",
             .sources = "skottun1991 mechler2002",
             .example = "whatwhere run simple-complex --seeds 5",
             .params = params,
             .params_size = sizeof(struct simple_complex)},
    .wants = WW_WANTS_NOTHING,
    .study = "experiments/simple-complex.yaml",
    .brief = "cells=40 frequencies=3 orientations=3 phases=4",
    .n_measures = MEASURES,
    .measures = measures,
    .open = open,
    .close = close,
    .measure = measure,
    .describe = describe,
    .report = report};

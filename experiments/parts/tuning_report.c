/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the tuning of a population adds up to: medians and shares, histograms beside the published
 * ones, and claims. */
#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

#include "analysis/figures/figure.h"
#include "analysis/parts/statistics.h"
#include "areas/parts/population.h"
#include "experiments/parts/claims.h"
#include "experiments/parts/described.h"
#include "experiments/parts/tuning.h"

const ww_measure ww_tuning_measures[WW_TUNING_MEASURES] = {
    {"units", "", "units that answer", false},
    {"octaves", "octaves", "median bandwidth of spatial frequency", false},
    {"width", "deg", "median bandwidth of orientation", false},
    {"frequency", "cycles/deg", "median preferred spatial frequency", false},
    {"cardinal", "", "preferring horizontal or vertical, over oblique ones", false},
    {"circular_variance", "", "median circular variance of orientation", false},
    {"simple", "share of units", "share with F1/F0 above 1", false},
    {"modulation_simple", "", "median F1/F0 of those above 1, on fine phases", false},
    {"modulation_complex", "", "largest F1/F0 of those below 1, on fine phases", false},
    {"c50", "", "median contrast of half the largest response", false},
    {"suppression", "", "median suppression by the largest grating", false},
    {"direction", "", "median index of direction", false},
    {"octaves_error", "octaves", "largest difference from the bandwidth of the cell's Gabor", true},
    {"width_error", "deg", "largest difference from the bandwidth of the cell's Gabor", true},
    {"maps", "r", "median agreement of receptive fields by noise and by gradient", false}};

/* ---- numbers of a population ---- */

/* The median of a field of the units (its number in the struct) that `keep` lets through. */
static double median_of(const ww_unit *unit, int n, size_t field, bool (*keep)(const ww_unit *),
                        double *work)
{
    size_t count = 0;
    for (int i = 0; i < n; i++) {
        double x = ((const double *)&unit[i])[field];
        if (isfinite(x) && (keep == NULL || keep(&unit[i])))
            work[count++] = x;
    }
    gsl_sort(work, 1, count);
    return count > 0 ? ww_quantile(work, count, 0.5) : NAN;
}

static bool is_simple(const ww_unit *unit)
{
    return unit->modulation > 1;
}

/* Preferred orientations within 22.5 deg of horizontal and vertical, over the others. */
static double cardinal_ratio(const ww_unit *unit, int n)
{
    int cardinal = 0, oblique = 0;
    for (int i = 0; i < n; i++)
        if (isfinite(unit[i].orientation_deg)) {
            double off = fmod(unit[i].orientation_deg + 22.5, 90);
            *(off < 45 ? &cardinal : &oblique) += 1;
        }
    return oblique > 0 ? (double)cardinal / oblique : NAN;
}

static double largest_error(const ww_unit *unit, int n, bool width)
{
    double most = NAN;
    for (int i = 0; i < n; i++) {
        double error = width ? unit[i].width_deg - unit[i].expected_width_deg
                             : unit[i].octaves - unit[i].expected_octaves;
        if (isfinite(error))
            most = fmax(isnan(most) ? 0 : most, fabs(error));
    }
    return most;
}

#define FIELD(name) (offsetof(ww_unit, name) / sizeof(double))

ww_status ww_units_summary(const ww_unit *unit, int n, double *value)
{
    double *work = malloc(((size_t)n + 1) * sizeof *work);
    int answering = 0, simple = 0;
    if (work == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    double complex_most = NAN;
    for (int i = 0; i < n; i++) {
        answering += isfinite(unit[i].frequency_cpd);
        simple += isfinite(unit[i].frequency_cpd) && is_simple(&unit[i]);
        if (!is_simple(&unit[i]) && isfinite(unit[i].phase_modulation))
            complex_most = fmax(isnan(complex_most) ? 0 : complex_most, unit[i].phase_modulation);
    }
    value[WW_T_UNITS] = answering;
    value[WW_T_OCTAVES] = median_of(unit, n, FIELD(octaves), NULL, work);
    value[WW_T_WIDTH] = median_of(unit, n, FIELD(width_deg), NULL, work);
    value[WW_T_CPD] = median_of(unit, n, FIELD(frequency_cpd), NULL, work);
    value[WW_T_CARDINAL] = cardinal_ratio(unit, n);
    value[WW_T_VARIANCE] = median_of(unit, n, FIELD(circular_variance), NULL, work);
    value[WW_T_SIMPLE] = answering > 0 ? (double)simple / answering : NAN;
    value[WW_T_MODULATION_SIMPLE] = median_of(unit, n, FIELD(phase_modulation), is_simple, work);
    value[WW_T_MODULATION_COMPLEX] = complex_most;
    value[WW_T_C50] = median_of(unit, n, FIELD(c50), NULL, work);
    value[WW_T_SUPPRESSION] = median_of(unit, n, FIELD(suppression), NULL, work);
    value[WW_T_DIRECTION] = median_of(unit, n, FIELD(direction), NULL, work);
    value[WW_T_OCTAVES_ERROR] = largest_error(unit, n, false);
    value[WW_T_WIDTH_ERROR] = largest_error(unit, n, true);
    value[WW_T_MAPS] = median_of(unit, n, FIELD(map_agreement), NULL, work);
    free(work);
    return WW_OK;
}

/* ---- figures ---- */

/* One histogram: what was measured, and what was published. */
struct bins {
    const char *name, *title, *x_label, *published;
    size_t field;
    int n;
    double edge[WW_V1_BINS + 1]; /* of bin i: edge[i] .. edge[i + 1] */
    double expected[WW_V1_BINS]; /* shares; all 0: nothing was published */
    bool rounded;                /* orientation: the last bin is the first */
};

static ww_status store_histogram(const struct bins *bins, const char *brain, const ww_unit *unit,
                                 int n, ww_h5 *results, ww_arena *arena)
{
    double *value = ww_arena_array(arena, 2 * (size_t)bins->n, sizeof *value), all = 0, some = 0;
    const char **label = ww_arena_array(arena, (size_t)bins->n, sizeof *label);
    const char *rows[] = {"measured", bins->published};
    if (value == NULL || label == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < n; i++) {
        double x = ((const double *)&unit[i])[bins->field];
        if (bins->rounded && x >= bins->edge[bins->n])
            x -= 180;
        for (int b = 0; b < bins->n && isfinite(x); b++)
            if (x >= bins->edge[b] && x < bins->edge[b + 1]) {
                value[b]++;
                all++;
            }
    }
    for (int b = 0; b < bins->n; b++) {
        some += bins->expected[b];
        label[b] = ww_arena_printf(arena, "%.3g", sqrt(fabs(bins->edge[b] * bins->edge[b + 1])));
        if (bins->edge[0] <= 0 || bins->edge[1] - bins->edge[0] == bins->edge[2] - bins->edge[1])
            label[b] = ww_arena_printf(arena, "%.3g", 0.5 * (bins->edge[b] + bins->edge[b + 1]));
    }
    for (int b = 0; b < bins->n; b++) {
        value[b] /= all > 0 ? all : 1;
        value[bins->n + b] = some > 0 ? bins->expected[b] / some : 0;
    }
    ww_figure_data figure = {
        .kind = "histogram",
        .name = ww_arena_printf(arena, "%s-%s", bins->name, brain),
        .title = ww_arena_printf(arena, "%s: %s", brain, bins->title),
        .caption = ww_arena_printf(arena, "%g units of the first seed that have the number", all),
        .x_label = bins->x_label,
        .y_label = "share of units",
        .rows = some > 0 ? 2 : 1,
        .columns = bins->n,
        .row_name = rows,
        .column_name = label,
        .value = value,
        .reference = NAN};
    return ww_figure_store(results, &figure);
}

/* Spreads the counts of nx or ny evenly (in their logarithm) over their bins and adds what they
 * make to the bins of a bandwidth. */
static void expect_bandwidth(struct bins *bins, const ww_histogram *nx_ny, bool of_ny,
                             double (*bandwidth)(double))
{
    enum { PIECES = 200 };
    for (int i = 0; i < nx_ny->n; i++) {
        double low = of_ny ? nx_ny->low_2[i] : nx_ny->low[i];
        double high = of_ny ? nx_ny->high_2[i] : nx_ny->high[i];
        for (int k = 0; k < PIECES; k++) {
            double width = bandwidth(low * pow(high / low, (k + 0.5) / PIECES));
            for (int b = 0; b < bins->n; b++)
                if (width >= bins->edge[b] && width < bins->edge[b + 1])
                    bins->expected[b] += nx_ny->count[i] / PIECES;
        }
    }
}

static void even_edges(struct bins *bins, double low, double high, int n)
{
    bins->n = n;
    for (int i = 0; i <= n; i++)
        bins->edge[i] = low + (high - low) * i / n;
}

static void take_counts(struct bins *bins, const ww_histogram *h)
{
    bins->n = h->n;
    for (int i = 0; i < h->n; i++) {
        bins->edge[i] = h->low[i];
        bins->edge[i + 1] = h->high[i];
        bins->expected[i] = h->count[i];
    }
}

static ww_status store_histograms(const char *brain, const ww_unit *unit, int n, ww_h5 *results,
                                  ww_arena *arena)
{
    ww_v1_statistics published;
    struct bins bins[] = {{.name = "frequency",
                           .title = "preferred spatial frequency",
                           .x_label = "preferred spatial frequency (cycles/deg)",
                           .published = "De Valois, Albrecht & Thorell 1982",
                           .field = FIELD(frequency_cpd)},
                          {.name = "orientation",
                           .title = "preferred orientation",
                           .x_label = "preferred orientation (deg; 0: horizontal)",
                           .published = "De Valois, Yund & Hepler 1982",
                           .field = FIELD(orientation_deg),
                           .rounded = true},
                          {.name = "octaves",
                           .title = "bandwidth of spatial frequency",
                           .x_label = "full width at half height (octaves)",
                           .published = "from nx of Ringach 2002",
                           .field = FIELD(octaves)},
                          {.name = "width",
                           .title = "bandwidth of orientation",
                           .x_label = "full width at half height (deg)",
                           .published = "from ny of Ringach 2002",
                           .field = FIELD(width_deg)},
                          {.name = "modulation",
                           .title = "modulation by the phase of a grating",
                           .x_label = "F1/F0",
                           .published = "",
                           .field = FIELD(modulation)},
                          {.name = "c50",
                           .title = "contrast of half the largest response",
                           .x_label = "c50 (contrast)",
                           .published = "",
                           .field = FIELD(c50)},
                          {.name = "suppression",
                           .title = "suppression by a large grating",
                           .x_label = "suppression index (0: none, 1: silent)",
                           .published = "",
                           .field = FIELD(suppression)}};
    WW_TRY(ww_v1_statistics_read(&published));
    take_counts(&bins[0], &published.frequency);
    take_counts(&bins[1], &published.orientation);
    even_edges(&bins[2], 0, 4, 16);
    expect_bandwidth(&bins[2], &published.nx_ny, false, ww_gabor_octaves);
    even_edges(&bins[3], 0, 120, 12);
    expect_bandwidth(&bins[3], &published.nx_ny, true, ww_gabor_orientation_deg);
    even_edges(&bins[4], 0, 2, 20);
    even_edges(&bins[5], 0, 1, 10);
    even_edges(&bins[6], 0, 1, 10);
    for (size_t i = 0; i < sizeof bins / sizeof bins[0]; i++)
        WW_TRY(store_histogram(&bins[i], brain, unit, n, results, arena));
    return WW_OK;
}

/* Copies a figure that describe left as numbers: `rows` x `columns` of /models/.../name. */
/* A table of the first seed as a matrix dim[2]: what follows the first dimension is one row. */
static ww_status read_matrix(ww_h5 *results, const ww_grid *grid, int b, const char *name,
                             double **out, int64_t dim[2], ww_arena *arena)
{
    int rank = 0;
    int64_t shape[8];
    WW_TRY(ww_described_table(results, grid, b, 0, name, out, &rank, shape, arena));
    dim[0] = rank > 0 ? shape[0] : 1;
    dim[1] = 1;
    for (int i = 1; i < rank; i++)
        dim[1] *= shape[i];
    return WW_OK;
}

static ww_status store_curves(const char *brain, const char *name, const char *x_label,
                              const double *data, const int64_t *dim, ww_h5 *results,
                              ww_arena *arena)
{
    static const char *const rows[] = {"simple (F1/F0 > 1)", "complex"};
    size_t n = (size_t)dim[1];
    if (dim[0] != 7)
        return WW_OK;
    ww_figure_data figure = {.kind = "curves",
                             .name = ww_arena_printf(arena, "tuning-%s-%s", name, brain),
                             .title = ww_arena_printf(arena, "%s: tuning to %s", brain, name),
                             .caption = "medians of the units of the first seed",
                             .x_label = x_label,
                             .y_label = "response (share of the best)",
                             .interval = "quartiles of the units",
                             .rows = 2,
                             .columns = (int)n,
                             .row_name = rows,
                             .x = data,
                             .value = data + n,
                             .low = data + 3 * n,
                             .high = data + 5 * n,
                             .reference = NAN,
                             .y_max = 1};
    return ww_figure_store(results, &figure);
}

/* Tiles n pairs of maps: those by noise above those by gradient. */
static ww_status store_maps(const char *brain, const double *map, int n, ww_h5 *results,
                            ww_arena *arena)
{
    enum { SIDE = WW_MAP_CHECKS, STEP = WW_MAP_CHECKS + 1 };
    int rows = 2 * STEP - 1, columns = n * STEP - 1;
    double *value = ww_arena_array(arena, (size_t)(rows * columns), sizeof *value);
    const char **names = ww_arena_array(arena, (size_t)rows, sizeof *names);
    if (value == NULL || names == NULL)
        return WW_ENOMEM;
    for (int y = 0; y < rows; y++)
        for (int x = 0; x < columns; x++) {
            bool gap = y % STEP == SIDE || x % STEP == SIDE;
            int k = ((x / STEP * 2 + y / STEP) * SIDE + y % STEP) * SIDE + x % STEP;
            value[y * columns + x] = gap ? NAN : map[k];
            names[y] = "";
        }
    ww_figure_data figure = {.kind = "image",
                             .name = ww_arena_printf(arena, "maps-%s", brain),
                             .title = ww_arena_printf(arena, "%s: receptive fields", brain),
                             .caption =
                                 "above by reverse correlation with noise, below by gradient",
                             .x_label = "above: reverse correlation with noise; below: gradient",
                             .rows = rows,
                             .columns = columns,
                             .row_name = names,
                             .value = value,
                             .reference = NAN};
    return ww_figure_store(results, &figure);
}

static ww_status store_figures(const ww_grid *grid, int b, ww_h5 *results, ww_arena *arena)
{
    double *units, *matrix;
    int64_t dim[2];
    WW_TRY(read_matrix(results, grid, b, "units", &units, dim, arena));
    if (units == NULL || dim[1] != WW_UNIT_NUMBERS)
        return WW_OK;
    WW_TRY(store_histograms(grid->name[b], (const ww_unit *)units, (int)dim[0], results, arena));
    WW_TRY(read_matrix(results, grid, b, "curves_frequency", &matrix, dim, arena));
    if (matrix != NULL)
        WW_TRY(store_curves(grid->name[b], "frequency", "octaves from the preferred frequency",
                            matrix, dim, results, arena));
    WW_TRY(read_matrix(results, grid, b, "curves_orientation", &matrix, dim, arena));
    if (matrix != NULL)
        WW_TRY(store_curves(grid->name[b], "orientation", "deg from the preferred orientation",
                            matrix, dim, results, arena));
    WW_TRY(read_matrix(results, grid, b, "maps", &matrix, dim, arena));
    if (matrix != NULL)
        WW_TRY(store_maps(grid->name[b], matrix, (int)dim[0], results, arena));
    return WW_OK;
}

/* ---- claims ---- */

static const ww_range_rule rules[] = {
    {.id = "sf-closed-form",
     .finding =
         "bandwidths of spatial frequency are those of the cells' Gabors to .05 octaves, each",
     .published = "exact: the Fourier transform of a Gabor",
     .source = "daugman1985",
     .measure = WW_T_OCTAVES_ERROR,
     .low = -INFINITY,
     .high = 0.05},
    {.id = "ori-closed-form",
     .finding = "bandwidths of orientation are those of the cells' Gabors to 2 deg, each",
     .published = "exact: the Fourier transform of a Gabor",
     .source = "daugman1985",
     .measure = WW_T_WIDTH_ERROR,
     .low = -INFINITY,
     .high = 2},
    {.id = "sf-bandwidth",
     .finding = "the median bandwidth of spatial frequency is about 1.4 octaves",
     .published = "macaque V1: about 1.4 octaves",
     .source = "devalois1982",
     .from_memory = true,
     .measure = WW_T_OCTAVES,
     .low = 1.3,
     .high = 1.7},
    {.id = "ori-bandwidth",
     .finding = "the median bandwidth of orientation is about 40 deg",
     .published = "macaque V1: about 40 to 42 deg",
     .source = "devalois1982b",
     .from_memory = true,
     .measure = WW_T_WIDTH,
     .low = 38,
     .high = 52},
    {.id = "sf-preferred",
     .finding = "the median preferred spatial frequency is about 2.7 cycles/deg",
     .published = "macaque V1: 2.7 cycles/deg (139 cells, computed from the counts)",
     .source = "devalois1982",
     .measure = WW_T_CPD,
     .low = 2.4,
     .high = 3.0},
    {.id = "cardinal",
     .finding = "more cells prefer horizontal and vertical than oblique orientations",
     .published = "macaque V1: 143 to 103 cells, 1.39",
     .source = "devalois1982b",
     .measure = WW_T_CARDINAL,
     .low = 1.25,
     .high = 1.55}};

ww_status ww_tuning_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                           ww_arena *arena)
{
    for (int b = 0; b < grid->n_brains; b++)
        WW_TRY(store_figures(grid, b, results, arena));
    int n = sizeof rules / sizeof rules[0];
    WW_TRY(ww_claims_in_range(grid, rules, n, claims, n_claims, arena));
    for (int i = 0; i < *n_claims; i++) /* a population has the statistics it was drawn with */
        (*claims)[i].wired = isfinite(*ww_grid_at(grid, i / n, 0, 0, WW_T_OCTAVES_ERROR));
    return WW_OK;
}

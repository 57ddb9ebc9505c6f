/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tuning: the physiology of any area of any brain, as it is done with electrodes.
 *
 * Gratings drift over the whole view at every spatial frequency and orientation, at low contrast so
 * that normalisation is idle; a unit is followed by its mean response F0 (above that to grey) or,
 * if that is larger, by the amplitude F1 at the frequency of the drift (Skottun et al. 1991). From
 * there: preferred frequency and orientation, bandwidths at half height (De Valois et al. 1982),
 * circular variance, F1/F0; then, for some units at their best gratings, contrast (Naka & Rushton
 * 1966: the contrast of half the largest response), size (suppression by what lies outside the
 * receptive field), direction, and the phases of a cycle. Receptive fields are mapped in two ways,
 * by reverse correlation with white noise (Jones & Palmer 1987) and as the gradient of the
 * response.
 *
 * Everything is measured from the responses of the running model. Where the area says what Gabors
 * its cells have (V1 with `cells`), their transforms say what bandwidths should be found. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/population.h"
#include "experiments/parts/tuning.h"

static const ww_param params[] = {
    WW_TEXT(ww_tuning_params, area, "V1", "whose units are recorded", ""),
    WW_INT(ww_tuning_params, frequencies, 16, 4, 100, "",
           "spatial frequencies, from low_cpd to high_cpd in equal ratios", ""),
    WW_INT(ww_tuning_params, orientations, 36, 4, 180, "", "orientations in 180 deg", ""),
    WW_INT(ww_tuning_params, phases, 8, 4, 64, "", "phases of a cycle of the drift", ""),
    WW_REAL(ww_tuning_params, low_cpd, 0.25, 0.001, 60, "cycles/deg", "lowest frequency", ""),
    WW_REAL(ww_tuning_params, high_cpd, 0, 0, 60, "cycles/deg",
            "highest frequency; 0: 15/16 of what the pixels can show", ""),
    WW_REAL(ww_tuning_params, contrast, 0.05, 0.0001, 1, "", "of the gratings that vary otherwise",
            ""),
    WW_REAL(ww_tuning_params, temporal_hz, 4, -100, 100, "Hz", "drift within a movie", ""),
    WW_INT(ww_tuning_params, detail, 40, 0, 100000, "",
           "units that are looked at closely: contrast, size, direction, fine phases, maps", ""),
    WW_INT(ww_tuning_params, fine_phases, 32, 4, 360, "", "phases for F1/F0 of those", ""),
    WW_INT(ww_tuning_params, maps, 6, 0, 1000, "",
           "of those, units whose receptive fields are mapped", ""),
    WW_INT(ww_tuning_params, noise_pictures, 1200, 10, 10000000, "",
           "pictures of white noise for each map", "jones1987"),
    WW_PARAM_END};

struct tuning {
    ww_tuning_params params;
    ww_recording recording;
    ww_probe probe;
    ww_unit *unit;
    double *map; /* [maps][2][WW_MAP_CHECKS][WW_MAP_CHECKS] */
    int n_maps;
    uint64_t seed;
};

static ww_status open(void **state, const void *params_, ww_model *model, uint64_t seed)
{
    struct tuning *t = calloc(1, sizeof *t);
    *state = t;
    if (t == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_tuning_params *p = &t->params;
    *p = *(const ww_tuning_params *)params_;
    t->seed = seed;
    double limit = 0.5 / model->brain->view.deg_per_px;
    if (p->high_cpd == 0)
        p->high_cpd = limit * 15 / 16;
    if (p->high_cpd > limit || p->high_cpd <= p->low_cpd)
        return WW_FAIL(WW_EINVAL,
                       "experiment tuning: high_cpd = %g is not between low_cpd and the %g "
                       "cycles/deg that the pixels of brain %s can show",
                       p->high_cpd, limit, model->brain->name);
    WW_TRY(ww_probe_open(&t->probe, model, p->area));
    ww_recording *r = &t->recording;
    size_t gratings = (size_t)p->frequencies * (size_t)p->orientations;
    size_t units = (size_t)t->probe.units;
    *r = (ww_recording){.params = p, .units = t->probe.units};
    r->cpd = calloc((size_t)p->frequencies, sizeof *r->cpd);
    r->normal_deg = calloc((size_t)p->orientations, sizeof *r->normal_deg);
    r->f0 = calloc(gratings * units, sizeof *r->f0);
    r->f1 = calloc(gratings * units, sizeof *r->f1);
    r->grey = calloc(2 * units, sizeof *r->grey);
    t->unit = calloc(units, sizeof *t->unit);
    t->map = calloc(((size_t)p->maps + 1) * 2 * WW_MAP_CHECKS * WW_MAP_CHECKS, sizeof *t->map);
    if (!r->cpd || !r->normal_deg || !r->f0 || !r->f1 || !r->grey || !t->unit || !t->map)
        return WW_FAIL(WW_ENOMEM, "out of memory for the responses of %zu units", units);
    for (int f = 0; f < p->frequencies; f++)
        r->cpd[f] = p->low_cpd * pow(p->high_cpd / p->low_cpd, (double)f / (p->frequencies - 1));
    for (int o = 0; o < p->orientations; o++)
        r->normal_deg[o] = 180.0 * o / p->orientations;
    return WW_OK;
}

static void close(void *state)
{
    struct tuning *t = state;
    if (t == NULL)
        return;
    free(t->recording.cpd);
    free(t->recording.normal_deg);
    free(t->recording.f0);
    free(t->recording.f1);
    free(t->recording.grey);
    free(t->unit);
    free(t->map);
    ww_probe_close(&t->probe);
    free(t);
}

static ww_status record(struct tuning *t)
{
    const ww_tuning_params *p = &t->params;
    ww_recording *r = &t->recording;
    size_t n = (size_t)p->frequencies * (size_t)p->orientations;
    ww_drift *drift = malloc(n * sizeof *drift), nothing = {.frequency_cpd = p->low_cpd};
    if (drift == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++)
        drift[i] = (ww_drift){.frequency_cpd = r->cpd[i / (size_t)p->orientations],
                              .normal_deg = r->normal_deg[i % (size_t)p->orientations],
                              .contrast = p->contrast,
                              .temporal_hz = p->temporal_hz};
    ww_status status = ww_probe_drift(&t->probe, &nothing, 1, 1, r->grey, r->grey + r->units, NULL);
    if (status == WW_OK)
        status = ww_probe_drift(&t->probe, drift, n, p->phases, r->f0, r->f1, NULL);
    free(drift);
    return status;
}

/* Responses of the two classes as shares of the best one, about the preferred place: the places,
 * then medians, lower and upper quartiles, simple before complex (7 rows). */
static ww_status write_curves(const struct tuning *t, ww_h5 *file, const char *name, bool octaves)
{
    double data[7][WW_CURVE_POINTS];
    ww_units_curves(&t->recording, t->unit, octaves, data);
    return ww_h5_write_doubles(file, name, data[0], 2, (int64_t[]){7, WW_CURVE_POINTS});
}

/* Units for a closer look: evenly spread over all. */
static int choose(const struct tuning *t, int *which)
{
    int n = t->params.detail < t->probe.units ? t->params.detail : t->probe.units;
    for (int i = 0; i < n; i++)
        which[i] = (int)((int64_t)i * t->probe.units / n);
    return n;
}

static ww_status measure(void *state, ww_model *model, double *value)
{
    struct tuning *t = state;
    char name[100];
    int n = t->probe.units;
    WW_TRY(record(t));
    snprintf(name, sizeof name, "%s/population", t->params.area);
    const ww_value *cells = ww_values_find(model->values, name);
    bool known = cells != NULL && cells->shape.rank == 2 && cells->shape.dim[0] == n &&
                 cells->shape.dim[1] == WW_CELL_NUMBERS;
#pragma omp parallel for schedule(dynamic, 8)
    for (int i = 0; i < n; i++) {
        ww_unit_measure(&t->unit[i], &t->recording, i);
        if (known && isfinite(t->unit[i].frequency_cpd))
            ww_unit_expect(&t->unit[i], &t->recording, cells->data + (size_t)i * WW_CELL_NUMBERS,
                           ww_view_width_deg(&model->brain->view));
    }
    int *which = malloc(((size_t)n + 1) * sizeof *which);
    if (which == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    int some = choose(t, which);
    ww_status status = ww_units_in_detail(t->unit, which, some, &t->probe, &t->params);
    if (status == WW_OK)
        status =
            ww_units_map(t->unit, which, some, &t->probe, &t->params, t->seed, t->map, &t->n_maps);
    free(which);
    WW_TRY(status);
    return ww_units_summary(t->unit, n, value);
}

static ww_status describe(void *state, ww_model *model, ww_h5 *file, const char *group)
{
    const struct tuning *t = state;
    char name[300];
    (void)model;
    snprintf(name, sizeof name, "%s/units", group);
    WW_TRY(ww_h5_write_doubles(file, name, (const double *)t->unit, 2,
                               (int64_t[]){t->probe.units, WW_UNIT_NUMBERS}));
    snprintf(name, sizeof name, "%s/unit_columns", group);
    WW_TRY(ww_h5_write_texts(file, name, ww_unit_names, WW_UNIT_NUMBERS));
    snprintf(name, sizeof name, "%s/curves_frequency", group);
    WW_TRY(write_curves(t, file, name, true));
    snprintf(name, sizeof name, "%s/curves_orientation", group);
    WW_TRY(write_curves(t, file, name, false));
    snprintf(name, sizeof name, "%s/maps", group);
    if (t->n_maps == 0)
        return WW_OK;
    return ww_h5_write_doubles(file, name, t->map, 4,
                               (int64_t[]){t->n_maps, 2, WW_MAP_CHECKS, WW_MAP_CHECKS});
}

const ww_experiment ww_experiment_tuning = {
    .item = {.name = "tuning",
             .summary = "virtual electrophysiology of any area: gratings, noise, gradients",
             .sources = "devalois1982 devalois1982b ringach2002 skottun1991 jones1987 naka1966",
             .example = "whatwhere run tuning --brain v1-population --set experiment.area=V1",
             .params = params,
             .params_size = sizeof(ww_tuning_params)},
    .wants = WW_WANTS_MADE,
    .study = "experiments/tuning.yaml",
    .brief = "frequencies=4 orientations=4 phases=4 detail=0",
    .n_measures = WW_TUNING_MEASURES,
    .measures = ww_tuning_measures,
    .open = open,
    .close = close,
    .measure = measure,
    .describe = describe,
    .report = ww_tuning_report};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "connectome/model_parts.h"

enum { CATEGORIES = 3 };

/* Sums over the trials of each category for the units of one area. */
struct sums {
    size_t units;
    double *sum[CATEGORIES], *square[CATEGORIES]; /* [units] */
};

static ww_status open_sums(struct sums *s, size_t units, ww_arena *arena)
{
    s->units = units;
    for (int c = 0; c < CATEGORIES; c++) {
        s->sum[c] = ww_arena_array(arena, units, sizeof(double));
        s->square[c] = ww_arena_array(arena, units, sizeof(double));
        if (s->sum[c] == NULL || s->square[c] == NULL)
            return WW_ENOMEM;
    }
    return WW_OK;
}

/* Adds one trial: the responses of n units, or (of > 1) the maxima of n maps of so many units. */
static void add_trial(struct sums *s, int category, const float *response, size_t of)
{
    for (size_t u = 0; u < s->units; u++) {
        float most = response[u * of];
        for (size_t i = 1; i < of; i++)
            most = fmaxf(most, response[u * of + i]);
        s->sum[category][u] += most;
        s->square[category][u] += (double)most * most;
    }
}

/* Adds the responses of all areas to the trials of one run; sums[n_areas] of units, then [n_areas]
 * of maps. */
static ww_status add(ww_model *model, const ww_trials *trials, size_t first, struct sums *sums,
                     ww_arena *arena)
{
    int n = model->brain->n_areas;
    ww_program *program;
    WW_TRY(ww_model_run(model, trials, first, &program));
    for (int a = 0; a < n; a++) {
        char name[128];
        ww_shape shape;
        snprintf(name, sizeof name, "area/%s", model->brain->area[a].name);
        const float *response = ww_program_output(program, name, &shape);
        if (response == NULL)
            return WW_FAIL(WW_EINVAL, "area %s has no output", model->brain->area[a].name);
        size_t units = ww_shape_size(&shape) / WW_TEST_BATCH, maps = (size_t)shape.dim[1];
        if (first == 0) {
            WW_TRY(open_sums(&sums[a], units, arena));
            WW_TRY(open_sums(&sums[n + a], maps, arena));
        }
        for (size_t i = first; i < first + WW_TEST_BATCH && i < trials->count; i++) {
            int c = trials->truth[i].category;
            if (c < 0 || c >= CATEGORIES)
                continue;
            add_trial(&sums[a], c, response + (i - first) * units, 1);
            add_trial(&sums[n + a], c, response + (i - first) * units, units / maps);
        }
    }
    return WW_OK;
}

/* Mean and variance of a unit over the categories whose bits are set. */
static void moments(const struct sums *s, size_t unit, const double *count, unsigned which,
                    double *mean, double *variance)
{
    double n = 0, sum = 0, square = 0;
    for (int c = 0; c < CATEGORIES; c++)
        if (which & (1u << c)) {
            n += count[c];
            sum += s->sum[c][unit];
            square += s->square[c][unit];
        }
    *mean = n > 0 ? sum / n : 0;
    *variance = n > 0 ? fmax(0, square / n - *mean * *mean) : 0;
}

static ww_status finish(const struct sums *s, const double *count, const float **sd,
                        const float **selectivity, ww_arena *arena)
{
    float *spread = ww_arena_array(arena, s->units, sizeof *spread);
    if (spread == NULL)
        return WW_ENOMEM;
    for (size_t u = 0; u < s->units; u++) {
        double mean, variance;
        moments(s, u, count, 7, &mean, &variance);
        spread[u] = (float)sqrt(variance);
    }
    *sd = spread;
    for (int c = 0; c < CATEGORIES; c++) {
        float *d = ww_arena_array(arena, s->units, sizeof *d);
        if (d == NULL)
            return WW_ENOMEM;
        for (size_t u = 0; u < s->units; u++) {
            double mean[2], variance[2];
            moments(s, u, count, 1u << c, &mean[0], &variance[0]);
            moments(s, u, count, 7u & ~(1u << c), &mean[1], &variance[1]);
            double noise = sqrt(0.5 * (variance[0] + variance[1]));
            d[u] = noise > 0 ? (float)((mean[0] - mean[1]) / noise) : 0;
        }
        selectivity[c] = d;
    }
    return WW_OK;
}

ww_status ww_model_statistics(ww_model *model, const ww_trials *trials, ww_unit_statistics *out,
                              ww_arena *arena)
{
    size_t n = (size_t)model->brain->n_areas;
    double count[CATEGORIES] = {0};
    struct sums *sums = ww_arena_array(arena, 2 * n, sizeof *sums);
    const float **sd = ww_arena_array(arena, 2 * n, sizeof *sd);
    size_t *maps = ww_arena_array(arena, n, sizeof *maps);
    const float **selectivity[CATEGORIES];
    for (int c = 0; c < CATEGORIES; c++)
        if ((selectivity[c] = ww_arena_array(arena, 2 * n, sizeof **selectivity)) == NULL)
            return WW_ENOMEM;
    if (sums == NULL || sd == NULL || maps == NULL)
        return WW_ENOMEM;
    if (trials->count == 0)
        return WW_FAIL(WW_EINVAL, "statistics of units want at least one trial");
    for (size_t i = 0; i < trials->count; i++)
        if (trials->truth[i].category >= 0 && trials->truth[i].category < CATEGORIES)
            count[trials->truth[i].category]++;
    for (size_t first = 0; first < trials->count; first += WW_TEST_BATCH)
        WW_TRY(add(model, trials, first, sums, arena));
    for (size_t a = 0; a < 2 * n; a++) {
        const float *of[CATEGORIES];
        WW_TRY(finish(&sums[a], count, &sd[a], of, arena));
        for (int c = 0; c < CATEGORIES; c++)
            selectivity[c][a] = of[c];
        if (a >= n)
            maps[a - n] = sums[a].units;
    }
    *out = (ww_unit_statistics){.sd = sd, .map_count = maps};
    for (int c = 0; c < CATEGORIES; c++) {
        out->selectivity[c] = selectivity[c];
        out->map_selectivity[c] = selectivity[c] + n;
    }
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The population of V1: what is drawn has the published distributions, the filters on their levels
 * are the Gabors they stand for, and cells respond as simple and complex cells do. */
#include <math.h>
#include <stdlib.h>

#include "areas/parts/population.h"
#include "experiments/parts/physiology.h"
#include "tests/support/folder.h"

static const double pi = 3.14159265358979323846;

Test(population, a_unit_gabor_responds_as_its_transform)
{
    static const double phase[] = {0, 30, 90}, nx[] = {0.2, 0.365, 0.7};
    enum { SIZE = 121 };
    static float filter[SIZE * SIZE];
    for (int i = 0; i < 9; i++) {
        ww_gabor g = {1.5, 20, phase[i % 3], nx[i / 3], 0.4};
        ww_gabor_fill_unit(&g, 0.04, SIZE, filter);
        for (int k = 0; k < 12; k++) {
            double f = 0.3 + 0.3 * k, a = 15.0 * k, out[2], real = 0, imaginary = 0;
            ww_gabor_transform(&g, f, a, out);
            for (int row = 0; row < SIZE; row++)
                for (int column = 0; column < SIZE; column++) {
                    double x = (column - SIZE / 2) * 0.04, y = (SIZE / 2 - row) * 0.04;
                    double u = x * cos(a * pi / 180) + y * sin(a * pi / 180);
                    real += (double)filter[row * SIZE + column] * cos(2 * pi * f * u);
                    imaginary += (double)filter[row * SIZE + column] * sin(2 * pi * f * u);
                }
            cr_assert_float_eq(hypot(real, imaginary), hypot(out[0], out[1]), 0.01,
                               "phase %g nx %g: %g cpd %g deg: %g, not %g", g.phase_deg, g.nx, f, a,
                               hypot(real, imaginary), hypot(out[0], out[1]));
        }
    }
}

Test(population, what_is_drawn_has_the_published_distributions)
{
    enum { N = 40000 };
    ww_v1_statistics s;
    ww_cell *cell = calloc(N, sizeof *cell), *other = calloc(N, sizeof *other);
    expect_ok(ww_v1_statistics_read(&s));
    cr_assert_eq(s.orientation.n, 4);
    cr_assert_eq(s.frequency.n, 8);
    cr_assert_eq(s.nx_ny.n, 25);
    ww_population_draw(&s, cell, N, 3);
    double cardinal = 0, below = 0, square = 0;
    for (int i = 0; i < N; i++) {
        const ww_gabor *g = &cell[i].gabor;
        cardinal += fmod(g->normal_deg + 90 + 22.5 + 360, 90) < 45;
        below += g->frequency_cpd < 2.8;
        square += g->nx >= 0.302 && g->nx < 0.525 && g->ny >= 0.302 && g->ny < 0.525;
        cr_assert(g->frequency_cpd >= 0.5 && g->frequency_cpd <= 8 && g->ny <= 1.586);
    }
    cr_expect_float_eq(cardinal / N, 143.0 / 246, 0.01, "%g", cardinal / N);
    cr_expect_float_eq(below / N, 73.0 / 139, 0.01, "%g", below / N);
    cr_expect_float_eq(square / N, 19.0 / 79, 0.01, "%g", square / N);
    ww_population_draw(&s, other, 10, 3);
    cr_expect_eq(other[9].gabor.nx, cell[9].gabor.nx,
                 "cell 9 does not depend on how many there are");
    ww_population_mix(cell, N, true, true, 5);
    double logs = 0, squares = 0;
    for (int i = 0; i < N; i++) {
        double l = log(cell[i].linear / (1 - cell[i].linear));
        logs += l / N;
        squares += l * l / N;
    }
    cr_expect_float_eq(logs, 0, 0.02);
    cr_expect_float_eq(squares, 1, 0.03);
    free(cell);
    free(other);
}

/* The column of v1-population on fewer and larger pixels: 6 deg of 1/16 deg. */
#define SMALL                                                                                      \
    "view.width_px=96", "view.height_px=96", "view.deg_per_px=0.0625", "area.retina.grid=96",      \
        "area.LGN.grid=96", "area.V1.cells=60"

static ww_model *model_of(const char *const *set)
{
    ww_model *model;
    expect_ok(ww_model_create(&model, "v1-population", set, 1));
    return model;
}

static const float *cell_of(const ww_model *model, int i)
{
    const ww_value *cells = ww_values_find(model->values, "V1/population");
    cr_assert(cells != NULL && cells->shape.dim[0] == 60);
    return cells->data + (size_t)i * WW_CELL_NUMBERS;
}

/* Each cell at its own grating of contrast 1: 1 / sigma, and F1/F0 of its kind. Complex cells come
 * first. */
Test(population, simple_and_complex_cells_at_their_best_gratings)
{
    static const char *const set[] = {SMALL, "area.V1.sigma=100", NULL};
    enum { PHASES = 32, CELLS = 60 };
    static float f0[CELLS * CELLS], f1[CELLS * CELLS];
    ww_model *model = model_of(set);
    ww_probe probe;
    ww_drift drift[CELLS];
    int tried = 0;
    expect_ok(ww_probe_open(&probe, model, "V1"));
    cr_assert_eq(probe.units, CELLS);
    for (int i = 0; i < CELLS; i++)
        drift[i] = (ww_drift){.frequency_cpd = (double)cell_of(model, i)[WW_CELL_FREQUENCY_CPD],
                              .normal_deg = (double)cell_of(model, i)[WW_CELL_NORMAL_DEG],
                              .contrast = 1};
    for (int i = 0; i < CELLS; i += 3) {
        const float *c = cell_of(model, i);
        bool fits = c[WW_CELL_NX] > 0.3f && c[WW_CELL_NY] > 0.3f && c[WW_CELL_FREQUENCY_CPD] < 4 &&
                    3 * fmaxf(c[WW_CELL_NX], c[WW_CELL_NY]) < 3 * c[WW_CELL_FREQUENCY_CPD];
        if (!fits)
            continue;
        tried++;
        expect_ok(ww_probe_drift(&probe, &drift[i], 1, PHASES, f0, f1, NULL));
        double best = 100 * (double)(i < CELLS / 2 ? f0[i] : 2 * f1[i]);
        cr_expect_float_eq(best, 1, 0.03, "cell %d (%g cpd): %g", i, drift[i].frequency_cpd, best);
        double ratio = (double)f1[i] / (double)f0[i];
        if (i < CELLS / 2)
            cr_expect(ratio < 0.02, "complex cell %d: F1/F0 %g", i, ratio);
        else
            cr_expect_float_eq(ratio, pi / 2, 0.01, "simple cell %d: F1/F0 %g", i, ratio);
    }
    cr_expect(tried > 5, "%d", tried);
    ww_probe_close(&probe);
    ww_model_free(model);
}

struct sums {
    double n, sum[60], square[60];
};

static void draw_same(const void *context, size_t i, const ww_view *view, float *movie)
{
    (void)context, (void)i;
    for (int k = 0; k < 3 * view->width_px * view->height_px; k++)
        movie[k] = 0.5f + 0.4f * sinf(0.8f * (float)(k % view->width_px)) *
                              cosf(0.5f * (float)(k / view->width_px % view->height_px));
}

static void add_counts(void *context, size_t i, const float *response)
{
    struct sums *s = context;
    (void)i;
    s->n++;
    for (int u = 0; u < 60; u++) {
        double count = 200 * (double)response[u];
        s->sum[u] += count;
        s->square[u] += count * count;
    }
}

Test(population, counts_vary_as_their_mean)
{
    static const char *const set[] = {SMALL, "area.V1.fano=1", "area.V1.spikes=200", NULL};
    ww_model *model = model_of(set);
    static struct sums s;
    ww_probe probe;
    double fano = 0;
    int counted = 0;
    expect_ok(ww_probe_open(&probe, model, "V1"));
    expect_ok(
        ww_probe_show(&probe, 50, draw_same, NULL, add_counts, &s)); /* fifty trials at once */
    for (int u = 0; u < 60; u++) {
        double mean = s.sum[u] / s.n, variance = (s.square[u] - s.n * mean * mean) / (s.n - 1);
        if (mean < 20)
            continue;
        fano += variance / mean;
        counted++;
    }
    cr_assert(counted > 8, "%d", counted);
    cr_expect_float_eq(fano / counted, 1, 4 * sqrt(2.0 / 49 / counted), "%g of %d cells",
                       fano / counted, counted);
    ww_probe_close(&probe);
    ww_model_free(model);
}

/* At e2 all fields are twice as large: half the frequency, twice the view. */
Test(population, receptive_fields_grow_with_eccentricity)
{
    static const char *const near[] = {SMALL, NULL};
    static const char *const far[] = {SMALL, "area.V1.eccentricity_deg=2.5", NULL};
    ww_model *a = model_of(near), *b = model_of(far);
    double ratio = 0;
    for (int i = 0; i < 60; i++)
        ratio += log((double)cell_of(a, i)[WW_CELL_FREQUENCY_CPD] /
                     (double)cell_of(b, i)[WW_CELL_FREQUENCY_CPD]);
    cr_expect_float_eq(exp(ratio / 60), 2, 1e-4, "cells may change places, their mean does not");
    ww_model_free(a);
    ww_model_free(b);
}

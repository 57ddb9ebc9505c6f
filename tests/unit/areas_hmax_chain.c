/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HMAX of 2007 from the picture to C2, against loops in double that follow the paper's words and
 * share nothing with the program but its filters and prototypes. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/hmax.h"
#include "connectome/model.h"
#include "engine/base/random.h"
#include "engine/tensor/program.h"

enum { SIDE = 72, BANDS = 8, ORIENTATIONS = 4, MOST_CELLS = 18, PER_SIZE = 8 };

static const double sigma_px[] = {2.8,  3.6,  4.5,  5.4,  6.3,  7.3,  8.2,  9.2,
                                  10.2, 11.3, 12.3, 13.4, 14.6, 15.8, 17.0, 18.2};
static const double lambda_px[] = {3.5,  4.6,  5.6,  6.8,  7.9,  9.1,  10.3, 11.5,
                                   12.7, 14.1, 15.4, 16.8, 18.2, 19.7, 21.2, 22.8};

struct band {
    int cells; /* of a side */
    double c1[ORIENTATIONS][MOST_CELLS][MOST_CELLS];
};

/* |w . x| / |x| at one pixel, of a filter that lies within the picture. */
static double s1(const float *picture, const float *filter, int size, int row, int column)
{
    double sum = 0, power = 0;
    for (int i = 0; i < size; i++)
        for (int j = 0; j < size; j++) {
            double pixel = (double)picture[(row + i) * SIDE + column + j];
            sum += pixel * (double)filter[i * size + j];
            power += pixel * pixel;
        }
    return power > 0 ? fabs(sum) / sqrt(power) : 0;
}

/* Adds what filters of one size see to the cells of a band: each holds the maximum of its pool. */
static void pool_size(const float *picture, int b, int scale, struct band *band)
{
    int size = 7 + 2 * scale, pool = 8 + 2 * b, step = 4 + b;
    for (int o = 0; o < ORIENTATIONS; o++) {
        float filter[37 * 37];
        ww_hmax_gabor(size, sigma_px[scale], lambda_px[scale], 0.3, 45.0 * o, filter);
        for (int y = 0; y + size <= SIDE; y++)
            for (int x = 0; x + size <= SIDE; x++) {
                double r = s1(picture, filter, size, y, x);
                int row = y + size / 2, column = x + size / 2;
                for (int v = 0; v < band->cells; v++)
                    for (int u = 0; u < band->cells; u++)
                        if (row >= v * step && row < v * step + pool && column >= u * step &&
                            column < u * step + pool)
                            band->c1[o][v][u] = fmax(band->c1[o][v][u], r);
            }
    }
}

static void see(const float *picture, struct band *band)
{
    memset(band, 0, BANDS * sizeof *band);
    for (int b = 0; b < BANDS; b++) {
        int pool = 8 + 2 * b, step = 4 + b;
        band[b].cells = 1 + (SIDE - pool + step - 1) / step;
        cr_assert(band[b].cells <= MOST_CELLS);
        pool_size(picture, b, 2 * b, &band[b]);
        pool_size(picture, b, 2 * b + 1, &band[b]);
    }
}

/* exp(-|X - P|^2 / (2 sigma^2 alpha)) of the nearest piece X of any band. */
static double c2(const struct band *band, const float *prototype, int n)
{
    double best = 0;
    for (int b = 0; b < BANDS; b++)
        for (int v = 0; v + n <= band[b].cells; v++)
            for (int u = 0; u + n <= band[b].cells; u++) {
                double distance = 0;
                for (int i = 0; i < ORIENTATIONS * n * n; i++) {
                    int o = i / (n * n), row = v + i / n % n, column = u + i % n;
                    distance += pow(band[b].c1[o][row][column] - (double)prototype[i], 2);
                }
                best = fmax(best, exp(-distance / (2.0 / 9 * n * n / 16)));
            }
    return best;
}

struct rig {
    ww_model *model;
    ww_program *program;
    const float *c1, *c2;
    float *movie;
};

static void rig_open(struct rig *rig)
{
    static const char *const set[] = {"view.width_px=72", "view.height_px=72", "area.V4.per_size=8",
                                      NULL};
    ww_compile_options options = {.batch = 1, .mode = WW_INFER, .seed = 1};
    cr_assert_eq(ww_model_create(&rig->model, "hmax-2007", set, 3), WW_OK, "%s",
                 ww_error_message());
    cr_assert_eq(ww_compile(&rig->program, rig->model->graph, rig->model->values, options), WW_OK);
}

/* A picture of noise on a gradient, black in one corner. */
static void rig_show(struct rig *rig, uint64_t seed)
{
    size_t floats, plane = SIDE * SIDE;
    ww_shape shape;
    float *movie = rig->movie = ww_program_input(rig->program, "movie", &floats);
    cr_assert_eq(floats, 3 * plane);
    ww_random random = ww_random_stream(seed, "picture", 0);
    for (size_t i = 0; i < plane; i++) {
        double light = 0.5 * (double)(i % SIDE) / SIDE + 0.5 * ww_random_uniform(&random);
        bool corner = i / SIDE < 20 && i % SIDE < 24;
        movie[i] = movie[plane + i] = movie[2 * plane + i] = corner ? 0 : (float)light;
    }
    cr_assert_eq(ww_program_run(rig->program, 0), WW_OK);
    rig->c1 = ww_program_output(rig->program, "area/V1", &shape);
    cr_assert_eq(ww_shape_size(&shape), ORIENTATIONS * 17 * 17);
    rig->c2 = ww_program_output(rig->program, "area/V4", &shape);
    cr_assert_eq(ww_shape_size(&shape), 4 * PER_SIZE);
}

static float *prototypes_of(struct rig *rig, int n)
{
    char name[40];
    snprintf(name, sizeof name, "V4/prototype.%d", n);
    ww_value *value = ww_values_find(rig->model->values, name);
    cr_assert(value != NULL && value->size == (size_t)(PER_SIZE * ORIENTATIONS * n * n));
    return value->data;
}

/* Prototype p is near a piece of band p, if the band is that large, so that each band is the
 * nearest to some. */
static void imprint(struct rig *rig, const struct band *band)
{
    ww_random random = ww_random_stream(4, "prototypes", 0);
    for (int n = 4; n <= 16; n += 4) {
        float *prototype = prototypes_of(rig, n);
        for (int i = 0; i < PER_SIZE * ORIENTATIONS * n * n; i++) {
            int o = i / (n * n) % ORIENTATIONS, row = i / n % n, column = i % n;
            const struct band *of = &band[i / (ORIENTATIONS * n * n)];
            if (of->cells >= n)
                prototype[i] = (float)(of->c1[o][row][column + of->cells - n] +
                                       0.03 * ww_random_normal(&random));
        }
    }
}

static void check_picture(struct rig *rig, uint64_t seed, struct band *band)
{
    rig_show(rig, seed);
    see(rig->movie, band);
    for (int o = 0; o < ORIENTATIONS; o++)
        for (int i = 0; i < 17 * 17; i++) {
            double wanted = band[0].c1[o][i / 17][i % 17];
            double found = (double)rig->c1[o * 17 * 17 + i];
            cr_assert(fabs(found - wanted) < 1e-5, "C1 of band 1, %d deg, cell %d: %g, not %g",
                      45 * o, i, found, wanted);
        }
    for (int n = 4; n <= 16; n += 4)
        for (int p = 0; p < PER_SIZE; p++) {
            double wanted = c2(band, prototypes_of(rig, n) + p * ORIENTATIONS * n * n, n);
            double found = (double)rig->c2[(n / 4 - 1) * PER_SIZE + p];
            cr_assert(wanted > 1e-6 && fabs(found - wanted) < 1e-5, "C2, %d of size %d: %g, not %g",
                      p, n, found, wanted);
        }
}

Test(areas_hmax_chain, from_pixels_to_c2_as_the_paper_says_it)
{
    struct rig rig;
    struct band *band = calloc(BANDS, sizeof *band);
    rig_open(&rig);
    check_picture(&rig, 1, band); /* random prototypes, then pieces of that picture */
    imprint(&rig, band);
    check_picture(&rig, 1, band);
    check_picture(&rig, 2, band);
    ww_program_free(rig.program);
    ww_model_free(rig.model);
    free(band);
}

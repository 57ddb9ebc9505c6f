/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances to prototypes against sums in double, for every kind of processor that this one can
 * stand in for. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/backend/distance_ways.h"

enum { MOST_MAPS = 3, GUARD = 16 };
static const float SENTINEL = 12345;
/* Of the sum of squares that cancel; measured: 1.3e-6 for one tap, less than 9e-7 for more. */
static const double LIMIT = 2e-6;

typedef struct distance_case {
    const char *text;
    int64_t n, c, p, k;
    int maps;
    int64_t side[MOST_MAPS][2];
    float low, high; /* of pixels and taps */
} distance_case;

static const distance_case cases[] = {
    {"one place", 1, 1, 1, 4, 1, {{4, 4}}, -1, 1},
    {"one tap", 2, 3, 5, 1, 1, {{6, 5}}, -1, 1},
    {"2x2, maps of several sizes", 3, 4, 5, 2, 3, {{6, 5}, {3, 4}, {2, 2}}, -1, 1},
    {"3x3, as long as the map", 2, 2, 3, 3, 2, {{3, 9}, {11, 3}}, -1, 1},
    {"whole tiles, a whole block", 1, 4, 16, 8, 1, {{23, 23}}, 0, 0.4F},
    {"not whole tiles, 5x5", 1, 4, 17, 5, 2, {{14, 18}, {9, 7}}, 0, 0.4F},
    {"a row longer than a block", 1, 2, 9, 4, 1, {{6, 150}}, -1, 1},
    {"a block begins within a row", 2, 1, 3, 9, 2, {{31, 97}, {12, 10}}, -1, 1},
    {"more prototypes than a group", 1, 4, 99, 12, 2, {{20, 27}, {12, 12}}, 0, 0.4F},
    {"as HMAX has them", 1, 4, 50, 16, 3, {{40, 37}, {22, 22}, {16, 17}}, 0, 0.4F},
    {"many tiles of spectra", 2, 2, 20, 13, 2, {{150, 141}, {13, 14}}, 0, 0.4F},
    {"far from zero", 1, 3, 20, 7, 1, {{19, 16}}, 9, 11},
};
enum { N_CASES = sizeof cases / sizeof cases[0] };

typedef struct rig {
    const distance_case *of;
    float *prototypes, *map[MOST_MAPS], *out;
    double *expected, largest; /* |x|^2 + |p|^2, from the mean */
} rig;

static float *numbers(int64_t n, const distance_case *c, ww_random *random)
{
    float *x = malloc((size_t)n * sizeof *x);
    for (int64_t i = 0; i < n; i++)
        x[i] = c->low + (c->high - c->low) * (float)ww_random_uniform(random);
    return x;
}

static double distance(const rig *r, int m, int64_t n, int64_t p, int64_t v, int64_t u)
{
    const distance_case *c = r->of;
    int64_t h = c->side[m][0], w = c->side[m][1];
    double sum = 0;
    for (int64_t q = 0; q < c->c; q++)
        for (int64_t i = 0; i < c->k; i++)
            for (int64_t j = 0; j < c->k; j++) {
                double x = (double)r->map[m][((n * c->c + q) * h + v + i) * w + u + j];
                double y = (double)r->prototypes[((p * c->c + q) * c->k + i) * c->k + j];
                sum += (x - y) * (x - y);
            }
    return sum;
}

static void expect(rig *r)
{
    const distance_case *c = r->of;
    for (int64_t at = 0; at < c->n * c->p; at++) {
        r->expected[at] = INFINITY;
        for (int m = 0; m < c->maps; m++)
            for (int64_t v = 0; v + c->k <= c->side[m][0]; v++)
                for (int64_t u = 0; u + c->k <= c->side[m][1]; u++)
                    r->expected[at] =
                        fmin(r->expected[at], distance(r, m, at / c->p, at % c->p, v, u));
    }
    double half = ((double)c->high - (double)c->low) / 2;
    r->largest = 2 * half * half / 3 * (double)(c->c * c->k * c->k);
}

static rig rig_of(const distance_case *c)
{
    ww_random random = ww_random_at(7, 0);
    rig r = {.of = c};
    r.prototypes = numbers(c->p * c->c * c->k * c->k, c, &random);
    for (int m = 0; m < c->maps; m++)
        r.map[m] = numbers(c->n * c->c * c->side[m][0] * c->side[m][1], c, &random);
    r.out = malloc((size_t)(c->n * c->p) * sizeof *r.out);
    r.expected = malloc((size_t)(c->n * c->p) * sizeof *r.expected);
    expect(&r);
    return r;
}

static void rig_free(rig *r)
{
    free(r->prototypes);
    for (int m = 0; m < r->of->maps; m++)
        free(r->map[m]);
    free(r->out);
    free(r->expected);
}

static const ww_distance_way *const ways[] = {&ww_distance_winograd, &ww_distance_fourier};
enum { N_WAYS = sizeof ways / sizeof ways[0] };

static ww_distance *created(const rig *r, int threads, const ww_kernels *kernels,
                            const ww_distance_way *way)
{
    const distance_case *c = r->of;
    ww_distance *d;
    const ww_distance_size size = {c->n, c->c, c->p, c->k, c->maps, c->side};
    cr_assert(ww_distance_create(&d, &size, threads, kernels, way) == WW_OK);
    return d;
}

/* Scratch is as long as was asked for, holds NaN and ends in a sentinel. */
static void run(ww_distance *d, rig *r)
{
    size_t room = ww_distance_scratch(d);
    float *scratch = aligned_alloc(64, (room + GUARD) * sizeof *scratch);
    memset(scratch, 0xff, room * sizeof *scratch);
    scratch[room] = SENTINEL;
    ww_distance_run(d, r->prototypes, (const float *const *)r->map, r->out, scratch);
    cr_assert(scratch[room] == SENTINEL, "%s: scratch overrun", r->of->text);
    free(scratch);
}

static void compare(const rig *r, const char *kernels)
{
    for (int64_t i = 0; i < r->of->n * r->of->p; i++)
        cr_assert(fabs((double)r->out[i] - r->expected[i]) <= LIMIT * r->largest,
                  "%s, %s: %d is %.8g, expected %.8g", r->of->text, kernels, (int)i,
                  (double)r->out[i], r->expected[i]);
}

static void check(rig *r, const ww_kernels *kernels, const ww_distance_way *way)
{
    size_t bytes = (size_t)(r->of->n * r->of->p) * sizeof *r->out;
    float *one = malloc(bytes);
    for (int threads = 1; threads <= 3; threads++) {
        ww_distance *d = created(r, threads, kernels, way);
        run(d, r);
        compare(r, kernels->name);
        if (threads == 1)
            memcpy(one, r->out, bytes);
        cr_assert(memcmp(one, r->out, bytes) == 0, "%s, %s: %d threads", r->of->text, kernels->name,
                  threads);
        ww_distance_free(d);
    }
    free(one);
}

Test(tensor_distance, equals_sums_in_double_and_with_any_threads)
{
    for (int at = 0; at < N_CASES; at++) {
        rig r = rig_of(&cases[at]);
        for (int kind = 0; kind < WW_N_KERNELS; kind++)
            for (int way = 0; way < N_WAYS; way++)
                if (ww_kernels_get(kind) != NULL)
                    check(&r, ww_kernels_get(kind), ways[way]);
        rig_free(&r);
    }
}

/* What is kept of prototypes is made anew when one tap changes. */
Test(tensor_distance, prototypes_that_change)
{
    for (int way = 0; way < N_WAYS; way++) {
        rig r = rig_of(&cases[5]);
        ww_distance *d = created(&r, 2, ww_kernels_best(), ways[way]);
        for (int round = 0; round < 3; round++) {
            run(d, &r);
            compare(&r, "kept");
            r.prototypes[13 * round] += 0.3F;
            expect(&r);
        }
        ww_distance_free(d);
        rig_free(&r);
    }
}

/* A prototype that was cut from the map lies at no distance from it. */
Test(tensor_distance, a_piece_of_the_map)
{
    rig r = rig_of(&cases[9]);
    const distance_case *c = r.of;
    int64_t w = c->side[0][1], plane = c->side[0][0] * w, top = 11, left = 19;
    for (int64_t i = 0; i < c->c * c->k * c->k; i++)
        r.prototypes[i] =
            r.map[0][i / (c->k * c->k) * plane + (top + i / c->k % c->k) * w + left + i % c->k];
    expect(&r);
    cr_assert(r.expected[0] == 0);
    for (int way = 0; way < N_WAYS; way++) {
        ww_distance *d = created(&r, 1, ww_kernels_best(), ways[way]);
        run(d, &r);
        compare(&r, "a piece of the map");
        cr_assert(r.out[0] >= 0 && r.out[1] > 1);
        ww_distance_free(d);
    }
    rig_free(&r);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolutions with a stride of 2 (engine/tensor/backend/strided.h), for every processor that this
 * one can stand in for: against sums in double, on several threads, and added. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/backend/strided.h"

enum { N_PASSES = 3, X = 0, W = 1, Y = 2 };

/* Samples, channels, rows and columns of the map, filters, rows and columns of taps, padding. */
static const int shapes[][8] = {
    {3, 16, 32, 32, 32, 3, 3, 1}, {2, 32, 16, 16, 64, 3, 3, 1}, {9, 3, 7, 9, 5, 3, 3, 1},
    {1, 1, 1, 1, 1, 1, 1, 0},     {2, 1, 12, 31, 4, 5, 5, 2},   {2, 2, 21, 70, 17, 7, 7, 3},
    {1, 5, 9, 8, 3, 2, 3, 1},     {2, 4, 8, 9, 9, 3, 2, 0},     {2, 17, 6, 8, 49, 3, 3, 2},
    {1, 2, 3, 4, 3, 7, 7, 3},     {2, 3, 5, 6, 2, 1, 1, 0},     {1, 40, 64, 66, 8, 3, 3, 1},
    {1, 33, 5, 34, 20, 6, 4, 2},  {2, 2, 4, 67, 3, 1, 3, 0},    {20, 3, 5, 5, 4, 5, 5, 4}};
enum { N_SHAPES = sizeof shapes / sizeof shapes[0] };

struct case_ {
    ww_conv_task task;
    const ww_kernels *kernels;
    size_t size[3];
    float *in[3];  /* x, weight, y */
    double *sum;   /* what is wanted */
    size_t floats; /* of it */
};

static ww_conv_size size_of(const int *shape)
{
    ww_conv_size s = {.n = shape[0],
                      .c = shape[1],
                      .h = shape[2],
                      .w = shape[3],
                      .k = shape[4],
                      .kh = shape[5],
                      .kw = shape[6],
                      .stride = 2,
                      .pad = shape[7],
                      .dilation = 1,
                      .groups = 1};
    s.oh = (s.h + 2 * s.pad - s.kh) / 2 + 1;
    s.ow = (s.w + 2 * s.pad - s.kw) / 2 + 1;
    return s;
}

/* Adds one product to what the pass computes. */
static void add_product(struct case_ *t, int64_t x, int64_t w, int64_t y)
{
    if (t->task.pass == WW_CONV_FORWARD)
        t->sum[y] += (double)t->in[X][x] * (double)t->in[W][w];
    else if (t->task.pass == WW_CONV_DATA)
        t->sum[x] += (double)t->in[Y][y] * (double)t->in[W][w];
    else
        t->sum[w] += (double)t->in[X][x] * (double)t->in[Y][y];
}

static void add_products(struct case_ *t)
{
    const ww_conv_size *s = &t->task.size;
    for (int64_t y = 0; y < (int64_t)t->size[Y]; y++)
        for (int64_t tap = 0; tap < s->c * s->kh * s->kw; tap++) {
            int64_t c = tap / (s->kh * s->kw), sample = y / (s->k * s->oh * s->ow);
            int64_t k = y / (s->oh * s->ow) % s->k;
            int64_t row = y / s->ow % s->oh * 2 + tap / s->kw % s->kh - s->pad;
            int64_t column = y % s->ow * 2 + tap % s->kw - s->pad;
            if (row >= 0 && row < s->h && column >= 0 && column < s->w)
                add_product(t, ((sample * s->c + c) * s->h + row) * s->w + column,
                            k * s->c * s->kh * s->kw + tap, y);
        }
}

static struct case_ begin(const int *shape, ww_conv_pass pass, int kind)
{
    static const int result[] = {Y, X, W};
    struct case_ t = {.task = {.size = size_of(shape), .pass = pass, .threads = 1},
                      .kernels = ww_kernels_get(kind)};
    const ww_conv_size *s = &t.task.size;
    ww_random random = ww_random_at(7, (uint64_t)shape[3]);
    t.size[X] = (size_t)(s->n * s->c * s->h * s->w);
    t.size[W] = (size_t)(s->k * s->c * s->kh * s->kw);
    t.size[Y] = (size_t)(s->n * s->k * s->oh * s->ow);
    for (int i = 0; i < 3; i++) {
        t.in[i] = malloc(t.size[i] * sizeof *t.in[i]);
        for (size_t j = 0; j < t.size[i]; j++)
            t.in[i][j] = (float)ww_random_normal(&random);
    }
    t.floats = t.size[result[pass]];
    t.sum = calloc(t.floats, sizeof *t.sum);
    add_products(&t);
    return t;
}

static void end(struct case_ *t)
{
    for (int i = 0; i < 3; i++)
        free(t->in[i]);
    free(t->sum);
}

/* The result on some threads, between sentinels; added to `before` unless that is NULL. */
static float *result_of(const struct case_ *t, int threads, const float *before)
{
    ww_conv_task task = t->task;
    task.threads = threads;
    ww_strided *strided;
    cr_assert_eq(ww_strided_create(&strided, &task, t->kernels), WW_OK);
    size_t room = ww_strided_scratch(strided);
    float *scratch = aligned_alloc(64, (room / 16 + 1) * 64);
    float *result = malloc((t->floats + 1) * sizeof *result);
    cr_assert(room % 16 == 0 && scratch != NULL && result != NULL);
    for (size_t i = 0; i < room; i++)
        scratch[i] = NAN;
    for (size_t i = 0; i < t->floats; i++)
        result[i] = before == NULL ? NAN : before[i];
    scratch[room] = result[t->floats] = 12345;
    float *in[] = {t->in[X], t->in[W], t->in[Y]};
    in[task.pass == WW_CONV_FORWARD ? Y : task.pass == WW_CONV_DATA ? X : W] = result;
    ww_strided_run(strided, in[X], in[W], in[Y], scratch, before != NULL);
    cr_assert(scratch[room] == 12345 && result[t->floats] == 12345, "overrun");
    ww_strided_free(strided);
    free(scratch);
    return result;
}

/* Root of the mean squared distance to what is wanted, relative to that. */
static double error_of(const struct case_ *t, const float *result, const float *before)
{
    double error = 0, all = 1e-30;
    for (size_t i = 0; i < t->floats; i++) {
        double wanted = t->sum[i] + (before == NULL ? 0 : (double)before[i]);
        error += ((double)result[i] - wanted) * ((double)result[i] - wanted);
        all += wanted * wanted;
    }
    return sqrt(error / all);
}

static void check(const struct case_ *t, const char *where)
{
    float *one = result_of(t, 1, NULL), *two = result_of(t, 2, NULL);
    size_t bytes = t->floats * sizeof *one;
    double error = error_of(t, one, NULL);
    cr_assert(error < 1e-6, "%s: relative rms %.3g", where, error);
    cr_assert(memcmp(one, two, bytes) == 0, "%s: two threads differ", where);
    if (t->task.pass == WW_CONV_DATA)
        for (int threads = 1; threads <= 2; threads++) {
            float *added = result_of(t, threads, t->in[X]);
            error = error_of(t, added, t->in[X]);
            cr_assert(error < 1e-6, "%s: added, relative rms %.3g", where, error);
            free(added);
        }
    free(one), free(two);
}

static void on_every_shape(int kind)
{
    if (ww_kernels_get(kind) == NULL)
        return;
    for (int i = 0; i < N_SHAPES; i++)
        for (int pass = 0; pass < N_PASSES; pass++) {
            char where[64];
            snprintf(where, sizeof where, "shape %d, pass %d, %s", i, pass,
                     ww_kernels_get(kind)->name);
            struct case_ t = begin(shapes[i], (ww_conv_pass)pass, kind);
            cr_assert(ww_strided_supports(&t.task), "%s", where);
            check(&t, where);
            end(&t);
        }
}

Test(tensor_strided, plain)
{
    on_every_shape(WW_KERNELS_PLAIN);
}

Test(tensor_strided, avx2)
{
    on_every_shape(WW_KERNELS_AVX2);
}

Test(tensor_strided, avx512)
{
    on_every_shape(WW_KERNELS_AVX512);
}

Test(tensor_strided, what_is_supported)
{
    const ww_conv_task good = {.size = size_of(shapes[0])};
    ww_conv_task other[4] = {good, good, good, good};
    other[0].size.stride = 1, other[1].size.dilation = 2, other[2].size.groups = 2;
    other[3].size.pad = 3;
    cr_assert(ww_strided_supports(&good));
    for (int i = 0; i < 4; i++)
        cr_assert(!ww_strided_supports(&other[i]), "task %d", i);
}

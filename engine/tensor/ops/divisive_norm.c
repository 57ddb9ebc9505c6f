/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Divisive normalisation: each response is divided by the activity of its neighbours, in channels
 * and in space (Carandini & Heeger 2012, Nature Reviews Neuroscience 13:51, equation 1, with
 * exponent 2, even weights, and the square root that makes responses grow as contrast):
 *
 *     y_i = x_i f_i,    f_i = 1 / sqrt(sigma^2 + (sum over j in pool(i) of x_j^2) / n_i)
 *
 * pool(i) is the part of the window around i that lies inside the map, n_i its size. A pool is
 * symmetric (j in pool(i) whenever i in pool(j)), so the gradient pools with the same windows:
 *
 *     dx_i = dy_i f_i - x_i (sum over j in pool(i) of dy_j x_j f_j^3 / n_j)
 *
 * Sums over a window are taken along channels, rows and columns in turn. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_divisive_norm;

struct sizes {
    ww_maps m;
    int64_t planes;          /* that f has: 1 where the pool takes all channels, else c */
    int64_t channels, space; /* half widths of the window */
    float sigma2;
};

static struct sizes sizes_of(const ww_op_call *call)
{
    const ww_divisive_norm_attr *a = call->attr;
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    return (struct sizes){.m = m,
                          .planes = a->channels == 0 ? 1 : m.c,
                          .channels = a->channels / 2,
                          .space = a->size / 2,
                          .sigma2 = (float)(a->sigma * a->sigma)};
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)n_in;
    ww_divisive_norm_attr *a = attr;
    char text[WW_SHAPE_TEXT];
    a->size = a->size == 0 ? 1 : a->size;
    a->sigma = a->sigma == 0 ? 1 : a->sigma;
    if (in[0].rank != 2 && in[0].rank != 4)
        return WW_FAIL(WW_ESHAPE, "%s: maps [N, C, H, W] or vectors [N, F] are wanted",
                       ww_shape_print(&in[0], text));
    if (a->size < 1 || a->size % 2 == 0 || (a->channels != 0 && a->channels % 2 != 1))
        return WW_FAIL(WW_EINVAL, "a window of %d channels and %d pixels: odd numbers are wanted",
                       a->channels, a->size);
    if (!(a->sigma > 0))
        return WW_FAIL(WW_EINVAL, "sigma %g is not positive", a->sigma);
    *out = in[0];
    return WW_OK;
}

/* Floats of one thread's workspace: what is summed, and two stages of sums. */
static size_t room_of(const struct sizes *s)
{
    return (size_t)((s->m.c + 2 * s->planes) * s->m.s + 15) / 16 * 16;
}

/* Saved: f. */
static ww_status prepare(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    call->scratch_floats = (size_t)ww_threads() * room_of(&s);
    if (call->mode != WW_INFER)
        call->saved_floats = (size_t)(s.m.n * s.planes * s.m.s);
    return WW_OK;
}

static void add(const float *from, float *to, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] += from[i];
}

/* The part of `at` - half .. `at` + half that lies inside 0 .. n-1. */
static int64_t first_of(int64_t at, int64_t half)
{
    return at > half ? at - half : 0;
}

static int64_t last_of(int64_t at, int64_t half, int64_t n)
{
    return at + half < n ? at + half : n - 1;
}

static int64_t width_of(int64_t at, int64_t half, int64_t n)
{
    return last_of(at, half, n) - first_of(at, half) + 1;
}

static void sum_columns(const struct sizes *s, const float *row, float *to)
{
    for (int64_t x = 0; x < s->m.w; x++) {
        float sum = 0;
        for (int64_t i = first_of(x, s->space); i <= last_of(x, s->space, s->m.w); i++)
            sum += row[i];
        to[x] = sum;
    }
}

/* Sums of `of`[c][s] over every pool: `to`[planes][s]; `half_way` is as large. */
static void sum_pools(const struct sizes *s, const float *of, float *half_way, float *to)
{
    int64_t size = s->m.s, w = s->m.w, rows = s->m.h;
    memset(to, 0, (size_t)(s->planes * size) * sizeof *to);
    for (int64_t c = 0; c < s->m.c && s->planes == 1; c++)
        add(of + c * size, to, size);
    for (int64_t c = 0; c < s->m.c && s->planes > 1; c++)
        for (int64_t k = first_of(c, s->channels); k <= last_of(c, s->channels, s->m.c); k++)
            add(of + k * size, to + c * size, size);
    if (s->space == 0)
        return;
    memset(half_way, 0, (size_t)(s->planes * size) * sizeof *to);
    for (int64_t p = 0; p < s->planes; p++)
        for (int64_t y = 0; y < rows; y++)
            for (int64_t i = first_of(y, s->space); i <= last_of(y, s->space, rows); i++)
                add(to + p * size + i * w, half_way + p * size + y * w, w);
    for (int64_t row = 0; row < s->planes * rows; row++)
        sum_columns(s, half_way + row * w, to + row * w);
}

/* 1 / n of one plane, divided out of `of`. */
static void divide_by_counts(const struct sizes *s, int64_t plane, float *of)
{
    int64_t channels = s->planes == 1 ? s->m.c : width_of(plane, s->channels, s->m.c);
    for (int64_t y = 0; y < s->m.h; y++)
        for (int64_t x = 0; x < s->m.w; x++)
            of[y * s->m.w + x] /=
                (float)(channels * width_of(y, s->space, s->m.h) * width_of(x, s->space, s->m.w));
}

/* One sample; `f` [planes][s] is written. */
static void forward_sample(const struct sizes *s, const float *x, float *y, float *f, float *work)
{
    int64_t size = s->m.s, all = s->m.c * size;
    float *half_way = work + all, *sums = half_way + s->planes * size;
    for (int64_t i = 0; i < all; i++)
        work[i] = x[i] * x[i];
    sum_pools(s, work, half_way, sums);
    for (int64_t p = 0; p < s->planes; p++) {
        divide_by_counts(s, p, sums + p * size);
        for (int64_t i = p * size; i < (p + 1) * size; i++)
            f[i] = 1 / sqrtf(s->sigma2 + sums[i]);
    }
    for (int64_t c = 0; c < s->m.c; c++)
        for (int64_t i = 0; i < size; i++)
            y[c * size + i] = x[c * size + i] * f[(s->planes == 1 ? 0 : c) * size + i];
}

static void backward_sample(const struct sizes *s, const float *x, const float *dy, const float *f,
                            float *dx, float *work)
{
    int64_t size = s->m.s, all = s->m.c * size;
    float *half_way = work + all, *sums = half_way + s->planes * size;
    for (int64_t p = 0; p < s->planes; p++) {
        for (int64_t i = p * size; i < (p + 1) * size; i++)
            half_way[i] = f[i] * f[i] * f[i];
        divide_by_counts(s, p, half_way + p * size);
    }
    for (int64_t c = 0; c < s->m.c; c++) {
        const float *spread = half_way + (s->planes == 1 ? 0 : c) * size;
        for (int64_t i = 0; i < size; i++)
            work[c * size + i] = dy[c * size + i] * x[c * size + i] * spread[i];
    }
    sum_pools(s, work, half_way, sums);
    for (int64_t c = 0; c < s->m.c; c++) {
        int64_t plane = (s->planes == 1 ? 0 : c) * size;
        for (int64_t i = 0; i < size; i++)
            dx[c * size + i] = dy[c * size + i] * f[plane + i] - x[c * size + i] * sums[plane + i];
    }
}

static ww_status forward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    size_t room = room_of(&s);
    int64_t all = s.m.c * s.m.s, plane = s.planes * s.m.s;
    int threads = (int)(call->scratch_floats / room);
#pragma omp parallel for num_threads(threads) if (s.m.size > WW_SERIAL && s.m.n > 1)
    for (int64_t n = 0; n < s.m.n; n++) {
        float *work = call->scratch + (size_t)omp_get_thread_num() * room;
        float *f = call->mode == WW_INFER ? work + all : call->saved + n * plane;
        forward_sample(&s, call->in[0] + n * all, call->out + n * all, f, work);
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    size_t room = room_of(&s);
    int64_t all = s.m.c * s.m.s, plane = s.planes * s.m.s;
    int threads = (int)(call->scratch_floats / room);
    if (call->grad_in[0] == NULL)
        return WW_OK;
#pragma omp parallel for num_threads(threads) if (s.m.size > WW_SERIAL && s.m.n > 1)
    for (int64_t n = 0; n < s.m.n; n++)
        backward_sample(&s, call->in[0] + n * all, call->grad_out + n * all,
                        call->saved + n * plane, call->grad_in[0] + n * all,
                        call->scratch + (size_t)omp_get_thread_num() * room);
    return WW_OK;
}

/* ---- reference: every pair of elements of a sample ---- */

/* Whether element j of a sample is in the pool of element i. */
static bool pooled(const struct sizes *s, int64_t i, int64_t j)
{
    int64_t c = i / s->m.s - j / s->m.s, y = i % s->m.s / s->m.w - j % s->m.s / s->m.w;
    int64_t x = i % s->m.w - j % s->m.w;
    return (s->planes == 1 || llabs(c) <= s->channels) && llabs(y) <= s->space &&
           llabs(x) <= s->space;
}

/* f and n of element i of the sample at x. */
static double factor(const struct sizes *s, const float *x, int64_t i, double *count)
{
    double sum = 0;
    *count = 0;
    for (int64_t j = 0; j < s->m.c * s->m.s; j++)
        if (pooled(s, i, j)) {
            sum += (double)x[j] * (double)x[j];
            *count += 1;
        }
    return 1 / sqrt((double)s->sigma2 + sum / *count);
}

static ww_status forward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    int64_t all = s.m.c * s.m.s;
    double count;
    for (int64_t i = 0; i < s.m.size; i++)
        call->out[i] = (float)((double)call->in[0][i] *
                               factor(&s, call->in[0] + i / all * all, i % all, &count));
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    int64_t all = s.m.c * s.m.s;
    for (int64_t n = 0; n < s.m.n && call->grad_in[0] != NULL; n++) {
        const float *x = call->in[0] + n * all, *dy = call->grad_out + n * all;
        float *dx = call->grad_in[0] + n * all;
        memset(dx, 0, (size_t)all * sizeof *dx);
        for (int64_t j = 0; j < all; j++) {
            double count, f = factor(&s, x, j, &count);
            double spread = (double)dy[j] * (double)x[j] * pow(f, 3) / count;
            dx[j] += (float)((double)dy[j] * f);
            for (int64_t i = 0; i < all; i++)
                if (pooled(&s, j, i))
                    dx[i] -= (float)((double)x[i] * spread);
        }
    }
    return WW_OK;
}

ww_var ww_divisive_norm(ww_graph *g, ww_var x, ww_divisive_norm_attr attr)
{
    return ww_apply(g, &ww_op_divisive_norm, &attr, 1, &x);
}

#define CASE(text, c, h, w, ...)                                                                   \
    {                                                                                              \
        text, &(const ww_divisive_norm_attr){__VA_ARGS__}, 1, {{4, {WW_BATCH, c, h, w}}}, {0}, 0   \
    }

static const ww_op_case cases[] = {
    CASE("all channels", 5, 4, 6, 0, 0, 0),
    CASE("all channels, 3x3", 4, 4, 5, 0, 3, 0.5),
    CASE("three channels", 6, 4, 4, 3, 1, 0.3),
    CASE("three channels, 5x5", 5, 4, 6, 3, 5, 0.7),
    CASE("one channel, wider than the map", 3, 2, 3, 1, 7, 1),
    CASE("one channel, one pixel", 3, 3, 3, 1, 1, 1),
    CASE("a window of more channels than there are", 2, 5, 5, 9, 3, 2),
    {"vectors", NULL, 1, {{2, {WW_BATCH, 17}}}, {0}, 0},
    {NULL}};

static const ww_param params[] = {
    WW_INT(ww_divisive_norm_attr, channels, 0, 0, 1 << 30, "",
           "neighbouring channels of the pool; 0: all", ""),
    WW_INT(ww_divisive_norm_attr, size, 1, 1, 1 << 30, "px", "side of the pool", ""),
    WW_REAL(ww_divisive_norm_attr, sigma, 1, 1e-30, 1e30, "", "semi-saturation constant",
            "carandini2012"),
    WW_PARAM_END};

const ww_op ww_op_divisive_norm = {
    .item = {.name = "divisive_norm",
             .summary = "responses divided by the activity of their neighbours",
             .sources = "carandini2012",
             .params = params,
             .params_size = sizeof(ww_divisive_norm_attr)},
    .attr_size = sizeof(ww_divisive_norm_attr),
    .min_in = 1,
    .max_in = 1,
    .infer = infer,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
    .forward_reference = forward_reference,
    .backward_reference = backward_reference,
    .keeps_in = WW_BIT(0),
    .in_place = true,
    .cases = cases};

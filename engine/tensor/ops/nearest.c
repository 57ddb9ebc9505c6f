/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How near a set of maps comes to each of P prototypes, anywhere (Serre et al. 2007):
 *
 *     y[n, p] = min over maps m and places (v, u) of sum over c, i, j of
 *               (x_m[n, c, v + i, u + j] - prototype[p, c, i, j])^2
 *
 * over the places where the prototype lies within the map. The square is |x|^2 - 2 x.p + |p|^2, so
 * CHUNK places are one matrix product with all prototypes; the distances are never stored, only
 * their running minima. The minimum does not depend on the order, so neither do the bits on the
 * number of threads. Not differentiable. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/blas.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_nearest;

enum { CHUNK = 384, LANES = 16, LINE = 16 };

struct size {
    int64_t n, p, c, k, taps;
};

static struct size size_of(const ww_op_call *call)
{
    const int64_t *w = call->in_shape[0].dim;
    return (struct size){call->in_shape[1].dim[0], w[0], w[1], w[2], w[1] * w[2] * w[3]};
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    char w[WW_SHAPE_TEXT], x[WW_SHAPE_TEXT];
    (void)attr;
    ww_shape_print(&in[0], w);
    for (int m = 1; m < n_in; m++) {
        ww_shape_print(&in[m], x);
        if (in[0].rank != 4 || in[m].rank != 4 || in[0].dim[2] != in[0].dim[3])
            return WW_FAIL(WW_ESHAPE,
                           "%s and %s: prototypes [P, C, k, k] and maps [N, C, H, W] are wanted", w,
                           x);
        if (in[0].dim[1] != in[m].dim[1] || in[m].dim[0] != in[1].dim[0])
            return WW_FAIL(WW_ESHAPE, "%s and %s: as many channels are wanted of each", w, x);
        if (in[m].dim[2] < in[0].dim[2] || in[m].dim[3] < in[0].dim[2])
            return WW_FAIL(WW_ESHAPE, "%s and %s: the prototype is larger than the map", w, x);
    }
    *out = WW_SHAPE(in[1].dim[0], in[0].dim[0]);
    return WW_OK;
}

static size_t lines(int64_t floats)
{
    return (size_t)((floats + LINE - 1) / LINE * LINE);
}

/* Floats that one thread works with: columns, products, minima of all samples. */
static size_t thread_floats(const struct size *s)
{
    return lines(s->taps * CHUNK) + lines(s->p * CHUNK) + lines(s->n * s->p);
}

static ww_status prepare(ww_op_call *call)
{
    struct size s = size_of(call);
    int *threads = malloc(sizeof *threads);
    if (threads == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for distances to prototypes");
    *threads = ww_threads();
    call->plan = threads;
    call->scratch_floats = (size_t)*threads * thread_floats(&s);
    return WW_OK;
}

/* Neighbourhoods of the n places from `first` on as columns [taps][n], and their squares. */
static void fill_columns(const struct size *s, const float *x, int64_t h, int64_t w, int64_t first,
                         int64_t n, float *columns, double *square)
{
    int64_t ow = w - s->k + 1;
    memset(square, 0, (size_t)n * sizeof *square);
    for (int64_t tap = 0; tap < s->taps; tap++, columns += n) {
        const float *from = x + tap / (s->k * s->k) * h * w + tap / s->k % s->k * w + tap % s->k;
        for (int64_t i = 0; i < n;) {
            int64_t u = (first + i) % ow, run = ow - u < n - i ? ow - u : n - i;
            memcpy(columns + i, from + (first + i) / ow * w + u, (size_t)run * sizeof *columns);
            i += run;
        }
        for (int64_t i = 0; i < n; i++)
            square[i] += (double)columns[i] * (double)columns[i];
    }
}

/* The smallest of square - 2 product, and `low`. */
static float smallest(const float *square, const float *product, int64_t n, float low)
{
    float lane[LANES];
    int64_t i = 0;
    for (int j = 0; j < LANES; j++)
        lane[j] = low;
    for (; i + LANES <= n; i += LANES)
        for (int j = 0; j < LANES; j++) {
            float d = square[i + j] - 2 * product[i + j];
            lane[j] = d < lane[j] ? d : lane[j];
        }
    for (; i < n; i++) {
        float d = square[i] - 2 * product[i];
        lane[0] = d < lane[0] ? d : lane[0];
    }
    for (int j = 0; j < LANES; j++)
        low = lane[j] < low ? lane[j] : low;
    return low;
}

static int64_t places_of(const ww_op_call *call, int m)
{
    const int64_t *x = call->in_shape[m].dim, k = call->in_shape[0].dim[2];
    return (x[2] - k + 1) * (x[3] - k + 1);
}

/* Chunk number `chunk` of a sample, counted over all maps. */
static void take_chunk(const ww_op_call *call, const struct size *s, int64_t n, int64_t chunk,
                       float *mine)
{
    int m = 1;
    for (; chunk >= (places_of(call, m) + CHUNK - 1) / CHUNK; m++)
        chunk -= (places_of(call, m) + CHUNK - 1) / CHUNK;
    const int64_t *x = call->in_shape[m].dim;
    int64_t first = chunk * CHUNK, left = places_of(call, m) - first;
    int64_t size = left < CHUNK ? left : CHUNK;
    float *columns = mine, *product = columns + lines(s->taps * CHUNK);
    float *low = product + lines(s->p * CHUNK) + n * s->p, square[CHUNK];
    double exact[CHUNK];
    fill_columns(s, call->in[m] + n * s->c * x[2] * x[3], x[2], x[3], first, size, columns, exact);
    for (int64_t i = 0; i < size; i++)
        square[i] = (float)exact[i];
    ww_sgemm(s->p, size, s->taps, (ww_matrix){call->in[0], s->taps, false},
             (ww_matrix){columns, size, false}, 0, product, size);
    for (int64_t p = 0; p < s->p; p++)
        low[p] = smallest(square, product + p * size, size, low[p]);
}

static ww_status forward(ww_op_call *call)
{
    struct size s = size_of(call);
    int threads = *(const int *)call->plan;
    size_t each = thread_floats(&s), before = lines(s.taps * CHUNK) + lines(s.p * CHUNK);
    int64_t chunks = 0;
    for (int m = 1; m < call->n_in; m++)
        chunks += (places_of(call, m) + CHUNK - 1) / CHUNK;
    for (int t = 0; t < threads; t++)
        for (int64_t i = 0; i < s.n * s.p; i++)
            call->scratch[(size_t)t * each + before + (size_t)i] = INFINITY;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int64_t i = 0; i < s.n * chunks; i++)
        take_chunk(call, &s, i / chunks, i % chunks,
                   call->scratch + (size_t)omp_get_thread_num() * each);
    for (int64_t p = 0; p < s.p; p++) {
        double power = 0;
        for (int64_t i = 0; i < s.taps; i++)
            power += (double)call->in[0][p * s.taps + i] * (double)call->in[0][p * s.taps + i];
        for (int64_t n = 0; n < s.n; n++) {
            float low = INFINITY;
            for (int t = 0; t < threads; t++) {
                float d = call->scratch[(size_t)t * each + before + (size_t)(n * s.p + p)];
                low = d < low ? d : low;
            }
            double d = (double)low + power;
            call->out[n * s.p + p] = (float)(d > 0 ? d : 0);
        }
    }
    return WW_OK;
}

static ww_status forward_reference(ww_op_call *call)
{
    struct size s = size_of(call);
    for (int64_t at = 0; at < s.n * s.p; at++) {
        double low = INFINITY;
        const float *prototype = call->in[0] + at % s.p * s.taps;
        for (int m = 1; m < call->n_in; m++) {
            int64_t h = call->in_shape[m].dim[2], w = call->in_shape[m].dim[3];
            const float *x = call->in[m] + at / s.p * s.c * h * w;
            for (int64_t v = 0; v + s.k <= h; v++)
                for (int64_t u = 0; u + s.k <= w; u++) {
                    double sum = 0;
                    for (int64_t i = 0; i < s.taps; i++) {
                        int64_t row = v + i / s.k % s.k, column = u + i % s.k;
                        double d = (double)x[(i / (s.k * s.k) * h + row) * w + column] -
                                   (double)prototype[i];
                        sum += d * d;
                    }
                    low = sum < low ? sum : low;
                }
        }
        call->out[at] = (float)low;
    }
    return WW_OK;
}

ww_var ww_nearest(ww_graph *g, ww_var prototypes, int n, const ww_var *maps)
{
    ww_var in[WW_OP_MAX_IN] = {prototypes};
    if (n < 1 || n >= WW_OP_MAX_IN)
        return ww_graph_fail(g, WW_EINVAL, "%d maps; 1 to %d are possible", n, WW_OP_MAX_IN - 1);
    for (int m = 0; m < n; m++)
        in[m + 1] = maps[m];
    return ww_apply(g, &ww_op_nearest, NULL, n + 1, in);
}

#define CASE(text, p, c, k, h, w, h2, w2)                                                          \
    {                                                                                              \
        text, NULL, 3, {{4, {p, c, k, k}}, {4, {WW_BATCH, c, h, w}}, {4, {WW_BATCH, c, h2, w2}}},  \
            {WW_DRAW_NORMAL, WW_DRAW_NORMAL, WW_DRAW_NORMAL}, 0                                    \
    }

static const ww_op_case cases[] = {CASE("2x2 on two maps", 5, 4, 2, 6, 5, 3, 4),
                                   CASE("3x3, one place", 3, 2, 3, 3, 3, 4, 3),
                                   CASE("1x1, more than a chunk", 4, 3, 1, 22, 21, 5, 5),
                                   {0}};

const ww_op ww_op_nearest = {.item = {.name = "nearest",
                                      .summary = "the least squared distance of any part of a map "
                                                 "to each prototype",
                                      .sources = "serre2007"},
                             .min_in = 2,
                             .max_in = WW_OP_MAX_IN,
                             .infer = infer,
                             .prepare = prepare,
                             .release = free,
                             .forward = forward,
                             .forward_reference = forward_reference,
                             .cases = cases};

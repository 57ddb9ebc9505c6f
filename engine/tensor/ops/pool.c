/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pooling of neighbourhoods. With W the pixels of one window that lie inside the map,
 *
 *     maximum:  y = max of x over W                     dy/dx_i = 1 at the (first) maximum, else 0
 *     average:  y = mean of x over W                    dy/dx_i = 1 / |W|
 *     softmax:  y = sum of x exp(beta x) / sum of exp(beta x)
 *               dy/dx_i = p_i (1 + beta (x_i - y)),     p_i = exp(beta x_i) / sum of exp(beta x)
 *
 * The last goes from the average (beta = 0) to the maximum (beta large): the MAX-like pooling of
 * complex cells (Riesenhuber & Poggio 1999, Nature Neuroscience 2:1019, methods). Exponentials are
 * taken relative to the window's largest beta x, so none overflows.
 *
 * One map is done at a time: its windows stand as a matrix, tap by output, so that all loops run
 * along maps. For backward, the maximum saves which tap won, the softmax dy/dx of every tap. The
 * usual windows have loops of their own (near_pool.h), as have maps in blocks (block_pool.h). The
 * average needs no matrix: a window's sum is that along columns, then along rows, 2 size terms
 * instead of size^2, and its gradient goes the same way back. */
#include <float.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/parts/average_pool.h"
#include "engine/tensor/parts/block_pool.h"
#include "engine/tensor/parts/exponential.h"
#include "engine/tensor/parts/near_pool.h"

extern const ww_op ww_op_pool;

/* All that a map needs to know. */
struct sizes {
    ww_maps x, y;
    int64_t size, stride, pad, taps;
    int kind;
    float beta;
    bool near; /* of the sort of near_pool.h */
    ww_near_pool nearly;
};

static struct sizes sizes_of(const ww_op_call *call)
{
    const ww_pool_attr *a = call->attr;
    const ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    return (struct sizes){.x = x,
                          .y = y,
                          .near = ww_near_pool_fits(a),
                          .nearly = {x, y, a->size, a->stride, a->pad},
                          .size = a->size,
                          .stride = a->stride,
                          .pad = a->pad,
                          .taps = (int64_t)a->size * a->size,
                          .kind = a->kind,
                          .beta = (float)a->beta};
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)n_in;
    ww_pool_attr *a = attr;
    char text[WW_SHAPE_TEXT];
    a->stride = a->stride == 0 ? a->size : a->stride;
    a->beta = a->beta == 0 ? 1 : a->beta;
    WW_TRY(ww_maps_check(&in[0], "the map"));
    if (a->size < 1 || a->stride < 1 || a->pad < 0 || a->pad >= a->size)
        return WW_FAIL(WW_EINVAL,
                       "size %d, stride %d, pad %d: size and stride must be positive, and pad less "
                       "than size",
                       a->size, a->stride, a->pad);
    int64_t h = in[0].dim[2] + 2 * a->pad - a->size, w = in[0].dim[3] + 2 * a->pad - a->size;
    if (h < 0 || w < 0)
        return WW_FAIL(WW_ESHAPE, "%s: a window of %d x %d is larger than the map with its padding",
                       ww_shape_print(&in[0], text), a->size, a->size);
    *out = WW_SHAPE(in[0].dim[0], in[0].dim[1], h / a->stride + 1, w / a->stride + 1);
    return WW_OK;
}

/* Floats of what all threads read (average_pool.h), before the workspace of each. */
static size_t shares_of(const struct sizes *s)
{
    bool wanted = s->kind == WW_POOL_AVERAGE && !s->near;
    return wanted ? (size_t)(s->y.h + s->y.w + 15) / 16 * 16 : 0;
}

/* Floats of one thread's workspace: the matrix of windows, and three maps of outputs. */
static size_t room_of(const struct sizes *s)
{
    int64_t floats = s->kind == WW_POOL_AVERAGE ? (int64_t)ww_average_pool_room(&s->nearly)
                                                : (s->taps + 3) * s->y.s;
    if (s->near)
        floats = (int64_t)ww_near_pool_room(&s->nearly) + 1;
    return (size_t)((floats + 15) / 16 * 16);
}

static int threads_of(const struct sizes *s, const ww_op_call *call)
{
    return (int)((call->scratch_floats - shares_of(s)) / room_of(s));
}

/* Workspace of the thread that calls. */
static float *own_room(const struct sizes *s, const ww_op_call *call)
{
    return call->scratch + shares_of(s) + (size_t)omp_get_thread_num() * room_of(s);
}

static ww_status prepare(ww_op_call *call)
{
    if (call->blocked != 0)
        return ww_block_pool_prepare(call);
    struct sizes s = sizes_of(call);
    call->scratch_floats = shares_of(&s) + (size_t)ww_threads() * room_of(&s);
    if (call->mode != WW_INFER && s.kind == WW_POOL_MAX)
        call->saved_floats = s.near ? ((size_t)s.y.size + 3) / 4 : (size_t)s.y.size;
    if (call->mode != WW_INFER && s.kind == WW_POOL_SOFTMAX)
        call->saved_floats = (size_t)(s.y.size * s.taps);
    return WW_OK;
}

/* The windows of one map: to[tap][output], `outside` where a tap lies outside the map. */
static void windows_of(const struct sizes *s, const float *map, float outside, float *to)
{
    for (int64_t tap = 0; tap < s->taps; tap++) {
        int64_t shift = tap % s->size - s->pad, begin, end;
        ww_maps_inside(s->x.w, s->y.w, s->stride, shift, &begin, &end);
        for (int64_t v = 0; v < s->y.h; v++, to += s->y.w) {
            int64_t row = v * s->stride - s->pad + tap / s->size;
            bool in = row >= 0 && row < s->x.h;
            int64_t first = in ? begin : 0, last = in ? end : 0;
            for (int64_t u = 0; u < first; u++)
                to[u] = outside;
            for (int64_t u = first; u < last; u++)
                to[u] = map[row * s->x.w + u * s->stride + shift];
            for (int64_t u = last; u < s->y.w; u++)
                to[u] = outside;
        }
    }
}

/* `top` becomes the largest window, `which` the first tap that has it. */
static void largest(const struct sizes *s, const float *windows, float *restrict top,
                    float *restrict which)
{
    int64_t size = s->y.s;
    for (int64_t i = 0; i < size; i++) {
        top[i] = windows[i];
        which[i] = 0;
    }
    for (int64_t tap = 1; tap < s->taps; tap++) {
        const float *x = windows + tap * size;
        float number = (float)tap;
        for (int64_t i = 0; i < size; i++) /* two loops: each of them becomes vector code */
            which[i] = x[i] > top[i] ? number : which[i];
        for (int64_t i = 0; i < size; i++)
            top[i] = x[i] > top[i] ? x[i] : top[i];
    }
}

/* Works with x relative to the top of its window, so that it is exact for large x. Taps outside the
 * map hold `outside`, minus infinity as they are seen with the sign of beta. `rows`: three maps of
 * workspace; `slope` (unless NULL): dy/dx, tap by output. */
static void softmax(const struct sizes *s, float *windows, float *rows, float *restrict y,
                    float *slope)
{
    int64_t size = s->y.s;
    float *restrict top = rows, *restrict sum = rows + size;
    float sign = s->beta < 0 ? -1 : 1, beta = s->beta * sign;
    for (int64_t i = 0; i < s->taps * size; i++)
        windows[i] *= sign;
    largest(s, windows, top, sum);
    memset(sum, 0, (size_t)size * sizeof *sum);
    memset(y, 0, (size_t)size * sizeof *y);
    for (int64_t tap = 0; tap < s->taps; tap++) {
        float *restrict x = windows + tap * size;
        float *restrict share = slope != NULL ? slope + tap * size : rows + 2 * size;
        for (int64_t i = 0; i < size; i++) {
            x[i] -= top[i];
            share[i] = ww_expf(beta * x[i]);
            sum[i] += share[i];
            x[i] = x[i] < -FLT_MAX ? 0 : x[i];
            y[i] += share[i] * x[i];
        }
    }
    for (int64_t i = 0; i < size; i++)
        y[i] /= sum[i];
    for (int64_t tap = 0; tap < s->taps && slope != NULL; tap++) {
        const float *x = windows + tap * size;
        float *restrict p = slope + tap * size;
        for (int64_t i = 0; i < size; i++)
            p[i] *= (1 + beta * (x[i] - y[i])) / sum[i];
    }
    for (int64_t i = 0; i < size; i++)
        y[i] = sign * (y[i] + top[i]);
}

/* Which tap won, in bytes. */
static uint8_t *winners_of(const struct sizes *s, const ww_op_call *call, int64_t map)
{
    return call->saved_floats == 0 ? NULL : (uint8_t *)(void *)call->saved + map * s->y.s;
}

static void forward_near(const struct sizes *s, const ww_op_call *call, int64_t map, float *room)
{
    const float *x = call->in[0] + map * s->x.s, *end = call->in[0] + s->x.size;
    float *y = call->out + map * s->y.s;
    if (s->kind == WW_POOL_AVERAGE)
        ww_near_pool_average(&s->nearly, x, end, y);
    else
        ww_near_pool_max(&s->nearly, x, end, room, y, winners_of(s, call, map));
}

static ww_status forward(ww_op_call *call)
{
    if (call->blocked != 0)
        return ww_block_pool_forward(call);
    struct sizes s = sizes_of(call);
    int threads = threads_of(&s, call);
    bool save = call->mode != WW_INFER;
    if (shares_of(&s) > 0)
        ww_average_pool_shares(&s.nearly, call->scratch);
#pragma omp parallel for num_threads(threads) if ((s.near ? s.x.size / 2 : s.y.size) >             \
                                                  (s.near ? WW_LIGHT : WW_SERIAL))
    for (int64_t map = 0; map < s.y.n * s.y.c; map++) {
        float *windows = own_room(&s, call);
        float *rows = windows + s.taps * s.y.s, *y = call->out + map * s.y.s;
        const float *x = call->in[0] + map * s.x.s;
        if (s.near) {
            forward_near(&s, call, map, windows);
            continue;
        }
        if (s.kind == WW_POOL_AVERAGE) {
            ww_average_pool(&s.nearly, call->scratch, x, windows, y);
            continue;
        }
        windows_of(&s, x, s.beta < 0 ? INFINITY : -INFINITY, windows);
        if (s.kind == WW_POOL_MAX)
            largest(&s, windows, y, save ? call->saved + map * s.y.s : rows);
        else
            softmax(&s, windows, rows, y, save ? call->saved + map * s.taps * s.y.s : NULL);
    }
    return WW_OK;
}

/* The winners of one map get its dy. */
static void backward_largest(const struct sizes *s, const float *which, const float *dy, float *dx)
{
    for (int64_t at = 0; at < s->y.s; at++) {
        int64_t tap = (int64_t)which[at];
        int64_t row = at / s->y.w * s->stride - s->pad + tap / s->size;
        int64_t column = at % s->y.w * s->stride - s->pad + tap % s->size;
        if (row >= 0 && row < s->x.h && column >= 0 && column < s->x.w)
            dx[row * s->x.w + column] += dy[at];
    }
}

/* The outputs of one map to the pixels of their windows: slope[tap][output] times dy. */
static void spread(const struct sizes *s, const float *slope, const float *dy, float *restrict dx)
{
    for (int64_t tap = 0; tap < s->taps; tap++) {
        int64_t shift = tap % s->size - s->pad, begin, end;
        ww_maps_inside(s->x.w, s->y.w, s->stride, shift, &begin, &end);
        for (int64_t v = 0; v < s->y.h; v++) {
            int64_t row = v * s->stride - s->pad + tap / s->size;
            float *to = dx + row * s->x.w + shift;
            const float *from = dy + v * s->y.w;
            if (row < 0 || row >= s->x.h)
                continue;
            for (int64_t u = begin; u < end; u++)
                to[u * s->stride] += slope[tap * s->y.s + v * s->y.w + u] * from[u];
        }
    }
}

static void backward_map(const struct sizes *s, const ww_op_call *call, int64_t map, float *room)
{
    const float *dy = call->grad_out + map * s->y.s;
    float *dx = call->grad_in[0] + map * s->x.s;
    if (s->near && s->kind == WW_POOL_MAX) {
        ww_near_pool_max_back(&s->nearly, dy, winners_of(s, call, map), dx);
        return;
    }
    if (s->near) {
        ww_near_pool_average_back(&s->nearly, dy, dx);
        return;
    }
    if (s->kind == WW_POOL_AVERAGE) {
        ww_average_pool_back(&s->nearly, call->scratch, dy, room, dx);
        return;
    }
    memset(dx, 0, (size_t)s->x.s * sizeof *dx);
    if (s->kind == WW_POOL_MAX)
        backward_largest(s, call->saved + map * s->y.s, dy, dx);
    else
        spread(s, call->saved + map * s->y.s * s->taps, dy, dx);
}

static ww_status backward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    if (call->grad_in[0] == NULL)
        return WW_OK;
    if (call->blocked != 0)
        return ww_block_pool_backward(call);
    int threads = threads_of(&s, call);
    if (shares_of(&s) > 0)
        ww_average_pool_shares(&s.nearly, call->scratch);
#pragma omp parallel for num_threads(threads) if ((s.near ? s.x.size / 2 : s.y.size) >             \
                                                  (s.near ? WW_LIGHT : WW_SERIAL))
    for (int64_t map = 0; map < s.y.n * s.y.c; map++)
        backward_map(&s, call, map, own_room(&s, call));
    return WW_OK;
}

/* ---- reference: one window at a time, in double ---- */

/* The pixel that `tap` of output `at` meets, and its x; -1 outside the map. */
static int64_t pixel_at(const struct sizes *s, const ww_op_call *call, int64_t at, int64_t tap,
                        double *x)
{
    int64_t v = at / s->y.w % s->y.h, u = at % s->y.w;
    int64_t row = v * s->stride - s->pad + tap / s->size;
    int64_t column = u * s->stride - s->pad + tap % s->size;
    if (row < 0 || row >= s->x.h || column < 0 || column >= s->x.w)
        return -1;
    int64_t pixel = at / s->y.s * s->x.s + row * s->x.w + column;
    *x = (double)call->in[0][pixel];
    return pixel;
}

/* y, and what dy/dx is made of: the sum of weights and the first maximum. */
struct pooled {
    double y, sum;
    int64_t winner;
};

static double weight_of(const struct sizes *s, double x, double top)
{
    return s->kind == WW_POOL_SOFTMAX ? exp((double)s->beta * (x - top)) : 1;
}

static struct pooled pooled_at(const struct sizes *s, const ww_op_call *call, int64_t at,
                               double *top)
{
    struct pooled p = {0, 0, -1};
    double x = 0, weighted = 0;
    for (int64_t tap = 0; tap < s->taps; tap++) {
        int64_t pixel = pixel_at(s, call, at, tap, &x);
        if (pixel >= 0 && (p.winner < 0 || x > *top)) {
            *top = x;
            p.winner = pixel;
        }
    }
    for (int64_t tap = 0; tap < s->taps; tap++)
        if (pixel_at(s, call, at, tap, &x) >= 0) {
            p.sum += weight_of(s, x, *top);
            weighted += weight_of(s, x, *top) * x;
        }
    p.y = s->kind == WW_POOL_MAX ? *top : weighted / p.sum;
    return p;
}

static ww_status forward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    double top = 0;
    for (int64_t at = 0; at < s.y.size; at++)
        call->out[at] = (float)pooled_at(&s, call, at, &top).y;
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    float *dx = call->grad_in[0];
    if (dx == NULL)
        return WW_OK;
    memset(dx, 0, (size_t)s.x.size * sizeof *dx);
    for (int64_t at = 0; at < s.y.size; at++) {
        double x = 0, top = 0;
        struct pooled p = pooled_at(&s, call, at, &top);
        for (int64_t tap = 0; tap < s.taps; tap++) {
            int64_t pixel = pixel_at(&s, call, at, tap, &x);
            if (pixel < 0)
                continue;
            double slope = weight_of(&s, x, top) / p.sum;
            if (s.kind == WW_POOL_SOFTMAX)
                slope *= 1 + (double)s.beta * (x - p.y);
            if (s.kind == WW_POOL_MAX)
                slope = pixel == p.winner ? 1 : 0;
            dx[pixel] += (float)(slope * (double)call->grad_out[at]);
        }
    }
    return WW_OK;
}

ww_var ww_pool(ww_graph *g, ww_var x, ww_pool_attr attr)
{
    return ww_apply(g, &ww_op_pool, &attr, 1, &x);
}

#define CASE(text, drawn, c, h, w, ...)                                                            \
    {                                                                                              \
        text, &(const ww_pool_attr){__VA_ARGS__}, 1, {{4, {WW_BATCH, c, h, w}}}, {drawn}, 0        \
    }

static const ww_op_case cases[] = {
    CASE("maximum 2x2", WW_DRAW_DISTINCT, 3, 6, 8, WW_POOL_MAX, 2, 0, 0, 0),
    CASE("maximum 2x2, some left over", WW_DRAW_DISTINCT, 2, 5, 7, WW_POOL_MAX, 2, 2, 0, 0),
    CASE("maximum 3x3 stride 2, padded", WW_DRAW_DISTINCT, 4, 7, 6, WW_POOL_MAX, 3, 2, 1, 0),
    CASE("maximum 5x5, small map", WW_DRAW_DISTINCT, 2, 2, 3, WW_POOL_MAX, 5, 1, 4, 0),
    CASE("maximum 3x3 stride 2", WW_DRAW_DISTINCT, 2, 15, 37, WW_POOL_MAX, 3, 2, 0, 0),
    CASE("maximum 3x3 stride 1, padded", WW_DRAW_DISTINCT, 2, 6, 19, WW_POOL_MAX, 3, 1, 1, 0),
    CASE("maximum 2x2 of wide maps", WW_DRAW_DISTINCT, 2, 5, 71, WW_POOL_MAX, 2, 2, 0, 0),
    CASE("maximum 2x2 stride 3", WW_DRAW_DISTINCT, 2, 8, 9, WW_POOL_MAX, 2, 3, 1, 0),
    CASE("maximum 2x2 of many maps", WW_DRAW_DISTINCT, 10, 20, 22, WW_POOL_MAX, 2, 2, 0, 0),
    CASE("average 2x2, some left over", WW_DRAW_NORMAL, 2, 5, 71, WW_POOL_AVERAGE, 2, 2, 0, 0),
    CASE("average 1x1 stride 2", WW_DRAW_NORMAL, 2, 5, 37, WW_POOL_AVERAGE, 1, 2, 0, 0),
    CASE("average 1x1 stride 2, even", WW_DRAW_NORMAL, 2, 6, 8, WW_POOL_AVERAGE, 1, 2, 0, 0),
    CASE("maximum 1x1", WW_DRAW_DISTINCT, 3, 3, 3, WW_POOL_MAX, 1, 0, 0, 0),
    CASE("average 2x2", WW_DRAW_NORMAL, 3, 6, 8, WW_POOL_AVERAGE, 2, 0, 0, 0),
    CASE("average 3x3 stride 2, padded", WW_DRAW_NORMAL, 4, 7, 6, WW_POOL_AVERAGE, 3, 2, 1, 0),
    CASE("average 3x3 stride 1, padded", WW_DRAW_NORMAL, 2, 4, 5, WW_POOL_AVERAGE, 3, 1, 1, 0),
    CASE("average 2x2 stride 3", WW_DRAW_NORMAL, 2, 7, 8, WW_POOL_AVERAGE, 2, 3, 0, 0),
    CASE("average 1x1 stride 4", WW_DRAW_NORMAL, 2, 9, 5, WW_POOL_AVERAGE, 1, 4, 0, 0),
    CASE("average 5x5, small map", WW_DRAW_NORMAL, 2, 2, 3, WW_POOL_AVERAGE, 5, 1, 4, 0),
    CASE("average 7x7, small map, wider", WW_DRAW_NORMAL, 2, 4, 3, WW_POOL_AVERAGE, 7, 1, 6, 0),
    CASE("average 7x7 stride 1, padded", WW_DRAW_NORMAL, 2, 16, 16, WW_POOL_AVERAGE, 7, 1, 3, 0),
    CASE("average 5x5 stride 1, lopsided", WW_DRAW_NORMAL, 2, 9, 17, WW_POOL_AVERAGE, 5, 1, 1, 0),
    CASE("average 4x4 stride 1", WW_DRAW_NORMAL, 2, 8, 35, WW_POOL_AVERAGE, 4, 1, 0, 0),
    CASE("average 5x5 stride 3, padded", WW_DRAW_NORMAL, 2, 14, 17, WW_POOL_AVERAGE, 5, 3, 2, 0),
    CASE("average 3x3, tiles", WW_DRAW_NORMAL, 2, 9, 12, WW_POOL_AVERAGE, 3, 0, 0, 0),
    CASE("average 4x4, tiles", WW_DRAW_NORMAL, 2, 8, 16, WW_POOL_AVERAGE, 4, 0, 0, 0),
    CASE("average 8x8, tiles", WW_DRAW_NORMAL, 2, 16, 8, WW_POOL_AVERAGE, 8, 0, 0, 0),
    CASE("average 5x5, tiles", WW_DRAW_NORMAL, 2, 5, 10, WW_POOL_AVERAGE, 5, 0, 0, 0),
    CASE("average 4x4, columns left over", WW_DRAW_NORMAL, 2, 8, 9, WW_POOL_AVERAGE, 4, 0, 0, 0),
    CASE("average 4x4, rows left over", WW_DRAW_NORMAL, 2, 11, 8, WW_POOL_AVERAGE, 4, 0, 0, 0),
    CASE("maximum 2x2 of 16", WW_DRAW_DISTINCT, 16, 6, 8, WW_POOL_MAX, 2, 0, 0, 0),
    CASE("maximum 2x2 of 32, odd", WW_DRAW_DISTINCT, 32, 5, 7, WW_POOL_MAX, 2, 2, 0, 0),
    CASE("maximum 3x3 of 16, stride 2", WW_DRAW_DISTINCT, 16, 7, 6, WW_POOL_MAX, 3, 2, 1, 0),
    CASE("maximum 3x3 of 32, stride 1", WW_DRAW_DISTINCT, 32, 4, 5, WW_POOL_MAX, 3, 1, 1, 0),
    CASE("maximum 3x3 of 16, beside", WW_DRAW_DISTINCT, 16, 7, 8, WW_POOL_MAX, 3, 3, 1, 0),
    CASE("maximum 5x5 of 16, small", WW_DRAW_DISTINCT, 16, 2, 3, WW_POOL_MAX, 5, 1, 4, 0),
    CASE("maximum 2x2 of 16, stride 3", WW_DRAW_DISTINCT, 16, 8, 9, WW_POOL_MAX, 2, 3, 1, 0),
    CASE("average 2x2 of 16", WW_DRAW_NORMAL, 16, 6, 8, WW_POOL_AVERAGE, 2, 0, 0, 0),
    CASE("average 2x2 of 32, odd", WW_DRAW_NORMAL, 32, 5, 7, WW_POOL_AVERAGE, 2, 2, 0, 0),
    CASE("average 3x3 of 16, stride 2", WW_DRAW_NORMAL, 16, 7, 6, WW_POOL_AVERAGE, 3, 2, 1, 0),
    CASE("average 3x3 of 16, stride 1", WW_DRAW_NORMAL, 16, 4, 5, WW_POOL_AVERAGE, 3, 1, 1, 0),
    CASE("average 1x1 of 16, stride 2", WW_DRAW_NORMAL, 16, 5, 7, WW_POOL_AVERAGE, 1, 2, 0, 0),
    CASE("average 4x4 of 16, stride 5", WW_DRAW_NORMAL, 16, 8, 9, WW_POOL_AVERAGE, 4, 5, 2, 0),
    CASE("softmax 2x2 of 16", WW_DRAW_NORMAL, 16, 4, 4, WW_POOL_SOFTMAX, 2, 0, 0, 0),
    CASE("softmax 2x2", WW_DRAW_NORMAL, 3, 6, 8, WW_POOL_SOFTMAX, 2, 0, 0, 0),
    CASE("softmax 3x3 stride 2, padded", WW_DRAW_NORMAL, 4, 7, 6, WW_POOL_SOFTMAX, 3, 2, 1, 2.5),
    CASE("softmax to the minimum", WW_DRAW_NORMAL, 2, 4, 5, WW_POOL_SOFTMAX, 3, 1, 1, -1.5),
    CASE("softmax, sharp", WW_DRAW_DISTINCT, 3, 6, 6, WW_POOL_SOFTMAX, 3, 1, 1, 20),
    {NULL}};

static const char *const kinds[] = {"max", "average", "softmax", NULL};

static const ww_param params[] = {
    WW_CHOICE(ww_pool_attr, kind, 0, kinds, "what stands for a neighbourhood", ""),
    WW_INT(ww_pool_attr, size, 1, 1, 1 << 30, "px", "side of a neighbourhood", ""),
    WW_INT(ww_pool_attr, stride, 1, 1, 1 << 30, "px", "between neighbourhoods", ""),
    WW_INT(ww_pool_attr, pad, 0, 0, 1 << 30, "px", "around the map", ""),
    WW_REAL(ww_pool_attr, beta, 1, -1e30, 1e30, "", "steepness of softmax", "riesenhuber1999"),
    WW_PARAM_END};

const ww_op ww_op_pool = {.item = {.name = "pool",
                                   .summary = "maximum, average or softmax over neighbourhoods",
                                   .sources = "riesenhuber1999",
                                   .params = params,
                                   .params_size = sizeof(ww_pool_attr)},
                          .attr_size = sizeof(ww_pool_attr),
                          .min_in = 1,
                          .max_in = 1,
                          .infer = infer,
                          .prepare = prepare,
                          .forward = forward,
                          .backward = backward,
                          .forward_reference = forward_reference,
                          .backward_reference = backward_reference,
                          .blocks = ww_block_pool_fits,
                          .cases = cases};

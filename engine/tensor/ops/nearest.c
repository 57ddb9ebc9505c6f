/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How near a set of maps comes to each of P prototypes, anywhere (Serre et al. 2007):
 *
 *     y[n, p] = min over maps m and places (v, u) of sum over c, i, j of
 *               (x_m[n, c, v + i, u + j] - prototype[p, c, i, j])^2
 *
 * over the places where the prototype lies within the map (backend/distance.c). Not differentiable.
 */
#include <math.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/distance.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_nearest;

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

static ww_status prepare(ww_op_call *call)
{
    struct size s = size_of(call);
    int64_t side[WW_OP_MAX_IN][2];
    for (int m = 1; m < call->n_in; m++) {
        side[m - 1][0] = call->in_shape[m].dim[2];
        side[m - 1][1] = call->in_shape[m].dim[3];
    }
    ww_distance *distance;
    ww_distance_size size = {s.n, s.c, s.p, s.k, call->n_in - 1, (const int64_t(*)[2])side};
    WW_TRY(ww_distance_create(&distance, &size, ww_threads(), ww_kernels_best(), NULL));
    call->plan = distance;
    call->scratch_floats = ww_distance_scratch(distance);
    return WW_OK;
}

static void release(void *plan)
{
    ww_distance_free(plan);
}

static ww_status forward(ww_op_call *call)
{
    ww_distance_run(call->plan, call->in[0], (const float *const *)call->in + 1, call->out,
                    call->scratch);
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
                             .release = release,
                             .forward = forward,
                             .forward_reference = forward_reference,
                             .tolerance = 2e-5, /* a small distance is a difference of large sums */
                             .cases = cases};

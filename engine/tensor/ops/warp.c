/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps sampled at the points of a grid: how one retinotopic area reads the map of another.
 *
 * Pixel (i, j) stands at x = j, y = i. The value at (x, y) is bilinear between the four pixels
 * around it, and pixels outside the map are 0:
 *
 *     y[n, c, v, u] = sum over i, j of x[n, c, i, j] tent(X[v, u] - j) tent(Y[v, u] - i),
 *     tent(t) = max(0, 1 - |t|)
 *
 * Points that are not a number lie outside. The map is linear in x; its gradient adds every dy to
 * the pixels that it was read from, in the order of the grid. */
#include <math.h>
#include <string.h>

#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_warp;

/* The four pixels around one point; those outside have weight 0 (and stand in as pixel 0). */
struct taps {
    int32_t pixel[4];
    float weight[4];
};

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    char x[WW_SHAPE_TEXT], grid[WW_SHAPE_TEXT];
    if (in[0].rank != 4 || in[1].rank != 3 || in[1].dim[2] != 2)
        return WW_FAIL(WW_ESHAPE,
                       "%s and %s: maps [N, C, H, W] and a grid [H', W', 2] of (x, y) are wanted",
                       ww_shape_print(&in[0], x), ww_shape_print(&in[1], grid));
    *out = WW_SHAPE(in[0].dim[0], in[0].dim[1], in[1].dim[0], in[1].dim[1]);
    return WW_OK;
}

static ww_status prepare(ww_op_call *call)
{
    size_t points = (size_t)(call->out_shape.dim[2] * call->out_shape.dim[3]);
    call->scratch_floats = points * sizeof(struct taps) / sizeof(float);
    return WW_OK;
}

static struct taps taps_at(float x, float y, const ww_maps *m)
{
    struct taps taps = {{0}, {0}};
    if (!(x > -1 && x < (float)m->w && y > -1 && y < (float)m->h))
        return taps;
    float left = floorf(x), top = floorf(y);
    for (int k = 0; k < 4; k++) {
        int64_t column = (int64_t)left + k % 2, row = (int64_t)top + k / 2;
        if (column < 0 || column >= m->w || row < 0 || row >= m->h)
            continue;
        taps.pixel[k] = (int32_t)(row * m->w + column);
        taps.weight[k] = (k % 2 ? x - left : 1 - (x - left)) * (k / 2 ? y - top : 1 - (y - top));
    }
    return taps;
}

static const struct taps *taps_of(ww_op_call *call, const ww_maps *x, int64_t points)
{
    struct taps *taps = (struct taps *)(void *)call->scratch;
    const float *grid = call->in[1];
    for (int64_t i = 0; i < points; i++)
        taps[i] = taps_at(grid[2 * i], grid[2 * i + 1], x);
    return taps;
}

static ww_status forward(ww_op_call *call)
{
    ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    const struct taps *taps = taps_of(call, &x, y.s);
#pragma omp parallel for if (y.size > WW_SERIAL)
    for (int64_t map = 0; map < y.n * y.c; map++) {
        const float *from = call->in[0] + map * x.s;
        float *to = call->out + map * y.s;
        for (int64_t i = 0; i < y.s; i++) {
            const int32_t *p = taps[i].pixel;
            const float *w = taps[i].weight;
            to[i] =
                (w[0] * from[p[0]] + w[1] * from[p[1]]) + (w[2] * from[p[2]] + w[3] * from[p[3]]);
        }
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    if (call->grad_in[0] == NULL)
        return WW_OK;
    const struct taps *taps = taps_of(call, &x, y.s);
#pragma omp parallel for if (y.size > WW_SERIAL)
    for (int64_t map = 0; map < y.n * y.c; map++) {
        const float *from = call->grad_out + map * y.s;
        float *to = call->grad_in[0] + map * x.s;
        memset(to, 0, (size_t)x.s * sizeof *to);
        for (int64_t i = 0; i < y.s; i++)
            for (int k = 0; k < 4; k++)
                to[taps[i].pixel[k]] += taps[i].weight[k] * from[i];
    }
    return WW_OK;
}

/* ---- reference: the formula, over all pixels ---- */

static double tent(double t)
{
    return fmax(0, 1 - fabs(t));
}

static void apply(const ww_op_call *call, const float *from, float *to, bool transposed)
{
    ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    ww_maps p = transposed ? y : x, q = transposed ? x : y;
    const float *grid = call->in[1];
    for (int64_t i = 0; i < q.size; i++) {
        double sum = 0;
        for (int64_t j = 0; j < p.s; j++) {
            int64_t point = transposed ? j : i % q.s, pixel = transposed ? i % q.s : j;
            sum += tent((double)grid[2 * point] - (double)(pixel % x.w)) *
                   tent((double)grid[2 * point + 1] - (double)(pixel / x.w)) *
                   (double)from[i / q.s * p.s + j];
        }
        to[i] = (float)sum;
    }
}

static ww_status forward_reference(ww_op_call *call)
{
    apply(call, call->in[0], call->out, false);
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    if (call->grad_in[0] != NULL)
        apply(call, call->grad_out, call->grad_in[0], true);
    return WW_OK;
}

ww_var ww_warp(ww_graph *g, ww_var x, ww_var grid)
{
    return ww_apply(g, &ww_op_warp, NULL, 2, (ww_var[]){x, grid});
}

static const ww_op_case cases[] = {
    {"some points outside", NULL, 2, {{4, {WW_BATCH, 3, 3, 4}}, {3, {5, 6, 2}}}, {0}, 0},
    {"points inside",
     NULL,
     2,
     {{4, {WW_BATCH, 4, 4, 4}}, {3, {8, 9, 2}}},
     {WW_DRAW_NORMAL, WW_DRAW_POSITIVE},
     0},
    {"points on pixels",
     NULL,
     2,
     {{4, {WW_BATCH, 2, 3, 3}}, {3, {4, 4, 2}}},
     {WW_DRAW_NORMAL, WW_DRAW_LABEL},
     4},
    {"far outside",
     NULL,
     2,
     {{4, {WW_BATCH, 1, 2, 2}}, {3, {6, 5, 2}}},
     {WW_DRAW_NORMAL, WW_DRAW_DISTINCT},
     0},
    {"one pixel", NULL, 2, {{4, {WW_BATCH, 2, 1, 1}}, {3, {1, 3, 2}}}, {0}, 0},
    {NULL}};

const ww_op ww_op_warp = {
    .item = {.name = "warp", .summary = "maps sampled at the points of a grid"},
    .min_in = 2,
    .max_in = 2,
    .infer = infer,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
    .forward_reference = forward_reference,
    .backward_reference = backward_reference,
    .keeps_in = WW_BIT(1),
    .linear_in = WW_BIT(0),
    .fixed_in = WW_BIT(1),
    .cases = cases};

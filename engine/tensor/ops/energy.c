/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The energy of quadrature pairs (Adelson & Bergen 1985, "Spatiotemporal energy models for the
 * perception of motion"): of 2 C channels, the even ones before the odd ones,
 *
 *     y_c = x_c^2 + x_(C + c)^2;   dx = 2 x dy */
#include "engine/tensor/parts/axis.h"
#include "engine/tensor/parts/elementwise.h"

extern const ww_op ww_op_energy;

ww_var ww_energy(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_energy, NULL, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    char text[WW_SHAPE_TEXT];
    (void)attr, (void)n_in;
    WW_TRY(ww_axis_check(&in[0], 1));
    if (in[0].dim[1] % 2 != 0)
        return WW_FAIL(WW_ESHAPE, "%s has no pairs: its channels are odd in number",
                       ww_shape_print(&in[0], text));
    *out = in[0];
    out->dim[1] /= 2;
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    const ww_axis axis = ww_axis_of(&call->out_shape, 1);
    const size_t n = axis.length * axis.inner;
#pragma omp parallel for schedule(static) if (axis.outer * n > WW_LIGHT)
    for (size_t sample = 0; sample < axis.outer; sample++) {
        const float *even = call->in[0] + 2 * sample * n, *odd = even + n;
        float *y = call->out + sample * n;
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            y[i] = even[i] * even[i] + odd[i] * odd[i];
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const ww_axis axis = ww_axis_of(&call->out_shape, 1);
    const size_t n = axis.length * axis.inner;
    if (call->grad_in[0] == NULL)
        return WW_OK;
#pragma omp parallel for schedule(static) if (axis.outer * n > WW_LIGHT)
    for (size_t half = 0; half < 2 * axis.outer; half++) {
        const float *x = call->in[0] + half * n, *dy = call->grad_out + half / 2 * n;
        float *dx = call->grad_in[0] + half * n;
#pragma omp simd
        for (size_t i = 0; i < n; i++)
            dx[i] = 2 * x[i] * dy[i];
    }
    return WW_OK;
}

static const ww_op_case cases[] = {
    {.name = "vectors", .n_in = 1, .in = {{2, {WW_BATCH, 14}}}, .draw = {WW_DRAW_NORMAL}},
    {.name = "maps", .n_in = 1, .in = {{4, {WW_BATCH, 6, 9, 31}}}, .draw = {WW_DRAW_NORMAL}},
    {0}};

const ww_op ww_op_energy = {.item = {.name = "energy",
                                     .summary = "the sum of squares of each quadrature pair",
                                     .sources = "adelson1985"},
                            .min_in = 1,
                            .max_in = 1,
                            .infer = infer,
                            .forward = forward,
                            .backward = backward,
                            .keeps_in = WW_BIT(0),
                            .cases = cases};

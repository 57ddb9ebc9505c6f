/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Half-wave rectification into two kinds of cells, as rates cannot be negative: of C channels,
 * those that answer to one sign, then those that answer to the other (Heeger 1992; as units of a
 * network, Shang et al. 2016, "Understanding and improving convolutional neural networks via
 * concatenated rectified linear units"),
 *
 *     y_c = max(0, x_c),   y_(C + c) = max(0, -x_c);
 *     dx = dy_c where x > 0, -dy_(C + c) where x < 0, 0 at 0.
 *
 * What is not a number stays so, in both. */
#include "engine/tensor/parts/axis.h"
#include "engine/tensor/parts/elementwise.h"

extern const ww_op ww_op_on_off;

ww_var ww_on_off(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_on_off, NULL, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    WW_TRY(ww_axis_check(&in[0], 1));
    *out = in[0];
    out->dim[1] *= 2;
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    const ww_axis axis = ww_axis_of(&call->in_shape[0], 1);
    const size_t n = axis.length * axis.inner;
#pragma omp parallel for schedule(static) if (axis.outer * n > WW_LIGHT)
    for (size_t sample = 0; sample < axis.outer; sample++) {
        const float *x = call->in[0] + sample * n;
        float *on = call->out + 2 * sample * n, *off = on + n;
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            on[i] = x[i] <= 0 ? 0 : x[i];
            off[i] = x[i] >= 0 ? 0 : -x[i];
        }
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const ww_axis axis = ww_axis_of(&call->in_shape[0], 1);
    const size_t n = axis.length * axis.inner;
    if (call->grad_in[0] == NULL)
        return WW_OK;
#pragma omp parallel for schedule(static) if (axis.outer * n > WW_LIGHT)
    for (size_t sample = 0; sample < axis.outer; sample++) {
        const float *x = call->in[0] + sample * n;
        const float *on = call->grad_out + 2 * sample * n, *off = on + n;
        float *dx = call->grad_in[0] + sample * n;
#pragma omp simd
        for (size_t i = 0; i < n; i++) {
            const float from_on = on[i], from_off = off[i];
            dx[i] = x[i] > 0 ? from_on : x[i] < 0 ? -from_off : 0;
        }
    }
    return WW_OK;
}

static const ww_op_case cases[] = {
    {.name = "vectors", .n_in = 1, .in = {{2, {WW_BATCH, 7}}}, .draw = {WW_DRAW_AWAY}},
    {.name = "maps", .n_in = 1, .in = {{4, {WW_BATCH, 5, 9, 31}}}, .draw = {WW_DRAW_AWAY}},
    {0}};

const ww_op ww_op_on_off = {.item = {.name = "on_off",
                                     .summary = "rectification into cells of either sign",
                                     .sources = "heeger1992 shang2016"},
                            .min_in = 1,
                            .max_in = 1,
                            .infer = infer,
                            .forward = forward,
                            .backward = backward,
                            .keeps_in = WW_BIT(0),
                            .cases = cases};

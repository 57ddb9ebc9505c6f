/* SPDX-License-Identifier: GPL-3.0-or-later */
/* y = x^2;  dy/dx = 2 x */
#include "engine/tensor/parts/elementwise.h"

extern const ww_op ww_op_square;

ww_var ww_square(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_square, NULL, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0];
    float *y = call->out;
    WW_EACH(ww_call_size(call), y[i] = x[i] * x[i]);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *x = call->in[0], *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), dx[i] = 2 * x[i] * dy[i]);
    return WW_OK;
}

const ww_op ww_op_square = {.item = {.name = "square", .summary = "square"},
                            .min_in = 1,
                            .max_in = 1,
                            .infer = ww_infer_same,
                            .forward = forward,
                            .backward = backward,
                            .keeps_in = WW_BIT(0),
                            .in_place = true,
                            .cases = ww_cases_normal};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Hyperbolic tangent: y = tanh x;  dy/dx = 1 - y^2 */
#include "engine/tensor/parts/elementwise.h"
#include "engine/tensor/parts/exponential.h"

extern const ww_op ww_op_tanh;

ww_var ww_tanh(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_tanh, NULL, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0];
    float *y = call->out;
    WW_EACH_LONG(ww_call_size(call), y[i] = ww_tanhf(x[i]));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *y = call->out, *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), dx[i] = dy[i] * (1 - y[i] * y[i]));
    return WW_OK;
}

const ww_op ww_op_tanh = {.item = {.name = "tanh", .summary = "hyperbolic tangent"},
                          .min_in = 1,
                          .max_in = 1,
                          .infer = ww_infer_same,
                          .forward = forward,
                          .backward = backward,
                          .keeps_out = true,
                          .in_place = true,
                          .cases = ww_cases_normal};

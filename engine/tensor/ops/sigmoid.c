/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The logistic function: y = 1 / (1 + exp(-x));  dy/dx = y (1 - y) */
#include "engine/tensor/parts/elementwise.h"
#include "engine/tensor/parts/exponential.h"

extern const ww_op ww_op_sigmoid;

ww_var ww_sigmoid(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_sigmoid, NULL, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0];
    float *y = call->out;
    WW_EACH_LONG(ww_call_size(call), y[i] = ww_logisticf(x[i]));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *y = call->out, *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), dx[i] = dy[i] * y[i] * (1 - y[i]));
    return WW_OK;
}

const ww_op ww_op_sigmoid = {.item = {.name = "sigmoid", .summary = "logistic function"},
                             .min_in = 1,
                             .max_in = 1,
                             .infer = ww_infer_same,
                             .forward = forward,
                             .backward = backward,
                             .keeps_out = true,
                             .in_place = true,
                             .cases = ww_cases_normal};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Natural logarithm, for x > 0: y = log x;  dy/dx = 1 / x */
#include "engine/tensor/parts/elementwise.h"

extern const ww_op ww_op_log;

ww_var ww_log(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_log, NULL, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0];
    float *y = call->out;
    WW_EACH_CALL(ww_call_size(call), y[i] = logf(x[i]));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *x = call->in[0], *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), dx[i] = dy[i] / x[i]);
    return WW_OK;
}

const ww_op ww_op_log = {.item = {.name = "log", .summary = "natural logarithm"},
                         .min_in = 1,
                         .max_in = 1,
                         .infer = ww_infer_same,
                         .forward = forward,
                         .backward = backward,
                         .keeps_in = WW_BIT(0),
                         .in_place = true,
                         .cases = ww_cases_positive};

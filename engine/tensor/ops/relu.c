/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rectification, the firing rate that cannot be negative:
 *
 *     y = x where x > 0, else 0;  dy/dx = 1 where y > 0, else 0
 *
 * What is not a number stays so. */
#include "engine/tensor/parts/elementwise.h"

extern const ww_op ww_op_relu;

ww_var ww_relu(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_relu, NULL, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0];
    float *y = call->out;
    WW_EACH(ww_call_size(call), y[i] = x[i] <= 0 ? 0 : x[i]);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *y = call->out, *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), const float d = dy[i]; dx[i] = y[i] > 0 ? d : 0);
    return WW_OK;
}

const ww_op ww_op_relu = {
    .item = {.name = "relu", .summary = "rectification: x where x > 0, else 0"},
    .min_in = 1,
    .max_in = 1,
    .infer = ww_infer_same,
    .forward = forward,
    .backward = backward,
    .keeps_out = true,
    .in_place = true,
    .cases = ww_cases_away};

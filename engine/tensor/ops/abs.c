/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Absolute value: y = |x|;  dy/dx = sign x, at 0 taken as 0 */
#include "engine/tensor/parts/elementwise.h"

extern const ww_op ww_op_abs;

ww_var ww_abs(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_abs, NULL, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0];
    float *y = call->out;
    WW_EACH(ww_call_size(call), y[i] = fabsf(x[i]));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *x = call->in[0], *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), const float up = x[i] > 0 ? 1 : 0, down = x[i] < 0 ? 1 : 0;
                dx[i] = (up - down) * dy[i]);
    return WW_OK;
}

const ww_op ww_op_abs = {.item = {.name = "abs", .summary = "absolute value"},
                         .min_in = 1,
                         .max_in = 1,
                         .infer = ww_infer_same,
                         .forward = forward,
                         .backward = backward,
                         .keeps_in = WW_BIT(0),
                         .in_place = true,
                         .cases = ww_cases_away};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Square root, for x >= 0: y = sqrt x;  dy/dx = 1 / (2 y), at 0 taken as 0, so that the energy of a
 * unit that sees nothing does not blow up. */
#include "engine/tensor/parts/elementwise.h"

extern const ww_op ww_op_sqrt;

ww_var ww_sqrt(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_sqrt, NULL, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0];
    float *y = call->out;
    WW_EACH(ww_call_size(call), y[i] = sqrtf(x[i]));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *y = call->out, *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), const float root = y[i] == 0 ? INFINITY : y[i];
                dx[i] = 0.5f * dy[i] / root);
    return WW_OK;
}

const ww_op ww_op_sqrt = {.item = {.name = "sqrt", .summary = "square root"},
                          .min_in = 1,
                          .max_in = 1,
                          .infer = ww_infer_same,
                          .forward = forward,
                          .backward = backward,
                          .keeps_out = true,
                          .in_place = true,
                          .cases = ww_cases_positive};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A smooth rectification (Dugas et al. 2001):
 *
 *     y = log(1 + exp x) = max(x, 0) + log(1 + exp(-|x|));  dy/dx = 1 / (1 + exp(-x))
 *
 * The second form does not overflow. */
#include "engine/tensor/parts/elementwise.h"
#include "engine/tensor/parts/exponential.h"

extern const ww_op ww_op_softplus;

ww_var ww_softplus(ww_graph *g, ww_var x)
{
    return ww_apply(g, &ww_op_softplus, NULL, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0];
    float *y = call->out;
    WW_EACH_CALL(ww_call_size(call), const float v = x[i];
                 y[i] = (v > 0 ? v : 0) + log1pf(ww_expf(-fabsf(v))));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *x = call->in[0], *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH_LONG(ww_call_size(call), dx[i] = dy[i] * ww_logisticf(x[i]));
    return WW_OK;
}

const ww_op ww_op_softplus = {
    .item = {.name = "softplus", .summary = "smooth rectification: log(1 + exp x)"},
    .min_in = 1,
    .max_in = 1,
    .infer = ww_infer_same,
    .forward = forward,
    .backward = backward,
    .keeps_in = WW_BIT(0),
    .in_place = true,
    .cases = ww_cases_normal};

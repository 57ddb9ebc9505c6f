/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Mean squared error over the elements whose target t is finite; what is not a number is not known:
 *
 *     loss = mean of (x - t)^2;  d loss / dx = 2 (x - t) / number of known elements
 *
 * 0 when nothing is known. */
#include <float.h>

#include "engine/tensor/parts/elementwise.h"
#include "engine/tensor/parts/loss.h"

extern const ww_op ww_op_mean_squared_error;

ww_var ww_mean_squared_error(ww_graph *g, ww_var x, ww_var target)
{
    return ww_apply(g, &ww_op_mean_squared_error, NULL, 2, (const ww_var[]){x, target});
}

static ww_status forward(ww_op_call *call)
{
    const size_t n = ww_shape_size(&call->in_shape[0]);
    const float *x = call->in[0], *t = call->in[1];
    double loss = 0;
    size_t known = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(t[i])) {
            loss += ((double)x[i] - (double)t[i]) * ((double)x[i] - (double)t[i]);
            known++;
        }
    ww_loss_set(call, loss, known);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *x = call->in[0], *t = call->in[1], scale = 2 * ww_loss_scale(call);
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_shape_size(&call->in_shape[0]),
                const float goal = fabsf(t[i]) <= FLT_MAX ? t[i] : x[i];
                dx[i] = scale * (x[i] - goal));
    return WW_OK;
}

const ww_op ww_op_mean_squared_error = {
    .item = {.name = "mean_squared_error", .summary = "mean of (x - target)^2 over known targets"},
    .min_in = 2,
    .max_in = 2,
    .infer = ww_loss_infer,
    .prepare = ww_loss_prepare,
    .forward = forward,
    .backward = backward,
    .keeps_in = WW_BIT(0) | WW_BIT(1),
    .fixed_in = WW_BIT(1),
    .cases = ww_loss_cases};

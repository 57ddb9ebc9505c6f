/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Binary cross-entropy of targets t (0 to 1) under the logistic function s(x), over the elements
 * whose target is finite; what is not a number is not known:
 *
 *     loss = mean of -t log s(x) - (1 - t) log(1 - s(x))
 *          = mean of max(x, 0) - t x + log(1 + exp(-|x|))   (which does not overflow)
 *     d loss / dx = (s(x) - t) / number of known elements
 *
 * 0 when nothing is known. */
#include <float.h>

#include "engine/tensor/parts/elementwise.h"
#include "engine/tensor/parts/exponential.h"
#include "engine/tensor/parts/loss.h"

extern const ww_op ww_op_binary_cross_entropy;

ww_var ww_binary_cross_entropy(ww_graph *g, ww_var x, ww_var target)
{
    return ww_apply(g, &ww_op_binary_cross_entropy, NULL, 2, (const ww_var[]){x, target});
}

static ww_status forward(ww_op_call *call)
{
    const size_t n = ww_shape_size(&call->in_shape[0]);
    const float *x = call->in[0], *t = call->in[1];
    double loss = 0;
    size_t known = 0;
    for (size_t i = 0; i < n; i++)
        if (isfinite(t[i])) {
            const double v = (double)x[i];
            loss += fmax(v, 0) - (double)t[i] * v + log1p(exp(-fabs(v)));
            known++;
        }
    ww_loss_set(call, loss, known);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *x = call->in[0], *t = call->in[1], scale = ww_loss_scale(call);
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH_LONG(ww_shape_size(&call->in_shape[0]), const float s = ww_logisticf(x[i]);
                     const float goal = fabsf(t[i]) <= FLT_MAX ? t[i] : s;
                     dx[i] = scale * (s - goal));
    return WW_OK;
}

const ww_op ww_op_binary_cross_entropy = {
    .item = {.name = "binary_cross_entropy",
             .summary = "cross-entropy of targets between 0 and 1 under the logistic function"},
    .min_in = 2,
    .max_in = 2,
    .infer = ww_loss_infer,
    .prepare = ww_loss_prepare,
    .forward = forward,
    .backward = backward,
    .keeps_in = WW_BIT(0) | WW_BIT(1),
    .fixed_in = WW_BIT(1),
    .cases = ww_loss_cases};

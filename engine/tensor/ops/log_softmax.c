/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The logarithm of softmax along one axis:
 *
 *     y_k = x_k - max x - log sum_j exp(x_j - max x)
 *     dx_k = dy_k - exp(y_k) sum_j dy_j */
#include "engine/tensor/parts/softmax.h"

extern const ww_op ww_op_log_softmax;

ww_var ww_log_softmax(ww_graph *g, ww_var x, int axis)
{
    return ww_apply(g, &ww_op_log_softmax, &(struct ww_softmax_attr){axis}, 1, &x);
}

static ww_status forward(ww_op_call *call)
{
    const ww_axis axis = ww_softmax_axis(call);
    const float *x = call->in[0];
    float *y = call->out;
#pragma omp parallel for schedule(static) if (ww_call_size(call) > 8192)
    for (size_t turn = 0; turn < ww_lanes_turns(&axis); turn++) {
        const ww_lanes lanes = ww_lanes_at(&axis, turn);
        float top[WW_LANES];
        double sum[WW_LANES];
        ww_lanes_exp(&lanes, x, NULL, top, sum);
        for (size_t j = 0; j < lanes.n; j++)
            sum[j] = log(sum[j]);
        for (size_t k = 0, i = lanes.first; k < axis.length; k++, i += axis.inner)
            for (size_t j = 0; j < lanes.n; j++)
                y[i + j] = x[i + j] - top[j] - (float)sum[j];
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const ww_axis axis = ww_softmax_axis(call);
    const float *y = call->out, *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx == NULL)
        return WW_OK;
#pragma omp parallel for schedule(static) if (ww_call_size(call) > 8192)
    for (size_t turn = 0; turn < ww_lanes_turns(&axis); turn++) {
        const ww_lanes lanes = ww_lanes_at(&axis, turn);
        double sum[WW_LANES] = {0};
        for (size_t k = 0, i = lanes.first; k < axis.length; k++, i += axis.inner)
            for (size_t j = 0; j < lanes.n; j++)
                sum[j] += (double)dy[i + j];
        for (size_t k = 0, i = lanes.first; k < axis.length; k++, i += axis.inner)
            for (size_t j = 0; j < lanes.n; j++)
                dx[i + j] = dy[i + j] - ww_expf(y[i + j]) * (float)sum[j];
    }
    return WW_OK;
}

static const ww_param params[] = {
    WW_INT(struct ww_softmax_attr, axis, 0, 0, 5, "", "the axis whose exponentials sum to 1", ""),
    WW_PARAM_END};

const ww_op ww_op_log_softmax = {.item = {.name = "log_softmax",
                                          .summary = "the logarithm of softmax",
                                          .params = params,
                                          .params_size = sizeof(struct ww_softmax_attr)},
                                 .attr_size = sizeof(struct ww_softmax_attr),
                                 .min_in = 1,
                                 .max_in = 1,
                                 .infer = ww_softmax_infer,
                                 .forward = forward,
                                 .backward = backward,
                                 .keeps_out = true,
                                 .in_place = true,
                                 .cases = ww_softmax_cases};

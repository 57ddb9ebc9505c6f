/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rectification that lets a share of the negative side pass (Maas, Hannun & Ng 2013):
 *
 *     y = x where x > 0, else slope x;  dy/dx = 1 where y > 0, else slope
 *
 * y has the sign of x, since the slope is not negative, and is the larger of the two, since it is
 * not above 1. */
#include "engine/tensor/parts/elementwise.h"

struct leaky_relu {
    double slope;
};

extern const ww_op ww_op_leaky_relu;

ww_var ww_leaky_relu(ww_graph *g, ww_var x, double slope)
{
    return ww_apply(g, &ww_op_leaky_relu, &(struct leaky_relu){slope}, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const double slope = ((const struct leaky_relu *)attr)->slope;
    (void)n_in;
    if (!(slope >= 0 && slope <= 1))
        return WW_FAIL(WW_EINVAL, "slope %g is outside 0 to 1", slope);
    *out = in[0];
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    const float *x = call->in[0], slope = (float)((const struct leaky_relu *)call->attr)->slope;
    float *y = call->out;
    WW_EACH(ww_call_size(call), const float low = slope * x[i]; y[i] = low > x[i] ? low : x[i]);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const float *y = call->out, *dy = call->grad_out;
    const float slope = (float)((const struct leaky_relu *)call->attr)->slope;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), const float by = y[i] > 0 ? 1 : slope; dx[i] = by * dy[i]);
    return WW_OK;
}

static const ww_op_case cases[] = {{.name = "maps",
                                    .attr = &(const struct leaky_relu){0.1},
                                    .n_in = 1,
                                    .in = {{4, {WW_BATCH, 11, 10, 19}}},
                                    .draw = {WW_DRAW_AWAY}},
                                   {.name = "slope 0",
                                    .attr = &(const struct leaky_relu){0},
                                    .n_in = 1,
                                    .in = {{2, {WW_BATCH, 7}}},
                                    .draw = {WW_DRAW_AWAY}},
                                   {0}};

static const ww_param params[] = {
    WW_REAL(struct leaky_relu, slope, 0, -1e30, 1e30, "", "below 0", ""), WW_PARAM_END};

const ww_op ww_op_leaky_relu = {.item = {.name = "leaky_relu",
                                         .summary = "rectification: x where x > 0, else slope x",
                                         .params = params,
                                         .params_size = sizeof(struct leaky_relu)},
                                .attr_size = sizeof(struct leaky_relu),
                                .min_in = 1,
                                .max_in = 1,
                                .infer = infer,
                                .forward = forward,
                                .backward = backward,
                                .keeps_out = true,
                                .in_place = true,
                                .cases = cases};

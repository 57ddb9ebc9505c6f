/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A fixed straight line:
 *
 *     y = a x + b;  dy/dx = a */
#include "engine/tensor/parts/elementwise.h"

struct affine {
    double a, b;
};

extern const ww_op ww_op_affine;

ww_var ww_affine(ww_graph *g, ww_var x, double a, double b)
{
    return ww_apply(g, &ww_op_affine, &(struct affine){a, b}, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const struct affine *line = attr;
    (void)n_in;
    if (!isfinite(line->a) || !isfinite(line->b))
        return WW_FAIL(WW_EINVAL, "%g x + %g: both must be finite numbers", line->a, line->b);
    *out = in[0];
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    const struct affine *line = call->attr;
    const float *x = call->in[0], a = (float)line->a, b = (float)line->b;
    float *y = call->out;
    WW_EACH(ww_call_size(call), y[i] = a * x[i] + b);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const struct affine *line = call->attr;
    const float *dy = call->grad_out, a = (float)line->a;
    float *dx = call->grad_in[0];
    if (dx != NULL)
        WW_EACH(ww_call_size(call), dx[i] = a * dy[i]);
    return WW_OK;
}

static const ww_op_case cases[] = {{.name = "maps",
                                    .attr = &(const struct affine){-2.5, 0.75},
                                    .n_in = 1,
                                    .in = {{4, {WW_BATCH, 11, 10, 19}}}},
                                   {0}};

static const ww_param params[] = {WW_REAL(struct affine, a, 0, -1e30, 1e30, "", "factor", ""),
                                  WW_REAL(struct affine, b, 0, -1e30, 1e30, "", "added", ""),
                                  WW_PARAM_END};

const ww_op ww_op_affine = {.item = {.name = "affine",
                                     .summary = "a x + b with fixed a and b",
                                     .params = params,
                                     .params_size = sizeof(struct affine)},
                            .attr_size = sizeof(struct affine),
                            .min_in = 1,
                            .max_in = 1,
                            .infer = infer,
                            .forward = forward,
                            .backward = backward,
                            .in_place = true,
                            .linear_in = WW_BIT(0),
                            .cases = cases};

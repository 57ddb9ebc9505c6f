/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Zeros around maps; the gradient is that of the middle. */
#include "engine/tensor/parts/elementwise.h"

struct pad {
    int top, bottom, left, right;
};

extern const ww_op ww_op_pad;

ww_var ww_pad(ww_graph *g, ww_var x, int top, int bottom, int left, int right)
{
    return ww_apply(g, &ww_op_pad, &(struct pad){top, bottom, left, right}, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const struct pad *pad = attr;
    char text[WW_SHAPE_TEXT];
    (void)n_in;
    if (in[0].rank != 4)
        return WW_FAIL(WW_ESHAPE, "%s: maps [N, C, H, W] are wanted", ww_shape_print(&in[0], text));
    if (pad->top < 0 || pad->bottom < 0 || pad->left < 0 || pad->right < 0)
        return WW_FAIL(WW_EINVAL, "margins %d, %d, %d, %d must not be negative", pad->top,
                       pad->bottom, pad->left, pad->right);
    *out = in[0];
    out->dim[2] += pad->top + pad->bottom;
    out->dim[3] += pad->left + pad->right;
    return WW_OK;
}

/* Where row `row` of all the input's rows begins in the output. */
static size_t start_of(const ww_op_call *call, size_t row)
{
    const struct pad *pad = call->attr;
    const size_t height = (size_t)call->in_shape[0].dim[2];
    const size_t map = row / height, y = row % height + (size_t)pad->top;
    return (map * (size_t)call->out_shape.dim[2] + y) * (size_t)call->out_shape.dim[3] +
           (size_t)pad->left;
}

static ww_status forward(ww_op_call *call)
{
    const size_t width = (size_t)call->in_shape[0].dim[3];
    const size_t rows = ww_shape_size(&call->in_shape[0]) / width;
    memset(call->out, 0, ww_call_size(call) * sizeof(float));
#pragma omp parallel for schedule(static) if (rows * width > WW_LIGHT)
    for (size_t row = 0; row < rows; row++)
        memcpy(call->out + start_of(call, row), call->in[0] + row * width, width * sizeof(float));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const size_t width = (size_t)call->in_shape[0].dim[3];
    const size_t rows = ww_shape_size(&call->in_shape[0]) / width;
    float *dx = call->grad_in[0];
    if (dx == NULL)
        return WW_OK;
#pragma omp parallel for schedule(static) if (rows * width > WW_LIGHT)
    for (size_t row = 0; row < rows; row++)
        memcpy(dx + row * width, call->grad_out + start_of(call, row), width * sizeof *dx);
    return WW_OK;
}

static const ww_op_case cases[] = {{.name = "all sides",
                                    .attr = &(const struct pad){1, 2, 3, 4},
                                    .n_in = 1,
                                    .in = {{4, {WW_BATCH, 3, 28, 26}}}},
                                   {.name = "one side",
                                    .attr = &(const struct pad){0, 0, 2, 0},
                                    .n_in = 1,
                                    .in = {{4, {WW_BATCH, 2, 3, 4}}}},
                                   {0}};

static const ww_param params[] = {
    WW_INT(struct pad, top, 0, 0, 1 << 30, "px", "zeros at the top", ""),
    WW_INT(struct pad, bottom, 0, 0, 1 << 30, "px", "zeros at the bottom", ""),
    WW_INT(struct pad, left, 0, 0, 1 << 30, "px", "zeros at the left", ""),
    WW_INT(struct pad, right, 0, 0, 1 << 30, "px", "zeros at the right", ""), WW_PARAM_END};

const ww_op ww_op_pad = {.item = {.name = "pad",
                                  .summary = "zeros around maps",
                                  .params = params,
                                  .params_size = sizeof(struct pad)},
                         .attr_size = sizeof(struct pad),
                         .min_in = 1,
                         .max_in = 1,
                         .infer = infer,
                         .forward = forward,
                         .backward = backward,
                         .linear_in = WW_BIT(0),
                         .cases = cases};

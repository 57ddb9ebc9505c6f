/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A piece of an array along one axis; the gradient is zero elsewhere. */
#include "engine/tensor/parts/axis.h"
#include "engine/tensor/parts/elementwise.h"

struct slice {
    int axis, begin, end;
};

extern const ww_op ww_op_slice;

ww_var ww_slice(ww_graph *g, ww_var x, int axis, int64_t begin, int64_t end)
{
    return ww_apply(g, &ww_op_slice, &(struct slice){axis, (int)begin, (int)end}, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const struct slice *piece = attr;
    char text[WW_SHAPE_TEXT];
    (void)n_in;
    WW_TRY(ww_axis_check(&in[0], piece->axis));
    if (piece->begin < 0 || piece->end <= piece->begin || piece->end > in[0].dim[piece->axis])
        return WW_FAIL(WW_ESHAPE, "%d to %d is no piece of axis %d of %s", piece->begin, piece->end,
                       piece->axis, ww_shape_print(&in[0], text));
    *out = in[0];
    out->dim[piece->axis] = piece->end - piece->begin;
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    const struct slice *piece = call->attr;
    const ww_axis all = ww_axis_of(&call->in_shape[0], piece->axis);
    const size_t row = all.length * all.inner, start = (size_t)piece->begin * all.inner;
    const size_t n = (size_t)(piece->end - piece->begin) * all.inner;
#pragma omp parallel for schedule(static) if (all.outer * n > WW_LIGHT)
    for (size_t o = 0; o < all.outer; o++)
        memcpy(call->out + o * n, call->in[0] + o * row + start, n * sizeof(float));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const struct slice *piece = call->attr;
    const ww_axis all = ww_axis_of(&call->in_shape[0], piece->axis);
    const size_t row = all.length * all.inner, start = (size_t)piece->begin * all.inner;
    const size_t n = (size_t)(piece->end - piece->begin) * all.inner;
    if (call->grad_in[0] == NULL)
        return WW_OK;
#pragma omp parallel for schedule(static) if (all.outer * row > WW_LIGHT)
    for (size_t o = 0; o < all.outer; o++) {
        float *dx = call->grad_in[0] + o * row;
        memset(dx, 0, start * sizeof *dx);
        memcpy(dx + start, call->grad_out + o * n, n * sizeof *dx);
        memset(dx + start + n, 0, (row - start - n) * sizeof *dx);
    }
    return WW_OK;
}

static const ww_op_case cases[] = {{.name = "channels",
                                    .attr = &(const struct slice){1, 1, 4},
                                    .n_in = 1,
                                    .in = {{4, {WW_BATCH, 5, 28, 26}}}},
                                   {.name = "last axis",
                                    .attr = &(const struct slice){2, 0, 2},
                                    .n_in = 1,
                                    .in = {{3, {WW_BATCH, 3, 4}}}},
                                   {.name = "all of it",
                                    .attr = &(const struct slice){1, 0, 6},
                                    .n_in = 1,
                                    .in = {{2, {WW_BATCH, 6}}}},
                                   {0}};

static const ww_param params[] = {
    WW_INT(struct slice, axis, 0, 0, 5, "", "the axis that shrinks", ""),
    WW_INT(struct slice, begin, 0, 0, 1 << 30, "", "first element", ""),
    WW_INT(struct slice, end, 1, 1, 1 << 30, "", "the element after the last", ""), WW_PARAM_END};

const ww_op ww_op_slice = {.item = {.name = "slice",
                                    .summary = "elements begin to end - 1 of one axis",
                                    .params = params,
                                    .params_size = sizeof(struct slice)},
                           .attr_size = sizeof(struct slice),
                           .min_in = 1,
                           .max_in = 1,
                           .infer = infer,
                           .forward = forward,
                           .backward = backward,
                           .linear_in = WW_BIT(0),
                           .cases = cases};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The same elements, in the same order, in another shape. Nothing moves where the output shares
 * the memory of the input. */
#include "engine/tensor/parts/elementwise.h"

struct reshape {
    ww_shape shape;
};

extern const ww_op ww_op_reshape;

ww_var ww_reshape(ww_graph *g, ww_var x, ww_shape shape)
{
    return ww_apply(g, &ww_op_reshape, &(struct reshape){shape}, 1, &x);
}

/* An open batch in the new shape is as long as the first axis. */
static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    char from[WW_SHAPE_TEXT], to[WW_SHAPE_TEXT];
    (void)n_in;
    *out = ((const struct reshape *)attr)->shape;
    if (out->rank < 1 || out->rank > WW_MAX_RANK)
        return WW_FAIL(WW_ESHAPE, "rank %d is outside 1 to %d", out->rank, WW_MAX_RANK);
    if (out->dim[0] == WW_BATCH)
        out->dim[0] = in[0].dim[0];
    if (ww_shape_size(&in[0]) != ww_shape_size(out) ||
        (in[0].dim[0] == WW_BATCH && out->dim[0] != WW_BATCH))
        return WW_FAIL(WW_ESHAPE, "%s cannot become %s: the numbers of elements differ",
                       ww_shape_print(&in[0], from), ww_shape_print(out, to));
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    ww_copy(call->out, call->in[0], ww_call_size(call));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    if (call->grad_in[0] != NULL)
        ww_copy(call->grad_in[0], call->grad_out, ww_call_size(call));
    return WW_OK;
}

static const ww_op_case cases[] = {{.name = "maps to vectors",
                                    .attr = &(const struct reshape){{2, {WW_BATCH, 60}}},
                                    .n_in = 1,
                                    .in = {{4, {WW_BATCH, 3, 5, 4}}}},
                                   {.name = "one more axis",
                                    .attr = &(const struct reshape){{3, {4, 2, 3}}},
                                    .n_in = 1,
                                    .in = {{2, {4, 6}}}},
                                   {0}};

const ww_op ww_op_reshape = {
    .item = {.name = "reshape", .summary = "the same elements in another shape"},
    .attr_size = sizeof(struct reshape),
    .min_in = 1,
    .max_in = 1,
    .infer = infer,
    .forward = forward,
    .backward = backward,
    .in_place = true,
    .linear_in = WW_BIT(0),
    .cases = cases};

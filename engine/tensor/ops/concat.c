/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Joins arrays along one axis, in the order given. The gradient of each is its own piece. */
#include "engine/tensor/parts/axis.h"
#include "engine/tensor/parts/elementwise.h"

struct concat {
    int axis;
};

extern const ww_op ww_op_concat;

ww_var ww_concat(ww_graph *g, int n, const ww_var *x, int axis)
{
    return ww_apply(g, &ww_op_concat, &(struct concat){axis}, n, x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const int axis = ((const struct concat *)attr)->axis;
    char first[WW_SHAPE_TEXT], other[WW_SHAPE_TEXT];
    WW_TRY(ww_axis_check(&in[0], axis));
    *out = in[0];
    for (int k = 1; k < n_in; k++) {
        ww_shape same = in[k];
        if (same.rank > axis)
            same.dim[axis] = in[0].dim[axis];
        if (!ww_shape_equal(&same, &in[0]))
            return WW_FAIL(WW_ESHAPE, "%s and %s (input %d) differ elsewhere than on axis %d",
                           ww_shape_print(&in[0], first), ww_shape_print(&in[k], other), k + 1,
                           axis);
        out->dim[axis] += in[k].dim[axis];
    }
    return WW_OK;
}

/* Copies slice o of every input into its place in the output, or its gradient out of that place. */
static void copy(const ww_op_call *call, const ww_axis *all, size_t o, bool back)
{
    const int axis = ((const struct concat *)call->attr)->axis;
    size_t at = o * all->length * all->inner;
    for (int k = 0; k < call->n_in; k++) {
        const size_t piece = (size_t)call->in_shape[k].dim[axis] * all->inner;
        if (!back)
            memcpy(call->out + at, call->in[k] + o * piece, piece * sizeof(float));
        else if (call->grad_in[k] != NULL)
            memcpy(call->grad_in[k] + o * piece, call->grad_out + at, piece * sizeof(float));
        at += piece;
    }
}

static ww_status move(ww_op_call *call, bool back)
{
    const ww_axis all = ww_axis_of(&call->out_shape, ((const struct concat *)call->attr)->axis);
    if (all.outer == 1 || all.outer * all.length * all.inner <= WW_LIGHT) {
        for (size_t o = 0; o < all.outer; o++)
            copy(call, &all, o, back);
        return WW_OK;
    }
#pragma omp parallel for schedule(static)
    for (size_t o = 0; o < all.outer; o++)
        copy(call, &all, o, back);
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    return move(call, false);
}

static ww_status backward(ww_op_call *call)
{
    return move(call, true);
}

static const ww_op_case cases[] = {
    {.name = "channels",
     .attr = &(const struct concat){1},
     .n_in = 3,
     .in = {{4, {WW_BATCH, 3, 28, 26}}, {4, {WW_BATCH, 1, 28, 26}}, {4, {WW_BATCH, 2, 28, 26}}}},
    {.name = "last axis",
     .attr = &(const struct concat){2},
     .n_in = 2,
     .in = {{3, {WW_BATCH, 3, 4}}, {3, {WW_BATCH, 3, 1}}}},
    {.name = "first axis of parameters",
     .attr = &(const struct concat){0},
     .n_in = 2,
     .in = {{2, {2, 3}}, {2, {4, 3}}}},
    {.name = "one input", .attr = &(const struct concat){1}, .n_in = 1, .in = {{2, {WW_BATCH, 5}}}},
    {0}};

static const ww_param params[] = {
    WW_INT(struct concat, axis, 0, 0, 5, "", "the axis that grows", ""), WW_PARAM_END};

const ww_op ww_op_concat = {.item = {.name = "concat",
                                     .summary = "joins arrays along one axis",
                                     .params = params,
                                     .params_size = sizeof(struct concat)},
                            .attr_size = sizeof(struct concat),
                            .min_in = 1,
                            .max_in = WW_OP_MAX_IN,
                            .infer = infer,
                            .forward = forward,
                            .backward = backward,
                            .linear_in = ~0u,
                            .cases = cases};

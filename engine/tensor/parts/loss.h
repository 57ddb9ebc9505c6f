/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_LOSS_H
#define WW_ENGINE_TENSOR_PARTS_LOSS_H

/* What losses share that compare each element with a target: one number out, the mean over the
 * elements with a known target, whose reciprocal number is saved for the way back. */

#include "engine/tensor/op.h"

/** infer: both shapes equal; the output is [1]. */
static inline ww_status ww_loss_infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    char x[WW_SHAPE_TEXT], target[WW_SHAPE_TEXT];
    (void)attr, (void)n_in;
    if (!ww_shape_equal(&in[0], &in[1]))
        return WW_FAIL(WW_ESHAPE, "%s and target %s differ", ww_shape_print(&in[0], x),
                       ww_shape_print(&in[1], target));
    *out = WW_SHAPE(1);
    return WW_OK;
}

/** prepare: one float is saved, by ww_loss_set for ww_loss_scale. */
static inline ww_status ww_loss_prepare(ww_op_call *call)
{
    call->saved_floats = 1;
    return WW_OK;
}

/** Sets the output to sum / known (0 when nothing is known). */
static inline void ww_loss_set(ww_op_call *call, double sum, size_t known)
{
    call->out[0] = known == 0 ? 0 : (float)(sum / (double)known);
    call->saved[0] = known == 0 ? 0 : (float)(1 / (double)known);
}

/** Gradient of the total loss with respect to the term of one known element. */
static inline float ww_loss_scale(const ww_op_call *call)
{
    return call->grad_out[0] * call->saved[0];
}

/** Values normal, targets between 0 and 1. */
static const ww_op_case ww_loss_cases[] = {
    {.name = "vectors",
     .n_in = 2,
     .in = {{2, {WW_BATCH, 5}}, {2, {WW_BATCH, 5}}},
     .draw = {WW_DRAW_NORMAL, WW_DRAW_UNIT}},
    {.name = "maps",
     .n_in = 2,
     .in = {{4, {WW_BATCH, 3, 14, 15}}, {4, {WW_BATCH, 3, 14, 15}}},
     .draw = {WW_DRAW_NORMAL, WW_DRAW_UNIT}},
    {0}};

#endif

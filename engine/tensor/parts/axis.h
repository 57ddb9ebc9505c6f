/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_AXIS_H
#define WW_ENGINE_TENSOR_PARTS_AXIS_H

/* An array seen from one of its axes: [outer, length, inner]. */

#include "engine/tensor/op.h"

typedef struct ww_axis {
    size_t outer, length, inner;
} ww_axis;

/** The shape as seen from `axis`; all its dimensions are known. */
static inline ww_axis ww_axis_of(const ww_shape *shape, int axis)
{
    ww_axis seen = {1, (size_t)shape->dim[axis], 1};
    for (int d = 0; d < shape->rank; d++)
        if (d != axis)
            *(d < axis ? &seen.outer : &seen.inner) *= (size_t)shape->dim[d];
    return seen;
}

/** Fails unless `axis` is one of the shape, and not an open batch. */
static inline ww_status ww_axis_check(const ww_shape *shape, int axis)
{
    char text[WW_SHAPE_TEXT];
    if (axis < 0 || axis >= shape->rank)
        return WW_FAIL(WW_ESHAPE, "%s has no axis %d", ww_shape_print(shape, text), axis);
    if (shape->dim[axis] == WW_BATCH)
        return WW_FAIL(WW_ESHAPE, "axis %d of %s is the batch", axis, ww_shape_print(shape, text));
    return WW_OK;
}

#endif

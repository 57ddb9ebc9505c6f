/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_SOFTMAX_H
#define WW_ENGINE_TENSOR_PARTS_SOFTMAX_H

/* What softmax and log_softmax share: up to WW_LANES neighbours across the axis go along it side by
 * side, so that memory is read in rows. */

#include "engine/tensor/parts/axis.h"
#include "engine/tensor/parts/elementwise.h"
#include "engine/tensor/parts/exponential.h"

enum { WW_LANES = 64 };

struct ww_softmax_attr {
    int axis;
};

/** n places side by side, the first at float `first` of the array. */
typedef struct ww_lanes {
    ww_axis axis;
    size_t first, n;
} ww_lanes;

/** The axis that the call goes along, within the shape of its output. */
static inline ww_axis ww_softmax_axis(const ww_op_call *call)
{
    return ww_axis_of(&call->out_shape, ((const struct ww_softmax_attr *)call->attr)->axis);
}

/** infer: *out is the shape of in[0]. Errors: those of ww_axis_check. */
static inline ww_status ww_softmax_infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)n_in;
    WW_TRY(ww_axis_check(&in[0], ((const struct ww_softmax_attr *)attr)->axis));
    *out = in[0];
    return WW_OK;
}

/** How many groups of lanes the array has. */
static inline size_t ww_lanes_turns(const ww_axis *axis)
{
    return axis->outer * ((axis->inner + WW_LANES - 1) / WW_LANES);
}

/** Group number `turn` of them, from 0. */
static inline ww_lanes ww_lanes_at(const ww_axis *axis, size_t turn)
{
    const size_t groups = (axis->inner + WW_LANES - 1) / WW_LANES;
    const size_t start = turn % groups * WW_LANES, left = axis->inner - start;
    return (ww_lanes){*axis, turn / groups * axis->length * axis->inner + start,
                      left < WW_LANES ? left : WW_LANES};
}

/** The largest x of each lane, e = exp(x - top) (unless e is NULL) and the sum of these. e may be
 * x. */
static inline void ww_lanes_exp(const ww_lanes *lanes, const float *x, float *e, float *top,
                                double *sum)
{
    const size_t n = lanes->n, inner = lanes->axis.inner;
    for (size_t j = 0; j < n; j++)
        top[j] = x[lanes->first + j], sum[j] = 0;
    for (size_t k = 1, i = lanes->first + inner; k < lanes->axis.length; k++, i += inner)
        for (size_t j = 0; j < n; j++)
            top[j] = x[i + j] > top[j] ? x[i + j] : top[j];
    for (size_t k = 0, i = lanes->first; k < lanes->axis.length; k++, i += inner) {
        float value[WW_LANES];
#pragma omp simd
        for (size_t j = 0; j < n; j++) {
            value[j] = ww_expf(x[i + j] - top[j]);
            sum[j] += (double)value[j];
        }
        if (e != NULL)
            memcpy(e + i, value, n * sizeof *e);
    }
}

static const ww_op_case ww_softmax_cases[] = {{.name = "vectors",
                                               .attr = &(const struct ww_softmax_attr){1},
                                               .n_in = 1,
                                               .in = {{2, {WW_BATCH, 7}}}},
                                              {.name = "channels of maps",
                                               .attr = &(const struct ww_softmax_attr){1},
                                               .n_in = 1,
                                               .in = {{4, {WW_BATCH, 11, 9, 8}}}},
                                              {.name = "last axis",
                                               .attr = &(const struct ww_softmax_attr){2},
                                               .n_in = 1,
                                               .in = {{3, {WW_BATCH, 3, 6}}}},
                                              {0}};

#endif

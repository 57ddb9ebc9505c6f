/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_ELEMENTWISE_H
#define WW_ENGINE_TENSOR_PARTS_ELEMENTWISE_H

/* What element-wise operators share: the loop, the shape, the cases. */

#include <math.h>
#include <string.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/ops.h"

/** Does the statements for every i < n, in vectors and, where n is large, in threads. Each i must
 * stand for itself; x[i] and y[i] may be the same float (in place). WW_EACH_LONG is for statements
 * with exponentials, WW_EACH_CALL for those that call the mathematics library, which is not
 * vectorised. */
/* clang-format off */
#define WW_EACH_OVER(limit, n, ...)                                                                \
    do {                                                                                           \
        const size_t ww_n_ = (n);                                                                  \
        if (ww_n_ > (limit)) {                                                                     \
            _Pragma("omp parallel for simd schedule(static)")                                      \
            for (size_t i = 0; i < ww_n_; i++) {                                                   \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        } else {                                                                                   \
            _Pragma("omp simd")                                                                    \
            for (size_t i = 0; i < ww_n_; i++) {                                                   \
                __VA_ARGS__;                                                                       \
            }                                                                                      \
        }                                                                                          \
    } while (0)
#define WW_EACH(n, ...)      WW_EACH_OVER(WW_LIGHT, n, __VA_ARGS__)
#define WW_EACH_LONG(n, ...) WW_EACH_OVER(32768, n, __VA_ARGS__)
#define WW_EACH_CALL(n, ...)                                                                       \
    do {                                                                                           \
        const size_t ww_n_ = (n);                                                                  \
        _Pragma("omp parallel for schedule(static) if (ww_n_ > 8192)")                             \
        for (size_t i = 0; i < ww_n_; i++) {                                                       \
            __VA_ARGS__;                                                                           \
        }                                                                                          \
    } while (0)
/* clang-format on */

/** Number of elements of the output. */
static inline size_t ww_call_size(const ww_op_call *call)
{
    return ww_shape_size(&call->out_shape);
}

/** infer of an operator whose output has the shape of its first input. */
static inline ww_status ww_infer_same(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    *out = in[0];
    return WW_OK;
}

/** Copies n floats bit by bit; nothing where source and target are the same (in place). */
static inline void ww_copy(float *to, const float *from, size_t n)
{
    if (to != from)
        memcpy(to, from, n * sizeof *to);
}

/** Cases of operators of one array without attributes, by how their values are drawn. */
extern const ww_op_case ww_cases_normal[], ww_cases_positive[], ww_cases_away[];

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_BROADCAST_H
#define WW_ENGINE_TENSOR_PARTS_BROADCAST_H

/* Loops over a whole array and two arrays a and b that broadcast to its shape (NumPy's rule).
 *
 * Neighbouring dimensions that all three walk through in one stride are merged, so most nests end
 * as one long row, or as rows in which a or b is one number. A row is the innermost loop; an
 * operator supplies what is done with a row, and the walk is done here. */

#include "engine/tensor/ops.h"

/** Loops, outermost first; step is in floats: of the whole array, of a and of b. */
typedef struct ww_nest {
    int rank;
    int64_t dim[WW_MAX_RANK];
    int64_t step[WW_MAX_RANK][3]; /* 0 where the array is stretched */
    size_t count;                 /* product of dim; 1 for rank 0 */
} ww_nest;

typedef struct ww_rows {
    ww_nest outer;
    size_t length;     /* of a row */
    bool stretched[2]; /* a, b: one number for the whole row */
} ww_rows;

/** The rows of `whole`, to which both a and b must broadcast. */
ww_rows ww_rows_of(const ww_shape *whole, const ww_shape *a, const ww_shape *b);

/** Those loops of the nest along which array k (0: a, 1: b) moves (`moving`), or the others. */
ww_nest ww_nest_part(const ww_nest *nest, int k, bool moving);

/** Adds to at[3] where the three arrays stand at turn `index` of the nest. */
static inline void ww_nest_at(const ww_nest *nest, size_t index, size_t at[3])
{
    for (int d = nest->rank - 1; d >= 0; d--) {
        size_t here = index % (size_t)nest->dim[d];
        index /= (size_t)nest->dim[d];
        for (int k = 0; k < 3; k++)
            at[k] += here * (size_t)nest->step[d][k];
    }
}

/** Work on n elements of a row: y from the whole array w and from a and b, which step by 1, or by
 * 0 where they are one number (never both). y may be w, or an array that steps. */
typedef void ww_row_function(size_t n, float *y, const float *w, const float *a, int step_a,
                             const float *b, int step_b);

/** Defines a row function: y[j] = expression in j, w (an array), a and b (numbers). */
#define WW_ROW_FUNCTION(name, expression)                                                          \
    static void name(size_t n, float *y, const float *w, const float *pa, int step_a,              \
                     const float *pb, int step_b)                                                  \
    {                                                                                              \
        (void)w;                                                                                   \
        if (step_a == 0) {                                                                         \
            const float a = pa[0];                                                                 \
            WW_ROW_LOOP_(const float b = pb[j], expression)                                        \
        } else if (step_b == 0) {                                                                  \
            const float b = pb[0];                                                                 \
            WW_ROW_LOOP_(const float a = pa[j], expression)                                        \
        } else {                                                                                   \
            WW_ROW_LOOP_(const float a = pa[j]; const float b = pb[j], expression)                 \
        }                                                                                          \
    }
#define WW_ROW_LOOP_(load, expression)                                                             \
    _Pragma("omp simd") for (size_t j = 0; j < n; j++)                                             \
    {                                                                                              \
        load;                                                                                      \
        (void)a, (void)b;                                                                          \
        y[j] = (expression);                                                                       \
    }

/** y = the row function over the whole array. */
void ww_broadcast_map(const ww_rows *rows, ww_row_function *function, float *y, const float *whole,
                      const float *a, const float *b);

/** y = the sums of what the row function gives over all places at which array k (0: a, 1: b) shows
 * the same element; y has the shape of that array. Sums are in double, in an order that depends on
 * the shapes alone. */
void ww_broadcast_sum(const ww_rows *rows, int k, ww_row_function *function, float *y,
                      const float *whole, const float *a, const float *b);

/** infer of an operator of two arrays: *out is the shape that both are broadcast to. Errors:
 * WW_ESHAPE where they do not fit. */
ww_status ww_broadcast_infer(void *attr, int n_in, const ww_shape *in, ww_shape *out);
/** Its forward: out = the row function of in[0] and in[1], broadcast. */
ww_status ww_broadcast_forward(ww_op_call *call, ww_row_function *function);

/** Gradient with respect to input k, if wanted; in the row function w is the gradient of the
 * output. Input 1 goes first: the gradient of input 0 may overwrite that of the output. */
void ww_broadcast_backward(ww_op_call *call, int k, ww_row_function *function);

/** Cases of operators of two arrays; b is normal, or positive. */
extern const ww_op_case ww_broadcast_cases[], ww_broadcast_cases_positive[];

#endif

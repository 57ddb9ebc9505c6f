/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_BLAS_H
#define WW_ENGINE_TENSOR_BACKEND_BLAS_H

/* Matrix products; blas.c alone includes cblas.h. */

#include <stdbool.h>
#include <stdint.h>

/** A matrix in row-major order whose rows begin `stride` floats apart, or its transpose. */
typedef struct ww_matrix {
    const float *data;
    int64_t stride;
    bool transposed;
} ww_matrix;

/** c[m, n] = a b + beta c, where a is [m, k] and b is [k, n] (after transposition); rows of c
 * begin ldc apart. On the calling thread alone: call it from many. */
void ww_sgemm(int64_t m, int64_t n, int64_t k, ww_matrix a, ww_matrix b, float beta, float *c,
              int64_t ldc);

/** c[m, n] = a b on all threads: in pieces that depend on the sizes alone, so that the bits do not
 * depend on the number of threads. Not within a parallel region. */
void ww_product(int64_t m, int64_t n, int64_t k, ww_matrix a, ww_matrix b, float *c);

#endif

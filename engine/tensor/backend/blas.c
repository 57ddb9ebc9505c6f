/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/blas.h"

#include <assert.h>
#include <cblas.h>
#include <limits.h>
#include <omp.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/onednn.h"

/* Our own are as fast where matrices are small, and need no compiling, which takes oneDNN some 30
 * ms in a process: SMALL multiplications, and no more than LONG terms for a float to add up. */
enum { SMALL = 1 << 20, LONG = 1024 };

static bool multiply_small(int64_t m, int64_t n, int64_t k, ww_matrix a, ww_matrix b, float beta,
                           float *c, int64_t ldc)
{
    const ww_small_product product = {.m = m,
                                      .n = n,
                                      .k = k,
                                      .a = a.data,
                                      .b = b.data,
                                      .c = c,
                                      .a_row = a.transposed ? 1 : a.stride,
                                      .a_step = a.transposed ? a.stride : 1,
                                      .b_step = b.stride,
                                      .c_row = ldc,
                                      .dots = b.transposed,
                                      .add = beta == 1};
    if ((double)m * (double)n * (double)k > SMALL || (a.transposed && b.transposed) ||
        (k > LONG && !b.transposed) || (beta != 0 && beta != 1))
        return false;
    ww_kernels_best()->small_product(&product);
    return true;
}

/* oneDNN's products are compiled for the processor at hand (AVX-512 included) and measured up to
 * twice as fast as OpenBLAS's, most of all for small matrices; OpenBLAS serves where oneDNN has
 * none. */
static void multiply(int64_t m, int64_t n, int64_t k, ww_matrix a, ww_matrix b, float beta,
                     float *c, int64_t ldc)
{
    assert(m < INT_MAX && n < INT_MAX && k < INT_MAX);
    if (ww_onednn_has_sgemm() && ww_onednn_sgemm(a.transposed, b.transposed, m, n, k, a.data,
                                                 a.stride, b.data, b.stride, beta, c, ldc))
        return;
    cblas_sgemm(CblasRowMajor, a.transposed ? CblasTrans : CblasNoTrans,
                b.transposed ? CblasTrans : CblasNoTrans, (int)m, (int)n, (int)k, 1, a.data,
                (int)a.stride, b.data, (int)b.stride, beta, c, (int)ldc);
}

/* Both libraries are serial within a parallel region; outside they would split sums in a way that
 * depends on the number of threads. */
void ww_sgemm(int64_t m, int64_t n, int64_t k, ww_matrix a, ww_matrix b, float beta, float *c,
              int64_t ldc)
{
    if (multiply_small(m, n, k, a, b, beta, c, ldc))
        return;
    int threads = omp_in_parallel() ? 1 : ww_threads();
    if (threads > 1)
        ww_threads_set(1);
    multiply(m, n, k, a, b, beta, c, ldc);
    if (threads > 1)
        ww_threads_set(threads);
}

/* The matrix without its first `rows` rows and `columns` columns. */
static ww_matrix from(ww_matrix m, int64_t rows, int64_t columns)
{
    m.data += m.transposed ? columns * m.stride + rows : rows * m.stride + columns;
    return m;
}

void ww_product(int64_t m, int64_t n, int64_t k, ww_matrix a, ww_matrix b, float *c)
{
    enum { PIECES = 8, LEAST = 128 }; /* narrower pieces run at half the speed */
    const double worth = 2e5;         /* multiplications in a piece: some microseconds */
    bool by_rows = m > n;
    int64_t length = by_rows ? m : n;
    int64_t pieces = (int64_t)((double)m * (double)n * (double)k / worth);
    pieces = pieces > PIECES ? PIECES : pieces < 1 ? 1 : pieces;
    int64_t step = (length + pieces - 1) / pieces;
    step = (step + LEAST - 1) / LEAST * LEAST;
    pieces = (length + step - 1) / step;
    if (pieces == 1) { /* a region of one thread costs as much as a small product */
        ww_sgemm(m, n, k, a, b, 0, c, n);
        return;
    }
#pragma omp parallel for
    for (int64_t i = 0; i < pieces; i++) {
        int64_t begin = i * step, size = length - begin < step ? length - begin : step;
        if (by_rows)
            ww_sgemm(size, n, k, from(a, begin, 0), b, 0, c + begin * n, n);
        else
            ww_sgemm(m, size, k, a, from(b, 0, begin), 0, c + begin, n);
    }
}

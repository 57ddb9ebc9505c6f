/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_MATRIX_TILES_H
#define WW_ENGINE_TENSOR_BACKEND_MATRIX_TILES_H

/* Products of small matrices, on the vectors of simd.h: where b's rows are contiguous, some rows of
 * c by up to three vectors at a time; where its columns are, LANES sums of products at a time, each
 * in the lanes of a vector. Included once by each kernels_*.c. */

#include "engine/tensor/backend/fourier_tiles.h"
#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/simd.h"

enum { PRODUCT_ROWS = WW_LANES == 16 ? 8 : 4, DOTS = 4 };

/* Rows i .. of c, `vectors` vectors from column j on; `left` columns of the last one. */
TARGET INLINE void product_block(const int rows, const int vectors, const bool whole,
                                 const ww_small_product *p, int64_t i, int64_t j, int64_t left)
{
    vec sum[8][3];
    float *c = p->c + i * p->c_row + j;
    const float *a = p->a + i * p->a_row, *b = p->b + j;
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            sum[r][v] = !p->add ? ALL(0)
                        : whole || v + 1 < vectors
                            ? LOAD(c + r * p->c_row + v * LANES)
                            : load_between(c + r * p->c_row + v * LANES, 0, left);
    for (int64_t k = 0; k < p->k; k++, a += p->a_step, b += p->b_step) {
        vec row[3];
        for (int v = 0; v < vectors; v++)
            row[v] = whole || v + 1 < vectors ? LOAD(b + v * LANES)
                                              : load_between(b + v * LANES, 0, left);
        for (int r = 0; r < rows; r++) {
            vec x = ALL(a[r * p->a_row]);
            for (int v = 0; v < vectors; v++)
                sum[r][v] = FMA(x, row[v], sum[r][v]);
        }
    }
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < vectors; v++)
            if (whole || v + 1 < vectors)
                STORE(c + r * p->c_row + v * LANES, sum[r][v]);
            else
                store_first(c + r * p->c_row + v * LANES, sum[r][v], left);
}

TARGET INLINE void product_rows(const int rows, const ww_small_product *p, int64_t i)
{
    int64_t j = 0;
    for (; j + 3 * LANES <= p->n; j += 3 * LANES)
        product_block(rows, 3, true, p, i, j, LANES);
    int64_t left = p->n - j;
    if (left > 2 * LANES)
        product_block(rows, 3, false, p, i, j, left - 2 * LANES);
    else if (left > LANES)
        product_block(rows, 2, false, p, i, j, left - LANES);
    else if (left > 0)
        product_block(rows, 1, false, p, i, j, left);
}

/* LANES sums: rows i .. by columns j .. j+3; those that are not there are the last ones. */
TARGET INLINE void product_dots(const ww_small_product *p, int64_t i, int64_t j)
{
    const float *a[LANES / DOTS], *b[DOTS];
    vec sum[LANES];
    float dots[LANES];
    for (int r = 0; r < LANES / DOTS; r++)
        a[r] = p->a + (i + r < p->m ? i + r : p->m - 1) * p->a_row;
    for (int s = 0; s < DOTS; s++)
        b[s] = p->b + (j + s < p->n ? j + s : p->n - 1) * p->b_step;
    for (int d = 0; d < LANES; d++)
        sum[d] = ALL(0);
    for (int64_t k = 0; k < p->k; k += LANES) {
        vec y[DOTS];
        for (int s = 0; s < DOTS; s++)
            y[s] = load_up_to(b[s] + k, p->k - k);
        for (int r = 0; r < LANES / DOTS; r++) {
            vec x = load_up_to(a[r] + k, p->k - k);
            for (int s = 0; s < DOTS; s++)
                sum[r * DOTS + s] = FMA(x, y[s], sum[r * DOTS + s]);
        }
    }
    STORE(dots, across(sum));
    for (int d = 0; d < LANES; d++) {
        int64_t row = i + d / DOTS, column = j + d % DOTS;
        float *c = p->c + row * p->c_row + column;
        if (row < p->m && column < p->n)
            *c = p->add ? *c + dots[d] : dots[d];
    }
}

TARGET static void small_product(const ww_small_product *p)
{
    int64_t i = 0;
    if (p->dots) {
        for (; i < p->m; i += LANES / DOTS)
            for (int64_t j = 0; j < p->n; j += DOTS)
                product_dots(p, i, j);
        return;
    }
    for (; i + PRODUCT_ROWS <= p->m; i += PRODUCT_ROWS)
        product_rows(PRODUCT_ROWS, p, i);
    for (; PRODUCT_ROWS == 8 && i + 4 <= p->m; i += 4)
        product_rows(4, p, i);
    for (; i + 2 <= p->m; i += 2)
        product_rows(2, p, i);
    for (; i < p->m; i++)
        product_rows(1, p, i);
}

#endif

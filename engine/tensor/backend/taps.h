/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_TAPS_H
#define WW_ENGINE_TENSOR_BACKEND_TAPS_H

/* Sums over the taps of a filter for some rows (filters) and vectors (neighbouring outputs), on the
 * vectors of simd.h; rows.c says what for. Included once by each kernels_*.c. */

#include <stdbool.h>

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/simd.h"

TARGET INLINE void taps_of(const int rows, const int vectors, const ww_taps *t, int first)
{
    vec sum[8][WW_TAPS_VECTORS];
    const float *a = t->a + first;
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++)
            sum[i][v] = t->add ? LOAD(t->out[v] + (first + i) * t->out_row) : ALL(0);
    for (int64_t k = 0; k < t->n; k++, a += WW_TAPS_ROWS) {
        vec pixels[WW_TAPS_VECTORS];
        for (int v = 0; v < vectors; v++)
            pixels[v] = LOAD(t->b[v] + t->offset[k]);
        for (int i = 0; i < rows; i++) {
            vec weight = ALL(a[i]);
            for (int v = 0; v < vectors; v++)
                sum[i][v] = FMA(weight, pixels[v], sum[i][v]);
        }
    }
    for (int i = 0; i < rows && first + i < t->rows; i++)
        for (int v = 0; v < vectors; v++)
            store_first(t->out[v] + (first + i) * t->out_row, sum[i][v], t->width[v]);
}

TARGET INLINE void taps_rows(const int rows, const ww_taps *t, int first)
{
    if (t->vectors == 3)
        taps_of(rows, 3, t, first);
    else if (t->vectors == 2)
        taps_of(rows, 2, t, first);
    else
        taps_of(rows, 1, t, first);
}

TARGET static void taps(const ww_taps *t)
{
    const int most = WW_LANES == 16 ? 8 : 4;
    for (int first = 0; first < t->rows; first += most)
        if (t->rows - first > 4)
            taps_rows(most, t, first);
        else if (t->rows - first > 2)
            taps_rows(4, t, first);
        else
            taps_rows(2, t, first);
}

#endif

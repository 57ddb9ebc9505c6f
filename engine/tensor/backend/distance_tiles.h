/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_DISTANCE_TILES_H
#define WW_ENGINE_TENSOR_BACKEND_DISTANCE_TILES_H

/* The transforms of F(4x4, 4x4) for distances to prototypes, on the vectors of simd.h; distance.c
 * has the theory. Included once by each kernels_*.c. */

#include <stddef.h>

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/simd.h"

static const float DA1 = WW_DISTANCE_A, DA2 = WW_DISTANCE_A * WW_DISTANCE_A;
static const float DB1 = WW_DISTANCE_B, DB2 = WW_DISTANCE_B * WW_DISTANCE_B;
static const float DC1 = WW_DISTANCE_C, DC2 = WW_DISTANCE_C * WW_DISTANCE_C;

/* Rows of B' for the points p and -p, where q2 and r2 are the squares of the other two. */
TARGET INLINE void distance_pair(const vec d[7], float p, float q2, float r2, vec o[2])
{
    const vec sum = ALL(q2 + r2), product = ALL(q2 * r2);
    vec odd = FMA(product, d[1], FNMA(sum, d[3], d[5]));
    vec even = MUL(ALL(p), FMA(product, d[0], FNMA(sum, d[2], d[4])));
    o[0] = ADD(odd, even);
    o[1] = SUB(odd, even);
}

/* B' d: 7 to 7. */
TARGET INLINE void distance_column(const vec d[7], vec o[7])
{
    distance_pair(d, DA1, DB2, DC2, o);
    distance_pair(d, DB1, DA2, DC2, o + 2);
    distance_pair(d, DC1, DA2, DB2, o + 4);
    vec last = FNMA(ALL(DA2 + DB2 + DC2), d[4], d[6]);
    last = FMA(ALL(DA2 * DB2 + DA2 * DC2 + DB2 * DC2), d[2], last);
    o[6] = FNMA(ALL(DA2 * DB2 * DC2), d[0], last);
}

/* A' m: 7 to 4. */
TARGET INLINE void places_column(const vec m[7], vec o[4])
{
    vec sa = ADD(m[0], m[1]), da = MUL(ALL(DA1), SUB(m[0], m[1]));
    vec sb = ADD(m[2], m[3]), db = MUL(ALL(DB1), SUB(m[2], m[3]));
    vec sc = ADD(m[4], m[5]), dc = MUL(ALL(DC1), SUB(m[4], m[5]));
    o[0] = ADD(ADD(sa, sb), sc);
    o[1] = ADD(ADD(da, db), dc);
    o[2] = FMA(ALL(DA2), sa, FMA(ALL(DB2), sb, MUL(ALL(DC2), sc)));
    o[3] = FMA(ALL(DA2), da, FMA(ALL(DB2), db, FMA(ALL(DC2), dc, m[6])));
}

TARGET static void distance_tiles(const float *from, int64_t stride, const int32_t *offset,
                                  float *to, size_t step)
{
    vec t[7][7];
    for (int i = 0; i < 7; i++) {
        vec d[8];
        load_columns(from + i * stride, offset, 1, 4, d);
        load_columns(from + i * stride + 4, offset, 1, 4, d + 4);
        distance_column(d, t[i]);
    }
    for (int j = 0; j < 7; j++) {
        vec d[7], o[7];
        for (int i = 0; i < 7; i++)
            d[i] = t[i][j];
        distance_column(d, o);
        for (int i = 0; i < 7; i++)
            STORE(to + (size_t)(i * 7 + j) * step, o[i]);
    }
}

TARGET static void distance_least(const float *from, size_t step, int64_t row, int64_t tiles,
                                  int64_t vectors, const float *square, float *least)
{
    for (int64_t v = 0; v < vectors; v++) {
        vec low = LOAD(least + v * LANES);
        for (int64_t t = 0; t < tiles; t++) {
            const float *m = from + t * row + v * LANES;
            vec u[4][7];
            for (int j = 0; j < 7; j++) {
                vec column[7], o[4];
                for (int i = 0; i < 7; i++)
                    column[i] = LOAD(m + (size_t)(i * 7 + j) * step);
                places_column(column, o);
                for (int i = 0; i < 4; i++)
                    u[i][j] = o[i];
            }
            for (int i = 0; i < 4; i++) {
                vec o[4];
                places_column(u[i], o);
                for (int j = 0; j < 4; j++)
                    low = LESS(FNMA(ALL(2), o[j], ALL(square[t * 16 + i * 4 + j])), low);
            }
        }
        STORE(least + v * LANES, low);
    }
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_FEW_TILES_H
#define WW_ENGINE_TENSOR_BACKEND_FEW_TILES_H

/* Winograd's products of a few tiles with a vector of filters that is transformed on the way: from
 * the taps in the first cache to registers, one row of points at a time, never to memory
 * (winograd_few.c says why). Included once by each kernels_*.c. */

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/simd.h"
#include "engine/tensor/backend/winograd_tiles.h"

/* The factors of points 0, a, -a, b, -b and infinity. */
TARGET INLINE float factor(int i)
{
    const float f0 = 1 / (A2 * B2), fa = 1 / (2 * A2 * (A2 - B2)), fb = 1 / (2 * B2 * (B2 - A2));
    const float f[6] = {f0, fa, fa, fb, fb, 1};
    return f[i];
}

TARGET static void few_maps(const float *from, int64_t stride, const int32_t *offset, float *to,
                            int64_t map_row, int64_t fours)
{
    vec t[6][6];
    for (int i = 0; i < 6; i++) {
        vec d[6];
        load_columns(from + i * stride, offset, 1, 4, d);
        load_columns(from + i * stride + 4, offset, 1, 2, d + 4);
        input_column(6, d, t[i]);
    }
    for (int j = 0; j < 6; j++) {
        vec d[6] = {t[0][j], t[1][j], t[2][j], t[3][j], t[4][j], t[5][j]}, o[6];
        input_column(6, d, o);
        for (int i = 0; i < 6; i++) {
            float tile[LANES];
            STORE(tile, MUL(ALL(factor(i) * factor(j)), o[i]));
            for (int64_t four = 0; four < fours; four++)
                memcpy(to + i * map_row + four * 24 + j * 4, tile + four * 4, 4 * sizeof *to);
        }
    }
}

/* As many as the registers hold sums of, at six points of a row. */
enum { FEW = WW_LANES == 8 ? 2 : 4 };

/* Polynomials at a point and at its negative: even + odd and even - odd. */
TARGET INLINE void both_signs(const int n, const vec *u, const float point, vec o[2])
{
    const float square = point * point;
    vec even = FMA(ALL(square), n == 5 ? FMA(ALL(square), u[4], u[2]) : u[2], u[0]);
    vec odd = n == 5 ? FMA(ALL(square), u[3], u[1]) : u[1];
    o[0] = FMA(ALL(point), odd, even);
    o[1] = FNMA(ALL(point), odd, even);
}

/* Column j of a filter's taps at the row's point: 0, a, -a, b, -b, infinity. */
TARGET INLINE vec at_point(const int n, const int row, const bool turned, const float *taps,
                           const int j)
{
    const float points[6] = {0, A1, -A1, B1, -B1, 0};
    const float *last = taps + (turned ? n - 1 - j : (n - 1) * n + j) * LANES;
    const int64_t up = (turned ? n : -n) * LANES;
    if (row == 0)
        return LOAD(last + (n - 1) * up);
    vec sum = LOAD(last);
    for (int i = 1; row < 5 && i < n; i++)
        sum = FMA(ALL(points[row]), sum, LOAD(last + i * up));
    return sum;
}

/* `first` of FOUR tiles. Numbers of the six points of a row and of four tiles lie side by side. */
TARGET INLINE void few_row(const int n, const int row, const bool turned, const ww_few *f,
                           int64_t four, const int first)
{
    const float *taps = f->taps, *maps = f->maps + row * f->map_row + four * 24 + first;
    float *sums = f->sums + ((four * 6 + row) * 24 + first) * LANES;
    vec sum[6][FEW];
    for (int j = 0; j < 6; j++)
        for (int t = 0; t < FEW; t++)
            sum[j][t] = f->add ? LOAD(sums + (j * 4 + t) * LANES) : ALL(0);
    for (int64_t c = 0; c < f->channels; c++, taps += n * n * LANES, maps += f->fours * 24) {
        vec u[5], o[6];
        for (int j = 0; j < n; j++)
            u[j] = at_point(n, row, turned, taps, j);
        o[0] = u[0];
        both_signs(n, u, A1, o + 1);
        both_signs(n, u, B1, o + 3);
        o[5] = u[n - 1];
        for (int j = 0; j < 6; j++)
            for (int t = 0; t < FEW; t++)
                sum[j][t] = FMA(ALL(maps[j * 4 + t]), o[j], sum[j][t]);
    }
    for (int j = 0; j < 6; j++)
        for (int t = 0; t < FEW; t++)
            STORE(sums + (j * 4 + t) * LANES, sum[j][t]);
}

TARGET INLINE void few_tiles(const int n, const bool turned, const ww_few *f)
{
    for (int64_t four = 0; four < f->fours; four++)
        for (int first = 0; first < 4; first += FEW) {
            few_row(n, 0, turned, f, four, first);
            few_row(n, 1, turned, f, four, first);
            few_row(n, 2, turned, f, four, first);
            few_row(n, 3, turned, f, four, first);
            few_row(n, 4, turned, f, four, first);
            few_row(n, 5, turned, f, four, first);
        }
}

TARGET static void few(const ww_few *f)
{
    if (f->size == 3 && f->turned)
        few_tiles(3, true, f);
    else if (f->size == 3)
        few_tiles(3, false, f);
    else if (f->turned)
        few_tiles(5, true, f);
    else
        few_tiles(5, false, f);
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_STRIDED_ROWS_H
#define WW_ENGINE_TENSOR_BACKEND_STRIDED_ROWS_H

/* Rows of pixels taken apart and joined, maps turned to pixels, and sums of products over places,
 * on the vectors of simd.h; strided.c says what for. Included once by each kernels_*.c. */

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/simd.h"

/* Vector u of all rows; `inside`: all of it is there. */
TARGET INLINE void spaced_of(const int every, const bool inside, float *to, const float *from,
                             const ww_spaced s, int64_t u)
{
    int64_t begin = s.begin - every * u, end = s.end - every * u;
    const lanes_mask first = PART(begin, end), second = PART(begin - LANES, end - LANES);
    const lanes_mask out = PART(0, s.n - u);
    to += u, from += every * u;
    for (int64_t row = 0; row < s.rows; row++, to += s.n, from += s.from_row) {
        vec a = inside ? LOAD(from) : LOAD_PART(from, first), odd;
        if (every == 2)
            halves(a, inside ? LOAD(from + LANES) : LOAD_PART(from + LANES, second), &a, &odd);
        STORE_PART(to, out, a);
    }
}

/* Every second pixel of rows of half a vector each: two rows at once. */
TARGET INLINE void spaced_pairs(float *to, const float *from, const ww_spaced s)
{
    const lanes_mask in = PART(s.begin, s.end), half = PART(0, LANES / 2);
    vec even, odd;
    int64_t row = 0;
    for (; row + 1 < s.rows; row += 2, to += LANES, from += 2 * s.from_row) {
        halves(LOAD_PART(from, in), LOAD_PART(from + s.from_row, in), &even, &odd);
        STORE(to, even);
    }
    if (row < s.rows) {
        halves(LOAD_PART(from, in), ALL(0), &even, &odd);
        STORE_PART(to, half, even);
    }
}

TARGET INLINE void spaced_map(float *to, const float *from, const ww_spaced s)
{
    if (s.every == 2 && 2 * s.n == LANES) {
        spaced_pairs(to, from, s);
        return;
    }
    for (int64_t u = 0; u < s.n; u += LANES) {
        bool inside = s.begin <= s.every * u && s.end >= s.every * (u + LANES);
        if (s.every == 2 && inside)
            spaced_of(2, true, to, from, s, u);
        else if (s.every == 2)
            spaced_of(2, false, to, from, s, u);
        else if (inside)
            spaced_of(1, true, to, from, s, u);
        else
            spaced_of(1, false, to, from, s, u);
    }
}

TARGET INLINE void zeros(float *to, int64_t n)
{
    for (int64_t i = 0; i < n; i += LANES)
        store_up_to(to + i, ALL(0), n - i);
}

TARGET static void spaced_rows(float *to, const float *from, const ww_spaced *spaced)
{
    ww_spaced s = *spaced;
    for (int64_t i = 0; i < s.maps * s.columns; i++) {
        int64_t map = i / s.columns, moved = i % s.columns * s.step;
        float *plane = to + map * s.to_map + i % s.columns * s.to_column;
        s.begin = spaced->begin - moved, s.end = spaced->end - moved;
        zeros(plane, s.before);
        spaced_map(plane + s.before, from + map * s.from_map + moved, s);
        zeros(plane + s.before + s.rows * s.n, s.behind);
    }
}

TARGET INLINE void store_joined(const bool add, float *to, vec v, int64_t n)
{
    store_up_to(to, add ? ADD(load_up_to(to, n), v) : v, n);
}

TARGET INLINE void joined_of(const bool add, float *to, int64_t to_row, const float *even,
                             const float *odd, int64_t rows, int64_t n)
{
    vec a, b;
    if (n == LANES) { /* two rows at once */
        for (int64_t row = 0; row < rows; row += 2, to += 2 * to_row) {
            zipped(LOAD(even + row * (n / 2)), LOAD(odd + row * (n / 2)), &a, &b);
            store_joined(add, to, a, n);
            if (row + 1 < rows)
                store_joined(add, to + to_row, b, n);
        }
        return;
    }
    for (int64_t row = 0; row < rows; row++, to += to_row, even += (n + 1) / 2, odd += n / 2)
        for (int64_t u = 0; u < n; u += 2 * LANES) {
            zipped(LOAD(even + u / 2), LOAD(odd + u / 2), &a, &b);
            store_joined(add, to + u, a, n - u);
            if (n - u > LANES)
                store_joined(add, to + u + LANES, b, n - u - LANES);
        }
}

TARGET static void joined_rows(float *to, int64_t to_row, const float *even, const float *odd,
                               int64_t rows, int64_t n, bool add)
{
    if (add)
        joined_of(true, to, to_row, even, odd, rows, n);
    else
        joined_of(false, to, to_row, even, odd, rows, n);
}

TARGET static void to_pixels(float *to, int64_t step, const float *from, int64_t apart,
                             int64_t maps, int64_t width)
{
    if (step == 1)
        memcpy(to, from, (size_t)width * sizeof *to);
    for (int64_t first = 0; first < step && step > 1; first += LANES) {
        const lanes_mask out = PART(0, step - first);
        int32_t offset[LANES];
        for (int l = 0; l < LANES; l++)
            offset[l] = (int32_t)((first + l < maps ? first + l : 0) * apart);
        for (int64_t x = 0; x < width && width >= 4; x += 4) {
            vec column[4];
            x = x + 4 > width ? width - 4 : x; /* the last four once more, not what lies behind */
            load_columns(from + x, offset, 1, 4, column);
            for (int j = 0; j < 4; j++)
                STORE_PART(to + (x + j) * step + first, out, column[j]);
        }
        for (int64_t x = 0; x < width && width < 4; x++)
            for (int l = 0; l < LANES && first + l < step; l++)
                to[x * step + first + l] = from[offset[l] + x];
    }
}

TARGET INLINE void places_of(const int rows, const int vectors, const ww_places *p, int first)
{
    vec sum[8][3];
    const float *b = p->b;
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++)
            sum[i][v] = ALL(0);
    for (int64_t y = 0; y < p->tall; y++) {
        const float *a = p->a + first + y * p->a_row;
        for (int64_t x = 0; x < p->wide; x++, a += p->a_step, b += vectors * LANES) {
            vec row[3];
            for (int v = 0; v < vectors; v++)
                row[v] = LOAD(b + v * LANES);
            for (int i = 0; i < rows; i++) {
                vec all = ALL(a[i]);
                for (int v = 0; v < vectors; v++)
                    sum[i][v] = FMA(all, row[v], sum[i][v]);
            }
        }
    }
    for (int i = 0; i < rows && first + i < p->rows; i++)
        for (int v = 0; v < vectors; v++) {
            float *c = p->c + (first + i) * p->c_row + v * LANES;
            STORE(c, p->add ? ADD(LOAD(c), sum[i][v]) : sum[i][v]);
        }
}

TARGET INLINE void places_rows(const int rows, const ww_places *p, int first)
{
    if (p->vectors == 3)
        places_of(rows, 3, p, first);
    else if (p->vectors == 2)
        places_of(rows, 2, p, first);
    else
        places_of(rows, 1, p, first);
}

TARGET static void places(const ww_places *p)
{
    const int most = WW_LANES == 16 ? 8 : 4;
    for (int first = 0; first < p->rows; first += most)
        if (p->rows - first > 4)
            places_rows(most, p, first);
        else if (p->rows - first > 2)
            places_rows(4, p, first);
        else
            places_rows(2, p, first);
}

#endif

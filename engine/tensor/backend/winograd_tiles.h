/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_WINOGRAD_TILES_H
#define WW_ENGINE_TENSOR_BACKEND_WINOGRAD_TILES_H

/* The transforms of Winograd's F(4x4, 3x3), F(2x2, 5x5) and F(4x4, 2x2) and the matrix product
 * between them, on the vectors of simd.h; winograd.c has the theory. Each lane is one tile: of
 * LANES tiles of one channel, or of one tile of LANES channels. Included once by each kernels_*.c.
 */

#include <stddef.h>

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/simd.h"

enum { ROWS = WW_LANES == 16 ? 8 : 4, VECTORS = 3 };

/* Functions of 5 points stand apart, so that those of 6 need no larger frame for their sake. */
#define APART static __attribute__((noinline))

/* The points 0, a, -a, b, -b and infinity; winograd.c says why these. */
static const float A1 = WW_WINOGRAD_A, A2 = WW_WINOGRAD_A * WW_WINOGRAD_A;
static const float A3 = WW_WINOGRAD_A * WW_WINOGRAD_A * WW_WINOGRAD_A;
static const float B1 = WW_WINOGRAD_B, B2 = WW_WINOGRAD_B * WW_WINOGRAD_B;
static const float B3 = WW_WINOGRAD_B * WW_WINOGRAD_B * WW_WINOGRAD_B;
static const float A4 = WW_WINOGRAD_A * WW_WINOGRAD_A * WW_WINOGRAD_A * WW_WINOGRAD_A;
static const float B4 = WW_WINOGRAD_B * WW_WINOGRAD_B * WW_WINOGRAD_B * WW_WINOGRAD_B;

/* B' d: 6 to 6, or 5 to 5. */
TARGET INLINE void input_column(const int side, const vec d[6], vec o[6])
{
    const vec ab = ALL(A2 * B2), sum = ALL(A2 + B2);
    vec p = FNMA(ALL(B2), d[2], d[4]), q = MUL(ALL(A1), FNMA(ALL(B2), d[1], d[3]));
    vec r = FNMA(ALL(A2), d[2], d[4]), s = MUL(ALL(B1), FNMA(ALL(A2), d[1], d[3]));
    o[0] = FMA(ab, d[0], FNMA(sum, d[2], d[4]));
    o[1] = ADD(p, q);
    o[2] = SUB(p, q);
    o[3] = ADD(r, s);
    o[4] = SUB(r, s);
    if (side == 6)
        o[5] = FMA(ab, d[1], FNMA(sum, d[3], d[5]));
}

/* A' m: 6 to n, 4 or 2; 5 to 4. */
TARGET INLINE void output_column(const int side, const int n, const vec m[6], vec *o)
{
    vec sum_a = ADD(m[1], m[2]), dif_a = SUB(m[1], m[2]);
    vec sum_b = ADD(m[3], m[4]), dif_b = SUB(m[3], m[4]);
    vec first = FMA(ALL(A1), dif_a, MUL(ALL(B1), dif_b));
    o[0] = ADD(ADD(m[0], sum_a), sum_b);
    o[1] = n == 2 ? ADD(first, m[5]) : first;
    if (n == 2)
        return;
    o[2] = FMA(ALL(A2), sum_a, MUL(ALL(B2), sum_b));
    o[3] = FMA(ALL(A3), dif_a, side == 6 ? FMA(ALL(B3), dif_b, m[5]) : MUL(ALL(B3), dif_b));
}

/* A y: n, 4 or 2, to 6; 4 to 5. */
TARGET INLINE void gradient_column(const int side, const int n, const vec *y, vec o[6])
{
    vec p = n == 2 ? y[0] : FMA(ALL(A2), y[2], y[0]);
    vec q = MUL(ALL(A1), n == 2 ? y[1] : FMA(ALL(A2), y[3], y[1]));
    vec r = n == 2 ? y[0] : FMA(ALL(B2), y[2], y[0]);
    vec s = MUL(ALL(B1), n == 2 ? y[1] : FMA(ALL(B2), y[3], y[1]));
    o[0] = y[0];
    o[1] = ADD(p, q);
    o[2] = SUB(p, q);
    o[3] = ADD(r, s);
    o[4] = SUB(r, s);
    if (side == 6)
        o[5] = y[n - 1];
}

/* G' u: 6 to n, 3 or 5; 5 to 2. */
TARGET INLINE void weight_column(const int n, const vec u[6], vec *o)
{
    const float fa = 1 / (2 * A2 * (A2 - B2)), fb = 1 / (2 * B2 * (B2 - A2));
    vec sum_a = MUL(ALL(fa), ADD(u[1], u[2])), dif_a = MUL(ALL(fa), SUB(u[1], u[2]));
    vec sum_b = MUL(ALL(fb), ADD(u[3], u[4])), dif_b = MUL(ALL(fb), SUB(u[3], u[4]));
    vec second = FMA(ALL(A2), sum_a, MUL(ALL(B2), sum_b));
    o[0] = FMA(ALL(1 / (A2 * B2)), u[0], ADD(sum_a, sum_b));
    o[1] = FMA(ALL(A1), dif_a, MUL(ALL(B1), dif_b));
    if (n == 2)
        return;
    o[2] = n == 3 ? ADD(second, u[5]) : second;
    if (n == 3)
        return;
    o[3] = FMA(ALL(A3), dif_a, MUL(ALL(B3), dif_b));
    o[4] = FMA(ALL(A4), sum_a, FMA(ALL(B4), sum_b, u[5]));
}

/* To the second cache. */
INLINE void prefetch_at(const float *p, int64_t ahead)
{
    __builtin_prefetch((const void *)((uintptr_t)p + (uintptr_t)ahead * sizeof *p), 0, 2);
}

/* Maps are walked through once and are far away: what is read and written so many bytes further on
 * is fetched meanwhile, maps that are written too, since a line is read before it is written. */
enum { FURTHER = 16384 };

INLINE void fetch_further(const float *p, const bool to_write)
{
    const void *further = (const void *)((uintptr_t)p + FURTHER);
    if (to_write)
        __builtin_prefetch(further, 1, 2);
    else
        __builtin_prefetch(further, 0, 2);
}

/* Rows of so many whole vectors. */
TARGET INLINE void copy_vectors(const int vectors, float *to, int64_t to_stride, const float *from,
                                int64_t from_stride, int64_t rows, int64_t ahead)
{
    for (int64_t i = 0; i < rows; i++, to += to_stride, from += from_stride)
        for (int v = 0; v < vectors; v++) {
            prefetch_at(from + v * LANES, ahead);
            STORE(to + v * LANES, LOAD(from + v * LANES));
        }
}

TARGET static void copy_rows(float *to, int64_t to_stride, const float *from, int64_t from_stride,
                             int64_t rows, int64_t width, int64_t ahead)
{
    int64_t whole = width / LANES * LANES, rest = width - whole;
    if (width == LANES)
        copy_vectors(1, to, to_stride, from, from_stride, rows, ahead);
    else if (width == 2 * LANES)
        copy_vectors(2, to, to_stride, from, from_stride, rows, ahead);
    else
        for (int64_t i = 0; i < rows; i++, to += to_stride, from += from_stride) {
            for (int64_t x = 0; x < whole; x += LANES) {
                prefetch_at(from + x, ahead);
                STORE(to + x, LOAD(from + x));
            }
            if (rest > 0) {
                prefetch_at(from + whole, ahead);
                store_first(to + whole, load_between(from + whole, 0, rest), rest);
            }
        }
}

TARGET static void across_maps(float *to, int64_t to_stride, const float *from, int64_t from_stride,
                               const int32_t *offset, int64_t rows, int64_t width)
{
    for (int64_t i = 0; i < rows; i++, to += to_stride * LANES, from += from_stride) {
        int64_t square = 0;
        for (; square + LANES <= width; square += LANES) {
            vec column[LANES];
            load_square(from + square, offset, column);
            for (int j = 0; j < LANES; j++)
                STORE(to + (square + j) * LANES, column[j]);
        }
        for (int64_t x = square; x < width && width >= 4; x += 4) {
            vec column[4];
            x = x + 4 > width ? width - 4 : x; /* the last four once more, not what lies behind */
            load_columns(from + x, offset, 1, 4, column);
            for (int j = 0; j < 4; j++)
                STORE(to + (x + j) * LANES, column[j]);
        }
        for (int64_t x = 0; x < width && width < 4; x++)
            for (int l = 0; l < LANES; l++)
                to[x * LANES + l] = from[offset[l] + x];
    }
}

TARGET INLINE void second_columns(const int side, vec t[6][6], float *to, size_t step)
{
    for (int j = 0; j < side; j++) {
        vec d[6], o[6];
        for (int i = 0; i < side; i++)
            d[i] = t[i][j];
        input_column(side, d, o);
        for (int i = 0; i < side; i++)
            STORE(to + (size_t)(i * side + j) * step, o[i]);
    }
}

TARGET INLINE void input_at(const int side, const float *from, int64_t stride, int64_t apart,
                            float *to, size_t step)
{
    vec t[6][6];
    for (int i = 0; i < side; i++) {
        vec d[6];
        for (int j = 0; j < side; j++)
            d[j] = LOAD(from + (i * stride + j * apart) * LANES);
        input_column(side, d, t[i]);
    }
    second_columns(side, t, to, step);
}

TARGET APART void input_tile_5(const float *from, int64_t stride, int64_t apart, float *to,
                               size_t step)
{
    input_at(5, from, stride, apart, to, step);
}

TARGET static void input_tile(int side, const float *from, int64_t stride, int64_t apart, float *to,
                              size_t step)
{
    if (side == 6)
        input_at(6, from, stride, 1, to, step);
    else
        input_tile_5(from, stride, apart, to, step);
}

TARGET INLINE void gradient_of(const int side, const int n, const float *from, int64_t stride,
                               float *to, size_t step)
{
    vec t[4][6];
    for (int i = 0; i < n; i++) {
        vec d[4];
        for (int j = 0; j < n; j++)
            d[j] = LOAD(from + (i * stride + j) * LANES);
        gradient_column(side, n, d, t[i]);
    }
    for (int j = 0; j < side; j++) {
        vec d[4], o[6];
        for (int i = 0; i < n; i++)
            d[i] = t[i][j];
        gradient_column(side, n, d, o);
        for (int i = 0; i < side; i++)
            STORE(to + (size_t)(i * side + j) * step, o[i]);
    }
}

TARGET APART void gradient_tile_5(const float *from, int64_t stride, float *to, size_t step)
{
    gradient_of(5, 4, from, stride, to, step);
}

TARGET static void gradient_tile(int side, const float *from, int64_t stride, int tile, float *to,
                                 size_t step)
{
    if (side == 5)
        gradient_tile_5(from, stride, to, step);
    else if (tile == 4)
        gradient_of(6, 4, from, stride, to, step);
    else
        gradient_of(6, 2, from, stride, to, step);
}

TARGET INLINE void input_of(const int side, const int run, const float *from, int64_t stride,
                            const int32_t *offset, float *to, size_t step)
{
    vec t[6][6];
    for (int i = 0; i < side; i++) {
        vec d[6];
        load_columns(from + i * stride, offset, run, 4, d);
        load_columns(from + i * stride + 4, offset, run, 2, d + 4);
        input_column(side, d, t[i]);
    }
    second_columns(side, t, to, step);
}

TARGET INLINE void inputs_of(const int side, const float *from, int64_t stride,
                             const int32_t *offset, int run, float *to, size_t step)
{
    if (run == LANES / 4)
        input_of(side, LANES / 4, from, stride, offset, to, step);
    else if (run == 2)
        input_of(side, 2, from, stride, offset, to, step);
    else
        input_of(side, 1, from, stride, offset, to, step);
}

TARGET APART void input_tiles_5(const float *from, int64_t stride, const int32_t *offset, int run,
                                float *to, size_t step)
{
    inputs_of(5, from, stride, offset, run, to, step);
}

TARGET static void input_tiles(int side, const float *from, int64_t stride, const int32_t *offset,
                               int run, float *to, size_t step)
{
    if (side == 6)
        inputs_of(6, from, stride, offset, run, to, step);
    else
        input_tiles_5(from, stride, offset, run, to, step);
}

TARGET INLINE void output_of(const int side, const int n, const int run, const bool add,
                             const float *from, size_t step, float *to, int64_t stride,
                             const int32_t *offset)
{
    vec t[4][6];
    for (int j = 0; j < side; j++) {
        vec m[6], o[4];
        for (int i = 0; i < side; i++)
            m[i] = LOAD(from + (size_t)(i * side + j) * step);
        output_column(side, n, m, o);
        for (int i = 0; i < n; i++)
            t[i][j] = o[i];
    }
    for (int i = 0; i < n; i++) {
        vec o[4];
        output_column(side, n, t[i], o);
        for (int q = 0; q < 4 && n == 4 && run == LANES / 4; q++) /* whole lines */
            fetch_further(to + i * stride + offset[q], true);
        if (n == 4)
            store_columns(to + i * stride, offset, run, o, add);
        else
            store_pairs(to + i * stride, offset, o[0], o[1], add);
    }
}

TARGET INLINE void outputs_of(const int side, const bool add, const float *from, size_t step,
                              float *to, int64_t stride, const int32_t *offset, int run)
{
    if (run == LANES / 4)
        output_of(side, 4, LANES / 4, add, from, step, to, stride, offset);
    else if (run == 2)
        output_of(side, 4, 2, add, from, step, to, stride, offset);
    else
        output_of(side, 4, 1, add, from, step, to, stride, offset);
}

TARGET APART void output_tiles_5(const float *from, size_t step, float *to, int64_t stride,
                                 const int32_t *offset, int run)
{
    outputs_of(5, false, from, step, to, stride, offset, run);
}

TARGET static void output_tiles(int side, const float *from, size_t step, float *to, int64_t stride,
                                const int32_t *offset, int tile, int run)
{
    if (tile == 2)
        output_of(6, 2, 1, false, from, step, to, stride, offset);
    else if (side == 6)
        outputs_of(6, false, from, step, to, stride, offset, run);
    else
        output_tiles_5(from, step, to, stride, offset, run);
}

TARGET static void add_output_tiles(int side, const float *from, size_t step, float *to,
                                    int64_t stride, const int32_t *offset, int tile, int run)
{
    (void)side;
    if (tile == 2)
        output_of(6, 2, 1, true, from, step, to, stride, offset);
    else
        outputs_of(6, true, from, step, to, stride, offset, run);
}

TARGET INLINE void weights_of(const int side, const int n, const float *from, size_t step,
                              float *to)
{
    vec t[6][5];
    for (int i = 0; i < side; i++) {
        vec u[6];
        for (int j = 0; j < side; j++)
            u[j] = LOAD(from + (size_t)(i * side + j) * step);
        weight_column(n, u, t[i]);
    }
    for (int j = 0; j < n; j++) {
        vec u[6], o[5];
        for (int i = 0; i < side; i++)
            u[i] = t[i][j];
        weight_column(n, u, o);
        for (int i = 0; i < n; i++)
            STORE(to + (i * n + j) * LANES, o[i]);
    }
}

TARGET static void weight_tiles(const float *from, size_t step, int size, float *to)
{
    if (size == 3)
        weights_of(6, 3, from, step, to);
    else if (size == 5)
        weights_of(6, 5, from, step, to);
    else
        weights_of(5, 2, from, step, to);
}

/* G g: n, 3, 5 or 2, to 6; 2 to 5. */
TARGET INLINE void filter_column(const int n, const vec g[5], vec o[6])
{
    const vec fa = ALL(1 / (2 * A2 * (A2 - B2))), fb = ALL(1 / (2 * B2 * (B2 - A2)));
    vec a = g[0], b = g[0], odd_a = MUL(ALL(A1), g[1]), odd_b = MUL(ALL(B1), g[1]);
    if (n > 2) {
        a = FMA(ALL(A2), g[2], a);
        b = FMA(ALL(B2), g[2], b);
    }
    if (n == 5) {
        a = FMA(ALL(A4), g[4], a);
        b = FMA(ALL(B4), g[4], b);
        odd_a = FMA(ALL(A3), g[3], odd_a);
        odd_b = FMA(ALL(B3), g[3], odd_b);
    }
    o[0] = MUL(ALL(1 / (A2 * B2)), g[0]);
    o[1] = MUL(fa, ADD(a, odd_a));
    o[2] = MUL(fa, SUB(a, odd_a));
    o[3] = MUL(fb, ADD(b, odd_b));
    o[4] = MUL(fb, SUB(b, odd_b));
    if (n > 2)
        o[5] = g[n - 1];
}

TARGET INLINE void filters_of(const int side, const int n, const bool turned, const float *taps,
                              float *to)
{
    vec t[5][6];
    for (int j = 0; j < n; j++) {
        vec g[5];
        for (int i = 0; i < n; i++)
            g[i] = LOAD(taps + (turned ? n * n - 1 - i * n - j : i * n + j) * LANES);
        filter_column(n, g, t[j]);
    }
    for (int i = 0; i < side; i++) {
        vec g[5], o[6];
        for (int j = 0; j < n; j++)
            g[j] = t[j][i];
        filter_column(n, g, o);
        for (int j = 0; j < side; j++)
            STORE(to + (i * side + j) * LANES, o[j]);
    }
}

TARGET static void filter_tiles(const float *taps, int size, bool turned, float *to)
{
    if (size == 2)
        filters_of(5, 2, false, taps, to);
    else if (size == 3 && turned)
        filters_of(6, 3, true, taps, to);
    else if (size == 3)
        filters_of(6, 3, false, taps, to);
    else if (turned)
        filters_of(6, 5, true, taps, to);
    else
        filters_of(6, 5, false, taps, to);
}

/* c[rows][vectors LANES] (+)= the sum over n of a[rows] b[vectors LANES]. */
TARGET INLINE void product_of(const int rows, const int vectors, const ww_panels *p, const float *a,
                              const float *b, float *c, int64_t n, bool add)
{
    vec sum[8][VECTORS];
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++)
            sum[i][v] = add ? LOAD(c + i * p->c_row + v * LANES) : ALL(0);
    for (int64_t k = 0; k < n; k++) {
        vec row[VECTORS];
        for (int v = 0; v < vectors; v++)
            row[v] = LOAD(b + v * p->b_vector);
        for (int i = 0; i < rows; i++) {
            vec x = ALL(a[i]);
            for (int v = 0; v < vectors; v++)
                sum[i][v] = FMA(x, row[v], sum[i][v]);
        }
        a += p->a_step;
        b += p->b_step;
    }
    for (int i = 0; i < rows; i++)
        for (int v = 0; v < vectors; v++)
            STORE(c + i * p->c_row + v * LANES, sum[i][v]);
}

/* In threes or, rather than leave one over, in twos. */
TARGET INLINE void product_in(const int rows, const ww_panels *p, const float *a, const float *b,
                              float *c, int64_t vectors, int64_t n, bool add)
{
    int64_t v = 0;
    for (; vectors - v >= VECTORS && vectors - v != 4; v += VECTORS)
        product_of(rows, 3, p, a, b + v * p->b_vector, c + v * LANES, n, add);
    for (; vectors - v >= 2; v += 2)
        product_of(rows, 2, p, a, b + v * p->b_vector, c + v * LANES, n, add);
    if (vectors - v == 1)
        product_of(rows, 1, p, a, b + v * p->b_vector, c + v * LANES, n, add);
}

TARGET static void product(const ww_panels *p, const float *a, const float *b, float *c,
                           int64_t vectors, int64_t n, bool add)
{
    if (p->half)
        product_in(ROWS / 2, p, a, b, c, vectors, n, add);
    else
        product_in(ROWS, p, a, b, c, vectors, n, add);
}

#endif

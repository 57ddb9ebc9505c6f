/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_BLOCK_TILES_H
#define WW_ENGINE_TENSOR_BACKEND_BLOCK_TILES_H

/* Winograd's F(4x4, 3x3) and F(2x2, 5x5) on maps in blocks of channels, a row of points at a time;
 * winograd_blocks.c says why. A vector is a pixel, or a point of a tile, of LANES channels.
 * Included once by each kernels_*.c. */

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/simd.h"
#include "engine/tensor/backend/winograd_tiles.h"

enum { SIDE = 6 };

#define UNROLLED _Pragma("GCC unroll 16")

/* What lies outside a map. */
static const float OUTSIDE[LANES];

TARGET INLINE vec block_pixel(const ww_tile_row *r, const bool inside, const bool first, int64_t y,
                              int64_t x)
{
    const float *pixel = r->map + (y * r->w + x) * LANES;
    if (first)
        fetch_further(pixel, false);
    if (!inside && ((uint64_t)y >= (uint64_t)r->h || (uint64_t)x >= (uint64_t)r->w))
        pixel = OUTSIDE;
    return LOAD(pixel);
}

/* The rows of points of a pair that column d of a patch, or of a tile, gives: B' d and A d. */
TARGET INLINE void input_rows(const ww_row_pair pair, const vec d[6], vec o[2])
{
    const vec ab = ALL(A2 * B2), sum = ALL(A2 + B2);
    const float near = pair == WW_ROWS_A ? B2 : A2, point = pair == WW_ROWS_A ? A1 : B1;
    if (pair == WW_ROW_ZERO) {
        o[0] = FMA(ab, d[0], FNMA(sum, d[2], d[4]));
    } else if (pair == WW_ROW_INFINITY) {
        o[0] = FMA(ab, d[1], FNMA(sum, d[3], d[5]));
    } else {
        vec p = FNMA(ALL(near), d[2], d[4]), q = MUL(ALL(point), FNMA(ALL(near), d[1], d[3]));
        o[0] = ADD(p, q);
        o[1] = SUB(p, q);
    }
}

TARGET INLINE void gradient_rows(const ww_row_pair pair, const int n, const vec d[4], vec o[2])
{
    const vec square = ALL(pair == WW_ROWS_A ? A2 : B2), point = ALL(pair == WW_ROWS_A ? A1 : B1);
    if (pair == WW_ROW_ZERO) {
        o[0] = d[0];
    } else if (pair == WW_ROW_INFINITY) {
        o[0] = d[n - 1];
    } else {
        vec p = n == 2 ? d[0] : FMA(square, d[2], d[0]);
        vec q = MUL(point, n == 2 ? d[1] : FMA(square, d[3], d[1]));
        o[0] = ADD(p, q);
        o[1] = SUB(p, q);
    }
}

/* Which pixels of a column the rows of a pair take. */
TARGET INLINE bool takes(const ww_row_pair pair, const bool patch, const int tile, const int i)
{
    if (!patch)
        return pair == WW_ROW_ZERO ? i == 0 : pair == WW_ROW_INFINITY ? i == tile - 1 : true;
    return pair == WW_ROW_ZERO       ? i % 2 == 0
           : pair == WW_ROW_INFINITY ? i % 2 == 1
                                     : i >= 1 && i <= 4;
}

/* Whether a pixel of a patch, one of its tile's own, is read for the first time. */
TARGET INLINE bool is_first(const ww_row_pair pair, const bool patch, const int tile, const int i,
                            const int j)
{
    bool rows = pair == WW_ROW_ZERO || (pair == WW_ROWS_A && i % 2 == 1);
    return patch && rows && j >= 1 && j <= tile && (tile == 4 || i < 2);
}

/* One tile's vectors of a pair of rows, [6] each, the second `apart` behind the first. */
TARGET INLINE void tile_rows(const ww_row_pair pair, const bool patch, const int tile,
                             const bool inside, const ww_tile_row *r, int64_t x, float *to,
                             int64_t apart)
{
    const int n = patch ? SIDE : tile, rows = pair == WW_ROWS_A || pair == WW_ROWS_B ? 2 : 1;
    vec t[2][6];
    UNROLLED for (int j = 0; j < n; j++)
    {
        vec d[6], o[2];
        UNROLLED for (int i = 0; i < n; i++) d[i] =
            takes(pair, patch, tile, i)
                ? block_pixel(r, inside, is_first(pair, patch, tile, i, j), r->top + i, x + j)
                : ALL(0);
        if (patch)
            input_rows(pair, d, o);
        else
            gradient_rows(pair, tile, d, o);
        UNROLLED for (int i = 0; i < rows; i++) t[i][j] = o[i];
    }
    UNROLLED for (int i = 0; i < rows; i++)
    {
        vec o[6];
        if (patch)
            input_column(6, t[i], o);
        else
            gradient_column(6, tile, t[i], o);
        UNROLLED for (int j = 0; j < SIDE; j++) STORE(to + i * apart + j * LANES, o[j]);
    }
}

/* How many of the first tiles reach beyond the left side of the map, and from which tile on they
 * reach beyond the right; all, where they do so above or below. */
TARGET INLINE void sides_of(const ww_tile_row *r, const int tile, int64_t n, int64_t *left,
                            int64_t *right)
{
    bool between = r->top >= 0 && r->top + n <= r->h;
    *left = !between ? r->count : r->left < 0 ? (tile - 1 - r->left) / tile : 0;
    *right = r->w - n - r->left < 0 ? 0 : (r->w - n - r->left) / tile + 1;
    *left = *left < r->count ? *left : r->count;
    *right = *right < *left ? *left : *right < r->count ? *right : r->count;
}

TARGET INLINE void rows_of(const ww_row_pair pair, const bool patch, const int tile,
                           const ww_tile_row *row, float *to, int64_t apart)
{
    const ww_tile_row r = *row;
    int64_t left, right;
    sides_of(&r, tile, patch ? SIDE : tile, &left, &right);
    for (int64_t i = 0; i < r.count; i++, to += SIDE * LANES) {
        if (i >= left && i < right)
            tile_rows(pair, patch, tile, true, &r, r.left + tile * i, to, apart);
        else
            tile_rows(pair, patch, tile, false, &r, r.left + tile * i, to, apart);
    }
}

TARGET INLINE void pairs_of(ww_row_pair pair, const bool patch, const int tile,
                            const ww_tile_row *row, float *to, int64_t apart)
{
    if (pair == WW_ROW_ZERO)
        rows_of(WW_ROW_ZERO, patch, tile, row, to, apart);
    else if (pair == WW_ROWS_A)
        rows_of(WW_ROWS_A, patch, tile, row, to, apart);
    else if (pair == WW_ROWS_B)
        rows_of(WW_ROWS_B, patch, tile, row, to, apart);
    else
        rows_of(WW_ROW_INFINITY, patch, tile, row, to, apart);
}

TARGET static void block_inputs(ww_row_pair pair, const ww_tile_row *row, float *to, int64_t apart)
{
    if (row->tile == 4)
        pairs_of(pair, true, 4, row, to, apart);
    else
        pairs_of(pair, true, 2, row, to, apart);
}

TARGET static void block_gradients(ww_row_pair pair, const ww_tile_row *row, float *to,
                                   int64_t apart)
{
    if (row->tile == 4)
        pairs_of(pair, false, 4, row, to, apart);
    else
        pairs_of(pair, false, 2, row, to, apart);
}

TARGET INLINE void block_output(const ww_tile_row *r, const int tile, const bool whole,
                                const bool add, int64_t x, const float *from, int64_t step)
{
    int64_t rows = r->h - r->top, columns = r->w - x;
    float *corner = r->map + (r->top * r->w + x) * LANES;
    for (int q = 0; q < tile && (whole || q < columns); q++) {
        vec m[6], o[4];
        UNROLLED for (int i = 0; i < SIDE; i++) m[i] = LOAD(from + i * step + q * LANES);
        output_column(6, tile, m, o);
        UNROLLED for (int i = 0; i < tile; i++)
        {
            float *to = corner + (i * r->w + q) * LANES;
            fetch_further(to, true);
            if (whole || i < rows)
                STORE(to, add ? ADD(LOAD(to), o[i]) : o[i]);
        }
    }
}

TARGET INLINE void outputs_in(const ww_tile_row *row, const int tile, const float *from,
                              int64_t step, bool add)
{
    const ww_tile_row r = *row;
    for (int64_t i = 0; i < r.count; i++, from += tile * LANES) {
        int64_t x = r.left + tile * i;
        bool whole = r.top + tile <= r.h && x + tile <= r.w;
        if (whole && !add)
            block_output(&r, tile, true, false, x, from, step);
        else if (whole)
            block_output(&r, tile, true, true, x, from, step);
        else
            block_output(&r, tile, false, add, x, from, step);
    }
}

TARGET static void block_outputs(const ww_tile_row *row, const float *from, int64_t step, bool add)
{
    if (row->tile == 4)
        outputs_in(row, 4, from, step, add);
    else
        outputs_in(row, 2, from, step, add);
}

/* As many tiles as the registers hold sums of, at six points. */
enum { BLOCK_TILES = WW_LANES == 16 ? 4 : 2 };

/* Sums of the six points of a row for some tiles from `tile` on and the v-th vector of filters. */
TARGET INLINE void block_sums(const ww_block_product *p, const int n, int64_t tile, int64_t v)
{
    const float *a = p->a + (p->first * p->tiles + tile * LANES) * SIDE;
    const float *b = p->b + (v * p->channels + p->first) * SIDE * LANES;
    float *partial = p->partial + (v * p->tiles + tile) * SIDE * LANES;
    float *c = p->c + (v * p->tiles + tile) * n * LANES;
    vec sum[BLOCK_TILES][SIDE];
    UNROLLED for (int t = 0; t < BLOCK_TILES; t++) UNROLLED for (int j = 0; j < SIDE; j++)
        sum[t][j] = p->first > 0 ? LOAD(partial + (t * SIDE + j) * LANES) : ALL(0);
    for (int64_t left = p->last - p->first; left > 0; left -= LANES, a += p->tiles * SIDE * LANES)
        for (int k = 0; k < LANES; k++, b += SIDE * LANES)
            UNROLLED for (int j = 0; j < SIDE; j++)
            {
                vec y = LOAD(b + j * LANES);
                UNROLLED for (int t = 0; t < BLOCK_TILES; t++) sum[t][j] =
                    FMA(ALL(a[(t * SIDE + j) * LANES + k]), y, sum[t][j]);
            }
    UNROLLED for (int t = 0; t < BLOCK_TILES; t++)
    {
        vec o[4];
        output_column(6, n, sum[t], o);
        if (p->last == p->channels)
            UNROLLED for (int q = 0; q < n; q++) STORE(c + (t * n + q) * LANES, o[q]);
        else
            UNROLLED for (int j = 0; j < SIDE; j++)
                STORE(partial + (t * SIDE + j) * LANES, sum[t][j]);
    }
}

/* The same of two vectors of filters at three points, so that each number of a is multiplied twice:
 * 18 numbers and vectors are read for 24 sums, where one vector at six points reads 30. Of the
 * first three points the sums are put aside. */
TARGET INLINE void half_sums(const ww_block_product *p, const int n, const bool second,
                             int64_t tile, int64_t v)
{
    enum { HALF = SIDE / 2 };
    const int64_t next = p->channels * SIDE * LANES;
    const float *a = p->a + (p->first * p->tiles + tile * LANES) * SIDE + second * HALF * LANES;
    const float *b = p->b + v * next + (p->first * SIDE + second * HALF) * LANES;
    float *partial = p->partial + (v * p->tiles + tile) * SIDE * LANES;
    float *c = p->c + (v * p->tiles + tile) * n * LANES;
    vec sum[BLOCK_TILES][2][HALF];
    UNROLLED for (int t = 0; t < BLOCK_TILES; t++) UNROLLED for (int w = 0; w < 2; w++)
        UNROLLED for (int j = 0; j < HALF; j++) sum[t][w][j] =
            p->first > 0 ? LOAD(partial + ((w * p->tiles + t) * SIDE + second * HALF + j) * LANES)
                         : ALL(0);
    for (int64_t left = p->last - p->first; left > 0; left -= LANES, a += p->tiles * SIDE * LANES)
        for (int k = 0; k < LANES; k++, b += SIDE * LANES)
            UNROLLED for (int j = 0; j < HALF; j++)
            {
                vec y = LOAD(b + j * LANES), z = LOAD(b + next + j * LANES);
                UNROLLED for (int t = 0; t < BLOCK_TILES; t++)
                {
                    vec x = ALL(a[(t * SIDE + j) * LANES + k]);
                    sum[t][0][j] = FMA(x, y, sum[t][0][j]);
                    sum[t][1][j] = FMA(x, z, sum[t][1][j]);
                }
            }
    UNROLLED for (int t = 0; t < BLOCK_TILES; t++) UNROLLED for (int w = 0; w < 2; w++)
    {
        vec m[SIDE], o[4];
        float *other = partial + (w * p->tiles + t) * SIDE * LANES;
        if (!second || p->last < p->channels) {
            UNROLLED for (int j = 0; j < HALF; j++)
                STORE(other + (second * HALF + j) * LANES, sum[t][w][j]);
            continue;
        }
        UNROLLED for (int j = 0; j < HALF; j++)
        {
            m[j] = LOAD(other + j * LANES);
            m[HALF + j] = sum[t][w][j];
        }
        output_column(6, n, m, o);
        UNROLLED for (int q = 0; q < n; q++) STORE(c + ((w * p->tiles + t) * n + q) * LANES, o[q]);
    }
}

TARGET INLINE void products_of(const ww_block_product *p, const int n)
{
    int64_t v = 0;
    for (; p->channels >= 64 && v + 2 <= p->vectors; v += 2) {
        for (int64_t tile = 0; tile < p->rows; tile += BLOCK_TILES)
            half_sums(p, n, false, tile, v);
        for (int64_t tile = 0; tile < p->rows; tile += BLOCK_TILES)
            half_sums(p, n, true, tile, v);
    }
    for (; v < p->vectors; v++)
        for (int64_t tile = 0; tile < p->rows; tile += BLOCK_TILES)
            block_sums(p, n, tile, v);
}

TARGET static void block_product(const ww_block_product *p)
{
    if (p->tile == 4)
        products_of(p, 4);
    else
        products_of(p, 2);
}

/* Sums over tiles for LANES rows, channels of a, and `vectors` of channels of b, at one point. */
#define BLOCK_WEIGHTS(name, row_count, vectors)                                                    \
    TARGET INLINE void name(const ww_block_weights *p, const float *a, const float *b, float *c)   \
    {                                                                                              \
        const int64_t block = p->tiles * SIDE * LANES;                                             \
        vec sum[row_count][vectors];                                                               \
        UNROLLED for (int i = 0; i < (row_count); i++)                                             \
            UNROLLED for (int v = 0; v < (vectors); v++) sum[i][v] =                               \
                p->add ? LOAD(c + i * p->c_row + v * LANES) : ALL(0);                              \
        for (int64_t t = p->rows; t > 0; t--, a += SIDE * LANES, b += SIDE * LANES) {              \
            vec y[vectors];                                                                        \
            UNROLLED for (int v = 0; v < (vectors); v++) y[v] = LOAD(b + v * block);               \
            UNROLLED for (int i = 0; i < (row_count); i++)                                         \
            {                                                                                      \
                vec x = ALL(a[i]);                                                                 \
                UNROLLED for (int v = 0; v < (vectors); v++) sum[i][v] = FMA(x, y[v], sum[i][v]);  \
            }                                                                                      \
        }                                                                                          \
        UNROLLED for (int i = 0; i < (row_count); i++)                                             \
            UNROLLED for (int v = 0; v < (vectors); v++)                                           \
                STORE(c + i * p->c_row + v * LANES, sum[i][v]);                                    \
    }

enum { WEIGHT_ROWS = WW_LANES == 16 ? 8 : 4 };

BLOCK_WEIGHTS(block_weights_1, 2 * WEIGHT_ROWS, 1)
BLOCK_WEIGHTS(block_weights_2, WEIGHT_ROWS, 2)

TARGET static void block_weights(const ww_block_weights *p)
{
    const int64_t block = p->tiles * SIDE * LANES;
    for (int j = 0; j < SIDE; j++)
        for (int64_t i = 0; i < p->channels; i += 2 * WEIGHT_ROWS) {
            const float *a = p->a + i / LANES * block + j * LANES + i % LANES,
                        *b = p->b + j * LANES;
            float *c = p->c + (size_t)j * p->c_point + i * p->c_row;
            int64_t v = 0;
            for (; v + 2 <= p->vectors; v += 2)
                for (int half = 0; half < 2; half++)
                    block_weights_2(p, a + half * WEIGHT_ROWS, b + v * block,
                                    c + half * WEIGHT_ROWS * p->c_row + v * LANES);
            if (v < p->vectors)
                block_weights_1(p, a, b + v * block, c + v * LANES);
        }
}

#endif

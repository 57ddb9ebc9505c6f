/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_KERNELS_H
#define WW_ENGINE_TENSOR_BACKEND_KERNELS_H

/* Own kernels, compiled once for each kind of processor and chosen when the program runs. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Points of Winograd's transforms (winograd.c). */
#define WW_WINOGRAD_A 0.625f
#define WW_WINOGRAD_B 1.5f

/** How the factors and the result of a product lie in memory, in floats. */
typedef struct ww_panels {
    int64_t a_step;   /* from a[rows] to the next */
    int64_t b_step;   /* from b[vectors][lanes] to the next */
    int64_t b_vector; /* from one vector of b to the next */
    int64_t c_row;    /* from one row of c to the next; its vectors are contiguous */
    bool half;        /* half as many rows */
} ww_panels;

/** Filters' taps[channels][size][size][lanes] (turned by 180 degrees), transformed but for the
 * factors of the points, times maps[6][channels][fours][6][4], for each row of points and four
 * tiles, to sums[fours][6][6][4][lanes] (add: +=). */
typedef struct ww_few {
    const float *taps, *maps;
    float *sums;
    int64_t map_row; /* from one row of maps to the next */
    int64_t channels, fours;
    int size; /* 3 or 5 */
    bool turned, add;
} ww_few;

/** A row of tiles of one block of channels: `count` of them, `tile` pixels apart, 4 or 2, the first
 * with its corner at (top, left) of map[h][w][lanes], outside of which all is 0. */
typedef struct ww_tile_row {
    float *map; /* read only, but by block_outputs */
    int64_t h, w, top, left, count, tile;
} ww_tile_row;

/** Rows of Winograd's points that are made together: of 0, of a and -a, of b and -b, of infinity.
 */
typedef enum ww_row_pair {
    WW_ROW_ZERO,
    WW_ROWS_A,
    WW_ROWS_B,
    WW_ROW_INFINITY,
    WW_ROW_PAIRS
} ww_row_pair;

/** A row of points: the sums over channels first .. last-1, whole blocks, of a[tile][channel] times
 * b[channel][filter], point by point, and when all `channels` are summed, c = sums A. They are
 * a[channels/lanes][tiles][6][lanes], b[vectors][channels][6][lanes] and
 * c[vectors][tiles][tile][lanes]; partial[vectors][tiles][6][lanes] keeps sums from call to call.
 */
typedef struct ww_block_product {
    const float *a, *b;
    float *c, *partial;
    int64_t tiles; /* of a block in memory; `rows` of them, a multiple of 4, are worked on */
    int64_t rows, channels, first, last, vectors, tile;
} ww_block_product;

/** A row of points: c[6][c_point], of each channel of a `c_row` floats, (add: +=) = the sum over
 * the first `rows` tiles of a[channels/lanes][tiles][6][lanes] times b[vectors][tiles][6][lanes].
 */
typedef struct ww_block_weights {
    const float *a, *b;
    float *c;
    size_t c_point;
    int64_t tiles, rows, channels, vectors, c_row;
    bool add;
} ww_block_weights;

enum { WW_TAPS_ROWS = 8, WW_TAPS_VECTORS = 3 };

/** A sum over taps: out[v][row] (add: +=) = sum over k of a[k][row] b[v][offset[k] ..]. */
typedef struct ww_taps {
    const float *a;        /* [n][8] */
    const int32_t *offset; /* [n] */
    int64_t n;
    const float *b[WW_TAPS_VECTORS]; /* where each vector's pixels begin */
    float *out[WW_TAPS_VECTORS];     /* its first row */
    int64_t width[WW_TAPS_VECTORS];  /* floats of it that are written; with add, all lanes */
    int64_t out_row;                 /* from one row to the next */
    int vectors, rows;               /* 1 .. 3, 1 .. 8 */
    bool add;
} ww_taps;

/** Rows of n pixels of some maps, several times over: pixel u is the one at u every (1 or 2) of a
 * row of `from`, or 0 where that is not among begin .. end-1: what lies elsewhere is not touched.
 * The next time it is `step` pixels further on. There are zeros before and behind all rows. */
typedef struct ww_spaced {
    int64_t maps, to_map, from_map;   /* how many; from one map to the next */
    int64_t columns, to_column, step; /* how often; from one time to the next */
    int64_t rows, n, from_row, begin, end;
    int64_t before, behind;
    int every;
} ww_spaced;

/** c[rows][vectors][lanes] (add: +=) = the sum over places (y, x) of [tall][wide] of
 * a[y a_row + x a_step + row] times b[y][x][vectors][lanes]. Up to 7 numbers behind the last of a
 * are read. */
typedef struct ww_places {
    const float *a, *b;
    float *c;
    int64_t a_row, a_step, c_row, tall, wide;
    int rows, vectors; /* any number; 1 .. 3 */
    bool add;
} ww_places;

/** Points of the transforms of distances (distance.c). */
#define WW_DISTANCE_A 0.25f
#define WW_DISTANCE_B 0.875f
#define WW_DISTANCE_C 1.75f

enum { WW_DFT_PASSES = 3, WW_MOST_LANES = 16 };

/** A discrete Fourier transform of n numbers: the product of its passes' radices (3, 4, 5, 6, 8),
 * of which there are two at least. Without scale. */
typedef struct ww_dft {
    int64_t n;
    int passes, radix[WW_DFT_PASSES];
    const float *twiddle[WW_DFT_PASSES]; /* [butterfly][radix - 1][2] */
} ww_dft;

/** Rectangles of maps, one a lane: at + stride row + column, from the maps' beginning, which need
 * not exist but for rows top .. bottom-1 and columns left .. right-1 of it. */
typedef struct ww_rectangles {
    int64_t at[WW_MOST_LANES], top[WW_MOST_LANES], bottom[WW_MOST_LANES];
    int64_t left[WW_MOST_LANES], right[WW_MOST_LANES];
    int64_t stride;
} ww_rectangles;

/** z[count][n] (add: +=) = the sum over channels of x[channel][n] times a[count][channel][2][n], of
 * complex numbers, where each a is the same for all lanes; with b, w is the same of b and of the
 * conjugates of x. */
typedef struct ww_spectra {
    int64_t n, channels;
    const float *x, *a, *b;
    float *z, *w;
    int64_t x_step, a_step;   /* floats from one channel to the next; of b too */
    int64_t a_apart, z_apart; /* from one sum to the next; of b and w too */
    int count;                /* 1 or 2 */
    bool add;                 /* without b */
} ww_spectra;

/** c[m][n] (add: +=) = a b, where a(i, k) = a[i a_row + k a_step] and b(k, j) = b[k b_step + j] or,
 * with `dots`, b[j b_step + k]; then a_step is 1 too. */
typedef struct ww_small_product {
    int64_t m, n, k;
    const float *a, *b;
    float *c;
    int64_t a_row, a_step, b_step, c_row;
    bool dots, add;
} ww_small_product;

/** Lanes: `lanes` numbers that are worked on at once. `offset` has one entry a lane. */
typedef struct ww_kernels {
    const char *name;
    int lanes;
    int rows; /* of one product */

    /** Copies from[rows][from_stride] to to[rows][to_stride], `width` floats of each row, and
     * fetches what lies `ahead` floats behind what is read. */
    void (*copy_rows)(float *to, int64_t to_stride, const float *from, int64_t from_stride,
                      int64_t rows, int64_t width, int64_t ahead);

    /** In what follows, `side` is 6 points along a side, or the first 5 of them, as filters of 2x2
     * want them (winograd.c). */

    /** to[side^2][step] = B' d B of side x side pixels at from + offset. Lanes l, l + 4, l + 8, ...
     * are tiles side by side, `run` at a time (1, 2 or lanes / 4); two (with 5 points, three)
     * pixels beyond the last one's patch are read. */
    void (*input_tiles)(int side, const float *from, int64_t stride, const int32_t *offset, int run,
                        float *to, size_t step);
    /** to[rows][to_stride][lanes] = from[rows][from_stride], `width` pixels of each row, of one map
     * a lane, that begins at from + offset. */
    void (*across_maps)(float *to, int64_t to_stride, const float *from, int64_t from_stride,
                        const int32_t *offset, int64_t rows, int64_t width);
    /** to[side^2][step] = B' d B, and A d A', of the side x side pixels that are `apart` (1 or 2)
     * from one another, and of tile x tile ones, of from[rows][stride][lanes]. A tile has 4 or 2
     * pixels a side. */
    void (*input_tile)(int side, const float *from, int64_t stride, int64_t apart, float *to,
                       size_t step);
    void (*gradient_tile)(int side, const float *from, int64_t stride, int tile, float *to,
                          size_t step);
    /** The tile x tile pixels at to + offset = A' m A of from[side^2][step]; `run` as above. */
    void (*output_tiles)(int side, const float *from, size_t step, float *to, int64_t stride,
                         const int32_t *offset, int tile, int run);
    /** The same of 6 points, added to what is there; tiles of 4x4 or 2x2 that lie in several lanes
     * are added to once. */
    void (*add_output_tiles)(int side, const float *from, size_t step, float *to, int64_t stride,
                             const int32_t *offset, int tile, int run);
    /** to[size][size][lanes] = G' u G of from[side^2][step]; 5 points for a size of 2, else 6. */
    void (*weight_tiles)(const float *from, size_t step, int size, float *to);

    /** to[side^2][lanes] = G g G' of taps[size][size][lanes], from the last to the first if they
     * are turned, which those of 2x2 are not; likewise. */
    void (*filter_tiles)(const float *taps, int size, bool turned, float *to);

    /** to[6][map_row], of each row fours[6][4] = B' d B, times the factors, of the 6x6 pixels at
     * from
     * + offset, as input_tiles with a run of 1 has them. */
    void (*few_maps)(const float *from, int64_t stride, const int32_t *offset, float *to,
                     int64_t map_row, int64_t fours);
    void (*few)(const ww_few *few);

    /** Maps in blocks of channels, one or two rows of points of each tile: to[count][6][lanes], the
     * second row `apart` behind the first, = rows of B' d B, of 6x6 pixels, and of A d A', of 4x4
     * or 2x2. */
    void (*block_inputs)(ww_row_pair pair, const ww_tile_row *row, float *to, int64_t apart);
    void (*block_gradients)(ww_row_pair pair, const ww_tile_row *row, float *to, int64_t apart);
    void (*block_product)(const ww_block_product *product);
    void (*block_weights)(const ww_block_weights *weights);
    /** The pixels of each tile, of those that exist, = (add: +=) A' m of m[6][step], one row of it
     * [count][tile][lanes]. */
    void (*block_outputs)(const ww_tile_row *row, const float *from, int64_t step, bool add);
    /** c[rows][vectors lanes] = (add: +=) the sum over n of a[rows] times b[vectors lanes]. */
    void (*product)(const ww_panels *panels, const float *a, const float *b, float *c,
                    int64_t vectors, int64_t n, bool add);

    /** to[49][step] = B' d B of the 7x7 pixels at from + offset, one tile a lane; one pixel beyond
     * the last column is read. */
    void (*distance_tiles)(const float *from, int64_t stride, const int32_t *offset, float *to,
                           size_t step);
    /** least[vectors lanes] = the least of it and of square - 2 A' m A, over 4x4 places of each of
     * the tiles, where m is from[49][step], of a tile from[row], and square is [tiles][16]. */
    void (*distance_least)(const float *from, size_t step, int64_t row, int64_t tiles,
                           int64_t vectors, const float *square, float *least);

    void (*taps)(const ww_taps *taps);

    void (*small_product)(const ww_small_product *product);

    /** to[maps][to_map], [columns][to_column] of it, = before zeros, [rows][n], behind zeros. */
    void (*spaced_rows)(float *to, const float *from, const ww_spaced *spaced);
    /** to[rows][to_row], n pixels of each row, (add: +=) = those of even[rows][(n + 1) / 2] and of
     * odd[rows][n / 2] in turns. A vector behind the last of both is read. */
    void (*joined_rows)(float *to, int64_t to_row, const float *even, const float *odd,
                        int64_t rows, int64_t n, bool add);
    /** to[width][step], of from[maps][apart], has `width` pixels of each map; with more than `maps`
     * numbers a step, the others are those of the first map once more. */
    void (*to_pixels)(float *to, int64_t step, const float *from, int64_t apart, int64_t maps,
                      int64_t width);
    void (*places)(const ww_places *places);

    /** Complex numbers are [2][lanes] in what follows. to[.. n_to-1] = the transform of from[n],
     * each `step` floats from one number to the next; `between` has room for 2 n numbers. May be in
     * place. */
    void (*dft)(const ww_dft *dft, bool inverse, const float *from, int64_t from_step, float *to,
                int64_t to_step, int64_t n_to, float *between);
    /** to[n][step] = n pixels of one row of rectangles, zero where they do not exist. */
    void (*pixels_in)(const ww_rectangles *tiles, const float *maps, int64_t row, int64_t n,
                      float *to, int64_t step);
    /** The inverse; what does not exist is left out. */
    void (*pixels_out)(const ww_rectangles *tiles, float *maps, int64_t row, int64_t n,
                       const float *from, int64_t step);
    void (*spectrum_product)(const ww_spectra *spectra);
    /** sums[2][n] (add: +=) = the sum over lanes of x[n] times the conjugate of y[n]. */
    void (*spectrum_sums)(int64_t n, const float *x, const float *y, float *sums, bool add);
    /** least[lanes] = the least of it, of a - 2 Re z and of b - 2 Im z, for n numbers z. */
    void (*spectrum_least)(int64_t n, const float *z, const float *a, const float *b, float *least);
} ww_kernels;

enum { WW_KERNELS_PLAIN, WW_KERNELS_AVX2, WW_KERNELS_AVX512, WW_N_KERNELS };
/** For plain C, AVX2 with FMA, AVX-512; NULL where this processor lacks it. The first is never
 * NULL. */
const ww_kernels *ww_kernels_get(int kind);

/** The best for this processor. */
const ww_kernels *ww_kernels_best(void);

extern const ww_kernels ww_kernels_plain, ww_kernels_avx2, ww_kernels_avx512;

#endif

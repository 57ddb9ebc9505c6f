/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_LOOPS_H
#define WW_ENGINE_TENSOR_BACKEND_LOOPS_H

/* The inner loops of operators and optimisers that do little with each number, in vectors: compiled
 * once for each kind of processor and chosen when the program runs, as kernels.h.
 *
 * All kinds add and multiply the same numbers in the same order, without fused multiply-adds, and
 * give the same bits. Sums are in double, in 16 interleaved lanes, then over the lanes (of blocks
 * of channels each channel has its own). `rectify` means that y = max(y, 0) is done with each
 * number too (what is not a number stays so); the gradient then passes where y > 0. */

#include <float.h>
#include <stdbool.h>
#include <stdint.h>

/** Loops over no more floats than this, with little to do for each, stay on one thread: to wake
 * another takes as long (30 us on a Zen 5 that has put it to sleep). */
enum { WW_LIGHT = 1 << 17 };

/** Rows of n floats each, `step` floats from one to the next. */
typedef struct ww_slab {
    int64_t rows, step, n;
} ww_slab;

/** y = (x - centre) scale + bias, and for the way back dx = scale dy - (level + (x - centre)
 * slope).
 */
typedef struct ww_scaling {
    float centre, scale, bias, level, slope;
    bool rectify;
} ww_scaling;

enum { WW_BLOCK_MOST = 16 };

/** The scalings of a block of channels, which lie side by side; `channels` of them: 8 or 16, and no
 * fewer than a vector has lanes. */
typedef struct ww_scalings {
    float centre[WW_BLOCK_MOST], scale[WW_BLOCK_MOST], bias[WW_BLOCK_MOST];
    float level[WW_BLOCK_MOST], slope[WW_BLOCK_MOST];
    int channels;
    bool rectify;
} ww_scalings;

/** Square windows of pixels, `stride` (1 or 2) from one to the next; `step` floats from one row of
 * pixels to the next. Nothing is read from `end` on. */
typedef struct ww_window {
    int size, stride;
    int64_t step;
    const float *end;
} ww_window;

/** Runs of `taps` rows, `stride` rows from one to the next: n of them, from row `first` on. */
typedef struct ww_runs {
    int64_t n, first, stride, taps;
} ww_runs;

/** A row of n square windows, `stride` pixels from one to the next, of a map in blocks of channels
 * (op.h) of `width` pixels; `channels` (8 or 16) of a pixel lie side by side. The first window
 * begins `pad` pixels before the map. Rows begin .. end - 1 of all of them lie inside the map. */
typedef struct ww_block_row {
    int64_t channels, n, width;
    int size, stride, pad, begin, end;
} ww_block_row;

/** What optimisers remember fades where gradients are 0 (of units that have fallen silent), down to
 * numbers that take a processor a hundred times as long as others, for ever. So it is forgotten
 * when it has become less than WW_FADED, which moves no weight; its squares, when they have become
 * less than the least normal float. */
#define WW_FADED        1e-30f
#define WW_FADED_SQUARE FLT_MIN

/** v = kept v + g, and w -= rate (direct g + carried v). */
typedef struct ww_momentum {
    float rate, kept, direct, carried;
} ww_momentum;

/** mean = beta1 mean + fresh1 g, square = beta2 square + fresh2 g^2, and
 * w -= rate mean / (unbias2 sqrt(square) + epsilon). */
typedef struct ww_adaptive {
    float rate, decay_rate, beta1, fresh1, beta2, fresh2, unbias2, epsilon;
} ww_adaptive;

typedef struct ww_loops {
    const char *name;

    /** The sum of x y, each product in double. */
    double (*dot)(const float *x, const float *y, int64_t n);
    /** Adds the sums of x - shift and of (x - shift)^2, each of these in float. */
    void (*moments)(const ww_slab *slab, const float *x, float shift, double sum[2]);
    /** y of a scaling, plus `other` unless that is NULL; y may be x. */
    void (*scale)(const ww_slab *slab, const ww_scaling *s, const float *x, const float *other,
                  float *y);
    /** Adds the sums of dy and of dy (x - centre) (each product rounded to float); dy as it is
     * before the rectification, where y is found from x or, unless that is NULL, is `out`. What dy
     * is after it goes to `passed` unless that is NULL; it may be dy. */
    void (*scale_sums)(const ww_slab *slab, const ww_scaling *s, const float *x, const float *dy,
                       const float *out, float *passed, double sum[2]);
    /** dx of a scaling, likewise; dx may be dy. */
    void (*scale_back)(const ww_slab *slab, const ww_scaling *s, const float *x, const float *dy,
                       const float *out, float *dx);

    /** The same four on pixels of a block of channels, n / channels of them a row: each channel has
     * its own scaling (or shift) and sums, all of the first and then all of the second. */
    void (*block_moments)(const ww_slab *slab, int channels, const float *x, const float *shift,
                          double *sum);
    void (*block_scale)(const ww_slab *slab, const ww_scalings *s, const float *x,
                        const float *other, float *y);
    void (*block_scale_sums)(const ww_slab *slab, const ww_scalings *s, const float *x,
                             const float *dy, const float *out, float *passed, double *sum);
    void (*block_scale_back)(const ww_slab *slab, const ww_scalings *s, const float *x,
                             const float *dy, const float *out, float *dx);

    /** y = x + bias, rectified if wanted; y may be x. */
    void (*add_number)(const ww_slab *slab, float bias, bool rectify, const float *x, float *y);
    /** The sum of dy, where y > 0 alone unless y is NULL; what was summed goes to dx unless that is
     * NULL. dx may be dy. */
    double (*sum)(const ww_slab *slab, const float *dy, const float *y, float *dx);

    /** The largest of each of n windows, the first of which begins at x, and (unless NULL) which
     * pixel of the window it was, the first of several, counted in rows. */
    void (*max_row)(const ww_window *window, const float *x, int64_t n, float *y, uint8_t *which);
    /** The way back from windows of 2x2, 2 apart: two rows of dx, `step` floats from one another.
     */
    void (*max_pairs_back)(const float *dy, const uint8_t *which, int64_t n, float *dx,
                           int64_t step);
    /** `share` times the sum of each of n windows, 2 apart. */
    void (*sum_row)(const ww_window *window, const float *x, int64_t n, float share, float *y);
    /** y[v][u] = the sum of x[r][u] over those rows r of the v-th run that there are; rows of y are
     * `step` floats from one another. */
    void (*sum_columns)(const ww_slab *slab, const ww_runs *runs, const float *x, float *y,
                        int64_t step);
    /** y[r][u] = the sum of x[r][u], ..., x[r][u + taps - 1]; rows of y, n - taps + 1 floats each,
     * lie one behind the other. What lies between rows of x may be read. */
    void (*sum_shifts)(const ww_slab *slab, int64_t taps, const float *x, float *y);
    /** y[r][u] = x[r][u] (tall[r] wide[u]); y may be x. */
    void (*scale_both)(const ww_slab *slab, const float *tall, const float *wide, const float *x,
                       float *y);
    /** dx[2 i] = even dy[i], dx[2 i + 1] = odd dy[i]. */
    void (*pairs_back)(const float *dy, int64_t n, float even, float odd, float *dx);

    /** The largest of each window of a row in blocks, and (unless NULL) which of the window's
     * pixels it was, as of max_row; outside is -infinity. x is row `begin` of the windows. */
    void (*max_blocks)(const ww_block_row *row, const float *x, float *y, uint8_t *which);
    /** The mean of what is inside of each window. */
    void (*mean_blocks)(const ww_block_row *row, const float *x, float *y);
    /** The way back, to the pixels that have won or to all; added to dx unless the windows lie one
     * beside the other (stride is size). dx is row `begin` of the windows. */
    void (*max_blocks_back)(const ww_block_row *row, const float *dy, const uint8_t *which,
                            float *dx);
    void (*mean_blocks_back)(const ww_block_row *row, const float *dy, float *dx);
    /** sum[l] = the sum of x[i][l] over n pixels i of 8 or 16 channels l, in order. */
    void (*sum_blocks)(const float *x, int64_t channels, int64_t n, double *sum);
    /** y[l step + i] = x[i][l], likewise, and the inverse: x[l step + i] goes to y[i][l]. */
    void (*from_blocks)(const float *x, int64_t channels, int64_t n, float *y, int64_t step);
    void (*to_blocks)(const float *x, int64_t step, int64_t channels, int64_t n, float *y);

    /** top = max(top, |x| scale). */
    void (*raise_row)(const float *x, const float *scale, int64_t n, float *top);
    /** top[n] = the greatest of it and of the next `size` numbers of x, which are lost. */
    void (*raise_groups)(float *x, int64_t size, int64_t n, float *top);
    /** y[n] = the sum of k numbers x[i], x[i + step], ...; x, with n + (k - 1) step of them, is
     * lost. */
    void (*sum_steps)(float *x, int64_t step, int64_t k, int64_t n, float *y);
    /** y = 1 / sqrt(square), 0 where that is below the least normal float. range[0] and range[1]
     * become no more than the least and no less than the largest of the others. */
    void (*invert_squares)(const float *square, int64_t n, float *y, float range[2]);

    /** A digest of n numbers, bit by bit; of others it differs but for 1 in 2^64. */
    uint64_t (*digest)(const float *x, int64_t n, uint64_t seed);

    /** A step of an optimiser over n parameters w; before it, unless decay is NULL, each w loses
     * rate (of ww_adaptive: decay_rate) times its decay times itself. */
    void (*momentum)(const ww_momentum *m, int64_t n, float *w, const float *gradient,
                     const float *decay, float *velocity);
    void (*adaptive)(const ww_adaptive *a, int64_t n, float *w, const float *gradient,
                     const float *decay, float *mean, float *square);
} ww_loops;

enum { WW_LOOPS_PLAIN, WW_LOOPS_AVX2, WW_LOOPS_AVX512, WW_N_LOOPS };
/** For plain C, AVX2, AVX-512; NULL where this processor lacks it. The first is never NULL. */
const ww_loops *ww_loops_get(int kind);

/** The best for this processor. */
const ww_loops *ww_loops_best(void);

extern const ww_loops ww_loops_plain, ww_loops_avx2, ww_loops_avx512;

#endif

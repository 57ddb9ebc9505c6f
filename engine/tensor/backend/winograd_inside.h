/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_WINOGRAD_INSIDE_H
#define WW_ENGINE_TENSOR_BACKEND_WINOGRAD_INSIDE_H

/* The inside of Winograd's convolution, shared by winograd.c (theory; forward and the gradient of
 * the maps) and winograd_weights.c. */

#include "engine/tensor/backend/kept.h"
#include "engine/tensor/backend/sizes.h"
#include "engine/tensor/backend/winograd.h"

enum {
    PATCH = 6,
    PHASES = 4,
    MOST_POINTS = 36,
    MOST_TAPS = 25,
    TAPS_OF_CUT = 16,
    EIGHT = 8,
    LINE = 16,
    MOST_LANES = 16
};

enum { WW_WINOGRAD_BLOCK = 48 };

/* The maps that are tiled in 6x6 patches, [n, c, h, w], and in tiles, [n, k, oh, ow]; pad and
 * all are those of the pass, so for the gradient of the maps x and y change places. */
struct ww_winograd {
    const ww_kernels *kernels;
    ww_conv_pass pass;
    int threads, size; /* of a filter */
    int side, cut;     /* points along a side, PATCH or one less; the stride (then c: 4 phases) */
    int64_t tile, border; /* tile + border = side */
    int64_t n, c, h, w, k, oh, ow, pad;
    int64_t down, across, tiles;          /* tiles of a map; of all */
    int64_t block;                        /* tiles of a block or chunk */
    int64_t stride;                       /* floats of a row of the stage */
    int run;                              /* tiles of a vector that lie side by side, at a time */
    int64_t parts, share[2], n_shares[2]; /* of weights: channels of a task, c's and k's */
    int rows;                             /* of products: 0: c's; 1: k's; the others are vectors */
    bool whole;                           /* no tile reaches beyond the map */
    size_t filter_floats;                 /* of one element of transformed filters */
    size_t step[2];                       /* between elements of transformed maps: c's and k's */
    size_t stage_floats;
    size_t own_floats;   /* of a thread, for blocks */
    int64_t near_floats; /* for x of a group of samples, forward on blocks; 0: too many */
    ww_kept kept;        /* transformed filters */
    bool few;            /* tiles: winograd_few.c does the work */
    bool blocks;         /* of channels: winograd_blocks.c does */
    uint8_t lane[WW_WINOGRAD_BLOCK]; /* of each tile of a block */
};

/* Tiles beside each other in one sample, one row of them or more. */
struct ww_winograd_strip {
    int64_t sample, row, column, count, rows;
};

/* Pixels that are copied from a map to a frame of zeros. */
struct ww_winograd_view {
    int64_t to, from, rows, width;
};

/* A block's tiles, and where their pixels lie: of patches in the stage, of whole tiles in the maps
 * of the block's first sample, else in the stage too. */
struct ww_winograd_block {
    int64_t n_strips, vectors;
    struct ww_winograd_strip strip[WW_WINOGRAD_BLOCK];
    struct ww_winograd_view view[WW_WINOGRAD_BLOCK];
    int32_t in[WW_WINOGRAD_BLOCK], out[WW_WINOGRAD_BLOCK];
};

/** Elements of a transformed tile. */
static inline size_t ww_winograd_points(const ww_winograd *w)
{
    return (size_t)(w->side * w->side);
}

/** Of a filter (of one phase). */
static inline int64_t ww_winograd_taps(const ww_winograd *w)
{
    return w->size * w->size;
}

/** Where tap q of a phase lies among those of a 4x4 filter, which are TAPS_OF_CUT. */
static inline int64_t ww_winograd_tap(int64_t phase, int64_t q)
{
    return (q / 2 * 2 + phase / 2) * 4 + q % 2 * 2 + phase % 2;
}

/* Floats of filters, or of the sums of one part. */
static inline int64_t ww_winograd_filter_floats(const ww_winograd *w)
{
    return ww_up((int64_t)((size_t)(w->side * w->side) * w->filter_floats), LINE);
}

/* Scratch of one thread. */
static inline size_t ww_winograd_own_floats(const ww_winograd *w)
{
    if (w->blocks)
        return (size_t)ww_up((int64_t)w->own_floats, LINE);
    return ww_winograd_points(w) * (w->step[0] + w->step[1]) +
           (size_t)ww_up((int64_t)w->stage_floats, LINE);
}

/* Lines apart by an odd number, so that the 36 elements do not fall on one set of a cache. */
static inline size_t ww_winograd_spread(int64_t floats)
{
    return (size_t)(((floats + LINE - 1) / LINE | 1) * LINE);
}

/* The part of rows top.. and columns left.. that lies inside a map of h x width pixels. */
static inline struct ww_winograd_view ww_winograd_clip(int64_t h, int64_t width, int64_t top,
                                                       int64_t left, int64_t rows, int64_t columns,
                                                       int64_t stride)
{
    int64_t y = top < 0 ? 0 : top, x = left < 0 ? 0 : left;
    int64_t last_y = ww_least(h, top + rows), last_x = ww_least(width, left + columns);
    return (struct ww_winograd_view){.to = (y - top) * stride + x - left,
                                     .from = y * width + x,
                                     .rows = last_y > y && last_x > x ? last_y - y : 0,
                                     .width = last_x - x};
}

/** The tiles first .. last-1; the pixels of channel c of a block to a stage that has zeros around
 * them; from a stage, the pixels of one output map (winograd.c). */
void ww_winograd_list(const ww_winograd *w, int64_t first, int64_t last,
                      struct ww_winograd_block *b);
void ww_winograd_stage(const ww_winograd *w, const struct ww_winograd_block *b, const float *maps,
                       int64_t c, float *stage);
void ww_winograd_unstage(const ww_winograd *w, const struct ww_winograd_block *b, int64_t k,
                         const float *stage, float *maps);

/** Forward and the gradient of the maps where one vector holds all tiles (winograd_few.c). */
bool ww_winograd_are_few(const ww_winograd *w);
/** Sets sizes of blocks and tasks; the convolution's own are there. */
void ww_winograd_plan_few(ww_winograd *w);
/** Floats of workspace, aligned to 64 bytes. */
size_t ww_winograd_few_floats(const ww_winograd *w);
/** Runs it: maps in[n, c, h, w] and weights as the convolution has them to out. The same bits for
 * any number of threads. */
void ww_winograd_run_few(const ww_winograd *w, const float *in, const float *weight, float *out,
                         float *scratch);

/** On maps in blocks of channels (winograd_blocks.c): sizes for forward and the gradient of the
 * maps, and a run, with filters as ww_block_product wants those of each row of points. */
void ww_winograd_plan_blocks(ww_winograd *w);
void ww_winograd_run_blocks(const ww_winograd *w, const float *in, const float *filters, float *out,
                            float *own, bool add, const ww_around *around);
/** Of the weights: the size of a chunk, and the sums of one (begin: =, else +=). */
void ww_winograd_chunk_blocks(ww_winograd *w);
void ww_winograd_run_chunk_blocks(const ww_winograd *w, int64_t from_row, int64_t rows,
                                  const int64_t first[2], const float *x, const float *y,
                                  float *sums, bool begin, float *own);

/** Transformed filters, kept or made in scratch, and what lies behind them there (winograd.c). */
const float *ww_winograd_filters(ww_winograd *w, const float *weight, float **scratch);

/** The sums of parts become filters (winograd_weights.c). */
void ww_winograd_finish_weights(const ww_winograd *w, float *sums, float *weight);
/** The first row of tiles of a part; of one behind the last: how many there are. */
int64_t ww_winograd_part(const ww_winograd *w, int64_t part);

/** Sizes of blocks and workspace for the gradient of the weights, and that gradient. */
void ww_winograd_plan_weights(ww_winograd *w);
void ww_winograd_run_weights(const ww_winograd *w, const float *x, float *weight, const float *y,
                             float *scratch);

#endif

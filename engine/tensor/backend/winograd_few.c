/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Winograd's convolution (winograd.c has the theory) of so few tiles that one vector holds them: a
 * picture or two on the small maps of late areas.
 *
 * There is one block, and its products are as wide as it has tiles: 4 for a map of 8x8. So lanes
 * are filters here, each number of a tile meets a vector of them, and what takes the time is to
 * read the filters. A filter of 3x3 has 9 numbers before its transform and 36 after; it is used
 * once. So taps come from memory as they are, some channels of a vector of filters at a time, are
 * laid side by side in the first cache, and transformed to registers where they meet the tiles
 * (few_tiles.h). Rows of G have their factors, 1 / product of (p - others), taken out: the maps
 * have them instead. Nothing is kept from one run to the next.
 *
 * Threads share the channels while the maps are transformed, and then the filters. No sum depends
 * on how the work is shared out. */
#include <omp.h>
#include <string.h>

#include "engine/tensor/backend/winograd_inside.h"

/* Taps that lie side by side, in floats: half of a first cache. */
enum { CHUNK_FLOATS = 5 << 10, FOUR = 4, ROW = 6 * FOUR };

bool ww_winograd_are_few(const ww_winograd *w)
{
    return w->tiles <= w->kernels->lanes;
}

static int64_t chunk_of(const ww_winograd *w)
{
    return ww_least(w->c, CHUNK_FLOATS / (ww_winograd_taps(w) * w->kernels->lanes));
}

static int64_t fours_of(const ww_winograd *w)
{
    return (w->tiles + FOUR - 1) / FOUR;
}

/* Channels whose tiles one vector holds. */
static int64_t together(const ww_winograd *w)
{
    return w->kernels->lanes / (fours_of(w) * FOUR);
}

void ww_winograd_plan_few(ww_winograd *w)
{
    int64_t lanes = w->kernels->lanes;
    w->block = lanes;
    w->run = 1;
    w->step[0] = ww_winograd_spread(w->c * fours_of(w) * ROW); /* of maps, from row to row */
    w->stage_floats = (size_t)((w->tiles + 1) * PATCH * w->stride);
}

/* Of one thread: sums, taps, and a stage of each lane's filter. */
static size_t taps_floats(const ww_winograd *w)
{
    return (size_t)ww_up(chunk_of(w) * ww_winograd_taps(w) * w->kernels->lanes, LINE);
}

static size_t sums_floats(const ww_winograd *w)
{
    return 6 * ROW * (size_t)(fours_of(w) * w->kernels->lanes);
}

static size_t own_floats(const ww_winograd *w)
{
    size_t stages = w->stage_floats * (size_t)(w->whole ? together(w) : w->kernels->lanes);
    return sums_floats(w) + taps_floats(w) + (size_t)ww_up((int64_t)stages, LINE);
}

size_t ww_winograd_few_floats(const ww_winograd *w)
{
    return 6 * w->step[0] + (size_t)w->threads * own_floats(w);
}

/* B' d B of channels first .. last-1 of all tiles, times the factors. */
static void transform_maps(const ww_winograd *w, const struct ww_winograd_block *b, const float *in,
                           int64_t first, int64_t last, float *stage, float *maps)
{
    int64_t fours = fours_of(w), stages = together(w);
    int32_t offset[MOST_LANES];
    for (int64_t l = 0; l < w->kernels->lanes; l++) {
        int64_t s = ww_least(l / (fours * FOUR), stages - 1);
        offset[l] = b->in[l - s * fours * FOUR] + (int32_t)(s * (int64_t)w->stage_floats);
    }
    memset(stage, 0, (size_t)stages * w->stage_floats * sizeof *stage);
    for (int64_t c = first; c < last; c += stages) {
        int64_t n = ww_least(stages, last - c);
        for (int64_t s = 0; s < n; s++)
            ww_winograd_stage(w, b, in, c + s, stage + (size_t)s * w->stage_floats);
        w->kernels->few_maps(stage, w->stride, offset, maps + c * fours * ROW, (int64_t)w->step[0],
                             n * fours);
    }
}

/* The tiles of one vector of filters, from k on, to their maps. Lanes without a filter have the
 * last one's numbers, and write them there. */
static void finish(const ww_winograd *w, const struct ww_winograd_block *b, const float *sums,
                   int64_t k, float *stage, float *out)
{
    int64_t lanes = w->kernels->lanes, last = ww_least(lanes, w->k - k) - 1;
    int64_t plane = w->whole ? w->oh * w->ow : (int64_t)w->stage_floats;
    for (int64_t t = 0; t < w->tiles; t++) {
        int32_t offset[MOST_LANES];
        for (int64_t l = 0; l < lanes; l++)
            offset[l] = (int32_t)(b->out[t] + ww_least(l, last) * plane);
        w->kernels->output_tiles(PATCH, sums + (t / FOUR * 6 * ROW + t % FOUR) * lanes,
                                 (size_t)(FOUR * lanes), w->whole ? out + k * plane : stage,
                                 w->whole ? w->ow : w->stride, offset, (int)w->tile, 1);
    }
    for (int64_t l = 0; !w->whole && l <= last; l++)
        ww_winograd_unstage(w, b, k + l, stage + l * plane, out);
}

/* taps[channels][n][lanes] of filters k .. and channels c .. Weights are [k][c][n], for the
 * gradient of the maps [c][k][n]. */
static void gather(const ww_winograd *w, const float *weight, int64_t k, int64_t c,
                   int64_t channels, float *taps)
{
    int64_t lanes = w->kernels->lanes, n = ww_winograd_taps(w),
            last = ww_least(lanes, w->k - k) - 1;
    bool turned = w->pass == WW_CONV_DATA;
    int64_t apart = turned ? n : w->c * n, run = turned ? 1 : channels;
    int32_t offset[MOST_LANES];
    for (int64_t l = 0; l < lanes; l++)
        offset[l] = (int32_t)(ww_least(l, last) * apart);
    for (int64_t i = 0; i < channels; i += run) {
        const float *from = weight + (turned ? (c + i) * w->k + k : k * w->c + c) * n;
        w->kernels->across_maps(taps + i * n * lanes, 0, from, 0, offset, 1, run * n);
    }
}

static void run_vector(const ww_winograd *w, const struct ww_winograd_block *b, int64_t k,
                       const float *maps, const float *weight, float *own, float *out)
{
    float *taps = own + sums_floats(w);
    int64_t chunk = chunk_of(w), fours = fours_of(w);
    ww_few few = {.taps = taps,
                  .size = w->size,
                  .turned = w->pass == WW_CONV_DATA,
                  .map_row = (int64_t)w->step[0],
                  .sums = own,
                  .fours = fours};
    for (int64_t c = 0; c < w->c; c += chunk) {
        few.channels = ww_least(chunk, w->c - c);
        few.maps = maps + c * fours * ROW;
        few.add = c > 0;
        gather(w, weight, k, c, few.channels, taps);
        w->kernels->few(&few);
    }
    finish(w, b, own, k, taps + taps_floats(w), out);
}

void ww_winograd_run_few(const ww_winograd *w, const float *in, const float *weight, float *out,
                         float *scratch)
{
    struct ww_winograd_block b;
    float *maps = scratch;
    size_t own = own_floats(w);
    ww_winograd_list(w, 0, w->tiles, &b);
#pragma omp parallel num_threads(w->threads)
    {
        int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
        float *mine = scratch + 6 * w->step[0] + (size_t)thread * own;
        transform_maps(w, &b, in, w->c * thread / threads, w->c * (thread + 1) / threads,
                       mine + sums_floats(w) + taps_floats(w), maps);
#pragma omp barrier
#pragma omp for schedule(static)
        for (int64_t k = 0; k < w->k; k += w->kernels->lanes)
            run_vector(w, &b, k, maps, weight, mine, out);
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Winograd's convolution (winograd.c has the theory) of so few tiles that one vector holds them: a
 * picture or two on the small maps of late areas.
 *
 * There is one block, and its products are as wide as it has tiles: 4 for a map of 8x8. So lanes
 * are filters here, each number of a tile meets a vector of them, and every filter is read once,
 * which is what takes the time. Threads share the channels while the maps are transformed, and then
 * the filters. Filters are laid out for this once, and kept. No sum depends on how the work is
 * shared out. */
#include <omp.h>

#include "engine/tensor/backend/winograd_inside.h"

enum { MOST_VECTORS = 3 };

bool ww_winograd_are_few(const ww_winograd *w)
{
    return w->kernels->lanes >= EIGHT && w->tiles <= w->kernels->lanes;
}

/* Vectors of filters, of all and of a task: as many as registers hold sums of, unless that leaves
 * more to the thread that has most. */
static int64_t vectors_of(const ww_winograd *w)
{
    return (w->k + w->kernels->lanes - 1) / w->kernels->lanes;
}

static int64_t group_of(const ww_winograd *w)
{
    int64_t best = 1, least = INT64_MAX, all = vectors_of(w);
    for (int64_t group = MOST_VECTORS; group > 0; group--) {
        int64_t tasks = (all + group - 1) / group;
        int64_t most = (tasks + w->threads - 1) / w->threads * group;
        if (most < least)
            least = most, best = group;
    }
    return best;
}

/* Transformed maps are [36][c][lanes], sums [36][tiles][group][lanes]. */
void ww_winograd_plan_few(ww_winograd *w)
{
    int64_t lanes = w->kernels->lanes;
    w->block = lanes;
    w->run = 1;
    w->group = group_of(w);
    w->filter_floats = (size_t)(vectors_of(w) * lanes * w->c);
    w->step[0] = ww_winograd_spread(w->c * lanes);
    w->step[1] = ww_winograd_spread(lanes * w->group * lanes);
    w->stage_floats = (size_t)((w->tiles + 1) * PATCH * w->stride);
}

/* Of one thread: sums, and a stage of each lane's filter. */
static size_t own_floats(const ww_winograd *w)
{
    size_t stages = w->stage_floats * (w->whole ? 1 : (size_t)w->kernels->lanes);
    return POINTS * w->step[1] + (size_t)ww_up((int64_t)stages, LINE);
}

size_t ww_winograd_few_floats(const ww_winograd *w)
{
    return POINTS * w->step[0] + (size_t)w->threads * own_floats(w);
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
        w->kernels->output_tiles(sums + t * w->group * lanes, w->step[1],
                                 w->whole ? out + k * plane : stage, w->whole ? w->ow : w->stride,
                                 offset, (int)w->tile, 1);
    }
    for (int64_t l = 0; !w->whole && l <= last; l++)
        ww_winograd_unstage(w, b, k + l, stage + l * plane, out);
}

static void run_task(const ww_winograd *w, const struct ww_winograd_block *b, int64_t first,
                     const float *maps, const float *filters, float *own, float *out)
{
    int64_t lanes = w->kernels->lanes, rows = w->kernels->rows;
    int64_t vectors = ww_least(w->group, vectors_of(w) - first);
    const ww_panels panels = {.a_step = lanes,
                              .b_step = lanes,
                              .b_vector = w->c * lanes,
                              .c_row = w->group * lanes,
                              .half = w->tiles <= rows / 2};
    for (size_t p = 0; p < POINTS; p++)
        for (int64_t t = 0; t < w->tiles; t += rows)
            w->kernels->product(&panels, maps + p * w->step[0] + t,
                                filters + p * w->filter_floats + first * lanes * w->c,
                                own + p * w->step[1] + t * w->group * lanes, vectors, w->c, false);
    for (int64_t v = 0; v < vectors; v++)
        finish(w, b, own + v * lanes, (first + v) * lanes, own + POINTS * w->step[1], out);
}

void ww_winograd_run_few(const ww_winograd *w, const float *in, const float *filters, float *out,
                         float *scratch)
{
    struct ww_winograd_block b;
    float *maps = scratch;
    size_t own = own_floats(w);
    ww_winograd_list(w, 0, w->tiles, &b);
#pragma omp parallel num_threads(w->threads)
    {
        int64_t thread = omp_get_thread_num(), threads = omp_get_num_threads();
        float *mine = scratch + POINTS * w->step[0] + (size_t)thread * own;
        ww_winograd_transform(w, &b, in, w->c * thread / threads, w->c * (thread + 1) / threads,
                              mine + POINTS * w->step[1], maps);
#pragma omp barrier
#pragma omp for schedule(static)
        for (int64_t first = 0; first < vectors_of(w); first += w->group)
            run_task(w, &b, first, maps, filters, mine, out);
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Winograd's convolution as one of the kernels that compete, and what it is thought to cost;
 * conv_kernels.c says what costs are. */
#include <math.h>
#include <stdlib.h>

#include "engine/tensor/backend/conv_costs.h"
#include "engine/tensor/backend/winograd.h"

static bool in_blocks(const ww_conv_task *task)
{
    return task->x_lanes > 0 || task->y_lanes > 0;
}

static bool supports(const ww_conv_task *task)
{
    if (in_blocks(task) && (task->x_lanes == 0 || task->x_lanes != task->y_lanes ||
                            !ww_winograd_supports_blocks(&task->size, task->x_lanes)))
        return false;
    return ww_winograd_supports(&task->size, task->pass);
}

/* Tiles of one vector (winograd_few.c): taps are gathered, for the gradient of the maps from afar,
 * and meet fours of tiles. (228 shapes; Sapphire Rapids, in the time of the others' processor.) */
static double few_s(const ww_conv_task *task, int64_t tiles, int64_t c, int64_t k)
{
    static const double factor[] = {15.4, 1.5e4, 3.4e3, 1.27e6}, taps[] = {90, 155};
    double filters = (double)c * ww_whole(k, 16);
    const double term[] = {36 * filters * ww_whole(tiles, 4), (double)(tiles * c),
                           (double)tiles * ww_whole(k, 16), 1};
    return ww_cost_s(4, factor, term) +
           1e-12 * taps[task->pass] * filters * (double)(task->size.kh * task->size.kw);
}

/* Sums of weights for one tile, n rows of vectors of m; one vector alone does not keep a core busy.
 */
static double rows_of(int64_t n, int64_t m)
{
    return m <= 16 ? 1.25 * ww_whole(n, 8) * 16 : ww_whole(n, 4) * ww_whole(m, 16);
}

double ww_conv_winograd_s(const ww_conv_task *task)
{
    static const double factor[2][3][5] = {{{9.88, 2.5e3, 2.67e3, 6.7e3, 1.76e6},
                                            {10, 3.25e3, 1.47e3, 6.7e3, 1.87e6},
                                            {8.92, 4.2e3, 1.87e3, 1.89e4, 9.4e5}},
                                           {{8.62, 2.9e3, 2.22e3, 9e3, 1.4e6},
                                            {8.85, 3.56e3, 1.23e3, 9e3, 1.39e6},
                                            {9.12, 3.29e3, 1.11e3, 2.34e4, 7.89e5}}};
    /* in blocks, beside these (five and ten shapes; Sapphire Rapids) */
    static const double blocked[2][3][5] = {{{12.3, 1.35e3, 1.35e3, 7e3, 1.76e6},
                                             {12.3, 1.35e3, 1.35e3, 7e3, 1.87e6},
                                             {8.92, 2.55e3, 2.55e3, 1.89e4, 9.4e5}},
                                            {{9.9, 1.1e3, 1.1e3, 7e3, 1.76e6},
                                             {9.9, 1.1e3, 1.1e3, 7e3, 1.87e6},
                                             {8.92, 1.6e3, 1.6e3, 1.89e4, 9.4e5}}};
    const ww_conv_size *s = &task->size;
    bool turned = task->pass == WW_CONV_DATA, weights = task->pass == WW_CONV_WEIGHTS;
    bool cut = s->stride == 2;
    int64_t h = turned ? s->h : s->oh, w = turned ? s->w : s->ow, tile = cut ? 4 : 7 - s->kh;
    int64_t tiles = s->n * ((h + tile - 1) / tile) * ((w + tile - 1) / tile);
    int64_t c = turned ? s->k : s->c, k = turned ? s->c : s->k;
    if (!weights && !cut && tiles <= 16 && !in_blocks(task))
        return few_s(task, tiles, c, k);
    /* four phases of maps are cut out of each; of weights, each fills whole vectors */
    double points = cut ? 25 : 36, taken = !cut ? 1 : weights ? 0.8 : 1.5;
    c = !cut ? c : weights ? 4 * ((c + 15) / 16 * 16) : 4 * c;
    /* many filters in blocks that are kept are read from afar: that takes as long as to make them
     */
    bool near = task->keep && !weights && !(in_blocks(task) && c * k > 2048);
    double filters = near ? 0 : (double)c * ww_whole(k, 8);
    const double maps[] = {points * ww_whole(tiles, 16) * (double)c * ww_whole(k, 4),
                           taken * (double)(tiles * c), (double)(tiles * k), filters, 1};
    const double sums[] = {points * (double)tiles * fmin(rows_of(c, k), rows_of(k, c)),
                           taken * (double)tiles * ww_whole(c, 16), (double)tiles * ww_whole(k, 16),
                           (double)c * ww_whole(k, 16), 1};
    return ww_cost_s(5, (in_blocks(task) ? blocked : factor)[s->kh == 5][task->pass],
                     weights ? sums : maps);
}

static ww_status create(void **state, size_t *scratch_floats, const ww_conv_task *task)
{
    ww_winograd *winograd;
    *state = NULL;
    WW_TRY(ww_winograd_create(&winograd, &task->size, task->pass, task->threads, ww_kernels_best(),
                              task->keep, in_blocks(task)));
    *scratch_floats = ww_winograd_scratch(winograd);
    *state = winograd;
    return WW_OK;
}

static ww_status run(void *state, float *x, float *weight, float *y, float *scratch)
{
    ww_winograd_run(state, x, weight, y, scratch, false);
    return WW_OK;
}

static ww_status run_add(void *state, float *x, float *weight, float *y, float *scratch)
{
    ww_winograd_run(state, x, weight, y, scratch, true);
    return WW_OK;
}

static bool can_add(const void *state)
{
    return ww_winograd_can_add(state);
}

static void destroy(void *state)
{
    ww_winograd_free(state);
}

static bool can_around(const void *state)
{
    return ww_winograd_can_around(state);
}

static void run_around(void *state, float *x, float *weight, float *y, float *scratch,
                       const ww_around *around)
{
    ww_winograd_run_around(state, x, weight, y, scratch, around);
}

static bool can_both(const void *data, const void *weights)
{
    return ww_winograd_can_both(data, weights);
}

static bool can_near(const void *forward, const void *data, const void *weights)
{
    return ww_winograd_can_near(forward, data, weights);
}

static size_t both_scratch(const void *data, const void *weights)
{
    return ww_winograd_both_scratch(data, weights);
}

static void run_both(void *data, void *weights, float *x, float *weight, float *y,
                     float *x_gradient, float *weight_gradient, float *scratch, bool add,
                     const ww_around *around)
{
    ww_winograd_run_both(data, weights, x, weight, y, x_gradient, weight_gradient, scratch, add,
                         around);
}

const ww_conv_kernel ww_conv_winograd = {.name = "winograd",
                                         .supports = supports,
                                         .estimate_s = ww_conv_winograd_s,
                                         .create = create,
                                         .run = run,
                                         .destroy = destroy,
                                         .spreads = true,
                                         .run_add = run_add,
                                         .can_add = can_add,
                                         .blocks = true,
                                         .can_around = can_around,
                                         .run_around = run_around,
                                         .can_both = can_both,
                                         .can_near = can_near,
                                         .both_scratch = both_scratch,
                                         .run_both = run_both};

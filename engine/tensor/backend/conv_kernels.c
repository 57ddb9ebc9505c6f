/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels of convolutions, under one roof, and what each is thought to cost.
 *
 * A cost is a sum of terms: products (of whole blocks of channels, tiles or both), numbers moved
 * (reordered, transformed, copied to columns), work on weights, and a beginning. The factors, in
 * picoseconds, are fitted to the best of up to 40 runs of 234 shapes on one core (Zen 5, AVX-512):
 * those of the areas of two brains, of known networks, and a grid of channels, maps and batches.
 * There, what is chosen takes 1.03 times as long as the best choice, in the mean. */
#include <math.h>
#include <stdlib.h>

#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/columns.h"
#include "engine/tensor/backend/conv.h"
#include "engine/tensor/backend/fourier.h"
#include "engine/tensor/backend/phases.h"
#include "engine/tensor/backend/rows.h"
#include "engine/tensor/backend/sizes.h"
#include "engine/tensor/backend/strided.h"
#include "engine/tensor/backend/winograd.h"

static double cost_s(int n, const double *factor_ps, const double *term)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += factor_ps[i] * term[i];
    return 1e-12 * sum;
}

/* Work that cannot be shared out takes twice as long as it needs to, unless it is so little that it
 * would not be. */
static double alone_s(double seconds, bool alone)
{
    return alone && seconds >= WW_CONV_SMALL_S ? 2 * seconds : seconds;
}

static double up(int64_t n, int64_t to)
{
    return (double)((n + to - 1) / to * to);
}

/* name_create and name_destroy of what is made for a kind of processor; and name_run. */
#define MADE_FOR_KERNELS(name)                                                                     \
    static ww_status name##_create(void **state, size_t *scratch_floats, const ww_conv_task *task) \
    {                                                                                              \
        ww_##name *made;                                                                           \
        *state = NULL;                                                                             \
        WW_TRY(ww_##name##_create(&made, task, ww_kernels_best()));                                \
        *scratch_floats = ww_##name##_scratch(made);                                               \
        *state = made;                                                                             \
        return WW_OK;                                                                              \
    }                                                                                              \
    static void name##_destroy(void *state)                                                        \
    {                                                                                              \
        ww_##name##_free(state);                                                                   \
    }
#define OF_KERNELS(name)                                                                           \
    MADE_FOR_KERNELS(name)                                                                         \
    static ww_status name##_run(void *state, float *x, float *weight, float *y, float *scratch)    \
    {                                                                                              \
        ww_##name##_run(state, x, weight, y, scratch);                                             \
        return WW_OK;                                                                              \
    }

/* ---- oneDNN's direct kernels ---- */

static bool always(const ww_conv_task *task)
{
    (void)task;
    return true;
}

/* Depthwise filters are blocked across groups where their number allows it, all others within.
 * Large filters with few channels have no kernels of their own for some gradients. First layers
 * that give blocks read maps as they are. */
static double onednn_s(const ww_conv_task *task)
{
    static const double factor[][6] = {{0.0954, 9.14, 0, 173, 168, 5e6},
                                       {6.77, 1.16, 5.16, 146, 171, 5e6},
                                       {0.203, 9.24, 34.3, 134, 258, 8e6}};
    const ww_conv_size *s = &task->size;
    int64_t c = s->c / s->groups, k = s->k / s->groups, taps = s->kh * s->kw;
    bool depthwise = s->groups > 1 && c == 1 && k == 1 && s->c % 8 == 0;
    bool slow = task->pass == WW_CONV_WEIGHTS ? s->kw > 13 || c == 4 : s->stride == 1;
    bool few = c <= 4 && taps >= 25 && slow && !depthwise;
    bool first = task->x_lanes == 0 && task->y_lanes > 0;
    double whole_c = depthwise ? up(s->c, 16) : (double)s->groups * up(c, 16);
    double whole_k = depthwise ? up(s->k, 16) : (double)s->groups * up(k, 16);
    double outputs = (double)(s->n * s->oh * s->ow), products = outputs * (double)(taps * s->c * k);
    const double term[] = {
        outputs * (double)taps * whole_k * (depthwise ? 1 : up(c, 16)),
        products,
        few ? products : 0,
        (task->x_lanes > 0 || first ? 0 : (double)(s->n * s->h * s->w) * whole_c) +
            (task->y_lanes > 0 ? 0 : outputs * whole_k),
        (double)taps * whole_k * up(c, 16),
        1};
    return cost_s(6, factor[task->pass], term);
}

static ww_status onednn_create(void **state, size_t *scratch_floats, const ww_conv_task *task)
{
    ww_onednn_conv *conv;
    *state = NULL;
    WW_TRY(ww_onednn_conv_create(&conv, &task->size, task->pass, task->x_lanes, task->y_lanes));
    *scratch_floats = conv == NULL ? 0 : ww_onednn_conv_scratch(conv);
    *state = conv;
    return WW_OK;
}

static ww_status onednn_run(void *state, float *x, float *weight, float *y, float *scratch)
{
    return ww_onednn_conv_run(state, x, weight, y, scratch);
}

static void onednn_destroy(void *state)
{
    ww_onednn_conv_free(state);
}

static const ww_conv_kernel onednn = {.name = "onednn",
                                      .supports = always,
                                      .estimate_s = onednn_s,
                                      .create = onednn_create,
                                      .run = onednn_run,
                                      .destroy = onednn_destroy,
                                      .blocks = true};

/* ---- Winograd ---- */

static bool in_blocks(const ww_conv_task *task)
{
    return task->x_lanes > 0 || task->y_lanes > 0;
}

static bool winograd_supports(const ww_conv_task *task)
{
    if (in_blocks(task) && (task->x_lanes == 0 || task->x_lanes != task->y_lanes ||
                            !ww_winograd_supports_blocks(&task->size, task->x_lanes)))
        return false;
    return ww_winograd_supports(&task->size, task->pass);
}

/* Tiles of one vector (winograd_few.c): taps are gathered, for the gradient of the maps from afar,
 * and meet fours of tiles. (228 shapes; Sapphire Rapids, in the time of the others' processor.) */
static double winograd_few_s(const ww_conv_task *task, int64_t tiles, int64_t c, int64_t k)
{
    static const double factor[] = {15.4, 1.5e4, 3.4e3, 1.27e6}, taps[] = {90, 155};
    double filters = (double)c * up(k, 16);
    const double term[] = {36 * filters * up(tiles, 4), (double)(tiles * c),
                           (double)tiles * up(k, 16), 1};
    return cost_s(4, factor, term) +
           1e-12 * taps[task->pass] * filters * (double)(task->size.kh * task->size.kw);
}

/* Sums of weights for one tile, n rows of vectors of m; one vector alone does not keep a core busy.
 */
static double winograd_rows(int64_t n, int64_t m)
{
    return m <= 16 ? 1.25 * up(n, 8) * 16 : up(n, 4) * up(m, 16);
}

static double winograd_s(const ww_conv_task *task)
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
        return winograd_few_s(task, tiles, c, k);
    /* four phases of maps are cut out of each; of weights, each fills whole vectors */
    double points = cut ? 25 : 36, taken = !cut ? 1 : weights ? 0.8 : 1.5;
    c = !cut ? c : weights ? 4 * ((c + 15) / 16 * 16) : 4 * c;
    /* many filters in blocks that are kept are read from afar, which takes as long as to make them */
    bool near = task->keep && !weights && !(in_blocks(task) && c * k > 2048);
    double filters = near ? 0 : (double)c * up(k, 8);
    const double maps[] = {points * up(tiles, 16) * (double)c * up(k, 4),
                           taken * (double)(tiles * c), (double)(tiles * k), filters, 1};
    const double sums[] = {points * (double)tiles * fmin(winograd_rows(c, k), winograd_rows(k, c)),
                           taken * (double)tiles * up(c, 16), (double)tiles * up(k, 16),
                           (double)c * up(k, 16), 1};
    return cost_s(5, (in_blocks(task) ? blocked : factor)[s->kh == 5][task->pass],
                  weights ? sums : maps);
}

static ww_status winograd_create(void **state, size_t *scratch_floats, const ww_conv_task *task)
{
    ww_winograd *winograd;
    *state = NULL;
    WW_TRY(ww_winograd_create(&winograd, &task->size, task->pass, task->threads, ww_kernels_best(),
                              task->keep, in_blocks(task)));
    *scratch_floats = ww_winograd_scratch(winograd);
    *state = winograd;
    return WW_OK;
}

static ww_status winograd_run(void *state, float *x, float *weight, float *y, float *scratch)
{
    ww_winograd_run(state, x, weight, y, scratch, false);
    return WW_OK;
}

static ww_status winograd_run_add(void *state, float *x, float *weight, float *y, float *scratch)
{
    ww_winograd_run(state, x, weight, y, scratch, true);
    return WW_OK;
}

static bool winograd_can_add(const void *state)
{
    return ww_winograd_can_add(state);
}

static void winograd_destroy(void *state)
{
    ww_winograd_free(state);
}

static bool winograd_can_around(const void *state)
{
    return ww_winograd_can_around(state);
}

static void winograd_run_around(void *state, float *x, float *weight, float *y, float *scratch,
                                const ww_around *around)
{
    ww_winograd_run_around(state, x, weight, y, scratch, around);
}

static bool winograd_can_both(const void *data, const void *weights)
{
    return ww_winograd_can_both(data, weights);
}

static bool winograd_can_near(const void *forward, const void *data, const void *weights)
{
    return ww_winograd_can_near(forward, data, weights);
}

static size_t winograd_both_scratch(const void *data, const void *weights)
{
    return ww_winograd_both_scratch(data, weights);
}

static void winograd_run_both(void *data, void *weights, float *x, float *weight, float *y,
                              float *x_gradient, float *weight_gradient, float *scratch, bool add,
                              const ww_around *around)
{
    ww_winograd_run_both(data, weights, x, weight, y, x_gradient, weight_gradient, scratch, add,
                         around);
}

static const ww_conv_kernel winograd = {.name = "winograd",
                                        .supports = winograd_supports,
                                        .estimate_s = winograd_s,
                                        .create = winograd_create,
                                        .run = winograd_run,
                                        .destroy = winograd_destroy,
                                        .spreads = true,
                                        .run_add = winograd_run_add,
                                        .can_add = winograd_can_add,
                                        .blocks = true,
                                        .can_around = winograd_can_around,
                                        .run_around = winograd_run_around,
                                        .can_both = winograd_can_both,
                                        .can_near = winograd_can_near,
                                        .both_scratch = winograd_both_scratch,
                                        .run_both = winograd_run_both};

/* ---- phases ---- */

static double phases_s(const ww_conv_task *task)
{
    static const double map = 900, filter = 1500; /* of a number that is moved */
    ww_conv_task inner = ww_phases_inner(task);
    const ww_conv_size *s = &inner.size;
    bool alone = false;
    double work = s->kh == 3 ? winograd_s(&inner) : ww_fourier_estimate_s(&inner, &alone);
    return alone_s(work, alone) + 1e-12 * (map * (double)(s->n * s->c * s->h * s->w) +
                                           filter * (double)(s->k * s->c * s->kh * s->kw));
}

OF_KERNELS(phases)

static const ww_conv_kernel phases = {.name = "phases",
                                      .supports = ww_phases_supports,
                                      .estimate_s = phases_s,
                                      .create = phases_create,
                                      .run = phases_run,
                                      .destroy = phases_destroy,
                                      .spreads = true};

/* ---- rows ---- */

/* Filters are worked on in twos, fours and eights. */
static double eights_of(int64_t n)
{
    int64_t left = n % 8;
    return (double)(n / 8) + (left > 4 ? 1 : left > 2 ? 0.5 : left > 0 ? 0.3 : 0);
}

static double rows_s(const ww_conv_task *task)
{
    static const double factor[][4] = {
        {8.71, 425, 0, 7.59e5}, {8.95, 192, 0, 8.18e5}, {8.61, 424, 102, 3.66e6}};
    const ww_conv_size *s = &task->size;
    bool turned = task->pass == WW_CONV_DATA, weights = task->pass == WW_CONV_WEIGHTS;
    int64_t c = (turned ? s->k : s->c) / s->groups, k = (turned ? s->c : s->k) / s->groups;
    int64_t samples = s->n * s->groups;
    double eights = eights_of(k);
    double taps = (double)(c * s->kh) * (weights ? up(s->kw, 16) : (double)s->kw);
    double outputs = weights  ? (double)(s->oh * s->ow)
                     : turned ? (double)s->h * up(s->w, 16)
                              : (double)s->oh * up(s->ow, 16);
    const double term[] = {8 * (double)samples * eights * taps * outputs,
                           (double)(samples * c) * (double)((s->h + s->kh) * (s->w + s->kw)),
                           weights ? (double)samples * outputs * (double)k : 0, 1};
    return cost_s(4, factor[task->pass], term);
}

OF_KERNELS(rows)

static const ww_conv_kernel by_rows = {.name = "rows",
                                       .supports = ww_rows_supports,
                                       .estimate_s = rows_s,
                                       .create = rows_create,
                                       .run = rows_run,
                                       .destroy = rows_destroy};

/* ---- strides of 2 ---- */

/* Of the gradient of the maps: products of the four classes of pixels, by whole vectors, for one
 * filter and channel. */
static double strided_classes(const ww_conv_size *s)
{
    double sum = 0;
    for (int64_t i = 0; i < 4; i++) {
        int64_t a = i / 2, b = i % 2, taps = ((s->kh - a + 1) / 2) * ((s->kw - b + 1) / 2);
        int64_t rows = (s->h + s->pad - a + 1) / 2 - (s->pad - a + 1) / 2;
        int64_t columns = (s->w + s->pad - b + 1) / 2 - (s->pad - b + 1) / 2;
        sum += (double)taps * up(rows * columns, 16);
    }
    return sum;
}

/* Each sample meets all filters anew, which counts where they fill a cache. (30 shapes; Sapphire
 * Rapids, beside the best of the others, in the time of the others' processor.) */
static double strided_s(const ww_conv_task *task)
{
    static const double factor[][5] = {
        {7.3, 80, 45, 600, 0}, {8, 60, 0, 600, 2e5}, {6.8, 90, 3, 600, 1e6}};
    const ww_conv_size *s = &task->size;
    double n = (double)s->n, c = (double)s->c, k = (double)s->k, area = (double)(s->oh * s->ow);
    double pixels = (double)(s->h * s->w), taps = (double)(s->kh * s->kw), filters = k * c * taps;
    double across = (double)s->kw, whole_k = up(s->k, 16), lots = s->n < 8 ? n : 8;
    /* of the weights: eights of (column of taps, channel), and pixels that are turned; oneDNN has
     * kernels of its own for 3 channels, and is slow for more that do not fill a vector */
    double rows = eights_of(s->kw * (s->c < 16 ? s->c : 16)) * (up(s->c, 16) / 16);
    double turned = s->c == 1 ? 4 : s->c < 4 ? 32 : s->c < 16 ? 8 : up(s->c, 16);
    double slow = s->k > 16 ? 1 : 1.15;
    const double term[][5] = {{n * 8 * eights_of(s->k) * c * taps * up(s->oh * s->ow, 16),
                               n * area * (2 * c * across + k), n * filters, filters, 1},
                              {n * 8 * eights_of(s->c) * k * strided_classes(s),
                               n * (k * across * area + 2 * c * pixels), n * filters, filters, 1},
                              {n * area * whole_k * slow * (double)s->kh * 8 * rows,
                               n * (turned * pixels + whole_k * area), n * filters, lots * filters,
                               1}};
    double seconds = cost_s(5, factor[task->pass], term[task->pass]);
    return alone_s(seconds, task->pass == WW_CONV_WEIGHTS && s->n == 1 && s->c <= 16);
}

MADE_FOR_KERNELS(strided)

static ww_status strided_run(void *state, float *x, float *weight, float *y, float *scratch)
{
    ww_strided_run(state, x, weight, y, scratch, false);
    return WW_OK;
}

static ww_status strided_run_add(void *state, float *x, float *weight, float *y, float *scratch)
{
    ww_strided_run(state, x, weight, y, scratch, true);
    return WW_OK;
}

static bool strided_can_add(const void *state)
{
    (void)state;
    return true;
}

static const ww_conv_kernel strided = {.name = "strided",
                                       .supports = ww_strided_supports,
                                       .estimate_s = strided_s,
                                       .create = strided_create,
                                       .run = strided_run,
                                       .destroy = strided_destroy,
                                       .run_add = strided_run_add,
                                       .can_add = strided_can_add};

/* ---- spectra ---- */

static double fourier_s(const ww_conv_task *task)
{
    bool alone;
    double seconds = ww_fourier_estimate_s(task, &alone);
    return alone_s(seconds, alone);
}

OF_KERNELS(fourier)

static const ww_conv_kernel fourier = {.name = "fourier",
                                       .supports = ww_fourier_supports,
                                       .estimate_s = fourier_s,
                                       .create = fourier_create,
                                       .run = fourier_run,
                                       .destroy = fourier_destroy,
                                       .spreads = true};

/* ---- columns ---- */

/* Floats of maps that lie in blocks, which is where they are put as they are. */
static size_t columns_room(const ww_conv_size *s, int64_t x_lanes, int64_t y_lanes)
{
    int64_t x = x_lanes > 0 ? s->n * s->c * s->h * s->w : 0;
    int64_t y = y_lanes > 0 ? s->n * s->k * s->oh * s->ow : 0;
    return (size_t)(ww_up(x, 16) + ww_up(y, 16));
}

static double columns_s(const ww_conv_task *task)
{
    static const double copied = 500; /* of a number in blocks */
    static const double factor[][5] = {{9.42, 350, 4.17e5, 0, copied},
                                       {9.15, 273, 4.56e5, 0, copied},
                                       {8.04, 431, 4.11e5, 820, copied}};
    const ww_conv_size *s = &task->size;
    int64_t rows = s->c / s->groups * s->kh * s->kw;
    int64_t columns = s->n * s->groups * rows * s->oh * s->ow;
    bool plain = s->kh * s->kw == 1 && s->stride == 1 && s->pad == 0;
    const double term[] = {
        (double)columns * (double)(s->k / s->groups), plain ? 0 : (double)columns,
        (double)(s->n * s->groups),
        task->pass == WW_CONV_WEIGHTS ? (double)(rows * s->k * (s->n < 8 ? s->n : 8)) : 0,
        (double)columns_room(s, task->x_lanes, task->y_lanes)};
    return alone_s(cost_s(5, factor[task->pass], term), s->n * s->groups == 1);
}

static ww_status columns_create(void **state, size_t *scratch_floats, const ww_conv_task *task)
{
    ww_conv_task *copy = *state = malloc(sizeof *copy);
    if (copy == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    *copy = *task;
    *scratch_floats = ww_columns_scratch(&task->size, task->pass, task->threads) +
                      columns_room(&task->size, task->x_lanes, task->y_lanes);
    return WW_OK;
}

/* Where no other kernel takes these maps in blocks, which is seldom: they are copied. */
static ww_status columns_run(void *state, float *x, float *weight, float *y, float *scratch)
{
    const ww_conv_task *task = state;
    const ww_conv_size *s = &task->size;
    int64_t inputs = s->h * s->w, outputs = s->oh * s->ow;
    float *maps = x, *results = y;
    if (task->x_lanes > 0) {
        maps = scratch, scratch += columns_room(s, task->x_lanes, 0);
        if (task->pass != WW_CONV_DATA)
            ww_blocks_to(s->n, s->c, inputs, task->x_lanes, x, maps);
    }
    if (task->y_lanes > 0) {
        results = scratch, scratch += columns_room(s, 0, task->y_lanes);
        if (task->pass != WW_CONV_FORWARD)
            ww_blocks_to(s->n, s->k, outputs, task->y_lanes, y, results);
    }
    ww_columns_run(s, task->pass, task->threads, maps, weight, results, scratch);
    if (task->pass == WW_CONV_DATA && task->x_lanes > 0)
        ww_blocks_from(s->n, s->c, inputs, task->x_lanes, maps, x);
    if (task->pass == WW_CONV_FORWARD && task->y_lanes > 0)
        ww_blocks_from(s->n, s->k, outputs, task->y_lanes, results, y);
    return WW_OK;
}

static const ww_conv_kernel columns = {.name = "columns",
                                       .supports = always,
                                       .estimate_s = columns_s,
                                       .create = columns_create,
                                       .run = columns_run,
                                       .destroy = free,
                                       .blocks = true};

const ww_conv_kernel *const ww_conv_kernels[WW_N_CONV_KERNELS] = {
    &onednn, &winograd, &phases, &by_rows, &strided, &fourier, &columns};

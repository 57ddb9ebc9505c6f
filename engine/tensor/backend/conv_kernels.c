/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The kernels of convolutions, under one roof, and what each is thought to cost (Winograd:
 * conv_winograd.c).
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
#include "engine/tensor/backend/conv_costs.h"
#include "engine/tensor/backend/fourier.h"
#include "engine/tensor/backend/onednn_weights.h"
#include "engine/tensor/backend/phases.h"
#include "engine/tensor/backend/rows.h"
#include "engine/tensor/backend/sizes.h"
#include "engine/tensor/backend/strided.h"

/* Work that cannot be shared out takes twice as long as it needs to, unless it is so little that it
 * would not be. */
static double alone_s(double seconds, bool alone)
{
    return alone && seconds >= WW_CONV_SMALL_S ? 2 * seconds : seconds;
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
    double whole_c = depthwise ? ww_whole(s->c, 16) : (double)s->groups * ww_whole(c, 16);
    double whole_k = depthwise ? ww_whole(s->k, 16) : (double)s->groups * ww_whole(k, 16);
    double outputs = (double)(s->n * s->oh * s->ow), products = outputs * (double)(taps * s->c * k);
    const double term[] = {
        outputs * (double)taps * whole_k * (depthwise ? 1 : ww_whole(c, 16)),
        products,
        few ? products : 0,
        (task->x_lanes > 0 || first ? 0 : (double)(s->n * s->h * s->w) * whole_c) +
            (task->y_lanes > 0 ? 0 : outputs * whole_k),
        (double)taps * whole_k * ww_whole(c, 16),
        1};
    return ww_cost_s(6, factor[task->pass], term);
}

/* One of the two. */
struct onednn {
    ww_onednn_conv *conv;
    ww_onednn_weights *weights;
};

static void onednn_destroy(void *state)
{
    struct onednn *made = state;
    if (made == NULL)
        return;
    ww_onednn_conv_free(made->conv);
    ww_onednn_weights_free(made->weights);
    free(made);
}

static ww_status onednn_make(struct onednn *made, const ww_conv_task *task)
{
    if (task->pass == WW_CONV_WEIGHTS)
        return ww_onednn_weights_create(&made->weights, &task->size, task->threads, task->x_lanes,
                                        task->y_lanes);
    return ww_onednn_conv_create(&made->conv, &task->size, task->pass, task->x_lanes,
                                 task->y_lanes);
}

static ww_status onednn_create(void **state, size_t *scratch_floats, const ww_conv_task *task)
{
    struct onednn *made = calloc(1, sizeof *made);
    *state = NULL;
    if (made == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    ww_status status = onednn_make(made, task);
    if (made->conv != NULL)
        *scratch_floats = ww_onednn_conv_scratch(made->conv);
    if (made->weights != NULL)
        *scratch_floats = ww_onednn_weights_scratch(made->weights);
    if (made->conv != NULL || made->weights != NULL)
        *state = made;
    else
        onednn_destroy(made);
    return status;
}

static ww_status onednn_run(void *state, float *x, float *weight, float *y, float *scratch)
{
    const struct onednn *made = state;
    return made->weights != NULL ? ww_onednn_weights_run(made->weights, x, weight, y, scratch)
                                 : ww_onednn_conv_run(made->conv, x, weight, y, scratch);
}

static const ww_conv_kernel onednn = {.name = "onednn",
                                      .supports = always,
                                      .estimate_s = onednn_s,
                                      .create = onednn_create,
                                      .run = onednn_run,
                                      .destroy = onednn_destroy,
                                      .blocks = true};

/* ---- phases ---- */

static double phases_s(const ww_conv_task *task)
{
    static const double map = 900, filter = 1500; /* of a number that is moved */
    ww_conv_task inner = ww_phases_inner(task);
    const ww_conv_size *s = &inner.size;
    bool alone = false;
    double work = s->kh == 3 ? ww_conv_winograd_s(&inner) : ww_fourier_estimate_s(&inner, &alone);
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
    double taps = (double)(c * s->kh) * (weights ? ww_whole(s->kw, 16) : (double)s->kw);
    double outputs = weights  ? (double)(s->oh * s->ow)
                     : turned ? (double)s->h * ww_whole(s->w, 16)
                              : (double)s->oh * ww_whole(s->ow, 16);
    const double term[] = {8 * (double)samples * eights * taps * outputs,
                           (double)(samples * c) * (double)((s->h + s->kh) * (s->w + s->kw)),
                           weights ? (double)samples * outputs * (double)k : 0, 1};
    return ww_cost_s(4, factor[task->pass], term);
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
        sum += (double)taps * ww_whole(rows * columns, 16);
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
    double across = (double)s->kw, whole_k = ww_whole(s->k, 16), lots = s->n < 8 ? n : 8;
    /* of the weights: eights of (column of taps, channel), and pixels that are turned; oneDNN has
     * kernels of its own for 3 channels, and is slow for more that do not fill a vector */
    double rows = eights_of(s->kw * (s->c < 16 ? s->c : 16)) * (ww_whole(s->c, 16) / 16);
    double turned = s->c == 1 ? 4 : s->c < 4 ? 32 : s->c < 16 ? 8 : ww_whole(s->c, 16);
    double slow = s->k > 16 ? 1 : 1.15;
    const double term[][5] = {{n * 8 * eights_of(s->k) * c * taps * ww_whole(s->oh * s->ow, 16),
                               n * area * (2 * c * across + k), n * filters, filters, 1},
                              {n * 8 * eights_of(s->c) * k * strided_classes(s),
                               n * (k * across * area + 2 * c * pixels), n * filters, filters, 1},
                              {n * area * whole_k * slow * (double)s->kh * 8 * rows,
                               n * (turned * pixels + whole_k * area), n * filters, lots * filters,
                               1}};
    double seconds = ww_cost_s(5, factor[task->pass], term[task->pass]);
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
    return alone_s(ww_cost_s(5, factor[task->pass], term), s->n * s->groups == 1);
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
    &onednn, &ww_conv_winograd, &phases, &by_rows, &strided, &fourier, &columns};

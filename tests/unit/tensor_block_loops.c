/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The inner loops over maps in blocks of channels, on every kind of processor that this machine is,
 * against loops over one channel: the same bits, nothing else written and nothing read past the end
 * of what there is. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/backend/loops.h"

enum { UNTOUCHED = 77 };

static float *untouched(int64_t n)
{
    float *y = malloc((size_t)n * sizeof *y);
    for (int64_t i = 0; i < n; i++)
        y[i] = UNTOUCHED;
    return y;
}

/* Ties, so that the first of them must win, and some that are not numbers, or less than all. */
static float *drawn(int64_t n, bool odd_ones)
{
    float *x = malloc((size_t)n * sizeof *x);
    ww_random random = ww_random_at((uint64_t)n, 4);
    for (int64_t i = 0; i < n; i++) {
        double value = ww_random_normal(&random);
        x[i] = (float)(odd_ones ? round(value) : value);
        if (odd_ones && ww_random_below(&random, 4) == 0)
            x[i] = ww_random_below(&random, 2) == 0 ? NAN : -INFINITY;
    }
    return x;
}

/* ---- windows ---- */

/* All rows of a map of h x w pixels, and what they hold. */
struct windows {
    ww_block_row row;
    int64_t h, outputs;
    int first;                   /* row of the map where the windows begin */
    float *x, *odd, *dy;         /* odd: with what is not a number */
    float *top, *mean, *back[2]; /* back: of the maximum, of the mean */
    uint8_t *which;
};

static int64_t pixels_of(const struct windows *w)
{
    return w->h * w->row.width * w->row.channels;
}

static struct windows windows_of(ww_block_row row, int64_t h, int first)
{
    struct windows w = {.row = row, .h = h, .first = first, .outputs = row.n * row.channels};
    w.row.begin = first < 0 ? -first : 0;
    w.row.end = first + row.size > h ? (int)h - first : row.size;
    w.x = drawn(pixels_of(&w), false);
    w.odd = drawn(pixels_of(&w), true);
    w.dy = drawn(w.outputs, false);
    w.top = untouched(w.outputs + 1);
    w.mean = untouched(w.outputs + 1);
    for (int k = 0; k < 2; k++)
        w.back[k] = untouched(pixels_of(&w));
    w.which = malloc((size_t)w.outputs + 1);
    memset(w.which, UNTOUCHED, (size_t)w.outputs + 1);
    return w;
}

static void windows_free(struct windows *w)
{
    free(w->x), free(w->odd), free(w->dy), free(w->top), free(w->mean), free(w->back[0]),
        free(w->back[1]), free(w->which);
}

static void run_windows(const ww_loops *loops, struct windows *w)
{
    const int64_t at = (w->first + w->row.begin) * w->row.width * w->row.channels;
    loops->max_blocks(&w->row, w->odd + at, w->top, NULL);
    for (int64_t i = 0; i < w->outputs; i++)
        w->top[i] = UNTOUCHED;
    loops->max_blocks(&w->row, w->odd + at, w->top, w->which);
    loops->mean_blocks(&w->row, w->x + at, w->mean);
    loops->max_blocks_back(&w->row, w->dy, w->which, w->back[0] + at);
    loops->mean_blocks_back(&w->row, w->dy, w->back[1] + at);
}

/* Where tap `tap` of the windows' output i lies in the map; -1 outside. */
static int64_t pixel_at(const struct windows *w, int64_t i, int tap)
{
    const ww_block_row *r = &w->row;
    const int64_t row = w->first + tap / r->size;
    const int64_t column = i / r->channels * r->stride - r->pad + tap % r->size;
    if (row < 0 || row >= w->h || column < 0 || column >= r->width)
        return -1;
    return (row * r->width + column) * r->channels + i % r->channels;
}

static bool same_bits(float a, float b)
{
    return memcmp(&a, &b, sizeof a) == 0;
}

/* Output i: the maximum, which of its taps it was, and the mean; their gradients to wanted. */
static void check_output(const struct windows *w, int64_t i, const char *where, float *wanted[2])
{
    const int taps = w->row.size * w->row.size;
    float top = -INFINITY, sum = 0;
    int first = 0, inside = 0;
    for (int tap = 0; tap < taps; tap++) {
        const int64_t at = pixel_at(w, i, tap);
        const float x = at < 0 ? -INFINITY : w->odd[at];
        if (tap == 0 || x > top)
            top = x, first = tap;
        sum += at < 0 ? 0 : w->x[at];
        inside += at >= 0;
    }
    cr_assert(same_bits(w->top[i], top) && w->which[i] == first, "%s: maximum %d: %g of %d", where,
              (int)i, (double)w->top[i], (int)w->which[i]);
    const float share = 1 / (float)inside;
    cr_assert(same_bits(w->mean[i], sum * share), "%s: mean %d", where, (int)i);
    for (int tap = 0; tap < taps; tap++) {
        const int64_t at = pixel_at(w, i, tap);
        const float d[2] = {tap == first ? w->dy[i] : 0, w->dy[i] * share};
        for (int k = 0; k < 2 && at >= 0; k++)
            wanted[k][at] = w->row.stride == w->row.size ? d[k] : wanted[k][at] + d[k];
    }
}

static void check_windows(const ww_loops *loops, ww_block_row row, int64_t h, int first)
{
    struct windows w = windows_of(row, h, first);
    float *wanted[2] = {untouched(pixels_of(&w)), untouched(pixels_of(&w))};
    char where[160];
    snprintf(where, sizeof where,
             "%s: %d channels, %d x %d, windows of %d, stride %d, pad %d, at %d", loops->name,
             (int)row.channels, (int)h, (int)row.width, row.size, row.stride, row.pad, first);
    run_windows(loops, &w);
    for (int64_t i = 0; i < w.outputs; i++)
        check_output(&w, i, where, wanted);
    cr_assert(w.top[w.outputs] == UNTOUCHED && w.mean[w.outputs] == UNTOUCHED &&
                  w.which[w.outputs] == UNTOUCHED,
              "%s: past the row", where);
    for (int k = 0; k < 2; k++) {
        for (int64_t i = 0; i < pixels_of(&w); i++)
            cr_assert(same_bits(w.back[k][i], wanted[k][i]), "%s: gradient %d of pixel %d", where,
                      k, (int)i);
        free(wanted[k]);
    }
    windows_free(&w);
}

/* Windows of a size and stride, whole and cut at every side and at both sides at once. */
static void check_sizes(const ww_loops *loops, int64_t channels, int size, int stride)
{
    for (int64_t width = 1; width <= 7; width++)
        for (int pad = 0; pad < size; pad++) {
            const int64_t left = width + 2 * pad - size;
            const ww_block_row row = {.channels = channels,
                                      .n = left / stride + 1,
                                      .width = width,
                                      .size = size,
                                      .stride = stride,
                                      .pad = pad};
            for (int h = 1; h <= 4 && left >= 0; h += 3)
                for (int first = 1 - size; first < h; first++)
                    check_windows(loops, row, h, first);
        }
}

Test(tensor_block_loops, windows_are_the_same_everywhere)
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int i = 0; i < 4 * 4 * 2 && ww_loops_get(kind) != NULL; i++)
            check_sizes(ww_loops_get(kind), 8 + i / 16 * 8, 1 + i / 4 % 4, 1 + i % 4);
}

/* ---- sums, and from blocks to maps ---- */

static void check_sums(const ww_loops *loops, int64_t channels, int64_t n)
{
    float *x = drawn(channels * n, false);
    double sum[17], wanted;
    sum[channels] = UNTOUCHED;
    loops->sum_blocks(x, channels, n, sum);
    for (int64_t l = 0; l < channels; l++) {
        wanted = 0;
        for (int64_t i = 0; i < n; i++)
            wanted += (double)x[i * channels + l];
        cr_assert(sum[l] == wanted, "%s: channel %d of %d, %d pixels", loops->name, (int)l,
                  (int)channels, (int)n);
    }
    cr_assert(sum[channels] == UNTOUCHED, "past the channels");
    free(x);
}

static void check_turns(const ww_loops *loops, int64_t channels, int64_t n, int64_t step)
{
    const int64_t all = (channels - 1) * step + n;
    float *x = drawn(channels * n, false), *y = untouched(all), *z = untouched(channels * n + 1);
    loops->from_blocks(x, channels, n, y, step);
    for (int64_t at = 0; at < all; at++)
        cr_assert(y[at] == (at % step < n ? x[at % step * channels + at / step] : UNTOUCHED),
                  "%s: %d channels, %d pixels, %d apart: number %d", loops->name, (int)channels,
                  (int)n, (int)step, (int)at);
    loops->to_blocks(y, step, channels, n, z);
    cr_assert(memcmp(x, z, (size_t)(channels * n) * sizeof *x) == 0 && z[channels * n] == UNTOUCHED,
              "%s: back, %d channels, %d pixels, %d apart", loops->name, (int)channels, (int)n,
              (int)step);
    free(x), free(y), free(z);
}

Test(tensor_block_loops, sums_and_turns_are_the_same_everywhere)
{
    for (int kind = 0; kind < WW_N_LOOPS; kind++)
        for (int64_t n = 1; n <= 37 && ww_loops_get(kind) != NULL; n++)
            for (int64_t channels = 8; channels <= 16; channels += 8) {
                check_sums(ww_loops_get(kind), channels, n);
                check_turns(ww_loops_get(kind), channels, n, n);
                check_turns(ww_loops_get(kind), channels, n, n + 5);
            }
}

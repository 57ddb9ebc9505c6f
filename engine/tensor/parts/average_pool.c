/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A window's sum is that of its rows' sums, so both are added up apart: first the rows of all
 * windows of a map, whole rows of pixels at a time, then along what is left. */
#include "engine/tensor/parts/average_pool.h"

#include <string.h>

#include "engine/tensor/backend/loops.h"

/* 1 / how many pixels of each of n windows lie inside 0 .. length-1. */
static void shares_of(const ww_near_pool *s, int64_t length, int64_t n, float *shares)
{
    for (int64_t i = 0; i < n; i++) {
        int64_t begin = i * s->stride - s->pad, end = begin + s->size;
        begin = begin < 0 ? 0 : begin;
        end = end < length ? end : length;
        shares[i] = 1 / (float)(end - begin);
    }
}

void ww_average_pool_shares(const ww_near_pool *s, float *shares)
{
    shares_of(s, s->x.h, s->y.h, shares);
    shares_of(s, s->x.w, s->y.w, shares + s->y.h);
}

/* One map of sums to means, or of gradients to those of the sums. */
static void take_shares(const ww_near_pool *s, const float *shares, const float *of, float *to)
{
    ww_loops_best()->scale_both(&(ww_slab){s->y.h, s->y.w, s->y.w}, shares, shares + s->y.h, of,
                                to);
}

/* ---- windows side by side, which fill the map ---- */

static bool tiles(const ww_near_pool *s)
{
    return s->pad == 0 && s->stride == s->size && s->x.w == s->y.w * s->size &&
           s->x.h == s->y.h * s->size;
}

/* y[n] = `share` times the sum of the next `size` numbers of x. */
static inline void average_groups(const int64_t size, int64_t n, float share,
                                  const float *restrict x, float *restrict y)
{
    for (int64_t i = 0; i < n; i++) {
        float sum = x[i * size];
        for (int64_t k = 1; k < size; k++)
            sum += x[i * size + k];
        y[i] = sum * share;
    }
}

static void average_tiles(const ww_near_pool *s, float share, const float *x, float *sums, float *y)
{
    ww_loops_best()->sum_columns(&(ww_slab){s->x.h, s->x.w, s->x.w},
                                 &(ww_runs){s->y.h, 0, s->size, s->size}, x, sums, s->x.w);
    switch (s->size) { /* of the usual sizes, code of their own */
    case 3:
        average_groups(3, s->y.s, share, sums, y);
        break;
    case 4:
        average_groups(4, s->y.s, share, sums, y);
        break;
    case 8:
        average_groups(8, s->y.s, share, sums, y);
        break;
    default:
        average_groups(s->size, s->y.s, share, sums, y);
    }
}

/* Every pixel of a window gets the same. */
static inline void fill_tiles(const int64_t size, const ww_maps *y, float share,
                              const float *restrict dy, float *restrict dx)
{
    for (int64_t v = 0; v < y->h; v++, dy += y->w)
        for (int64_t row = 0; row < size; row++, dx += y->w * size)
            for (int64_t u = 0; u < y->w; u++)
                for (int64_t i = 0; i < size; i++)
                    dx[u * size + i] = share * dy[u];
}

static void tiles_back(const ww_near_pool *s, float share, const float *dy, float *dx)
{
    switch (s->size) {
    case 3:
        fill_tiles(3, &s->y, share, dy, dx);
        break;
    case 4:
        fill_tiles(4, &s->y, share, dy, dx);
        break;
    case 8:
        fill_tiles(8, &s->y, share, dy, dx);
        break;
    default:
        fill_tiles(s->size, &s->y, share, dy, dx);
    }
}

/* ---- windows that begin at every pixel ---- */

/* The sums of all windows of a map [h, w] in a frame of `margin` zeros: no row of zeros is added,
 * but columns of zeros are. Windows are as wide when seen from the pixels, so with another margin
 * this is its own way back. `framed`: a row for each row of windows, as wide as map and frame. */
static void slide(int64_t size, int64_t margin, const ww_maps *of, const float *x, float *framed,
                  float *y)
{
    const int64_t rows = of->h + 2 * margin - size + 1, wide = of->w + 2 * margin;
    if (margin > 0)
        memset(framed, 0, (size_t)(rows * wide) * sizeof *framed);
    ww_loops_best()->sum_columns(&(ww_slab){of->h, of->w, of->w},
                                 &(ww_runs){rows, -margin, 1, size}, x, framed + margin, wide);
    ww_loops_best()->sum_shifts(&(ww_slab){rows, wide, wide}, size, framed, y);
}

/* ---- all others ---- */

/* Sums along a row of the windows of one row, and back. */
static void along(const ww_near_pool *s, const float *x, float *y)
{
    for (int64_t u = 0; u < s->y.w; u++) {
        int64_t first = u * s->stride - s->pad, end = first + s->size;
        float sum = 0;
        for (int64_t i = first < 0 ? 0 : first; i < end && i < s->x.w; i++)
            sum += x[i];
        y[u] = sum;
    }
}

static void back_along(const ww_near_pool *s, const float *y, float *x)
{
    memset(x, 0, (size_t)s->x.w * sizeof *x);
    for (int64_t u = 0; u < s->y.w; u++) {
        int64_t first = u * s->stride - s->pad, end = first + s->size;
        for (int64_t i = first < 0 ? 0 : first; i < end && i < s->x.w; i++)
            x[i] += y[u];
    }
}

/* sums: [h of y][w of x]. */
static void step(const ww_near_pool *s, const float *x, float *sums, float *y)
{
    ww_loops_best()->sum_columns(&(ww_slab){s->x.h, s->x.w, s->x.w},
                                 &(ww_runs){s->y.h, -s->pad, s->stride, s->size}, x, sums, s->x.w);
    for (int64_t v = 0; v < s->y.h; v++)
        along(s, sums + v * s->x.w, y + v * s->y.w);
}

/* Rows that are `stride` apart lie in as many windows, of which the first are 1 apart. */
static void step_back(const ww_near_pool *s, const float *y, float *sums, float *x)
{
    const ww_slab slab = {s->y.h, s->x.w, s->x.w};
    for (int64_t v = 0; v < s->y.h; v++)
        back_along(s, y + v * s->y.w, sums + v * s->x.w);
    for (int64_t row = 0; row < s->stride && row < s->x.h; row++) {
        int64_t above = row + s->pad - s->size; /* windows first .. last begin after it */
        int64_t first = above < 0 ? -((-above - 1) / s->stride) : above / s->stride + 1;
        int64_t last = (row + s->pad) / s->stride, rows = (s->x.h - row - 1) / s->stride + 1;
        ww_loops_best()->sum_columns(&slab, &(ww_runs){rows, first, 1, last - first + 1}, sums,
                                     x + row * s->x.w, s->stride * s->x.w);
    }
}

size_t ww_average_pool_room(const ww_near_pool *s)
{
    int64_t forward = s->y.h * (s->x.w + 2 * s->pad), back = s->x.h * (s->x.w + s->size - 1);
    return (size_t)(s->y.s + (s->stride > 1 || forward > back ? forward : back));
}

void ww_average_pool(const ww_near_pool *s, const float *shares, const float *x, float *room,
                     float *y)
{
    if (tiles(s)) {
        average_tiles(s, shares[0] * shares[0], x, room, y);
        return;
    }
    if (s->stride == 1)
        slide(s->size, s->pad, &s->x, x, room, y);
    else
        step(s, x, room, y);
    take_shares(s, shares, y, y);
}

/* Its transpose. */
void ww_average_pool_back(const ww_near_pool *s, const float *shares, const float *dy, float *room,
                          float *dx)
{
    if (tiles(s)) {
        tiles_back(s, shares[0] * shares[0], dy, dx);
        return;
    }
    float *mean = room, *sums = room + s->y.s;
    take_shares(s, shares, dy, mean);
    if (s->stride == 1)
        slide(s->size, s->size - 1 - s->pad, &s->y, mean, sums, dx);
    else
        step_back(s, mean, sums, dx);
}

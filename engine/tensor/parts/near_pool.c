/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/parts/near_pool.h"

#include <math.h>
#include <string.h>

#include "engine/tensor/backend/loops.h"

enum { MOST_TAPS = 256 };

bool ww_near_pool_fits(const ww_pool_attr *a)
{
    if (a->kind == WW_POOL_MAX)
        return a->stride <= 2 && (int64_t)a->size * a->size <= MOST_TAPS;
    return a->kind == WW_POOL_AVERAGE && a->stride == 2 && a->size <= 2 && a->pad == 0;
}

size_t ww_near_pool_room(const ww_near_pool *p)
{
    return p->pad == 0 ? 0 : (size_t)((p->x.h + 2 * p->pad) * (p->x.w + 2 * p->pad));
}

/* The map in a frame of -infinity, which is never larger than anything. */
static void frame(const ww_near_pool *p, const float *x, float *to)
{
    const int64_t w = p->x.w + 2 * p->pad, h = p->x.h + 2 * p->pad;
    for (int64_t i = 0; i < w * h; i++)
        to[i] = -INFINITY;
    for (int64_t row = 0; row < p->x.h; row++)
        memcpy(to + (row + p->pad) * w + p->pad, x + row * p->x.w, (size_t)p->x.w * sizeof *to);
}

void ww_near_pool_max(const ww_near_pool *p, const float *x, const float *end, float *room,
                      float *y, uint8_t *which)
{
    ww_window window = {.size = p->size, .stride = p->stride, .step = p->x.w, .end = end};
    if (p->pad > 0) {
        frame(p, x, room);
        x = room;
        window.step += 2 * p->pad;
        window.end = room + ww_near_pool_room(p);
    }
    for (int64_t v = 0; v < p->y.h; v++)
        ww_loops_best()->max_row(&window, x + v * p->stride * window.step, p->y.w, y + v * p->y.w,
                                 which == NULL ? NULL : which + v * p->y.w);
}

/* Zeros the pixels past the last window of 2x2. */
static void clear_rest(const ww_near_pool *p, float *dx)
{
    const int64_t w = p->x.w, covered = 2 * p->y.w;
    for (int64_t row = 0; row < 2 * p->y.h && covered < w; row++)
        memset(dx + row * w + covered, 0, (size_t)(w - covered) * sizeof *dx);
    memset(dx + 2 * p->y.h * w, 0, (size_t)((p->x.h - 2 * p->y.h) * w) * sizeof *dx);
}

/* The winners get dy, one after the other; only a window of -infinity is won by what is outside. */
static void scatter(const ww_near_pool *p, const float *dy, const uint8_t *which, float *dx)
{
    int row_of[MOST_TAPS], column_of[MOST_TAPS];
    for (int tap = 0; tap < p->size * p->size; tap++) {
        row_of[tap] = tap / p->size - p->pad;
        column_of[tap] = tap % p->size - p->pad;
    }
    memset(dx, 0, (size_t)p->x.s * sizeof *dx);
    for (int64_t v = 0; v < p->y.h; v++)
        for (int64_t u = 0; u < p->y.w; u++, which++, dy++) {
            const int64_t row = v * p->stride + row_of[*which];
            const int64_t column = u * p->stride + column_of[*which];
            if (row >= 0 && row < p->x.h && column >= 0 && column < p->x.w)
                dx[row * p->x.w + column] += *dy;
        }
}

void ww_near_pool_max_back(const ww_near_pool *p, const float *dy, const uint8_t *which, float *dx)
{
    if (p->size != 2 || p->stride != 2 || p->pad != 0) {
        scatter(p, dy, which, dx);
        return;
    }
    for (int64_t v = 0; v < p->y.h; v++)
        ww_loops_best()->max_pairs_back(dy + v * p->y.w, which + v * p->y.w, p->y.w,
                                        dx + 2 * v * p->x.w, p->x.w);
    clear_rest(p, dx);
}

static float share(const ww_near_pool *p)
{
    return 1 / (float)(p->size * p->size);
}

void ww_near_pool_average(const ww_near_pool *p, const float *x, const float *end, float *y)
{
    const ww_window window = {.size = p->size, .stride = 2, .step = p->x.w, .end = end};
    for (int64_t v = 0; v < p->y.h; v++)
        ww_loops_best()->sum_row(&window, x + 2 * v * p->x.w, p->y.w, share(p), y + v * p->y.w);
}

/* A window of one pixel leaves three of four without gradient; the last row or column may have one
 * pixel only. */
void ww_near_pool_average_back(const ww_near_pool *p, const float *dy, float *dx)
{
    const int64_t w = p->x.w, pairs = w / 2 < p->y.w ? w / 2 : p->y.w;
    const float own = share(p), next = p->size == 2 ? own : 0;
    for (int64_t v = 0; v < p->x.h; v++) {
        float *row = dx + v * w;
        const float *from = dy + v / 2 * p->y.w;
        if (v / 2 >= p->y.h || (p->size == 1 && v % 2 == 1)) {
            memset(row, 0, (size_t)w * sizeof *row);
            continue;
        }
        ww_loops_best()->pairs_back(from, pairs, own, next, row);
        for (int64_t i = 2 * pairs; i < w; i++)
            row[i] = i / 2 < p->y.w ? own * from[i / 2] : 0;
    }
}

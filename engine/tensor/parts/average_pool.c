/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A window's sum is that of its rows' sums, so both are added up apart: first the rows of a window,
 * whole rows of pixels at a time, then along what is left. */
#include "engine/tensor/parts/average_pool.h"

#include <string.h>

#include "engine/tensor/backend/loops.h"

/* How many pixels of a window that begins at `begin` lie inside 0 .. length-1. */
static int64_t inside(int64_t begin, int64_t size, int64_t length)
{
    int64_t first = begin < 0 ? 0 : begin, end = begin + size < length ? begin + size : length;
    return end - first;
}

/* Divides one map of outputs by the sizes of their windows; `wide`: workspace for a row of them. */
static void divide_by_counts(const ww_near_pool *s, const float *of, float *restrict wide,
                             float *to)
{
    for (int64_t u = 0; u < s->y.w; u++)
        wide[u] = (float)inside(u * s->stride - s->pad, s->size, s->x.w);
    for (int64_t v = 0; v < s->y.h; v++, of += s->y.w, to += s->y.w) {
        float rows = (float)inside(v * s->stride - s->pad, s->size, s->x.h);
        for (int64_t u = 0; u < s->y.w; u++)
            to[u] = of[u] / (rows * wide[u]);
    }
}

/* Sums along a row of the windows of one row, or back: windows that begin at every pixel are as
 * wide when seen from the pixels. */
static void along(const ww_near_pool *s, const float *x, float *y)
{
    if (s->stride == 1) {
        ww_loops_best()->sum_shifts(x, s->x.w, -s->pad, s->size, s->y.w, y);
        return;
    }
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
    if (s->stride == 1) {
        ww_loops_best()->sum_shifts(y, s->y.w, s->pad - s->size + 1, s->size, s->x.w, x);
        return;
    }
    memset(x, 0, (size_t)s->x.w * sizeof *x);
    for (int64_t u = 0; u < s->y.w; u++) {
        int64_t first = u * s->stride - s->pad, end = first + s->size;
        for (int64_t i = first < 0 ? 0 : first; i < end && i < s->x.w; i++)
            x[i] += y[u];
    }
}

size_t ww_average_pool_room(const ww_near_pool *s)
{
    return (size_t)((s->y.h + 1) * (s->x.w > s->y.w ? s->x.w : s->y.w) + s->y.s);
}

void ww_average_pool(const ww_near_pool *s, const float *x, float *sums, float *y)
{
    for (int64_t v = 0; v < s->y.h; v++) {
        int64_t first = v * s->stride - s->pad, rows = inside(first, s->size, s->x.h);
        ww_loops_best()->sum_rows(x + (first < 0 ? 0 : first) * s->x.w, s->x.w, rows, s->x.w, sums);
        along(s, sums, y + v * s->y.w);
    }
    divide_by_counts(s, y, sums, y);
}

/* Its transpose; sums: [h of y][w of x], and a map of outputs. */
void ww_average_pool_back(const ww_near_pool *s, const float *dy, float *sums, float *dx)
{
    float *mean = sums + s->y.h * s->x.w;
    divide_by_counts(s, dy, sums, mean);
    for (int64_t v = 0; v < s->y.h; v++)
        back_along(s, mean + v * s->y.w, sums + v * s->x.w);
    for (int64_t row = 0; row < s->x.h; row++) { /* windows first .. last begin at or above it */
        int64_t above = row + s->pad - s->size, last = (row + s->pad) / s->stride;
        int64_t first = above < 0 ? 0 : above / s->stride + 1;
        last = last < s->y.h - 1 ? last : s->y.h - 1;
        ww_loops_best()->sum_rows(sums + first * s->x.w, s->x.w,
                                  last < first ? 0 : last - first + 1, s->x.w, dx + row * s->x.w);
    }
}

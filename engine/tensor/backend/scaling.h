/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_SCALING_H
#define WW_ENGINE_TENSOR_BACKEND_SCALING_H

/* Normalisation and biases (loops.h says what each function does).
 *
 * Lanes past the end of a row are loaded as zeros; a gradient of zero adds nothing to a sum. The
 * rectified forward and its backward decide by the same `scaled`, so they agree on every number. */

#include "engine/tensor/backend/doubles.h"
#include "engine/tensor/backend/loops.h"

enum { GROUPS = SUM_LANES / LANES }; /* vectors of 16 floats */

/* Maps of 32x32 pixels are a page each, and the processor's own fetching ahead stops at the end of
 * a page; so whoever walks through maps fetches what lies a page further on. */
enum { PAGE = 4096 };

INLINE void fetch(const float *p)
{
    __builtin_prefetch((const void *)((uintptr_t)p + PAGE), 0, 2);
}

INLINE void fetch_to_write(const float *p)
{
    __builtin_prefetch((const void *)((uintptr_t)p + PAGE), 1, 2);
}

/* A sum is taken in floats over so many numbers of a lane before it is added to one in doubles: the
 * rounding of these is far less than that of the numbers themselves. */
enum { TURN = 16 };

/* A sum in two: of a few numbers, and of all before. */
typedef struct turns {
    lanes all;
    vec now[GROUPS];
} turns;

TARGET INLINE void turns_begin(turns *t)
{
#pragma GCC unroll 4
    for (int k = 0; k < GROUPS; k++)
        t->now[k] = ALL(0);
}

TARGET INLINE void turns_end(turns *t)
{
#pragma GCC unroll 4
    for (int k = 0; k < GROUPS; k++)
        lanes_add(&t->all, k, t->now[k]);
}

/* Where the turn that begins at `at` ends. */
INLINE int64_t turn_end_of(int64_t at, int64_t end)
{
    return at + TURN * SUM_LANES < end ? at + TURN * SUM_LANES : end;
}

TARGET static void moments(const ww_slab *slab, const float *x, float shift, double sum[2])
{
    turns level, square;
    double rest[2] = {0};
    lanes_clear(&level.all), lanes_clear(&square.all);
    for (int64_t r = 0; r < slab->rows; r++, x += slab->step) {
        int64_t i = 0, whole = slab->n / SUM_LANES * SUM_LANES;
        while (i < whole) {
            int64_t end = turn_end_of(i, whole);
            turns_begin(&level), turns_begin(&square);
            for (; i < end; i += SUM_LANES) {
                fetch(x + i);
#pragma GCC unroll 4
                for (int k = 0; k < GROUPS; k++) {
                    vec d = SUB(LOAD(x + i + k * LANES), ALL(shift));
                    level.now[k] = ADD(level.now[k], d);
                    vec dd = MUL(d, d);
                    square.now[k] = ADD(square.now[k], dd);
                }
            }
            turns_end(&level), turns_end(&square);
        }
        for (; i < slab->n; i++) {
            double d = (double)x[i] - (double)shift, dd = d * d;
            rest[0] += d;
            rest[1] += dd;
        }
    }
    sum[0] += lanes_total(&level.all) + rest[0];
    sum[1] += lanes_total(&square.all) + rest[1];
}

TARGET static double dot(const float *x, const float *y, int64_t n)
{
    lanes sum;
    double rest = 0;
    int64_t i = 0;
    lanes_clear(&sum);
    for (; i + SUM_LANES <= n; i += SUM_LANES)
#pragma GCC unroll 8
        for (int k = 0; k < SUM_VECS; k++) {
            dvec product = DMUL(DLOAD(x + i + k * LANES / 2), DLOAD(y + i + k * LANES / 2));
            sum.lane[k] = DADD(sum.lane[k], product);
        }
    for (; i < n; i++) {
        double product = (double)x[i] * (double)y[i];
        rest += product;
    }
    return lanes_total(&sum) + rest;
}

/* d: x - centre */
TARGET INLINE vec scaled(const ww_scaling *s, vec d)
{
    vec product = MUL(d, ALL(s->scale));
    return ADD(product, ALL(s->bias));
}

/* One vector, of which `left` lanes are there. */
TARGET INLINE void scale_at(const ww_scaling *s, const float *x, const float *other, float *y,
                            int64_t left, bool adds, bool rectify)
{
    fetch(x), fetch_to_write(y);
    vec t = scaled(s, SUB(load_up_to(x, left), ALL(s->centre)));
    if (adds) {
        fetch(other);
        t = ADD(t, load_up_to(other, left));
    }
    store_up_to(y, rectify ? RECTIFIED(t) : t, left);
}

TARGET INLINE void scale_rows(const ww_slab *slab, const ww_scaling *scaling, const float *x,
                              const float *other, float *y, bool adds, bool rectify)
{
    const ww_scaling s = *scaling; /* which no store can change */
    for (int64_t r = 0; r < slab->rows; r++) {
        int64_t at = r * slab->step, end = at + slab->n;
        for (; at + LANES <= end; at += LANES)
            scale_at(&s, x + at, other + at, y + at, LANES, adds, rectify);
        if (at < end)
            scale_at(&s, x + at, other + at, y + at, end - at, adds, rectify);
    }
}

TARGET static void scale(const ww_slab *slab, const ww_scaling *s, const float *x,
                         const float *other, float *y)
{
    if (other != NULL && s->rectify)
        scale_rows(slab, s, x, other, y, true, true);
    else if (other != NULL)
        scale_rows(slab, s, x, other, y, true, false);
    else if (s->rectify)
        scale_rows(slab, s, x, x, y, false, true);
    else
        scale_rows(slab, s, x, x, y, false, false);
}

/* What decides where a gradient passes: nothing, the scaled x, or the rectified output; and where
 * there is none. */
enum mask { NO_MASK, MASK_X, MASK_OUT, NO_GRADIENT };

TARGET INLINE vec masked(enum mask mask, const ww_scaling *s, vec d, const float *out, int64_t left,
                         vec g)
{
    if (mask == MASK_X)
        return WHERE_ABOVE(scaled(s, d), g);
    if (mask == NO_MASK)
        return g;
    fetch(out);
    return WHERE_ABOVE(load_up_to(out, left), g);
}

INLINE enum mask mask_of(bool rectify, const float *out)
{
    return !rectify ? NO_MASK : out == NULL ? MASK_X : MASK_OUT;
}

/* The k-th vector of a group of 16. */
TARGET INLINE void scale_sums_at(const ww_scaling *s, const float *x, const float *dy,
                                 const float *out, float *passed, int64_t left, int k,
                                 enum mask mask, turns *level, turns *slope)
{
    fetch(x), fetch(dy);
    vec d = SUB(load_up_to(x, left), ALL(s->centre));
    vec g = masked(mask, s, d, out, left, load_up_to(dy, left));
    if (passed != NULL)
        store_up_to(passed, g, left);
    level->now[k] = ADD(level->now[k], g);
    vec gd = MUL(g, d);
    slope->now[k] = ADD(slope->now[k], gd);
}

TARGET INLINE void scale_sums_rows(const ww_slab *slab, const ww_scaling *scaling, const float *x,
                                   const float *dy, const float *out, float *passed, double sum[2],
                                   enum mask mask)
{
    const ww_scaling s = *scaling;
    turns level, slope;
    lanes_clear(&level.all), lanes_clear(&slope.all);
    for (int64_t r = 0; r < slab->rows; r++) {
        int64_t at = r * slab->step, end = at + slab->n;
        while (at < end) {
            int64_t turn = turn_end_of(at, end);
            turns_begin(&level), turns_begin(&slope);
            for (; at + SUM_LANES <= turn; at += SUM_LANES)
#pragma GCC unroll 4
                for (int k = 0; k < GROUPS; k++)
                    scale_sums_at(&s, x + at + k * LANES, dy + at + k * LANES, out + at + k * LANES,
                                  passed != NULL ? passed + at + k * LANES : NULL, LANES, k, mask,
                                  &level, &slope);
            for (int k = 0; at < turn; k++, at += LANES)
                scale_sums_at(&s, x + at, dy + at, out + at, passed != NULL ? passed + at : NULL,
                              turn - at, k, mask, &level, &slope);
            turns_end(&level), turns_end(&slope);
        }
    }
    sum[0] += lanes_total(&level.all);
    sum[1] += lanes_total(&slope.all);
}

TARGET static void scale_sums(const ww_slab *slab, const ww_scaling *s, const float *x,
                              const float *dy, const float *out, float *passed, double sum[2])
{
    enum mask mask = mask_of(s->rectify, out);
    if (mask == MASK_OUT && passed != NULL)
        scale_sums_rows(slab, s, x, dy, out, passed, sum, MASK_OUT);
    else if (mask == MASK_OUT)
        scale_sums_rows(slab, s, x, dy, out, NULL, sum, MASK_OUT);
    else if (mask == MASK_X)
        scale_sums_rows(slab, s, x, dy, x, passed, sum, MASK_X);
    else if (passed != NULL)
        scale_sums_rows(slab, s, x, dy, x, passed, sum, NO_MASK);
    else
        scale_sums_rows(slab, s, x, dy, x, NULL, sum, NO_MASK);
}

TARGET INLINE void scale_back_at(const ww_scaling *s, const float *x, const float *dy,
                                 const float *out, float *dx, int64_t left, enum mask mask)
{
    fetch(x), fetch(dy);
    vec d = SUB(load_up_to(x, left), ALL(s->centre));
    vec g = MUL(masked(mask, s, d, out, left, load_up_to(dy, left)), ALL(s->scale));
    vec follows = MUL(d, ALL(s->slope));
    follows = ADD(follows, ALL(s->level));
    store_up_to(dx, SUB(g, follows), left);
}

TARGET INLINE void scale_back_rows(const ww_slab *slab, const ww_scaling *scaling, const float *x,
                                   const float *dy, const float *out, float *dx, enum mask mask)
{
    const ww_scaling s = *scaling;
    for (int64_t r = 0; r < slab->rows; r++) {
        int64_t at = r * slab->step, end = at + slab->n;
        for (; at + LANES <= end; at += LANES)
            scale_back_at(&s, x + at, dy + at, out + at, dx + at, LANES, mask);
        if (at < end)
            scale_back_at(&s, x + at, dy + at, out + at, dx + at, end - at, mask);
    }
}

TARGET static void scale_back(const ww_slab *slab, const ww_scaling *s, const float *x,
                              const float *dy, const float *out, float *dx)
{
    enum mask mask = mask_of(s->rectify, out);
    if (mask == MASK_OUT)
        scale_back_rows(slab, s, x, dy, out, dx, MASK_OUT);
    else if (mask == MASK_X)
        scale_back_rows(slab, s, x, dy, x, dx, MASK_X);
    else
        scale_back_rows(slab, s, x, dy, x, dx, NO_MASK);
}

TARGET static void add_number(const ww_slab *slab, float bias, bool rectify, const float *x,
                              float *y)
{
    for (int64_t r = 0; r < slab->rows; r++, x += slab->step, y += slab->step)
        for (int64_t i = 0; i < slab->n; i += LANES) {
            vec t = ADD(load_up_to(x + i, slab->n - i), ALL(bias));
            store_up_to(y + i, rectify ? RECTIFIED(t) : t, slab->n - i);
        }
}

TARGET static double sum_of(const ww_slab *slab, const float *dy, const float *y, float *dx)
{
    turns sum;
    lanes_clear(&sum.all);
    for (int64_t r = 0; r < slab->rows; r++)
        for (int64_t i = 0; i < slab->n;) {
            int64_t end = turn_end_of(i, slab->n);
            turns_begin(&sum);
            for (; i < end; i += SUM_LANES)
#pragma GCC unroll 4
                for (int k = 0; k < GROUPS; k++) {
                    int64_t at = r * slab->step + i + k * LANES, left = slab->n - i - k * LANES;
                    vec g = load_up_to(dy + at, left);
                    g = y != NULL ? WHERE_ABOVE(load_up_to(y + at, left), g) : g;
                    if (dx != NULL)
                        store_up_to(dx + at, g, left);
                    sum.now[k] = ADD(sum.now[k], g);
                }
            turns_end(&sum);
        }
    return lanes_total(&sum.all);
}

#endif

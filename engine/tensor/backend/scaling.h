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

TARGET static void moments(const ww_slab *slab, const float *x, float shift, double sum[2])
{
    lanes level, square;
    double rest[2] = {0};
    dvec centre = DALL((double)shift);
    lanes_clear(&level), lanes_clear(&square);
    for (int64_t r = 0; r < slab->rows; r++, x += slab->step) {
        int64_t i = 0;
        for (; i + SUM_LANES <= slab->n; i += SUM_LANES)
#pragma GCC unroll 8
            for (int k = 0; k < SUM_VECS; k++) {
                dvec d = DSUB(DLOAD(x + i + k * LANES / 2), centre);
                level.lane[k] = DADD(level.lane[k], d);
                dvec dd = DMUL(d, d);
                square.lane[k] = DADD(square.lane[k], dd);
            }
        for (; i < slab->n; i++) {
            double d = (double)x[i] - (double)shift, dd = d * d;
            rest[0] += d;
            rest[1] += dd;
        }
    }
    sum[0] += lanes_total(&level) + rest[0];
    sum[1] += lanes_total(&square) + rest[1];
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

TARGET INLINE void scale_rows(const ww_slab *slab, const ww_scaling *s, const float *x, float *y,
                              bool rectify)
{
    for (int64_t r = 0; r < slab->rows; r++, x += slab->step, y += slab->step)
        for (int64_t i = 0; i < slab->n; i += LANES) {
            vec t = scaled(s, SUB(load_up_to(x + i, slab->n - i), ALL(s->centre)));
            store_up_to(y + i, rectify ? RECTIFIED(t) : t, slab->n - i);
        }
}

TARGET static void scale(const ww_slab *slab, const ww_scaling *s, const float *x, float *y)
{
    if (s->rectify)
        scale_rows(slab, s, x, y, true);
    else
        scale_rows(slab, s, x, y, false);
}

TARGET INLINE void scale_sums_rows(const ww_slab *slab, const ww_scaling *s, const float *x,
                                   const float *dy, double sum[2], bool rectify)
{
    lanes level, slope;
    lanes_clear(&level), lanes_clear(&slope);
    for (int64_t r = 0; r < slab->rows; r++, x += slab->step, dy += slab->step)
        for (int64_t i = 0; i < slab->n; i += SUM_LANES)
#pragma GCC unroll 4
            for (int k = 0; k < GROUPS; k++) {
                int64_t at = i + k * LANES, left = slab->n - at;
                vec d = SUB(load_up_to(x + at, left), ALL(s->centre));
                vec g = load_up_to(dy + at, left);
                g = rectify ? WHERE_ABOVE(scaled(s, d), g) : g;
                lanes_add(&level, k, g);
                lanes_add(&slope, k, MUL(g, d));
            }
    sum[0] += lanes_total(&level);
    sum[1] += lanes_total(&slope);
}

TARGET static void scale_sums(const ww_slab *slab, const ww_scaling *s, const float *x,
                              const float *dy, double sum[2])
{
    if (s->rectify)
        scale_sums_rows(slab, s, x, dy, sum, true);
    else
        scale_sums_rows(slab, s, x, dy, sum, false);
}

TARGET INLINE void scale_back_rows(const ww_slab *slab, const ww_scaling *s, const float *x,
                                   const float *dy, float *dx, bool rectify)
{
    for (int64_t r = 0; r < slab->rows; r++, x += slab->step, dy += slab->step, dx += slab->step)
        for (int64_t i = 0; i < slab->n; i += LANES) {
            vec d = SUB(load_up_to(x + i, slab->n - i), ALL(s->centre));
            vec g = load_up_to(dy + i, slab->n - i);
            g = MUL(rectify ? WHERE_ABOVE(scaled(s, d), g) : g, ALL(s->scale));
            vec follows = MUL(d, ALL(s->slope));
            follows = ADD(follows, ALL(s->level));
            store_up_to(dx + i, SUB(g, follows), slab->n - i);
        }
}

TARGET static void scale_back(const ww_slab *slab, const ww_scaling *s, const float *x,
                              const float *dy, float *dx)
{
    if (s->rectify)
        scale_back_rows(slab, s, x, dy, dx, true);
    else
        scale_back_rows(slab, s, x, dy, dx, false);
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
    lanes sum;
    lanes_clear(&sum);
    for (int64_t r = 0; r < slab->rows; r++)
        for (int64_t i = 0; i < slab->n; i += SUM_LANES)
#pragma GCC unroll 4
            for (int k = 0; k < GROUPS; k++) {
                int64_t at = r * slab->step + i + k * LANES, left = slab->n - i - k * LANES;
                vec g = load_up_to(dy + at, left);
                g = y != NULL ? WHERE_ABOVE(load_up_to(y + at, left), g) : g;
                if (dx != NULL)
                    store_up_to(dx + at, g, left);
                lanes_add(&sum, k, g);
            }
    return lanes_total(&sum);
}

#endif

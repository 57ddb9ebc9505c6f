/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_SCALING_BLOCKS_H
#define WW_ENGINE_TENSOR_BACKEND_SCALING_BLOCKS_H

/* Normalisation of maps in blocks of channels (loops.h says what each function does).
 *
 * Each lane is a channel: what is one number for a map is a vector here, and nothing is added
 * across lanes. A vector may be a part of a block; then the parts are worked on one after the
 * other. */

#include "engine/tensor/backend/scaling.h"

enum { ABREAST = 4 }; /* pixels whose sums are taken apart, so that no addition waits for another */

/* Two sums of each of LANES channels. */
typedef struct pixel_sums {
    vec level[ABREAST], slope[ABREAST]; /* of a turn */
    dvec level_low, level_high, slope_low, slope_high;
} pixel_sums;

TARGET INLINE void pixel_turn_begins(pixel_sums *s)
{
#pragma GCC unroll 4
    for (int k = 0; k < ABREAST; k++)
        s->level[k] = s->slope[k] = ALL(0);
}

TARGET INLINE void pixel_turn_ends(pixel_sums *s)
{
#pragma GCC unroll 4
    for (int k = 0; k < ABREAST; k++) {
        s->level_low = DADD(s->level_low, DLOW(s->level[k]));
        s->level_high = DADD(s->level_high, DHIGH(s->level[k]));
        s->slope_low = DADD(s->slope_low, DLOW(s->slope[k]));
        s->slope_high = DADD(s->slope_high, DHIGH(s->slope[k]));
    }
}

TARGET INLINE void add_channels(double *sum, dvec low, dvec high)
{
    double now[LANES];
    DSTORE(now, low);
    DSTORE(now + LANES / 2, high);
    for (int l = 0; l < LANES; l++)
        sum[l] += now[l];
}

/* The scalings of LANES channels. */
typedef struct lanes_scaling {
    vec centre, scale, bias, level, slope;
} lanes_scaling;

TARGET INLINE lanes_scaling lanes_scaling_of(const ww_scalings *s, int c)
{
    return (lanes_scaling){LOAD(s->centre + c), LOAD(s->scale + c), LOAD(s->bias + c),
                           LOAD(s->level + c), LOAD(s->slope + c)};
}

/* d: x - centre */
TARGET INLINE vec lanes_scaled(const lanes_scaling *s, vec d)
{
    vec product = MUL(d, s->scale);
    return ADD(product, s->bias);
}

TARGET INLINE vec lanes_masked(enum mask mask, const lanes_scaling *s, vec d, const float *out,
                               vec g)
{
    if (mask == MASK_X)
        return WHERE_ABOVE(lanes_scaled(s, d), g);
    if (mask == NO_MASK)
        return g;
    fetch(out);
    return WHERE_ABOVE(LOAD(out), g);
}

/* Of one pixel, the k-th of those abreast; of x alone these are moments. */
TARGET INLINE void pixel_sums_at(const lanes_scaling *s, const float *x, const float *dy,
                                 const float *out, float *passed, int64_t at, enum mask mask, int k,
                                 pixel_sums *sums)
{
    fetch(x + at);
    vec d = SUB(LOAD(x + at), s->centre), g = d;
    if (mask != NO_GRADIENT) {
        fetch(dy + at);
        g = lanes_masked(mask, s, d, out + at, LOAD(dy + at));
    }
    if (passed != NULL) {
        fetch_to_write(passed + at);
        STORE(passed + at, g);
    }
    sums->level[k] = ADD(sums->level[k], g);
    vec gd = MUL(g, d);
    sums->slope[k] = ADD(sums->slope[k], gd);
}

/* Of LANES channels; pixel i of a row is added to sum i mod ABREAST, and a turn is over after TURN
 * such additions, which may have been in several rows. */
TARGET INLINE void pixel_sums_of(const ww_slab *slab, int64_t channels, lanes_scaling s,
                                 const float *x, const float *dy, const float *out, float *passed,
                                 double *sum, enum mask mask)
{
    pixel_sums sums = {.level_low = DALL(0), .level_high = DALL(0)};
    sums.slope_low = sums.slope_high = DALL(0);
    int left = TURN;
    pixel_turn_begins(&sums);
    for (int64_t r = 0; r < slab->rows; r++) {
        int64_t at = r * slab->step, end = at + slab->n;
        for (; at < end; at += ABREAST * channels, left--) {
            if (left == 0) {
                pixel_turn_ends(&sums), pixel_turn_begins(&sums);
                left = TURN;
            }
            if (at + ABREAST * channels <= end) {
#pragma GCC unroll 4
                for (int k = 0; k < ABREAST; k++)
                    pixel_sums_at(&s, x, dy, out, passed, at + k * channels, mask, k, &sums);
            } else {
#pragma GCC unroll 4
                for (int k = 0; k < ABREAST - 1; k++)
                    if (at + k * channels < end)
                        pixel_sums_at(&s, x, dy, out, passed, at + k * channels, mask, k, &sums);
            }
        }
    }
    pixel_turn_ends(&sums);
    add_channels(sum, sums.level_low, sums.level_high);
    add_channels(sum + channels, sums.slope_low, sums.slope_high);
}

/* Of a whole block, as a rule in one vector. */
TARGET INLINE void block_sums_as(const ww_slab *slab, const ww_scalings *s, const float *x,
                                 const float *dy, const float *out, float *passed, double *sum,
                                 enum mask mask)
{
    if (s->channels == LANES)
        pixel_sums_of(slab, LANES, lanes_scaling_of(s, 0), x, dy, out, passed, sum, mask);
    else
        for (int c = 0; c < s->channels; c += LANES)
            pixel_sums_of(slab, s->channels, lanes_scaling_of(s, c), x + c, dy + c, out + c,
                          passed != NULL ? passed + c : NULL, sum + c, mask);
}

TARGET static void block_moments(const ww_slab *slab, int channels, const float *x,
                                 const float *shift, double *sum)
{
    ww_scalings s = {.channels = channels};
    memcpy(s.centre, shift, (size_t)channels * sizeof *shift);
    block_sums_as(slab, &s, x, x, x, NULL, sum, NO_GRADIENT);
}

TARGET static void block_scale_sums(const ww_slab *slab, const ww_scalings *s, const float *x,
                                    const float *dy, const float *out, float *passed, double *sum)
{
    enum mask mask = mask_of(s->rectify, out);
    if (mask == MASK_OUT && passed != NULL)
        block_sums_as(slab, s, x, dy, out, passed, sum, MASK_OUT);
    else if (mask == MASK_OUT)
        block_sums_as(slab, s, x, dy, out, NULL, sum, MASK_OUT);
    else if (mask == MASK_X)
        block_sums_as(slab, s, x, dy, x, passed, sum, MASK_X);
    else if (passed != NULL)
        block_sums_as(slab, s, x, dy, x, passed, sum, NO_MASK);
    else
        block_sums_as(slab, s, x, dy, x, NULL, sum, NO_MASK);
}

TARGET INLINE void pixels_scale(const ww_slab *slab, int64_t channels, lanes_scaling s,
                                const float *x, const float *other, float *y, bool adds,
                                bool rectify)
{
    for (int64_t r = 0; r < slab->rows; r++) {
        int64_t at = r * slab->step, end = at + slab->n;
        for (; at < end; at += channels) {
            fetch(x + at), fetch_to_write(y + at);
            vec t = lanes_scaled(&s, SUB(LOAD(x + at), s.centre));
            if (adds) {
                fetch(other + at);
                t = ADD(t, LOAD(other + at));
            }
            STORE(y + at, rectify ? RECTIFIED(t) : t);
        }
    }
}

TARGET INLINE void block_scale_as(const ww_slab *slab, const ww_scalings *s, const float *x,
                                  const float *other, float *y, bool adds, bool rectify)
{
    if (s->channels == LANES)
        pixels_scale(slab, LANES, lanes_scaling_of(s, 0), x, other, y, adds, rectify);
    else
        for (int c = 0; c < s->channels; c += LANES)
            pixels_scale(slab, s->channels, lanes_scaling_of(s, c), x + c, other + c, y + c, adds,
                         rectify);
}

TARGET static void block_scale(const ww_slab *slab, const ww_scalings *s, const float *x,
                               const float *other, float *y)
{
    if (other != NULL && s->rectify)
        block_scale_as(slab, s, x, other, y, true, true);
    else if (other != NULL)
        block_scale_as(slab, s, x, other, y, true, false);
    else if (s->rectify)
        block_scale_as(slab, s, x, x, y, false, true);
    else
        block_scale_as(slab, s, x, x, y, false, false);
}

TARGET INLINE void pixels_back(const ww_slab *slab, int64_t channels, lanes_scaling s,
                               const float *x, const float *dy, const float *out, float *dx,
                               enum mask mask)
{
    for (int64_t r = 0; r < slab->rows; r++) {
        int64_t at = r * slab->step, end = at + slab->n;
        for (; at < end; at += channels) {
            fetch(x + at), fetch(dy + at);
            vec d = SUB(LOAD(x + at), s.centre);
            vec g = MUL(lanes_masked(mask, &s, d, out + at, LOAD(dy + at)), s.scale);
            vec follows = MUL(d, s.slope);
            follows = ADD(follows, s.level);
            STORE(dx + at, SUB(g, follows));
        }
    }
}

TARGET INLINE void block_back_as(const ww_slab *slab, const ww_scalings *s, const float *x,
                                 const float *dy, const float *out, float *dx, enum mask mask)
{
    if (s->channels == LANES)
        pixels_back(slab, LANES, lanes_scaling_of(s, 0), x, dy, out, dx, mask);
    else
        for (int c = 0; c < s->channels; c += LANES)
            pixels_back(slab, s->channels, lanes_scaling_of(s, c), x + c, dy + c, out + c, dx + c,
                        mask);
}

TARGET static void block_scale_back(const ww_slab *slab, const ww_scalings *s, const float *x,
                                    const float *dy, const float *out, float *dx)
{
    enum mask mask = mask_of(s->rectify, out);
    if (mask == MASK_OUT)
        block_back_as(slab, s, x, dy, out, dx, MASK_OUT);
    else if (mask == MASK_X)
        block_back_as(slab, s, x, dy, x, dx, MASK_X);
    else
        block_back_as(slab, s, x, dy, x, dx, NO_MASK);
}

#endif

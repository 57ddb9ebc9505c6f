/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_NEAR_POOL_H
#define WW_ENGINE_TENSOR_PARTS_NEAR_POOL_H

/* Pooling of windows that begin at every pixel or every second one, in vectors: maxima of up to 256
 * pixels, and averages of one or of 2x2 without padding. */

#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

/** One map of x [h, w] and its map of y. */
typedef struct ww_near_pool {
    ww_maps x, y;
    int size, stride, pad;
} ww_near_pool;

/** Whether a pooling is of this sort. */
bool ww_near_pool_fits(const ww_pool_attr *attr);

/** Floats of workspace for one map. */
size_t ww_near_pool_room(const ww_near_pool *p);

/** y of one map x, and in which[y] (unless NULL) the window's first largest pixel, counted in rows.
 * Floats from x to `end` may be read. What is not a number is largest only where it comes first. */
void ww_near_pool_max(const ww_near_pool *p, const float *x, const float *end, float *room,
                      float *y, uint8_t *which);

/** dx of one map. */
void ww_near_pool_max_back(const ww_near_pool *p, const float *dy, const uint8_t *which, float *dx);

/** y of one map x, of averages. Floats from x to `end` may be read. */
void ww_near_pool_average(const ww_near_pool *p, const float *x, const float *end, float *y);
/** dx of one map, of averages. */
void ww_near_pool_average_back(const ww_near_pool *p, const float *dy, float *dx);

#endif

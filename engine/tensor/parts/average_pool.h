/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_AVERAGE_POOL_H
#define WW_ENGINE_TENSOR_PARTS_AVERAGE_POOL_H

/* Averages of windows of any size, stride and padding; of what lies beyond the map nothing is
 * taken. */

#include "engine/tensor/parts/near_pool.h"

/** Floats of workspace for one map, in either direction. */
size_t ww_average_pool_room(const ww_near_pool *p);

/** shares[h of y + w of y]: 1 / how many rows of a window lie inside the map, then likewise of its
 * columns. They are the same for all maps. */
void ww_average_pool_shares(const ww_near_pool *p, float *shares);

/** y of one map x. */
void ww_average_pool(const ww_near_pool *p, const float *shares, const float *x, float *room,
                     float *y);

/** dx of one map. */
void ww_average_pool_back(const ww_near_pool *p, const float *shares, const float *dy, float *room,
                          float *dx);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_AVERAGE_POOL_H
#define WW_ENGINE_TENSOR_PARTS_AVERAGE_POOL_H

/* Averages of windows of any size, stride and padding; of what lies beyond the map nothing is
 * taken. */

#include "engine/tensor/parts/near_pool.h"

/** Floats of workspace for one map, in either direction. */
size_t ww_average_pool_room(const ww_near_pool *p);

/** y of one map x. */
void ww_average_pool(const ww_near_pool *p, const float *x, float *room, float *y);

/** dx of one map. */
void ww_average_pool_back(const ww_near_pool *p, const float *dy, float *room, float *dx);

#endif

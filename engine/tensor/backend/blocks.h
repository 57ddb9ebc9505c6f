/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_BLOCKS_H
#define WW_ENGINE_TENSOR_BACKEND_BLOCKS_H

/* Maps in blocks of channels, [N, C / L, H, W, L]; op.h says what for. */

#include <stdint.h>

#include "engine/tensor/shape.h"

/** L: the lanes of this processor's vectors; 0 where it has none that are worth it. */
int64_t ww_block_channels(void);

/** Whether the shape is [N, C, H, W] with whole blocks of channels. */
bool ww_blocks_fit(const ww_shape *shape);

/** to (blocks) = from (as the shape says), or the inverse. Not in place. */
void ww_blocks_from(const ww_shape *shape, const float *from, float *to);
void ww_blocks_to(const ww_shape *shape, const float *from, float *to);

#endif

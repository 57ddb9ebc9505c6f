/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_BLOCKS_H
#define WW_ENGINE_TENSOR_BACKEND_BLOCKS_H

/* Maps in blocks of channels, [N, C / L, H, W, L]; op.h says what for. */

#include <stdint.h>
#include <string.h>

#include "engine/tensor/shape.h"

/** L: the lanes of this processor's vectors; 0 where it has none that are worth it. */
int64_t ww_block_channels(void);

/** Whether the shape is [N, C, H, W] with whole blocks of channels. */
bool ww_blocks_fit(const ww_shape *shape);

/** to[n, c / lanes, pixels, lanes] = from[n, c, pixels], and the inverse; not in place. */
void ww_blocks_from(int64_t n, int64_t c, int64_t pixels, int64_t lanes, const float *from,
                    float *to);
void ww_blocks_to(int64_t n, int64_t c, int64_t pixels, int64_t lanes, const float *from,
                  float *to);

/** Copies a pixel's numbers, L of them, and asks for where one a page further on will go: the
 * processor's own fetching ahead stops at the end of a page. */
static inline void ww_block_copy(float *to, const float *from, int64_t lanes)
{
    __builtin_prefetch((const void *)((uintptr_t)to + 4096), 1, 2);
    if (lanes == 16) /* a length known beforehand takes no call */
        memcpy(to, from, 16 * sizeof *to);
    else
        memcpy(to, from, 8 * sizeof *to);
}

#endif

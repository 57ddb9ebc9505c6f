/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/blocks.h"

#include "engine/tensor/backend/kernels.h"

int64_t ww_block_channels(void)
{
    int lanes = ww_kernels_best()->lanes;
    return lanes >= 8 ? lanes : 0;
}

bool ww_blocks_fit(const ww_shape *shape)
{
    int64_t lanes = ww_block_channels();
    return lanes > 0 && shape->rank == 4 && shape->dim[1] % lanes == 0;
}

/* Every number, from where it lies as the shape says to where it lies in blocks, or back. */
static void each(const ww_shape *shape, const float *from, float *to, bool blocks)
{
    int64_t lanes = ww_block_channels(), pixels = shape->dim[2] * shape->dim[3];
    for (int64_t block = 0; block < shape->dim[0] * shape->dim[1] / lanes; block++)
        for (int64_t i = 0; i < pixels; i++)
            for (int64_t l = 0; l < lanes; l++) {
                int64_t plain = (block * lanes + l) * pixels + i;
                int64_t blocked = (block * pixels + i) * lanes + l;
                to[blocks ? blocked : plain] = from[blocks ? plain : blocked];
            }
}

void ww_blocks_from(const ww_shape *shape, const float *from, float *to)
{
    each(shape, from, to, true);
}

void ww_blocks_to(const ww_shape *shape, const float *from, float *to)
{
    each(shape, from, to, false);
}

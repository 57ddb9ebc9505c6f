/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/blocks.h"

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/loops.h"

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

/* Every number, from where it lies in maps to where it lies in blocks, or back. */
static void move(int64_t blocks, int64_t pixels, int64_t lanes, const float *from, float *to,
                 bool into)
{
#pragma omp parallel for schedule(static) if (blocks * pixels * lanes > WW_LIGHT)
    for (int64_t block = 0; block < blocks; block++)
        for (int64_t i = 0; i < pixels; i++)
            for (int64_t l = 0; l < lanes; l++) {
                int64_t map = (block * lanes + l) * pixels + i;
                int64_t inside = (block * pixels + i) * lanes + l;
                to[into ? inside : map] = from[into ? map : inside];
            }
}

void ww_blocks_from(int64_t n, int64_t c, int64_t pixels, int64_t lanes, const float *from,
                    float *to)
{
    move(n * c / lanes, pixels, lanes, from, to, true);
}

void ww_blocks_to(int64_t n, int64_t c, int64_t pixels, int64_t lanes, const float *from, float *to)
{
    move(n * c / lanes, pixels, lanes, from, to, false);
}

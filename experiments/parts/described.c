/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/described.h"

#include <inttypes.h>
#include <stdio.h>

void ww_described_name(char name[WW_DESCRIBED_NAME], const char *brain, uint64_t seed,
                       const char *what)
{
    snprintf(name, WW_DESCRIBED_NAME, "/models/%s-seed%" PRIu64 "/%s", brain, seed, what);
}

ww_status ww_described_table(const ww_h5 *results, const ww_grid *grid, int brain, int seed,
                             const char *what, double **out, int *rank, int64_t dim[8],
                             ww_arena *arena)
{
    char name[WW_DESCRIBED_NAME];
    size_t n = 1;
    ww_described_name(name, grid->name[brain], grid->seed[seed], what);
    *out = NULL;
    if (!ww_h5_has(results, name))
        return WW_OK;
    WW_TRY(ww_h5_shape(results, name, rank, dim));
    for (int i = 0; i < *rank; i++)
        n *= (size_t)dim[i];
    *out = ww_arena_array(arena, n > 0 ? n : 1, sizeof **out);
    return *out != NULL ? ww_h5_read_doubles(results, name, *out, n) : WW_ENOMEM;
}

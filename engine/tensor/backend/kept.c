/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/kept.h"

#include <stdlib.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/sizes.h"

enum { LINE_BYTES = 64, PIECE_FLOATS = 1 << 14 };

ww_status ww_kept_create(ww_kept *out, size_t floats)
{
    size_t bytes = (size_t)ww_up((int64_t)(floats * sizeof(float)), LINE_BYTES);
    *out = (ww_kept){.made = aligned_alloc(LINE_BYTES, bytes)};
    if (out->made == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for the filters of a convolution");
    return WW_OK;
}

void ww_kept_free(ww_kept *kept)
{
    free(kept->made);
    *kept = (ww_kept){0};
}

/* The sum of those of pieces, each with its number as its seed. */
static uint64_t digest_of(const float *weight, int64_t n, int threads)
{
    int64_t pieces = (n + PIECE_FLOATS - 1) / PIECE_FLOATS;
    uint64_t sum = 0;
#pragma omp parallel for num_threads(threads) reduction(+ : sum) if (pieces > 4)
    for (int64_t i = 0; i < pieces; i++) {
        int64_t first = i * PIECE_FLOATS;
        sum +=
            ww_loops_best()->digest(weight + first, ww_least(n - first, PIECE_FLOATS), (uint64_t)i);
    }
    return sum;
}

bool ww_kept_holds(ww_kept *kept, const float *weight, int64_t n, int threads)
{
    uint64_t digest = digest_of(weight, n, threads);
    if (kept->known && digest == kept->digest)
        return true;
    kept->digest = digest;
    kept->known = true;
    return false;
}

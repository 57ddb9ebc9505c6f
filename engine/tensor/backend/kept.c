/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/kept.h"

#include <stdlib.h>
#include <string.h>

#include "engine/tensor/backend/sizes.h"

enum { LINE_BYTES = 64, PIECE_FLOATS = 1 << 14 };

ww_status ww_kept_create(ww_kept *out, int64_t n, size_t floats)
{
    size_t bytes = (size_t)ww_up((int64_t)(floats * sizeof(float)), LINE_BYTES);
    *out = (ww_kept){.weight = malloc((size_t)n * sizeof(float)),
                     .made = aligned_alloc(LINE_BYTES, bytes)};
    if (out->weight == NULL || out->made == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for the filters of a convolution");
    return WW_OK;
}

void ww_kept_free(ww_kept *kept)
{
    free(kept->weight);
    free(kept->made);
    *kept = (ww_kept){0};
}

static bool same(const float *a, const float *b, int64_t n, int threads)
{
    int64_t pieces = (n + PIECE_FLOATS - 1) / PIECE_FLOATS;
    bool differs = false;
#pragma omp parallel for num_threads(threads) reduction(|| : differs) if (pieces > 4)
    for (int64_t i = 0; i < pieces; i++) {
        int64_t first = i * PIECE_FLOATS, count = ww_least(n - first, PIECE_FLOATS);
        differs = differs || memcmp(a + first, b + first, (size_t)count * sizeof *a) != 0;
    }
    return !differs;
}

bool ww_kept_holds(ww_kept *kept, const float *weight, int64_t n, int threads)
{
    if (kept->known && same(kept->weight, weight, n, threads))
        return true;
    memcpy(kept->weight, weight, (size_t)n * sizeof *weight);
    kept->known = true;
    return false;
}

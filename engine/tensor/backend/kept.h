/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_KEPT_H
#define WW_ENGINE_TENSOR_BACKEND_KEPT_H

/* What a kernel makes of weights (spectra, transformed filters), kept from run to run for as long
 * as the weights stay as they are. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"

typedef struct ww_kept {
    float *made;     /* aligned to 64 bytes; NULL: nothing is kept */
    uint64_t digest; /* of what it was made of */
    bool known;
} ww_kept;

/** Room for `floats` numbers made of weights; free with ww_kept_free, after a failure too. Errors:
 * WW_ENOMEM. */
ww_status ww_kept_create(ww_kept *out, size_t floats);

/** Frees what *kept holds, nothing if it is all 0. */
void ww_kept_free(ww_kept *kept);

/** Whether `made` was made of these n weights, by their digest. If not, it is taken to be from now
 * on: the caller makes it anew. Many weights come from memory and are read by all threads. */
bool ww_kept_holds(ww_kept *kept, const float *weight, int64_t n, int threads);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_OPTIMISER_H
#define WW_ENGINE_LEARNING_OPTIMISER_H

/* Optimisers, one a file in optimisers/, each ending with its descriptor ww_optimiser_<file>.
 * An optimiser updates all parameters in one pass over one array. */

#include <stdint.h>

#include "engine/base/registry.h"

/** Fewer parameters are not worth several threads: waking one takes 30 us, a step of sgd over so
 * many 40 us, one of adam 130 us (Zen 5, one thread). */
enum { WW_OPTIMISER_PARALLEL = 1 << 18, WW_OPTIMISER_PIECE = 1 << 14 };

/** How many parameters the piece that begins at i has. */
static inline int64_t ww_optimiser_piece(size_t i, size_t n)
{
    return (int64_t)(n - i < WW_OPTIMISER_PIECE ? n - i : WW_OPTIMISER_PIECE);
}

typedef struct ww_optimiser {
    ww_item item;
    int slots;      /* arrays of state of the size of the parameters (0 to 2) */
    bool decouples; /* takes `decay`; the others are given NULL */
    /** One step: parameter[n] moves against gradient[n]; slot[slots][n] start at 0; `rate` is the
     * scheduled learning rate, `step` counts from 1; `decay[n]` is NULL or each parameter's
     * decoupled weight decay (training.weight_decay times its scale). Element-wise, so any number
     * of threads gives the same bits. */
    void (*step)(const void *params, double rate, uint64_t step, size_t n, float *parameter,
                 const float *gradient, const float *decay, float *const *slot);
} ww_optimiser;

extern const ww_optimiser *const ww_optimisers[];
extern const size_t ww_optimisers_count;

#endif

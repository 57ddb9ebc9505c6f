/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_OPTIMISER_H
#define WW_ENGINE_LEARNING_OPTIMISER_H

/* Optimisers, one a file in optimisers/, each ending with its descriptor ww_optimiser_<file>.
 * An optimiser moves any range of the parameters, each element by itself: descent.c cuts them up
 * and shares them among threads. */

#include <stdint.h>

#include "engine/base/registry.h"

typedef struct ww_optimiser {
    ww_item item;
    int slots;      /* arrays of state of the size of the parameters (0 to 2) */
    bool decouples; /* takes `decay`; the others are given NULL */
    /** One step: parameter[n] moves against gradient[n]; slot[slots][n] start at 0; `rate` is the
     * scheduled learning rate, `step` counts from 1; `decay[n]` is NULL or each parameter's
     * decoupled weight decay (training.weight_decay times its scale). On the calling thread. */
    void (*step)(const void *params, double rate, uint64_t step, size_t n, float *parameter,
                 const float *gradient, const float *decay, float *const *slot);
} ww_optimiser;

extern const ww_optimiser *const ww_optimisers[];
extern const size_t ww_optimisers_count;

#endif

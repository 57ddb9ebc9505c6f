/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_DISTANCE_H
#define WW_ENGINE_TENSOR_BACKEND_DISTANCE_H

/* Least squared distances of prototypes to the parts of maps. */

#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"
#include "engine/tensor/backend/kernels.h"

/** P prototypes [P, c, k, k], and `maps` maps [n, c, h, w] none of whose sides is less than k. */
typedef struct ww_distance_size {
    int64_t n, c, p, k;
    int maps;
    const int64_t (*side)[2]; /* h and w of each map */
} ww_distance_size;

typedef struct ww_distance ww_distance;
typedef struct ww_distance_way ww_distance_way; /* distance_ways.h */

/** Prepares for at most `threads` threads on one kind of processor; free with ww_distance_free.
 * What is made of the prototypes is kept from run to run until one of them changes. `way`: NULL
 * takes the one that is thought to be fastest. Errors: WW_ENOMEM. */
ww_status ww_distance_create(ww_distance **out, const ww_distance_size *size, int threads,
                             const ww_kernels *kernels, const ww_distance_way *way);

/** Frees all; NULL is nothing. */
void ww_distance_free(ww_distance *distance);

/** Floats of workspace that a run wants, aligned to 64 bytes. */
size_t ww_distance_scratch(const ww_distance *distance);

/** out[n, P] = the least squared distance over all maps and all places where the prototype lies
 * within the map. The same bits for any number of threads. */
void ww_distance_run(ww_distance *distance, const float *prototypes, const float *const *maps,
                     float *out, float *scratch);

#endif

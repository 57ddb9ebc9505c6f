/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_DISTANCE_WAYS_H
#define WW_ENGINE_TENSOR_BACKEND_DISTANCE_WAYS_H

/* The ways to distances (distance.c), and what they share. */

#include "engine/tensor/backend/distance.h"

/** Where the tiles of a map are: down x across of them, of `side` places a side, from number
 * `first` of all on. */
typedef struct ww_distance_grid {
    int64_t h, w, down, across, first;
} ww_distance_grid;

/** Fills the grid of each map; returns how many tiles there are. */
int64_t ww_distance_tile(const ww_distance_size *size, int64_t side, ww_distance_grid *grid);

/** The mean of all prototypes [P, taps], and power[P], each one's squared distance from it. */
double ww_distance_powers(const float *prototypes, int64_t p, int64_t taps, double *power);

/** One way. What create makes is freed by destroy, NULL allowed. */
struct ww_distance_way {
    /** Picoseconds on one core, as those of conv_kernels.c; INFINITY where it cannot do it. */
    double (*cost_ps)(const ww_distance_size *size, int64_t lanes);
    ww_status (*create)(void **state, const ww_distance_size *size, int threads,
                        const ww_kernels *kernels);
    void (*destroy)(void *state);
    size_t (*scratch)(const void *state);
    void (*run)(void *state, const float *prototypes, const float *const *maps, float *out,
                float *scratch);
};

extern const ww_distance_way ww_distance_winograd, ww_distance_fourier;

#endif

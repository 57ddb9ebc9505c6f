/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_FOURIER_PLAN_H
#define WW_ENGINE_TENSOR_BACKEND_FOURIER_PLAN_H

/* How fourier.c cuts maps into tiles. */

#include "engine/tensor/backend/fourier.h"

enum { WW_FOURIER_LONGEST = 128 }; /* numbers of a transform */
enum { WW_FOURIER_BLOCK = 4 };     /* filters that share a reading of several channels' spectra */

/** A length of transforms. */
typedef struct ww_fourier_length {
    int n, radix[WW_DFT_PASSES]; /* of each pass; 0: no pass */
    double ps;                   /* of one on 16 lanes in the first cache, in picoseconds */
} ww_fourier_length;

/** One axis of the tiles. */
typedef struct ww_fourier_axis {
    const ww_fourier_length *length;
    int64_t size, outputs; /* of the maps that are read and made */
    int64_t taps, pad;     /* pad: of the pass */
    int64_t valid, tiles;  /* outputs of a tile; tiles of a map */
} ww_fourier_axis;

/** A task, cut into lots of twice as many tiles as lanes. */
typedef struct ww_fourier_tiling {
    int64_t n, c, k, groups; /* c and k: of a group */
    ww_fourier_axis axis[2]; /* vertical, horizontal */
    int64_t lots;
} ww_fourier_tiling;

/** Chooses the tiles: the same ones whether filters are kept or not. */
void ww_fourier_tile(ww_fourier_tiling *out, const ww_conv_task *task, int64_t lanes);

#endif

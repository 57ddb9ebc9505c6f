/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_WINDOW_NORMS_H
#define WW_ENGINE_TENSOR_PARTS_WINDOW_NORMS_H

/* Norms of what lies under square windows of a picture, for a price that hardly grows with them. */

#include <stddef.h>
#include <stdint.h>

/** Windows of side k on a picture of rows of w pixels: `down` times `across` of them, the first
 * with its corner at (row, column). */
typedef struct ww_windows {
    int64_t w, k, row, column, down, across;
} ww_windows;

/** Floats of workspace for windows that together cover at most rows x w pixels. */
size_t ww_window_norms_room(int64_t rows, int64_t w, int threads);

/** scale[down][stride]: of each window of x 1 / the norm of its pixels (a few 1e-7 of it), 0 if all
 * are 0 or too faint for their squares to be normal floats. ratio: the least square of a norm over
 * the largest, of the others; 1 if there are none. */
void ww_window_norms(const float *x, const ww_windows *at, int threads, float *scale,
                     int64_t stride, double *ratio, float *room);

#endif

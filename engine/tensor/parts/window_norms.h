/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_WINDOW_NORMS_H
#define WW_ENGINE_TENSOR_PARTS_WINDOW_NORMS_H

/* Norms of what lies under square windows of a map, of any size at the same cost. */

#include <stddef.h>
#include <stdint.h>

/** Sums over all pixels above and left of the borders between pixels, [room for rows + 1][w + 1].
 */
typedef struct ww_window_norms {
    int64_t rows, w;
    int threads;
    double *energy; /* squares */
    int32_t *lit;   /* pixels that are not 0 */
} ww_window_norms;

/** Rows that are read, and for which there has to be room: a few more than `rows`. */
int64_t ww_window_norms_rows(int64_t rows);

/** Floats that both arrays need: the first for `energy`, the second for `lit`. */
void ww_window_norms_room(int64_t rows, int64_t w, size_t floats[2]);

/** Adds up the pixels x[ww_window_norms_rows(rows), w]. */
void ww_window_norms_add_up(const ww_window_norms *n, const float *x);

/** Where windows of side k lie: `down` times `across` of them, the first with its corner at (row,
 * column). */
typedef struct ww_windows {
    int64_t k, row, column, down, across;
} ww_windows;

/** scale[down][stride]: of each window 1 / the norm of its pixels, 0 if none is lit (or all are too
 * faint for a normal float). ratio: the least square of a norm over the largest, of those lit; 1 if
 * there is none. */
void ww_window_norms_invert(const ww_window_norms *n, const ww_windows *at, float *scale,
                            int64_t stride, double *ratio);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_SHAPE_H
#define WW_ENGINE_TENSOR_SHAPE_H

/* Shapes. Arrays are dense float32, row-major; maps are [N, C, H, W], vectors [N, F].
 * In a graph the batch dimension N is not known yet and stands as WW_BATCH; the compiler puts the
 * batch size in its place. Parameters have no batch dimension. */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WW_MAX_RANK = 6, WW_BATCH = -1, WW_SHAPE_TEXT = 96 };

typedef struct ww_shape {
    int rank;
    int64_t dim[WW_MAX_RANK];
} ww_shape;

/** A shape literal: WW_SHAPE(WW_BATCH, 3, 64, 64). At least one dimension. */
#define WW_SHAPE(...)                                                                              \
    ((ww_shape){.rank = (int)(sizeof((int64_t[]){__VA_ARGS__}) / sizeof(int64_t)),                 \
                .dim = {__VA_ARGS__}})

/** Number of elements; a batch that is still open counts as one. 1 for rank 0. */
size_t ww_shape_size(const ww_shape *shape);

/** Whether both have the same dimensions; an open batch equals an open batch alone. */
bool ww_shape_equal(const ww_shape *a, const ww_shape *b);

/** The shape with its open batch dimension (if any) set to `batch`. */
ww_shape ww_shape_at_batch(const ww_shape *shape, int64_t batch);

/** Prints "[N, 3, 64, 64]" into `text` (WW_SHAPE_TEXT bytes) and returns it. */
char *ww_shape_print(const ww_shape *shape, char *text);

/** The shape that `a` and `b` broadcast to (trailing dimensions aligned, 1 stretches; NumPy's
 * rule); false if they do not fit. An open batch fits itself and 1. */
bool ww_shape_broadcast(const ww_shape *a, const ww_shape *b, ww_shape *out);

#endif

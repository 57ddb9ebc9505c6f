/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_PIECES_H
#define WW_ENGINE_TENSOR_PARTS_PIECES_H

/* What is pooled of responses that come a few rows at a time: pools of size x size responses,
 * `stride` apart, that overlap by whole strides are made of pieces, each worked out once. */

#include <stdbool.h>
#include <stdint.h>

#include "engine/tensor/ops.h"

/** Pools of f maps of h x w responses, and the pieces they are made of. */
typedef struct ww_pieces {
    const ww_filter_pool_attr *attr;
    int64_t f, h, w, oh, ow;
    int64_t per, side;    /* pieces of a pool along each side; responses of a piece, likewise */
    int64_t down, across; /* pieces of a map */
    bool soft;            /* two sums are pooled, not one maximum */
} ww_pieces;

/** The pieces of f maps of h x w responses; `attr` is kept, not copied. */
ww_pieces ww_pieces_of(const ww_filter_pool_attr *attr, int64_t f, int64_t h, int64_t w);

/** Outputs along a side. */
int64_t ww_pools_along(const ww_filter_pool_attr *attr, int64_t length);

/** Floats of all pieces of a picture, to be set to 0 before anything joins them. */
int64_t ww_pieces_floats(const ww_pieces *p);
/** Floats of the row that each thread wants for itself. */
int64_t ww_pieces_row(const ww_pieces *p);

/** A rectangle of responses |product| scale of all maps. */
typedef struct ww_responses {
    const float *product; /* of the first map, row and column */
    const float *scale;   /* of the first row and column, the same for all maps */
    int64_t product_map, product_row, scale_row; /* floats from one to the next */
    int64_t top, left, rows, columns;            /* where it lies in the map, how large it is */
} ww_responses;

/** The pieces of row v of map f take their share; what is not in any rectangle is taken to be left
 * out. */
void ww_pieces_join(const ww_pieces *p, const ww_responses *r, int64_t f, int64_t v, float *pieces,
                    float *row);

/** out[ow]: row v of the pools of map f. Means and softmax count silent[ow] responses of 0 more. */
void ww_pieces_pool(const ww_pieces *p, const float *pieces, int64_t f, int64_t v,
                    const double *silent, float *out);

#endif

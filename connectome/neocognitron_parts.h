/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_NEOCOGNITRON_PARTS_H
#define WW_CONNECTOME_NEOCOGNITRON_PARTS_H

/* The learning of one layer of S cells of a neocognitron, without a brain around it. */

#include <stddef.h>

#include "engine/base/status.h"

/** How S cells compete while they learn. */
typedef struct ww_neo_rules {
    int channels, height, width; /* of the maps below */
    int kernel;
    const float *window; /* [kernel][kernel] weights c, sum 1 */
    int most;            /* cell-planes */
    double theta, gain, quiet;
    int compete;
} ww_neo_rules;

typedef struct ww_neo_planes ww_neo_planes;

/** No planes yet; free with ww_neo_planes_free. */
ww_status ww_neo_planes_create(ww_neo_planes **out, const ww_neo_rules *rules);
/** NULL is allowed. */
void ww_neo_planes_free(ww_neo_planes *planes);

/** Shows the maps [channels][height][width] of one picture. */
void ww_neo_planes_see(ww_neo_planes *planes, const float *map);

/** How many planes were made so far. */
int ww_neo_planes_count(const ww_neo_planes *planes);

/** Writes the connections, sums of c x, to weights[most][channels][kernel][kernel]; 0 for planes
 * that were not made. */
void ww_neo_planes_weights(const ww_neo_planes *planes, float *weights);

/** Teaches labelled cells n patterns[n][size] of length 1 (or 0: those are passed over), in their
 * order, `passes` times or until none makes a new cell: weights[classes * per_class][size], the
 * rows of a class together. *cells is how many there are, *wrong how many patterns made or wanted
 * one in the last pass. Holds the products of all pairs of patterns, n^2 floats: WW_ENOMEM where
 * this machine has less memory. */
ww_status ww_neo_label(const float *pattern, const int *label, size_t n, size_t size, int classes,
                       int per_class, double theta, int passes, float *weights, int *cells,
                       size_t *wrong);

#endif

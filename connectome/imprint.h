/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_IMPRINT_H
#define WW_CONNECTOME_IMPRINT_H

/* Imprinting (Serre et al. 2007): the prototypes of an area become pieces of the map that it reads,
 * each taken at a place drawn at random in a picture drawn at random. */

#include "connectome/model.h"

typedef struct ww_imprint ww_imprint;

/** Draws (from `seed`) for every prototype of the areas of `model` that are imprinted which of
 * `pictures` pictures it comes from, and where in it. Free with ww_imprint_free. WW_EINVAL where
 * the brain has no such area. */
ww_status ww_imprint_open(ww_imprint **out, ww_model *model, size_t pictures, uint64_t seed);
/** The prototypes stay in the model; NULL is allowed. */
void ww_imprint_free(ww_imprint *imprint);

/** The output of the model ("area/V1") whose map is cut to pieces: the first output of the area
 * that the imprinted one reads. It belongs to `imprint`. */
const char *ww_imprint_source(const ww_imprint *imprint);

/** Whether a prototype comes from that picture; the others need not be shown. */
bool ww_imprint_wants(const ww_imprint *imprint, size_t picture);

/** Cuts the prototypes that come from a picture out of its map [channels][height][width]; they are
 * in the model's values at once. WW_ESHAPE where the map is too small. */
ww_status ww_imprint_take(const ww_imprint *imprint, size_t picture, const float *map, int height,
                          int width);

#endif

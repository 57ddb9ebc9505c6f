/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_FEATURES_H
#define WW_CONNECTOME_FEATURES_H

/* What an area of a brain says of pictures of any size: feature vectors for analyses elsewhere.
 *
 * The brain is built anew for each size of picture, with the same numbers: a pixel of the picture
 * is a pixel of the view. So this is for brains whose areas look the same at every size, as HMAX.
 */

#include "connectome/model.h"
#include "engine/store/picture.h"

typedef struct ww_features ww_features;

/** Opens a brain (a name, a YAML file, or a checkpoint that ends with ".h5") to read `area`, NULL:
 * the last. `set` as in ww_brain_read (not with a checkpoint). Close with ww_features_close. */
ww_status ww_features_open(ww_features **out, const char *brain, const char *const *set,
                           const char *area, uint64_t seed);
/** Frees everything, the responses too; NULL is allowed. */
void ww_features_close(ww_features *features);

/** The brain as it was read; it belongs to `features`. */
const ww_brain *ww_features_brain(const ww_features *features);
/** The name of the area that is read; it belongs to `features`. */
const char *ww_features_area(const ww_features *features);

/** Shows one picture, grey or colour. *out (it belongs to `features`) gets the *count responses,
 * and *megabytes (may be NULL) the memory that the brain took at this size. Messages begin with
 * `name`. Errors: WW_ENUMERIC for a pixel that is no number; what the areas say of a picture that
 * is too small; WW_ESHAPE where the count differs from that of the pictures before. */
ww_status ww_features_of(ww_features *features, const ww_picture *picture, const char *name,
                         const float **out, size_t *count, double *megabytes);

/** Imprints prototypes (imprint.h) with pieces of n files, drawn from `seed`. The pictures are read
 * one after the other. Errors: those of ww_imprint_open and ww_imprint_take, and what the areas say
 * of a picture that is too small. */
ww_status ww_features_imprint(ww_features *features, const char *const *file, size_t n,
                              uint64_t seed, ww_progress *progress);

#endif

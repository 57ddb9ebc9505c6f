/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_GAZE_SET_H
#define WW_EXPERIMENTS_PARTS_GAZE_SET_H

/* Pictures from disk with where people looked at them. */

#include "engine/base/arena.h"
#include "engine/store/picture.h"

typedef struct ww_gazed_picture {
    const char *file; /* path */
    int number;       /* with which the table names it */
    ww_picture picture;
    int n;         /* fixations within the picture */
    double *x, *y; /* [n] pixels; column and row of the pixel that holds it, 0 .. width, height */
} ww_gazed_picture;

typedef struct ww_gaze_set {
    const char *folder;
    int count;
    ww_gazed_picture *picture;
} ww_gaze_set;

/** Reads FOLDER/stimuli (pictures whose names begin with a number: 017.jpg) and
 * FOLDER/fixations.csv or .csv.gz (columns image, x, y, pixels from 1 on; others are passed over).
 * Fixations outside the picture, and pictures nobody looked at, are left out. `most` > 0 reads no
 * more pictures than that. Free with ww_gaze_set_free, also after a failure. Errors name the file:
 * WW_EIO, WW_EPARSE; WW_ENOTFOUND for a folder without such pictures. */
ww_status ww_gaze_set_read(ww_gaze_set *out, const char *folder, int most, ww_arena *arena);
/** Frees the pictures; the fixations are the arena's. Once more does nothing. */
void ww_gaze_set_free(ww_gaze_set *set);

/** How often each pixel was fixated: counts[height][width]. */
void ww_gaze_counts(const ww_gazed_picture *picture, double *counts);

/** The same of all other pictures of the set, their fixations brought to this one's size. */
void ww_gaze_others(const ww_gaze_set *set, int but, double *counts);

/** counts blurred by a Gaussian of `sigma_px`: the density of fixations. False if out of memory. */
bool ww_gaze_density(const double *counts, int height, int width, double sigma_px, double *density);

#endif

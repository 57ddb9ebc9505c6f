/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_HMAX_CLUTTER_H
#define WW_EXPERIMENTS_PARTS_HMAX_CLUTTER_H

/* What the categorisation in clutter (experiments/hmax_clutter.c) and its report share; the names
 * are for these two files alone. */

#include "experiments/experiment.h"

enum { SIZES = 4 };

/** The larger side of the thing over the smaller side of the picture; each covers about half the
 * area of the one before. */
extern const double ww_clutter_share[SIZES];

enum { IMPRINTED, LEARNED, TESTED }; /* sets of pictures */

/* One picture of a set, item `index` of the stimulus. */
typedef struct ww_clutter_picture {
    int set, size;
    bool face; /* or an object */
    uint64_t index;
} ww_clutter_picture;

/** Picture number `at` of a set: faces and objects take turns, then sizes do. No picture is in two
 * sets. */
ww_clutter_picture ww_clutter_picture_of(int set, size_t at);

/* What is read: C2, a few numbers of the picture's luminance, or coarse pixels. */
enum { C2, STATISTICS, PIXELS, READ };

enum {
    M_ACCURACY,                     /* four of them */
    M_LOSS = M_ACCURACY + SIZES,    /* three: to each size from the next larger one */
    M_OVERALL = M_LOSS + SIZES - 1, /* three: of each of what is read */
    M_GAIN = M_OVERALL + READ,      /* two: of C2 over the others */
    MEASURES = M_GAIN + READ - 1
};

/** The figure and claims, from the grid and the table "accuracy" [READ, SIZES] that each model
 * left. */
ww_status ww_clutter_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                            ww_arena *arena);

#endif

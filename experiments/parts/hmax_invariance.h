/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_HMAX_INVARIANCE_H
#define WW_EXPERIMENTS_PARTS_HMAX_INVARIANCE_H

/* What the invariance of view-tuned units (experiments/hmax_invariance.c) and its report share; the
 * names are for these two files alone. */

#include "experiments/experiment.h"

/* How a clip is changed. */
enum { ROTATION, SIZE, PLACE, CHANGES };
enum { STEPS = 21, SCRAMBLES = 4, MIRROR_STEPS = 11 };

typedef struct ww_hmax_change {
    const char *name, *axis;
    int steps, learned; /* which step is the learned view */
} ww_hmax_change;

extern const ww_hmax_change ww_hmax_changes[CHANGES];

/** The value of a step: deg, octaves, deg. Sizes go from 1/4 of the learned one, 16 px, in half
 * octaves to 128 px, and to 160 px, the whole retina. */
double ww_hmax_step(int change, int step);

enum { MAX, SUM, SOFTMAX, POOLINGS };

enum {
    M_ROTATION,
    M_SIZE,
    M_PLACE,
    M_TWO_CLIPS,
    M_MIRROR,
    M_SCRAMBLED, /* four of them */
    M_SCRAMBLE_STEP = M_SCRAMBLED + SCRAMBLES,
    M_SUM, /* three ranges, as those of MAX */
    M_SOFTMAX = M_SUM + CHANGES,
    M_SUM_RATIO = M_SOFTMAX + CHANGES,
    MEASURES
};

/** The figures and claims, from the grid and the table "recognised" [POOLINGS, CHANGES, STEPS] that
 * each model left: the share of units that recognise a step. */
ww_status ww_hmax_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                         ww_arena *arena);

#endif

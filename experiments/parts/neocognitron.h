/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_NEOCOGNITRON_H
#define WW_EXPERIMENTS_PARTS_NEOCOGNITRON_H

/* What the neocognitron's experiment (experiments/neocognitron.c) and its report share; the names
 * are for these two files alone. */

#include "experiments/experiment.h"

/* Shifts of 0 to 4 pixels, by a network ... */
enum { SHIFTS = 5 };
enum { POOLED, CUT, NEVER, POOLINGS };

enum { THETAS = 8 };
extern const double ww_neo_theta[THETAS];

enum {
    M_CORRECT,
    M_INTERPOLATING,
    M_CELLS,
    M_PLANES_1,
    M_PLANES_2,
    M_SHIFT, /* of each network, SHIFTS numbers */
    M_SHIFT_2 = M_SHIFT + POOLINGS * SHIFTS,
    M_NEVER_LOSS,
    M_TURN_15,
    M_TURN_30,
    M_SMALL,
    M_LARGE,
    M_NOISE_1,
    M_NOISE_2,
    M_NOISE_4,
    M_THETA, /* THETAS numbers */
    M_BEST_THETA = M_THETA + THETAS,
    M_THETA_LOW,
    M_THETA_SAME,
    M_THETA_HIGH,
    MEASURES
};

/** Figures "shift-BRAIN" and "threshold-BRAIN", and the claims. */
ww_status ww_neo_report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                        ww_arena *arena);

#endif

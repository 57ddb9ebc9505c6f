/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_CLAIMS_H
#define WW_EXPERIMENTS_PARTS_CLAIMS_H

/* Claims about one measure of the intact model that has to lie in a range. */

#include "experiments/experiment.h"

/** With fewer seeds a t interval says nothing, and none is given (at 2 seeds t is 12.7). */
enum { WW_SEEDS_FOR_INTERVAL = 3 };

/** The mean of a share over seeds, and its 95 % t interval as far as it lies within 0 .. 1. */
void ww_share_over_seeds(const double *x, int n_seeds, double *mean, double *low, double *high);

/** A measure that has to lie between `low` and `high` (-INFINITY, INFINITY: open). */
typedef struct ww_range_rule {
    const char *id, *finding, *published, *source; /* as in ww_claim */
    bool from_memory, wired;
    int measure;
    double low, high;
} ww_range_rule;

/** Holds measure by measure, brain by brain, the grid's first condition against `rule[n]`: a claim
 * is held if the 95 % t interval over seeds of the measure lies within the range; with fewer than
 * WW_SEEDS_FOR_INTERVAL seeds, if the mean does; untested if no seed has the measure. The claims
 * (n_brains * n) are in `arena`. */
ww_status ww_claims_in_range(const ww_grid *grid, const ww_range_rule *rule, int n,
                             ww_claim **claims, int *n_claims, ww_arena *arena);

#endif

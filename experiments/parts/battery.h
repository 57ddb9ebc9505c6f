/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_BATTERY_H
#define WW_EXPERIMENTS_PARTS_BATTERY_H

/* What the lesion battery makes of its grid: losses, claims and figures. */

#include "experiments/parts/claims.h"
#include "experiments/parts/tasks.h"

/** Number of a condition in the grid, -1 if it was not run. */
int ww_grid_condition(const ww_grid *grid, const char *lesion);

/** What a lesion costs: (intact - lesioned) / (intact - blind answer); 0: nothing, 1: all that was
 * above chance. The same for errors, which rise. NAN where something was not measured, or where the
 * intact brain is not a tenth of the way from blind to perfect. */
double ww_grid_loss(const ww_grid *grid, int brain, int seed, int condition, int measure);

/** The claims of the battery, in `arena`. */
ww_status ww_battery_claims(const ww_grid *grid, ww_claim **claims, int *n_claims, ww_arena *arena);

/** Stores the deficit matrix of each brain, the dose-response curves and the selectivity of areas
 * as figures of the results file. */
ww_status ww_battery_figures(const ww_grid *grid, ww_h5 *results, ww_arena *arena);

#endif

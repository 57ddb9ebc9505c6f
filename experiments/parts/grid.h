/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_GRID_H
#define WW_EXPERIMENTS_PARTS_GRID_H

/* Grids in results files. */

#include "experiments/experiment.h"

/** Writes /grid/EXPERIMENT: value [brain][seed][condition][measure], chance [brain][seed][measure],
 * and what stands along the axes: brain, seed, condition, measure with its unit. */
ww_status ww_grid_write(ww_h5 *file, const char *experiment, const ww_grid *grid, ww_arena *arena);

#endif

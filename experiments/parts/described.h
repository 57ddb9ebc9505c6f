/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_DESCRIBED_H
#define WW_EXPERIMENTS_PARTS_DESCRIBED_H

/* What `describe` of an experiment left of each intact model, in the results of its study. */

#include "experiments/experiment.h"

enum { WW_DESCRIBED_NAME = 600 };

/** Where the table `what` of a model lies: "/models/BRAIN-seedN/WHAT". */
void ww_described_name(char name[WW_DESCRIBED_NAME], const char *brain, uint64_t seed,
                       const char *what);

/** Reads the table `what` of model (brain, seed) of the grid; *out, of shape dim[*rank], is in
 * `arena`. *out is NULL, without an error, where the model has no such table. Errors: those of
 * ww_h5_read_doubles; WW_ENOMEM. */
ww_status ww_described_table(const ww_h5 *results, const ww_grid *grid, int brain, int seed,
                             const char *what, double **out, int *rank, int64_t dim[8],
                             ww_arena *arena);

#endif

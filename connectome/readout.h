/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_READOUT_H
#define WW_CONNECTOME_READOUT_H

/* Read-outs: what an observer says who sees the maps of some areas. */

#include "connectome/brain.h"

/** Builds the read-out and the loss of a task on the maps [N, C, H, W] of the areas that it reads
 * (in the order of task->reads). Inputs, outputs and losses are named as in ww_brain_build.
 * `weights` (room for n_reads, or NULL) gets the weights of each area. */
void ww_readout_build(ww_graph *graph, const ww_brain *brain, const ww_task *task,
                      const ww_var *maps, ww_var *weights);

#endif

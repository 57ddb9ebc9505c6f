/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_PROFILE_H
#define WW_CONNECTOME_PROFILE_H

/* Where the time of a training step or of an inference goes, area by area and operator by operator.
 */

#include "connectome/model.h"

/** All nodes of one operator in one area. Times are means over the runs. */
typedef struct ww_profile_row {
    const char *area; /* or the task of a read-out; "pathways": maps brought to other grids; "all":
                         what is done once for all parameters */
    const char *op;
    int nodes;
    double forward_s, backward_s;
    double products; /* multiply-adds of a run, both ways; 0 for operators that are not sums */
    size_t bytes;    /* outputs, their gradients and workspaces, as if nothing were shared */
} ww_profile_row;

typedef struct ww_profile {
    int n;
    ww_profile_row *row; /* most costly first */
    double run_s;        /* a whole step, median of the runs */
    double scenes_s;     /* drawing one batch of scenes, which training does beside the step */
    double page_faults;  /* a run, minor and major */
    size_t planned_bytes, unshared_bytes, parameters;
} ww_profile;

/** Runs `model` with batches of `batch` scenes `runs` times, after two to warm up, and says where
 * the time went. `train`: forward, backward, norm of the gradient and the brain's optimiser, which
 * changes the model's parameters; else inference. Everything in `arena`. */
ww_status ww_model_profile(ww_model *model, int batch, int runs, bool train, ww_profile **out,
                           ww_arena *arena);

#endif

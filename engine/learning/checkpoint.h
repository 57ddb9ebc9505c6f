/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_CHECKPOINT_H
#define WW_ENGINE_LEARNING_CHECKPOINT_H

/* Checkpoints: HDF5 files with /values/<name> (parameters and states; "V1/weight" becomes a
 * group), /optimiser/slot<k>, /training (epoch, step, scores, best values), /metadata and
 * /provenance. */

#include "engine/store/h5.h"
#include "engine/tensor/values.h"

typedef struct ww_checkpoint {
    int epoch;     /* finished epochs */
    uint64_t step; /* finished steps */
    uint64_t seed;
    double best_score;
    int best_epoch, stale; /* epochs since the best */
    double loss;
    const char *metadata; /* "" if none */
    int slots;
    float *slot[2];    /* optimiser state, laid out as the parameters */
    float *best;       /* best parameters so far, or NULL */
    float *best_state; /* states that belong to `best`, in the order of the values */
} ww_checkpoint;

/** Writes values and `checkpoint` to `path` through a temporary name. */
ww_status ww_checkpoint_write(const char *path, ww_values *values, const ww_checkpoint *checkpoint);

/** Reads a checkpoint into `values` and `checkpoint` (its arrays in `arena`). Every parameter and
 * state must be there in the right shape: "brain.h5: /values/V4/weight: [32, 16, 3, 3] in the file,
 * [64, 16, 3, 3] in the brain". Files of other programs: WW_EPARSE "x.h5: no checkpoint of
 * whatwhere". */
ww_status ww_checkpoint_read(const char *path, ww_values *values, ww_checkpoint *checkpoint,
                             ww_arena *arena);

/** Only the metadata text, to know which brain to build. */
ww_status ww_checkpoint_metadata(const char *path, const char **metadata, ww_arena *arena);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_CHECKPOINT_H
#define WW_ENGINE_LEARNING_CHECKPOINT_H

/* Checkpoints: HDF5 files with /values/<name> (parameters and states; "V1/weight" becomes a
 * group), /optimiser/slot<k>, /training (epoch, step, scores, best values), /metadata and
 * /provenance. One is enough to go on with training where it stood, bit for bit. */

#include "engine/store/h5.h"
#include "engine/tensor/values.h"

/** Writes more into a checkpoint, after all else. */
typedef ww_status (*ww_checkpoint_more)(const void *context, ww_h5 *file);

typedef struct ww_checkpoint {
    int epoch;     /* finished epochs */
    uint64_t step; /* finished steps, those of an epoch under way included */
    uint64_t seed;
    int64_t samples, batch; /* of an epoch, of a step */
    const char *optimiser;  /* its name */
    double loss;            /* mean of the last finished epoch */
    double loss_sum;        /* over the finished steps of the epoch under way */
    double best_score;
    int best_epoch, stale;    /* epochs since the best */
    bool restored;            /* training is over: the values are the best, `best` holds the last */
    const char *metadata;     /* "" if none */
    const char *command_line; /* for the provenance, or NULL; not read back */
    ww_checkpoint_more more;  /* or NULL; not read back */
    const void *context;      /* of `more` */
    int slots;
    float *slot[2];    /* optimiser state, laid out as the parameters */
    float *best;       /* best parameters so far, or NULL */
    float *best_state; /* states that belong to `best`, in the order of the values */
} ww_checkpoint;

/** Floats of all states together: the length of best_state. */
size_t ww_checkpoint_states(ww_values *values);

/** Writes values and `checkpoint` to `path` through a temporary name. On an error what was at
 * `path` stays. */
ww_status ww_checkpoint_write(const char *path, ww_values *values, const ww_checkpoint *checkpoint);

/** Reads a checkpoint into `values` and `checkpoint` (its arrays in `arena`); on an error `values`
 * are unchanged. Every parameter and state must be there (WW_ENOTFOUND "brain.h5:
 * /values/V4/weight: not in the file, [64, 16, 3, 3] in the brain") in the right shape (WW_ESHAPE
 * "brain.h5: /values/V4/weight: [32, 16, 3, 3] in the file, [64, 16, 3, 3] in the brain"). Files of
 * other programs: WW_EPARSE "x.h5: no checkpoint of whatwhere"; of later versions: WW_EPARSE "x.h5:
 * a checkpoint of format 2, this version reads 1". */
ww_status ww_checkpoint_read(const char *path, ww_values *values, ww_checkpoint *checkpoint,
                             ww_arena *arena);

/** Only the metadata text, to know which brain to build. */
ww_status ww_checkpoint_metadata(const char *path, const char **metadata, ww_arena *arena);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_TRAIN_H
#define WW_ENGINE_LEARNING_TRAIN_H

/* The training loop.
 *
 * One code path for online (batch 1), mini-batch and batch learning (batch = samples). Batches are
 * fetched ahead on a worker thread. A checkpoint is written after every epoch and on interruption;
 * a run resumed from it ends with the same bits as one that was never stopped: order of samples,
 * dropout and augmentation are functions of (seed, epoch, step). */

#include "engine/base/progress.h"
#include "engine/learning/checkpoint.h"
#include "engine/learning/optimiser.h"
#include "engine/tensor/program.h"

/** One array that a source fills: an input of the graph. */
typedef struct ww_feed {
    const char *name;
    float *data;   /* [n][floats] */
    size_t floats; /* a sample */
} ww_feed;

/** Where samples come from: a stimulus generator, a data set, numbers of a test. */
typedef struct ww_source {
    size_t samples; /* in one epoch */
    /** Fills every feed with the n samples numbered index[0 .. n-1] (< samples) of this epoch.
     * Called from a worker thread, and from any number of threads at once. A pure function of
     * (epoch, index): generators that show new samples each epoch mix the epoch in. */
    ww_status (*fetch)(const struct ww_source *self, uint64_t epoch, const uint64_t *index,
                       size_t n, ww_feed *feed, size_t n_feeds);
    void *context;
    /** Prepares what all fetches share, or NULL. Called once, on the worker thread, before the
     * first fetch: while the program is compiled. What it fails with is reported at the first
     * batch. */
    ww_status (*open)(const struct ww_source *self);
} ww_source;

typedef enum ww_schedule_kind { WW_RATE_CONSTANT, WW_RATE_STEP, WW_RATE_COSINE } ww_schedule_kind;

/** Everything a user may set about training; a typed parameter table describes it. */
typedef struct ww_training {
    const char *optimiser; /* "adam" */
    double rate;
    int schedule; /* ww_schedule_kind */
    double warm_up_epochs, step_epochs, step_factor, final_fraction;
    int epochs, batch;
    double l1, l2;       /* penalties l1 |w| + l2/2 w^2 on parameters, each scaled by its decay */
    double weight_decay; /* decoupled (AdamW) */
    double clip;         /* largest norm of the whole gradient; 0: none */
    int patience;   /* epochs without a better validation score before stopping; 0: never stop */
    bool recompute; /* activations are computed again instead of kept: less memory, same bits */
} ww_training;

extern const ww_param ww_training_params[];

/** Why a key of ww_training_params has no effect under the schedule ("it belongs to schedule
 * step"); NULL if it has one. */
const char *ww_training_idle(const ww_training *training, const char *key);

/** The scheduled learning rate of a step (from 0) with so many steps an epoch. */
double ww_training_rate(const ww_training *training, double step, double steps_per_epoch);

typedef struct ww_train_options {
    const ww_training *training;
    const char *optimiser_set; /* "beta1=0.9,beta2=0.99", or NULL */
    uint64_t seed;
    const char *checkpoint;   /* path, or NULL: none is written */
    const char *metadata;     /* any text stored in the checkpoint (the brain as YAML), or NULL */
    const char *command_line; /* for the provenance of the checkpoint, or NULL */
    ww_checkpoint_more more;  /* what else is written into each checkpoint, or NULL */
    const void *more_context;
    bool resume;           /* start from `checkpoint` if it exists */
    bool verbose;          /* also time waiting for samples */
    ww_progress *progress; /* or NULL */
    /** After every epoch: a score (higher is better) on held-out samples and a note for the reader;
     * NULL: none, and no early stopping. */
    ww_status (*validate)(void *context, ww_values *values, double *score, char *note,
                          size_t note_bytes);
    void *context;
} ww_train_options;

typedef struct ww_train_report {
    int epochs; /* done, those of earlier runs included */
    uint64_t steps;
    double loss; /* mean of the last epoch */
    double best_score;
    double seconds, stall_seconds; /* stalled: waiting for samples */
    bool stopped_early;
} ww_train_report;

/** Trains `values` of `graph` on `source`. Early stopping leaves the best values.
 * Errors: WW_EINTERRUPTED after ww_interrupt (a checkpoint is written); WW_ENUMERIC "step 412:
 * area V4: gradient of V4/weight is not a number"; errors of the source and of files. */
ww_status ww_train(const ww_graph *graph, ww_values *values, const ww_source *source,
                   const ww_train_options *options, ww_train_report *report);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_STUDY_H
#define WW_EXPERIMENTS_PARTS_STUDY_H

/* Studies: brains x seeds x lesions x doses x experiments, as a YAML file beside the paper.
 *
 *     study: prosopagnosia
 *     summary: ...
 *     brains: [two-streams]           # names, paths of YAML files, or trained brains (*.h5)
 *     set: {training.epochs: 10}      # for every brain
 *     seeds: 5                        # a number (1 .. 5) or a list
 *     lesions: [none, FFA:0.25, FFA:1, "random(size=FFA):1"]
 *     doses: {FFA: [0.25, 0.5, 0.75, 1]}   # curves: lesion word -> doses
 *     experiments: [scene-tasks]
 *     trials: 1000                    # or any parameter of the experiments, under `params`
 *
 * The models (one a brain and seed) run in parallel, one process each with its share of the cores;
 * each leaves its trained brain and its numbers in the study's folder as soon as it has them, so
 * that an interrupted study goes on where it was and redoes nothing that is done. What is done is
 * known by a hash of everything it depends on: a changed study file redoes just what it changes. */

#include "experiments/experiment.h"

typedef struct ww_study {
    const char *name, *summary, *file;
    int n_brains, n_seeds, n_lesions, n_experiments;
    const char *const *brain;
    const uint64_t *seed;
    const char *const *lesion; /* words with doses spelled out; the first is "none" */
    const ww_experiment *const *experiment;
    void *const *experiment_params;
    const char *const *set; /* "key=value", NULL-terminated */
    const char *yaml;       /* as resolved */
} ww_study;

typedef struct ww_study_options {
    const char *folder; /* where models, numbers, results.h5 and figures go */
    int jobs;           /* processes; 0: one a core, at most one a model */
    int threads;        /* for all jobs together; 0: all cores */
    bool fresh;         /* forget what is done */
    ww_progress *progress;
    const char *command_line;
} ww_study_options;

/** Reads a study; `set` of the command line is added to its own. */
ww_status ww_study_read(ww_study **out, const char *path, const char *const *set, ww_arena *arena);

/** Runs what is not done yet, then writes FOLDER/results.h5 (grid, claims, figures, provenance),
 * the figures, and returns the claims for printing. WW_EINTERRUPTED after ww_interrupt, with all
 * that was finished kept. */
ww_status ww_study_run(const ww_study *study, const ww_study_options *options, ww_claim **claims,
                       int *n_claims, ww_arena *arena);

#endif

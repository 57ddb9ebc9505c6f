/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_STUDY_H
#define WW_EXPERIMENTS_PARTS_STUDY_H

/* Studies: brains x seeds x lesions x doses x experiments, as a YAML file beside the paper.
 *
 *     study: prosopagnosia
 *     summary: ...
 *     brains: [two-streams]           # names, paths of YAML files, or trained brains (*.h5)
 *     set: {training.epochs: 10}      # for every brain; "$seed" stands for the seed of the model;
 *                                     # refused where a brain is trained already
 *     seeds: 5                        # a number (1 .. 5) or a list
 *     lesions: [each-area, FFA:0.25, "random(size=FFA)"]   # each-area: every area in turn
 *     doses: {FFA: [0.25, 0.5, 0.75, 1]}                   # curves: lesion word -> doses
 *     experiments: {scene-tasks: {trials: 1000}}           # or a list of names
 *
 * Brains are trained if one of the experiments wants that (ww_wants). A study whose experiments
 * want no brain leaves `brains` out; it has one model a seed, called as the study is, and no
 * lesions.
 *
 * The models (one a brain and seed) run in parallel, one process each with its share of the cores;
 * each leaves its trained brain and its numbers in the study's folder as soon as it has them, so
 * that an interrupted study goes on where it was and redoes nothing that is done. What is done is
 * known by a hash of everything it depends on: a changed study file redoes just what it changes. */

#include "experiments/experiment.h"

typedef struct ww_study {
    const char *name, *summary, *file;
    int n_brains, n_seeds, n_lesions, n_experiments;
    const char *const *brain;      /* as given: a name, a YAML file, or a checkpoint */
    const char *const *brain_name; /* for tables */
    const ww_brain *const *spec;   /* as read; NULL: a model that is no brain */
    bool train;                    /* brains are trained */
    const uint64_t *seed;
    const char *const *lesion;       /* words with doses spelled out; the first is "none" */
    const char *const *lesion_place; /* where each stands: "study.yaml:4: lesions: " */
    const ww_experiment *const *experiment;
    void *const *experiment_params;
    const char *const *set;         /* of the brains: "key=value", NULL-terminated */
    bool set_left_out;              /* the file's: the command line named trained brains instead */
    const char *const *command_set; /* as ww_study_read got it, or NULL */
    const char *yaml;               /* as resolved */
} ww_study;

typedef struct ww_study_options {
    const char *folder; /* where models, numbers, results.h5 and figures go */
    const char *worker; /* the command that runs a job: "WORKER run --job B:S -o FOLDER STUDY";
                           NULL: all models in this process, one after the other */
    int jobs;           /* processes at a time; 0: one a core, at most one a model */
    int threads;        /* for all jobs together; 0: all cores */
    const char *plan;   /* --plan of the processes, or NULL */
    bool fresh;         /* forget what is done */
    ww_progress *progress;
    const char *command_line;
} ww_study_options;

/** Reads a study; `set` of the command line is added to its own. "study.seeds=3",
 * "study.brains=NAME,NAME" and "study.trials=500" stand instead of what the file says, and
 * "experiment.KEY=VALUE" sets a parameter of every experiment of the study that has it. */
ww_status ww_study_read(ww_study **out, const char *path, const char *const *set, ww_arena *arena);

/** The settings of the brains with the seed of a model in the place of "$seed"; NULL when out of
 * memory. */
const char *const *ww_study_set_of(const char *const *set, uint64_t seed, ww_arena *arena);

/** Trains (or resumes, or opens) the model of brain number `brain` and seed number `seed`, measures
 * what is not measured yet, and leaves it in FOLDER/parts: the work of one process. */
ww_status ww_study_job(const ww_study *study, const char *folder, int brain, int seed,
                       ww_progress *progress);

/** A progress that writes to stdout what ww_study_run of another process understands. */
ww_progress ww_study_job_progress(void);

/** Runs what is not done yet, then writes FOLDER/results.h5 (grid, claims, figures, provenance),
 * the figures, and returns the claims for printing. WW_EINTERRUPTED after ww_interrupt, with all
 * that was finished kept. */
ww_status ww_study_run(const ww_study *study, const ww_study_options *options, ww_claim **claims,
                       int *n_claims, ww_arena *arena);

#endif

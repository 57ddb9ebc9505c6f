/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_EXAM_H
#define WW_EXPERIMENTS_PARTS_EXAM_H

/* What a model is examined on: trials, the same ones for every lesion, and the measures that its
 * answers to them give. */

#include "experiments/parts/tasks.h"

typedef struct ww_exam ww_exam;

struct ww_exam {
    const char *name;          /* in results files: "scene-tasks", "pictures" */
    const char *noun;          /* what a trial is: "scenes", "pictures" */
    const ww_measure *measure; /* [n_measures] */
    int n_measures;
    int n_shown; /* so many of them, the first, are for a table */
    size_t trials;
    const void *state;
    /** What the model answers, as it is lesioned just now. */
    ww_status (*answer)(const ww_exam *exam, ww_model *model, ww_answers **out);
    /** What each trial adds to a measure under these answers, as in ww_tasks_scores. */
    void (*scores)(const ww_exam *exam, const ww_brain *brain, const ww_answers *answers,
                   int measure, double *score);
    /** The same of a blind answer. */
    void (*blind_scores)(const ww_exam *exam, const ww_brain *brain, int measure, double *score);
    /** What a blind answer gives; work[2 * trials]. */
    ww_estimate (*blind)(const ww_exam *exam, const ww_brain *brain, int measure, double *work);
    /** Writes what the trials were, and what else there is to say of n states of the model. */
    ww_status (*write)(const ww_exam *exam, const ww_answers *const *answers, int n, ww_h5 *file,
                       ww_arena *arena);
    void (*close)(ww_exam *exam); /* or NULL */
};

/** Fresh scenes and every task of the model; ww_exam_close frees them. /trials/truth/NAME [trial]
 * says what each scene was. */
ww_status ww_exam_scenes(ww_exam *out, const ww_task_params *params, ww_model *model,
                         uint64_t seed);

/** The pictures of a set, for a model that learned its classes. The first measure, "class", is the
 * share correct of all; "class/NAME" that of each class. Writes /trials/truth/class [trial],
 * /trials/file [trial] of class folders, and /pictures: class [class], confusion [condition][class
 * shown][class answered], how often. `set` has to live as long; the rest is in `arena`. */
ww_status ww_exam_pictures(ww_exam *out, const ww_labelled *set, ww_arena *arena);

/** Frees what an exam holds. */
void ww_exam_close(ww_exam *exam);

#endif

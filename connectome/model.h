/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_MODEL_H
#define WW_CONNECTOME_MODEL_H

/* A model: a brain with its graph and its numbers; made new or read from a checkpoint, trained on
 * scenes or on pictures from disk, tested intact or lesioned. */

#include "connectome/brain.h"
#include "connectome/lesion.h"
#include "engine/store/labelled.h"

typedef struct ww_model {
    ww_arena *arena;
    ww_brain *brain;
    ww_graph *graph;
    ww_values *values;
    uint64_t seed;
    struct ww_tester *tester; /* the compiled testing program, made at the first test */
    ww_progress *progress;    /* hears of the trials that were run; NULL at first: silence */
} ww_model;

/** A new, untrained model. `set` as in ww_brain_read. Free with ww_model_free. */
ww_status ww_model_create(ww_model **out, const char *brain, const char *const *set, uint64_t seed);
/** A trained model from a checkpoint. */
ww_status ww_model_open(ww_model **out, const char *checkpoint);
/** Frees the model and all that belongs to it; NULL is allowed. */
void ww_model_free(ww_model *model);

/** Trains on the brain's stimulus; the metadata of the checkpoint is the brain's resolved YAML.
 * `checkpoint` may be NULL; resume continues one that exists. */
ww_status ww_model_train(ww_model *model, const char *checkpoint, bool resume, bool verbose,
                         ww_progress *progress, ww_train_report *report);

/** Trials: stimuli drawn and kept, so that every lesion is tested on the same ones. */
typedef struct ww_trials {
    size_t count;
    float *movie;    /* [count][3 frames][H][W] */
    ww_truth *truth; /* [count]; labelled pictures: the class in `object` */
} ww_trials;

/** Draws `count` trials of the brain's stimulus under `seed`, on all threads. `purpose` ("test",
 * "validation") keeps them apart from those it learns from. This and all that runs trials fails
 * with WW_EINTERRUPTED after ww_interrupt. */
ww_status ww_trials_draw(ww_trials **out, const ww_brain *brain, size_t count, uint64_t seed,
                         const char *purpose);
/** Frees trials; NULL is allowed. */
void ww_trials_free(ww_trials *trials);

/** What a brain answered: for each task and trial. */
typedef struct ww_answers {
    size_t count;
    int n_tasks;
    float **answer;   /* [task][count] the label it chose; positions: x_deg */
    float **answer_y; /* [task][count] positions: y_deg; else NULL */
    float **score;    /* [task][count] 1 right, 0 wrong; positions: error in deg; NAN: not asked */
} ww_answers;

/** Runs the model on the trials, as it is lesioned just now (ww_lesion_apply). */
ww_status ww_model_answer(ww_model *model, const ww_trials *trials, ww_answers **out);
/** Frees answers; NULL is allowed. */
void ww_answers_free(ww_answers *answers);

/** Mean of a task's scores over the trials for which `keep` says yes (NULL: all), and how many.
 * Positions: the median error as a share of the view's width. NAN if there is no trial. */
double ww_answers_mean(const ww_answers *answers, const ww_brain *brain, int task,
                       const ww_trials *trials, bool (*keep)(const ww_truth *truth), size_t *n);

/** Responses of all units of an area's first port to the trials: [count][C][H][W] in *responses
 * (free it), units each in *units. */
ww_status ww_model_responses(ww_model *model, const ww_trials *trials, int area, float **responses,
                             size_t *units);

/** Standard deviation and selectivity of all units, for ww_lesion_apply; in `arena`. */
ww_status ww_model_statistics(ww_model *model, const ww_trials *trials, ww_unit_statistics *out,
                              ww_arena *arena);

/** Trains a fresh read-out of labelled pictures on area maps ("read_out" task reading `reads`), and
 * the whole brain with it if `whole`; pictures are scaled to the view and shown in every frame.
 * `accuracy` is that on `test`. Checkpoint as in ww_model_train. */
ww_status ww_model_train_labelled(ww_model **out, const char *brain, const char *const *set,
                                  uint64_t seed, const ww_labelled *train, const ww_labelled *test,
                                  bool whole, const char *start_from, const char *checkpoint,
                                  ww_progress *progress, ww_train_report *report, double *accuracy);

#endif

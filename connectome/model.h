/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_MODEL_H
#define WW_CONNECTOME_MODEL_H

/* A model: a brain with its graph and its numbers; made new or read from a checkpoint, trained on
 * scenes or on pictures from disk, tested intact or lesioned. */

#include "connectome/brain.h"
#include "connectome/lesion.h"
#include "connectome/pictures.h"
#include "engine/store/labelled.h"

/** Whether the name of a brain is that of a trained one (*.h5); not if it is NULL. */
bool ww_model_is_checkpoint(const char *brain);

typedef struct ww_model {
    ww_arena *arena;
    ww_brain *brain;
    ww_graph *graph;
    ww_values *values;
    uint64_t seed;
    bool learned;             /* its numbers are those of a checkpoint */
    struct ww_tester *tester; /* the compiled testing program, made at the first test */
    ww_progress *progress;    /* hears of the trials that were run; NULL at first: silence */
    const char *command_line; /* for the provenance of checkpoints; NULL at first: none */
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
    float *movie;        /* [count][3 frames][H][W] */
    ww_truth *truth;     /* [count]; labelled pictures: the class in `object` */
    size_t first, total; /* a part of a longer series: where it begins, how long that is; or 0, 0 */
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

/** How a brain is trained on pictures from disk. */
typedef struct ww_picture_training {
    const char *brain;           /* name or path, with ... */
    const char *const *set;      /* ... settings as in ww_brain_read, or NULL */
    const ww_labelled *pictures; /* to learn from */
    uint64_t seed;
    bool frozen;               /* the areas stay as they are */
    bool resume;               /* go on from the checkpoint if it is there; not if frozen */
    bool verbose;              /* as in ww_model_train */
    const char *start;         /* trained brain to begin from (what fits is copied), or NULL */
    const char *checkpoint;    /* or NULL */
    const ww_pictures *record; /* kept in the checkpoint, or NULL */
    const char *command_line;  /* or NULL */
    ww_progress *progress;     /* or NULL */
} ww_picture_training;

/** Trains a fresh read-out of labelled pictures (task "read_out", which reads the areas that the
 * brain's own tasks read labels from), and unless `frozen` the whole brain with it; pictures are
 * scaled to the view and shown in every frame. Checkpoint as in ww_model_train; one of other
 * pictures (by its record) is not resumed. */
ww_status ww_model_train_labelled(ww_model **out, const ww_picture_training *how,
                                  ww_train_report *report);

/** What a model that learned labelled pictures answers to all pictures of a set, as it is lesioned
 * just now. Its labels are those that it learned. */
ww_status ww_model_answer_labelled(ww_model *model, const ww_labelled *set, ww_answers **out);

/** Replaces the record of the pictures in the checkpoint that the model was trained into. */
ww_status ww_model_keep_record(ww_model *model, const char *checkpoint, const ww_pictures *record);

#endif

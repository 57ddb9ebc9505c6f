/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_TASKS_H
#define WW_EXPERIMENTS_PARTS_TASKS_H

/* How well a brain does its tasks on fresh scenes: the measures of several experiments. */

#include "analysis/analysis.h"
#include "experiments/experiment.h"

/** What is measured, in the order of ww_task_measures. */
enum {
    WW_M_CATEGORY,
    WW_M_FACE,
    WW_M_WORD,
    WW_M_OBJECT,
    WW_M_COLOUR,
    WW_M_MOTION,
    WW_M_POSITION,       /* median error, degrees */
    WW_M_POSITION_LEFT,  /* of items left of the vertical meridian */
    WW_M_POSITION_RIGHT, /* of items right of it */
    WW_TASK_MEASURES
};
extern const ww_measure ww_task_measures[WW_TASK_MEASURES];

/** The parameters of every experiment that measures tasks, first in its struct. */
typedef struct ww_task_params {
    int trials;
    double side_deg; /* an item is left or right if its centre is so far from the meridian */
} ww_task_params;

#define WW_TASK_PARAMS(S)                                                                          \
    WW_INT(S, tasks.trials, 1000, 10, 1000000, "", "fresh scenes that every lesion is tested on",  \
           ""),                                                                                    \
        WW_REAL(S, tasks.side_deg, 1, 0, 90, "deg",                                                \
                "distance from the vertical meridian at which an item counts as left or right",    \
                "")

/** The callbacks of an experiment (ww_experiment); the state holds the trials. */
ww_status ww_tasks_open(void **state, const ww_task_params *params, ww_model *model, uint64_t seed);
/** Frees the state; NULL is allowed. */
void ww_tasks_close(void *state);
/** value[WW_TASK_MEASURES] of the model's answers to the trials. Errors: those of ww_model_answer;
 * WW_ENOMEM. */
ww_status ww_tasks_measure(void *state, ww_model *model, double *value);
/** chance[WW_TASK_MEASURES] of who does not look at the trials; NAN where memory is short. */
void ww_tasks_chance(void *state, const ww_model *model, double *chance);

/** The trials of the state. */
const ww_trials *ww_tasks_trials(const void *state);

/** What each trial adds to a measure under these answers: 1 right, 0 wrong, or the error in
 * degrees; NAN where the trial does not belong to it. score[trials]. */
void ww_tasks_scores(const void *state, const ww_brain *brain, const ww_answers *answers,
                     int measure, double *score);

/** The same of a blind answer: what chance is made of. Of a label, the share that is right by
 * chance. */
void ww_tasks_blind_scores(const void *state, const ww_brain *brain, int measure, double *score);

/** A measure from its scores, with its 95 % interval over trials: Wilson's of a share, that of
 * order statistics of a median. `work[trials]` is overwritten. */
ww_estimate ww_tasks_estimate(const ww_measure *measure, const double *score, size_t trials,
                              double *work);

/** What a blind answer gives: for labels one over the number of classes, exactly; for places the
 * median of its scores. NAN without such a task. `work[2 * trials]` is overwritten. */
ww_estimate ww_tasks_blind(const void *state, const ww_brain *brain, int measure, double *work);

/** What damage costs: (intact - lesioned) / (intact - blind answer); 0: nothing, 1: all that was
 * above chance. The same for errors, which rise. */
double ww_task_loss(double intact, double lesioned, double blind);

/** Whether there is something to lose: the intact brain is a tenth of the way from blind to
 * perfect. */
bool ww_task_can_lose(const ww_measure *measure, double intact, double blind);

/** Writes GROUP/selectivity[area][face, word, object]: the share of each area's maps whose
 * maximum has a d' above 1 for the category, with GROUP/areas, the names. */
ww_status ww_tasks_describe(void *state, ww_model *model, ww_h5 *file, const char *group);

#endif

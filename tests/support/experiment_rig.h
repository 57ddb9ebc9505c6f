/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_EXPERIMENT_RIG_H
#define WW_TESTS_SUPPORT_EXPERIMENT_RIG_H

/* Opens any experiment with few trials and lets it measure; failures fail the test. */

#include "connectome/model.h"
#include "experiments/parts/study.h"

enum { WW_RIG_FEW = 40, WW_RIG_MEASURES = 256 };

extern const double WW_RIG_UNSET; /* what no experiment measures */

typedef struct ww_rig_numbers {
    double value[WW_RIG_MEASURES], chance[WW_RIG_MEASURES];
} ww_rig_numbers;

bool ww_rig_ends_with(const char *text, const char *end);

/** The parameter that says how many trials an experiment has; NULL if none does. */
const ww_param *ww_rig_trials(const ww_experiment *x);

/** The defaults, with few trials (or as many as there have to be), or what the experiment calls
 * brief; free it. */
void *ww_rig_params(const ww_experiment *x, int trials);

/** A new model of a brain. */
ww_model *ww_rig_model(const char *brain, uint64_t seed);

/** What an experiment is given of a model: none if it builds its own. */
ww_model *ww_rig_given(const ww_experiment *x, ww_model *model);

/** Whether an experiment can be done on a model; if not, it says why (it may want areas that few
 * brains have; then its own tests run it). */
bool ww_rig_applies(const ww_experiment *x, ww_model *model);

/** Whether an experiment measures by the functions of an earlier one: nothing new to see. */
bool ww_rig_repeats(size_t experiment);

/** The state of an opened experiment. */
void *ww_rig_open(const ww_experiment *x, const void *params, ww_model *model, uint64_t seed);

/** Sets all numbers to WW_RIG_UNSET. */
void ww_rig_blank(ww_rig_numbers *n);

/** What a blind answer comes to; NAN where the experiment does not say. */
void ww_rig_chance(const ww_experiment *x, void *state, ww_model *model, double *chance);

/** Measures a model as it is. */
void ww_rig_measure(const ww_experiment *x, void *state, ww_model *model, ww_rig_numbers *out);

/** Opens, measures, closes. */
ww_rig_numbers ww_rig_measured(const ww_experiment *x, ww_model *model, uint64_t seed);

/** Bit for bit: a difference in sign of zero or in a NAN counts. */
bool ww_rig_same(const double *a, const double *b, int n);

/** Lesions a model, by this word alone. */
void ww_rig_lesion(ww_model *model, const char *word, const ww_unit_statistics *statistics);

/** A share lies between 0 and 1, an error is not negative, what is measured is finite; NAN says
 * that there was nothing to measure. */
void ww_rig_check_range(const ww_experiment *x, int m, double value, const char *what);

/** The last failure left one line without a full stop. */
void ww_rig_check_message(const ww_experiment *x, const char *what);

#endif

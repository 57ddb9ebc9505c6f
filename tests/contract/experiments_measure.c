/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every experiment measures, on tiny brains that never learned anything. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/experiment_rig.h"
#include "tests/support/folder.h"
#include "tests/support/tiny.h"

TestSuite(experiments_measure, .init = ww_folder_make, .fini = ww_folder_remove);

static void check_ranges(const ww_experiment *x, const ww_rig_numbers *n)
{
    for (int m = 0; m < x->n_measures; m++) {
        ww_rig_check_range(x, m, n->value[m], "value");
        ww_rig_check_range(x, m, n->chance[m], "chance");
    }
    for (int m = x->n_measures; m < WW_RIG_MEASURES; m++)
        cr_assert(n->value[m] == WW_RIG_UNSET && n->chance[m] == WW_RIG_UNSET,
                  "%s writes beyond its measures", x->item.name);
}

Test(experiments_measure, measure_in_range_the_same_bits_for_a_seed_and_others_for_another)
{
    ww_model *model = ww_rig_model(ww_tiny_brain(), 1),
             *again = ww_rig_model(ww_path("tiny.yaml"), 1);
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        if (ww_rig_repeats(i) || !ww_rig_applies(x, model))
            continue;
        ww_rig_numbers a = ww_rig_measured(x, model, 5), b = ww_rig_measured(x, again, 5);
        int n = x->n_measures, differs = 0, measured_ones = 0;
        check_ranges(x, &a);
        for (int m = 0; m < n; m++)
            measured_ones += isfinite(a.value[m]);
        cr_expect(measured_ones > 0, "%s measures nothing on a brain with both streams",
                  x->item.name);
        cr_expect(ww_rig_same(a.value, b.value, n) && ww_rig_same(a.chance, b.chance, n),
                  "%s: the same seed, other numbers", x->item.name);
        for (uint64_t seed = 6; seed < 9 && !differs; seed++) {
            b = ww_rig_measured(x, model, seed);
            differs = !ww_rig_same(a.value, b.value, n);
        }
        cr_expect(differs || ww_rig_trials(x) == NULL, "%s: another seed, the same trials",
                  x->item.name);
    }
    ww_model_free(model), ww_model_free(again);
}

Test(experiments_measure, a_dose_of_zero_and_a_healed_brain_are_intact_bit_by_bit)
{
    static const char *const words[] = {"V1:0",
                                        "FFA+MT:0",
                                        "V1:how=gain,dose=0",
                                        "V4:how=noise,dose=0",
                                        "V2:how=decay,dose=0",
                                        "MT:how=disconnect,dose=0",
                                        "V1>V2:0"};
    ww_model *model = ww_rig_model(ww_tiny_brain(), 2);
    ww_unit_statistics statistics;
    ww_trials *trials;
    expect_ok(ww_trials_draw(&trials, model->brain, 60, 1, "statistics"));
    expect_ok(ww_model_statistics(model, trials, &statistics, model->arena));
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        ww_rig_numbers intact, other;
        if (ww_rig_repeats(i) || x->wants == WW_WANTS_NOTHING || !ww_rig_applies(x, model))
            continue;
        void *params = ww_rig_params(x, WW_RIG_FEW), *state = ww_rig_open(x, params, model, 5);
        int n = x->n_measures;
        ww_rig_measure(x, state, model, &intact);
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            ww_rig_lesion(model, words[w], &statistics);
            ww_rig_measure(x, state, model, &other);
            cr_expect(ww_rig_same(intact.value, other.value, n), "%s: %s is not intact",
                      x->item.name, words[w]);
            cr_expect(ww_rig_same(intact.chance, other.chance, n), "%s: %s", x->item.name,
                      words[w]);
        }
        ww_rig_lesion(model, "retina", NULL);
        ww_rig_measure(x, state, model, &other);
        check_ranges(x, &other);
        cr_expect(!ww_rig_same(intact.value, other.value, n), "%s: a blind brain does the same",
                  x->item.name);
        ww_lesion_clear(model->brain, model->values);
        ww_rig_measure(x, state, model, &other);
        cr_expect(ww_rig_same(intact.value, other.value, n), "%s: healed, but not the same",
                  x->item.name);
        x->close(state);
        free(params);
    }
    ww_trials_free(trials);
    ww_model_free(model);
}

/* ---- what a blind answer gives ---- */

enum { MODELS = 12, TRIALS = 200 };

/* Mean and standard error over the models of what was measured; how many measured it. */
static int mean_of(const ww_rig_numbers *n, int m, double *value, double *error, double *chance)
{
    double sum = 0, squares = 0, blind = 0;
    int count = 0;
    for (int k = 0; k < MODELS; k++)
        if (isfinite(n[k].value[m])) {
            sum += n[k].value[m];
            squares += n[k].value[m] * n[k].value[m];
            blind += n[k].chance[m];
            count++;
        }
    *value = sum / count;
    *chance = blind / count;
    *error = sqrt(fmax(0, squares / count - *value * *value) / count);
    return count;
}

/* Shares of correct answers come to chance within the sampling error; an error is not smaller than
 * that of the best answer that does not look. */
static void check_chance(const ww_experiment *x, const ww_rig_numbers *n)
{
    for (int m = 0; m < x->n_measures; m++) {
        double value, error, chance;
        const ww_measure *one = &x->measures[m];
        if (mean_of(n, m, &value, &error, &chance) < MODELS || isnan(chance))
            continue;
        if (strcmp(one->unit, "share correct") == 0)
            cr_expect(fabs(value - chance) < 4 * error + 0.01, "%s: %s: blind %.3f +- %.3f, not %g",
                      x->item.name, one->name, value, error, chance);
        else if (one->is_error)
            cr_expect(value > 0.9 * chance - 4 * error, "%s: %s: blind %g, chance %g", x->item.name,
                      one->name, value, chance);
    }
}

Test(experiments_measure, chance_is_what_random_brains_without_eyes_come_to)
{
    static ww_rig_numbers blind[MODELS];
    ww_model *tiny = ww_rig_model(ww_tiny_brain(), 1);
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        if (ww_rig_repeats(i) || x->wants == WW_WANTS_NOTHING || x->chance == NULL ||
            !ww_rig_applies(x, tiny))
            continue;
        void *params = ww_rig_params(x, TRIALS);
        for (int k = 0; k < MODELS; k++) {
            ww_model *model = ww_rig_model(ww_path("tiny.yaml"), 10 + (uint64_t)k);
            void *state = ww_rig_open(x, params, model, 20 + (uint64_t)k);
            ww_rig_lesion(model, "retina", NULL);
            ww_rig_measure(x, state, model, &blind[k]);
            x->close(state);
            ww_model_free(model);
        }
        check_chance(x, blind);
        free(params);
    }
    ww_model_free(tiny);
}

/* ---- brains that lack something, and failures ---- */

/* What a brain cannot do is not measured, or refused with a message; close takes what open left. */
Test(experiments_measure, a_brain_without_some_areas_and_tasks_is_measured_or_refused)
{
    ww_model *model = ww_rig_model(ww_tiny_other_brain(), 1);
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        ww_rig_numbers n;
        void *params = ww_rig_params(x, WW_RIG_FEW), *state = NULL;
        ww_rig_blank(&n);
        ww_error_clear();
        ww_status status = x->open(&state, params, ww_rig_given(x, model), 5);
        if (status == WW_OK) {
            ww_rig_chance(x, state, ww_rig_given(x, model), n.chance);
            status = x->measure(state, ww_rig_given(x, model), n.value);
        }
        if (status == WW_OK)
            check_ranges(x, &n);
        else
            ww_rig_check_message(x, "a brain without FFA");
        x->close(state);
        x->close(NULL);
        free(params);
    }
    ww_model_free(model);
}

/* Weights that are no numbers: the failure of the program is passed on, or nothing is measured. */
Test(experiments_measure, a_broken_brain_is_an_error_with_a_message)
{
    ww_model *model = ww_rig_model(ww_tiny_brain(), 1);
    size_t n_weights;
    float *weight = ww_values_parameters(model->values, &n_weights);
    for (size_t k = 0; k < n_weights; k++)
        weight[k] = NAN;
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        ww_rig_numbers n = {0};
        void *params = ww_rig_params(x, WW_RIG_FEW), *state = NULL;
        ww_error_clear();
        ww_status status = x->open(&state, params, ww_rig_given(x, model), 5);
        if (status == WW_OK)
            status = x->measure(state, ww_rig_given(x, model), n.value);
        if (status != WW_OK)
            ww_rig_check_message(x, "weights that are no numbers");
        for (int m = 0; m < x->n_measures && status == WW_OK; m++)
            ww_rig_check_range(x, m, n.value[m], "value");
        x->close(state);
        free(params);
    }
    ww_model_free(model);
}

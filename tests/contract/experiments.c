/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every experiment promises, on tiny brains that never learned anything. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/model.h"
#include "engine/base/data_path.h"
#include "experiments/parts/study.h"
#include "tests/support/folder.h"
#include "tests/support/tiny.h"

TestSuite(experiments, .init = ww_folder_make, .fini = ww_folder_remove);

enum { FEW = 40, MOST_MEASURES = 256 };

static const double UNSET = -12345.6789; /* what no experiment measures */

struct numbers {
    double value[MOST_MEASURES], chance[MOST_MEASURES];
};

static bool ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

static const ww_param *trials_of(const ww_experiment *x)
{
    for (const ww_param *p = x->item.params; p != NULL && p->name != NULL; p++)
        if (p->type == WW_PARAM_INT && ends_with(p->name, "trials"))
            return p;
    return NULL;
}

/* The defaults, with few trials (or as many as there have to be), or what the experiment calls
 * brief. */
static void *params_of(const ww_experiment *x, int trials)
{
    const ww_param *p = trials_of(x);
    char *params = calloc(1, x->item.params_size + 1), brief[500], *rest = NULL;
    ww_params_defaults(x->item.params, params);
    if (p != NULL) {
        int n = trials > p->low ? trials : (int)p->low;
        memcpy(params + p->offset, &n, sizeof n);
    }
    snprintf(brief, sizeof brief, "%s", x->brief ? x->brief : "");
    for (char *word = strtok_r(brief, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        cr_assert(value != NULL, "%s: brief: %s", x->item.name, word);
        *value++ = '\0';
        p = ww_params_find(x->item.params, word);
        cr_assert(p != NULL && (p->type == WW_PARAM_INT || p->type == WW_PARAM_REAL),
                  "%s: brief: %s", x->item.name, word);
        expect_ok(ww_params_set(x->item.params, params, word, value, "", NULL));
    }
    return params;
}

static ww_model *model_of(const char *brain, uint64_t seed)
{
    ww_model *model;
    expect_ok(ww_model_create(&model, brain, NULL, seed));
    return model;
}

/* An experiment that builds its own models is given none. */
static ww_model *for_it(const ww_experiment *x, ww_model *model)
{
    return x->wants == WW_WANTS_NOTHING ? NULL : model;
}

/* Whether an experiment can be done on a model; if not, it says why (it may want areas that few
 * brains have; then its own tests run it). */
static bool applies(const ww_experiment *x, ww_model *model)
{
    void *params = params_of(x, FEW), *state = NULL;
    ww_error_clear();
    ww_status status = x->open(&state, params, for_it(x, model), 1);
    x->close(state);
    free(params);
    cr_assert(status == WW_OK || ww_error_message()[0] != '\0', "%s", x->item.name);
    return status == WW_OK;
}

static void *opened(const ww_experiment *x, const void *params, ww_model *model, uint64_t seed)
{
    void *state = NULL;
    model = for_it(x, model);
    cr_assert_eq(x->open(&state, params, model, seed), WW_OK, "%s: %s", x->item.name,
                 ww_error_message());
    return state;
}

static void blank(struct numbers *n)
{
    for (int m = 0; m < MOST_MEASURES; m++)
        n->value[m] = n->chance[m] = UNSET;
}

static void ask_chance(const ww_experiment *x, void *state, ww_model *model, double *chance)
{
    for (int m = 0; m < x->n_measures && x->chance == NULL; m++)
        chance[m] = NAN;
    if (x->chance != NULL)
        x->chance(state, model, chance);
}

static void measure(const ww_experiment *x, void *state, ww_model *model, struct numbers *out)
{
    blank(out);
    model = for_it(x, model);
    ask_chance(x, state, model, out->chance);
    cr_assert_eq(x->measure(state, model, out->value), WW_OK, "%s: %s", x->item.name,
                 ww_error_message());
}

/* Opens, measures, closes. */
static struct numbers measured(const ww_experiment *x, ww_model *model, uint64_t seed)
{
    struct numbers out;
    void *params = params_of(x, FEW), *state = opened(x, params, model, seed);
    measure(x, state, model, &out);
    x->close(state);
    free(params);
    return out;
}

/* Bit for bit: a difference in sign of zero or in a NAN counts. */
static bool same(const double *a, const double *b, int n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

static void set_lesion(ww_model *model, const char *word, const ww_unit_statistics *statistics)
{
    ww_lesion lesion;
    ww_lesion_clear(model->brain, model->values);
    expect_ok(ww_lesion_parse(&lesion, word, "", model->brain, model->arena));
    expect_ok(ww_lesion_apply(model->brain, model->values, &lesion, 1, 3, statistics));
}

Test(experiments, say_what_they_are)
{
    cr_assert(ww_experiments_count > 0);
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        const ww_item *item = &x->item;
        cr_assert(item->name && item->summary && item->summary[0], "experiment %zu", i);
        cr_expect(!ends_with(item->summary, "."), "%s: a full stop", item->name);
        cr_expect(item->example && strncmp(item->example, "whatwhere run ", 14) == 0,
                  "%s: the example does not run it", item->name);
        cr_assert(x->open && x->close && x->measure, "%s", item->name);
        cr_assert(x->wants <= WW_WANTS_NOTHING, "%s", item->name);
        cr_assert(x->n_measures > 0 && x->n_measures <= MOST_MEASURES && x->measures);
        for (int m = 0; m < x->n_measures; m++) {
            const ww_measure *one = &x->measures[m];
            cr_assert(one->name && one->unit && one->summary && one->summary[0], "%s: measure %d",
                      item->name, m);
            cr_expect_eq(one->name[strspn(one->name, "abcdefghijklmnopqrstuvwxyz0123456789_")], 0,
                         "%s: measure '%s' is no key", item->name, one->name);
            for (int k = 0; k < m; k++)
                cr_expect_str_neq(x->measures[k].name, one->name, "%s: two called %s", item->name,
                                  one->name);
        }
    }
}

Test(experiments, parameters_are_in_range_and_keep_to_it)
{
    ww_arena *arena = ww_arena_create();
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        void *params = params_of(x, FEW);
        for (const ww_param *p = x->item.params; p != NULL && p->name != NULL; p++) {
            char text[400], again[400];
            ww_params_defaults(x->item.params, params);
            ww_param_print(p, params, text, sizeof text);
            cr_expect_eq(ww_params_set(x->item.params, params, p->name, text, "", arena), WW_OK,
                         "%s: the default is refused: %s", x->item.name, ww_error_message());
            cr_expect_str_eq(ww_param_print(p, params, again, sizeof again), text);
            if (p->type != WW_PARAM_INT && p->type != WW_PARAM_REAL)
                continue;
            for (int high = 0; high < 2; high++) {
                double end = high ? p->high : p->low;
                snprintf(text, sizeof text, "%.17g", end + (high ? 1 : -1) * (1 + fabs(end)));
                cr_expect_eq(ww_params_set(x->item.params, params, p->name, text, "", arena),
                             WW_EPARSE, "%s: %s takes %s", x->item.name, p->name, text);
            }
        }
        free(params);
    }
    ww_arena_free(arena);
}

/* The study of an experiment can be read, and runs the experiment. */
static void check_study(const ww_experiment *x, const char *relative)
{
    char path[4096];
    ww_study *study;
    int found = 0;
    ww_arena *arena = ww_arena_create();
    expect_ok(ww_data_path(path, sizeof path, relative));
    expect_ok(ww_study_read(&study, path, NULL, arena));
    for (int e = 0; e < study->n_experiments; e++)
        found += study->experiment[e] == x;
    cr_expect_eq(found, 1, "%s does not run %s", relative, x->item.name);
    cr_expect_str_eq(study->lesion[0], "none");
    ww_arena_free(arena);
}

Test(experiments, have_studies_that_can_be_read)
{
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        char demo[300];
        if (x->study == NULL)
            continue;
        check_study(x, x->study);
        snprintf(demo, sizeof demo, "%.*s-demo.yaml", (int)strlen(x->study) - 5, x->study);
        if (strstr(x->item.example, "--demo") != NULL)
            check_study(x, demo);
    }
}

/* A share lies between 0 and 1, an error is not negative, what is measured is finite; NAN says that
 * there was nothing to measure. */
static void check_range(const ww_experiment *x, int m, double value, const char *what)
{
    const ww_measure *measure = &x->measures[m];
    cr_expect(value != UNSET, "%s: the %s of %s is not set", x->item.name, what, measure->name);
    if (isnan(value))
        return;
    cr_expect(isfinite(value), "%s: %s %s is %g", x->item.name, what, measure->name, value);
    if (strncmp(measure->unit, "share", 5) == 0)
        cr_expect(value >= 0 && value <= 1, "%s: %s %s is %g", x->item.name, what, measure->name,
                  value);
    if (measure->is_error)
        cr_expect(value >= 0, "%s: %s %s is %g", x->item.name, what, measure->name, value);
}

static void check_ranges(const ww_experiment *x, const struct numbers *n)
{
    for (int m = 0; m < x->n_measures; m++) {
        check_range(x, m, n->value[m], "value");
        check_range(x, m, n->chance[m], "chance");
    }
    for (int m = x->n_measures; m < MOST_MEASURES; m++)
        cr_assert(n->value[m] == UNSET && n->chance[m] == UNSET, "%s writes beyond its measures",
                  x->item.name);
}

Test(experiments, measure_in_range_the_same_bits_for_a_seed_and_others_for_another)
{
    ww_model *model = model_of(ww_tiny_brain(), 1), *again = model_of(ww_path("tiny.yaml"), 1);
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        if (!applies(x, model))
            continue;
        struct numbers a = measured(x, model, 5), b = measured(x, again, 5);
        int n = x->n_measures, differs = 0, measured_ones = 0;
        check_ranges(x, &a);
        for (int m = 0; m < n; m++)
            measured_ones += isfinite(a.value[m]);
        cr_expect(measured_ones > 0, "%s measures nothing on a brain with both streams",
                  x->item.name);
        cr_expect(same(a.value, b.value, n) && same(a.chance, b.chance, n),
                  "%s: the same seed, other numbers", x->item.name);
        for (uint64_t seed = 6; seed < 9 && !differs; seed++) {
            b = measured(x, model, seed);
            differs = !same(a.value, b.value, n);
        }
        cr_expect(differs || trials_of(x) == NULL, "%s: another seed, the same trials",
                  x->item.name);
    }
    ww_model_free(model), ww_model_free(again);
}

Test(experiments, a_dose_of_zero_and_a_healed_brain_are_intact_bit_by_bit)
{
    static const char *const words[] = {"V1:0",
                                        "FFA+MT:0",
                                        "V1:how=gain,dose=0",
                                        "V4:how=noise,dose=0",
                                        "V2:how=decay,dose=0",
                                        "MT:how=disconnect,dose=0",
                                        "V1>V2:0"};
    ww_model *model = model_of(ww_tiny_brain(), 2);
    ww_unit_statistics statistics;
    ww_trials *trials;
    expect_ok(ww_trials_draw(&trials, model->brain, 60, 1, "statistics"));
    expect_ok(ww_model_statistics(model, trials, &statistics, model->arena));
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        struct numbers intact, other;
        if (x->wants == WW_WANTS_NOTHING || !applies(x, model))
            continue;
        void *params = params_of(x, FEW), *state = opened(x, params, model, 5);
        int n = x->n_measures;
        measure(x, state, model, &intact);
        for (size_t w = 0; w < sizeof words / sizeof words[0]; w++) {
            set_lesion(model, words[w], &statistics);
            measure(x, state, model, &other);
            cr_expect(same(intact.value, other.value, n), "%s: %s is not intact", x->item.name,
                      words[w]);
            cr_expect(same(intact.chance, other.chance, n), "%s: %s", x->item.name, words[w]);
        }
        set_lesion(model, "retina", NULL);
        measure(x, state, model, &other);
        check_ranges(x, &other);
        cr_expect(!same(intact.value, other.value, n), "%s: a blind brain does the same",
                  x->item.name);
        ww_lesion_clear(model->brain, model->values);
        measure(x, state, model, &other);
        cr_expect(same(intact.value, other.value, n), "%s: healed, but not the same", x->item.name);
        x->close(state);
        free(params);
    }
    ww_trials_free(trials);
    ww_model_free(model);
}

/* ---- what a blind answer gives ---- */

enum { MODELS = 12, TRIALS = 200 };

/* Mean and standard error over the models of what was measured; how many measured it. */
static int mean_of(const struct numbers *n, int m, double *value, double *error, double *chance)
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
static void check_chance(const ww_experiment *x, const struct numbers *n)
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

Test(experiments, chance_is_what_random_brains_without_eyes_come_to)
{
    static struct numbers blind[MODELS];
    ww_tiny_brain();
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        if (x->wants == WW_WANTS_NOTHING || x->chance == NULL)
            continue;
        void *params = params_of(x, TRIALS);
        for (int k = 0; k < MODELS; k++) {
            ww_model *model = model_of(ww_path("tiny.yaml"), 10 + (uint64_t)k);
            void *state = opened(x, params, model, 20 + (uint64_t)k);
            set_lesion(model, "retina", NULL);
            measure(x, state, model, &blind[k]);
            x->close(state);
            ww_model_free(model);
        }
        check_chance(x, blind);
        free(params);
    }
}

/* ---- brains that lack something, and failures ---- */

static void check_message(const ww_experiment *x, const char *what)
{
    const char *message = ww_error_message();
    cr_expect(message[0] != '\0' && strchr(message, '\n') == NULL && !ends_with(message, "."),
              "%s: %s: message '%s'", x->item.name, what, message);
}

/* What a brain cannot do is not measured, or refused with a message; close takes what open left. */
Test(experiments, a_brain_without_some_areas_and_tasks_is_measured_or_refused)
{
    ww_model *model = model_of(ww_tiny_other_brain(), 1);
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        struct numbers n;
        void *params = params_of(x, FEW), *state = NULL;
        blank(&n);
        ww_error_clear();
        ww_status status = x->open(&state, params, for_it(x, model), 5);
        if (status == WW_OK) {
            ask_chance(x, state, for_it(x, model), n.chance);
            status = x->measure(state, for_it(x, model), n.value);
        }
        if (status == WW_OK)
            check_ranges(x, &n);
        else
            check_message(x, "a brain without FFA");
        x->close(state);
        x->close(NULL);
        free(params);
    }
    ww_model_free(model);
}

/* Weights that are no numbers: the failure of the program is passed on, or nothing is measured. */
Test(experiments, a_broken_brain_is_an_error_with_a_message)
{
    ww_model *model = model_of(ww_tiny_brain(), 1);
    size_t n_weights;
    float *weight = ww_values_parameters(model->values, &n_weights);
    for (size_t k = 0; k < n_weights; k++)
        weight[k] = NAN;
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        struct numbers n = {0};
        void *params = params_of(x, FEW), *state = NULL;
        ww_error_clear();
        ww_status status = x->open(&state, params, for_it(x, model), 5);
        if (status == WW_OK)
            status = x->measure(state, for_it(x, model), n.value);
        if (status != WW_OK)
            check_message(x, "weights that are no numbers");
        for (int m = 0; m < x->n_measures && status == WW_OK; m++)
            check_range(x, m, n.value[m], "value");
        x->close(state);
        free(params);
    }
    ww_model_free(model);
}

static const char *const conditions[] = {"none", "FFA", "V1"};

/* Measures a grid of one brain and seed and leaves the description where a study leaves it. */
static void make_grid(ww_grid *grid, const ww_experiment *x, ww_model *model, ww_h5 *file)
{
    void *params = params_of(x, FEW), *state = opened(x, params, model, grid->seed[0]);
    struct numbers n;
    for (int c = 0; c < grid->n_conditions; c++) {
        set_lesion(model, conditions[c], NULL);
        measure(x, state, model, &n);
        memcpy(ww_grid_at(grid, 0, 0, c, 0), n.value, (size_t)x->n_measures * sizeof(double));
    }
    memcpy(grid->chance, n.chance, (size_t)x->n_measures * sizeof(double));
    ww_lesion_clear(model->brain, model->values);
    model = for_it(x, model);
    if (x->describe != NULL) {
        cr_expect_eq(x->describe(state, model, file, "/models/tiny-seed5"), WW_OK, "%s: %s",
                     x->item.name, ww_error_message());
        expect_ok(ww_h5_write_doubles(file, "/taken", (double[]){1}, 1, (int64_t[]){1}));
        ww_error_clear();
        cr_expect_neq(x->describe(state, model, file, "/taken"), WW_OK, "%s", x->item.name);
        check_message(x, "describing where there is a dataset");
    }
    x->close(state);
    free(params);
}

static void check_claims(const ww_experiment *x, const ww_claim *claim, int n)
{
    for (int i = 0; i < n; i++) {
        const ww_claim *c = &claim[i];
        cr_assert(c->id && c->finding && c->published && c->source && c->brain && c->rule,
                  "%s: claim %d", x->item.name, i);
        cr_expect_str_eq(c->brain, "tiny");
        cr_expect((c->verdict == WW_CLAIM_UNTESTED) == (c->why[0] != '\0'), "%s: %s: '%s'",
                  x->item.name, c->id, c->why);
        cr_expect(c->verdict == WW_CLAIM_UNTESTED || isfinite(c->value), "%s: %s", x->item.name,
                  c->id);
        for (int k = 0; k < i; k++)
            cr_expect_str_neq(claim[k].id, c->id, "%s: two claims %s", x->item.name, c->id);
    }
}

Test(experiments, describe_and_report_what_was_measured)
{
    ww_model *model = model_of(ww_tiny_brain(), 1);
    static const char *const names[] = {"tiny"};
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        if (!applies(x, model))
            continue;
        double value[3 * MOST_MEASURES], chance[MOST_MEASURES];
        const ww_brain *const brain[] = {for_it(x, model) ? model->brain : NULL};
        ww_grid grid = {.n_brains = 1,
                        .n_seeds = 1,
                        .n_conditions = brain[0] ? 3 : 1,
                        .n_measures = x->n_measures,
                        .name = names,
                        .brain = brain,
                        .seed = (const uint64_t[]){5},
                        .condition = conditions,
                        .measure = x->measures,
                        .value = value,
                        .chance = chance};
        ww_h5 *file;
        ww_claim *claims = NULL;
        int n = 0;
        ww_arena *arena = ww_arena_create();
        expect_ok(ww_h5_create(&file, ww_path("results.h5")));
        make_grid(&grid, x, model, file);
        if (x->report != NULL)
            cr_expect_eq(x->report(&grid, file, &claims, &n, arena), WW_OK, "%s: %s", x->item.name,
                         ww_error_message());
        check_claims(x, claims, n);
        expect_ok(ww_h5_commit(file));
        ww_arena_free(arena);
    }
    ww_model_free(model);
}

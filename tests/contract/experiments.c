/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every experiment says of itself, and what it makes of its numbers. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/data_path.h"
#include "tests/support/experiment_rig.h"
#include "tests/support/folder.h"
#include "tests/support/tiny.h"

TestSuite(experiments, .init = ww_folder_make, .fini = ww_folder_remove);

Test(experiments, say_what_they_are)
{
    cr_assert(ww_experiments_count > 0);
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        const ww_item *item = &x->item;
        cr_assert(item->name && item->summary && item->summary[0], "experiment %zu", i);
        cr_expect(!ww_rig_ends_with(item->summary, "."), "%s: a full stop", item->name);
        cr_expect(item->example && strncmp(item->example, "whatwhere run ", 14) == 0,
                  "%s: the example does not run it", item->name);
        cr_assert(x->open && x->close && x->measure, "%s", item->name);
        cr_assert(x->wants <= WW_WANTS_NOTHING, "%s", item->name);
        cr_assert(x->n_measures > 0 && x->n_measures <= WW_RIG_MEASURES && x->measures);
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
        void *params = ww_rig_params(x, WW_RIG_FEW);
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

static const char *const conditions[] = {"none", "FFA", "V1"};

/* Measures a grid of one brain and seed and leaves the description where a study leaves it. */
static void make_grid(ww_grid *grid, const ww_experiment *x, ww_model *model, ww_h5 *file)
{
    void *params = ww_rig_params(x, WW_RIG_FEW),
         *state = ww_rig_open(x, params, model, grid->seed[0]);
    ww_rig_numbers n;
    for (int c = 0; c < grid->n_conditions; c++) {
        ww_rig_lesion(model, conditions[c], NULL);
        ww_rig_measure(x, state, model, &n);
        memcpy(ww_grid_at(grid, 0, 0, c, 0), n.value, (size_t)x->n_measures * sizeof(double));
    }
    memcpy(grid->chance, n.chance, (size_t)x->n_measures * sizeof(double));
    ww_lesion_clear(model->brain, model->values);
    model = ww_rig_given(x, model);
    if (x->describe != NULL) {
        cr_expect_eq(x->describe(state, model, file, "/models/tiny-seed5"), WW_OK, "%s: %s",
                     x->item.name, ww_error_message());
        expect_ok(ww_h5_write_doubles(file, "/taken", (double[]){1}, 1, (int64_t[]){1}));
        ww_error_clear();
        cr_expect_neq(x->describe(state, model, file, "/taken"), WW_OK, "%s", x->item.name);
        ww_rig_check_message(x, "describing where there is a dataset");
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
    ww_model *model = ww_rig_model(ww_tiny_brain(), 1);
    static const char *const names[] = {"tiny"};
    for (size_t i = 0; i < ww_experiments_count; i++) {
        const ww_experiment *x = ww_experiments[i];
        if (!ww_rig_applies(x, model))
            continue;
        double value[3 * WW_RIG_MEASURES], chance[WW_RIG_MEASURES];
        const ww_brain *const brain[] = {ww_rig_given(x, model) ? model->brain : NULL};
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

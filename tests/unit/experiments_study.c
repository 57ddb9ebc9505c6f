/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies of experiments that want no training, or no brain, and claims that a measure has to lie
 * in a range; with planted experiments. */
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "experiments/parts/claims.h"
#include "experiments/parts/study.h"
#include "tests/support/folder.h"

TestSuite(experiments_study, .init = ww_folder_make, .fini = ww_folder_remove);

static int opened_with_model, measured;

static ww_status open_planted(void **state, const void *params, ww_model *model, uint64_t seed)
{
    static uint64_t kept;
    (void)params;
    kept = seed;
    *state = &kept;
    opened_with_model = model != NULL;
    return WW_OK;
}

static void close_planted(void *state)
{
    (void)state;
}

static ww_status measure_planted(void *state, ww_model *model, double *value)
{
    (void)model;
    value[0] = 10 + (double)*(uint64_t *)state;
    value[1] = NAN;
    measured++;
    return WW_OK;
}

static ww_status describe_planted(void *state, ww_model *model, ww_h5 *file, const char *group)
{
    char name[200];
    double seed = (double)*(uint64_t *)state;
    (void)model;
    snprintf(name, sizeof name, "%s/units", group);
    return ww_h5_write_doubles(file, name, &seed, 1, (int64_t[]){1});
}

static ww_status report_planted(const ww_grid *grid, ww_h5 *results, ww_claim **claims,
                                int *n_claims, ww_arena *arena)
{
    static const ww_range_rule rules[] = {
        {.id = "in", .measure = 0, .low = 5, .high = 20},
        {.id = "spread", .measure = 0, .low = 11.5, .high = 13.5},
        {.id = "above", .measure = 0, .low = 13, .high = INFINITY},
        {.id = "below", .measure = 0, .low = -INFINITY, .high = 15},
        {.id = "absent", .measure = 1, .low = 0, .high = 1}};
    (void)results;
    return ww_claims_in_range(grid, rules, 5, claims, n_claims, arena);
}

static const ww_measure measures[] = {{"planted", "", "10 + seed", false},
                                      {"none", "", "never measured", false}};
static ww_experiment planted = {.item = {.name = "planted"},
                                .n_measures = 2,
                                .measures = measures,
                                .open = open_planted,
                                .close = close_planted,
                                .measure = measure_planted,
                                .describe = describe_planted,
                                .report = report_planted};

/* A study of the planted experiment on `brain` (NULL: on none) and three seeds. */
static ww_study study_of(const char *const *brain, const ww_brain *const *spec, ww_wants wants)
{
    static const uint64_t seeds[] = {1, 2, 3};
    static const char *const name[] = {"it"}, *const lesion[] = {"none"}, *const no_set[] = {NULL};
    static const ww_experiment *const experiments[] = {&planted};
    static void *const params[] = {NULL};
    planted.wants = wants;
    return (ww_study){.name = "it",
                      .summary = "",
                      .file = "it.yaml",
                      .n_brains = 1,
                      .n_seeds = 3,
                      .n_lesions = 1,
                      .n_experiments = 1,
                      .brain = brain,
                      .brain_name = name,
                      .spec = spec,
                      .seed = seeds,
                      .lesion = lesion,
                      .experiment = experiments,
                      .experiment_params = params,
                      .set = no_set,
                      .yaml = "study: it\n"};
}

Test(experiments_study, an_experiment_without_a_brain_has_its_seeds_and_its_tables)
{
    static const char *const none[] = {NULL};
    static const ww_brain *const no_spec[] = {NULL};
    ww_study study = study_of(none, no_spec, WW_WANTS_NOTHING);
    ww_arena *arena = ww_arena_create();
    ww_study_options options = {.folder = ww_path("out"), .threads = 1};
    ww_claim *claims;
    int n;
    expect_ok(ww_study_run(&study, &options, &claims, &n, arena));
    cr_expect_eq(opened_with_model, 0);
    cr_assert_eq(n, 5);
    static const int verdicts[] = {WW_CLAIM_HELD, WW_CLAIM_NOT_HELD, WW_CLAIM_NOT_HELD,
                                   WW_CLAIM_HELD, WW_CLAIM_UNTESTED};
    for (int i = 0; i < 5; i++)
        cr_expect_eq((int)claims[i].verdict, verdicts[i], "%s", claims[i].id);
    cr_expect_float_eq(claims[0].value, 12, 1e-12);
    double half = 4.30265273 / sqrt(3); /* t of 2 degrees of freedom, sd 1 */
    cr_expect_float_eq(claims[0].low, 12 - half, 1e-6);
    cr_expect_float_eq(claims[0].high, 12 + half, 1e-6);
    cr_expect_str_eq(claims[1].rule, "within 11.5 to 13.5 (95 % t interval over seeds)");
    cr_expect_str_eq(claims[2].rule, "above 13 (95 % t interval over seeds)");
    cr_expect_str_eq(claims[4].why, "none was not measured");
    ww_h5 *file;
    double seed = 0;
    expect_ok(ww_h5_open(&file, ww_path("out/results.h5")));
    expect_ok(ww_h5_read_doubles(file, "/models/it-seed3/units", &seed, 1));
    cr_expect_eq(seed, 3);
    ww_h5_close(file);
    expect_ok(ww_study_run(&study, &options, &claims, &n, arena));
    cr_expect_eq(measured, 3, "what is done is not done again");
    ww_arena_free(arena);
}

Test(experiments_study, a_brain_is_measured_as_it_is_made)
{
    static const char *const brains[] = {"two-streams-small"};
    ww_arena *arena = ww_arena_create();
    ww_brain *brain;
    expect_ok(ww_brain_read(&brain, brains[0], NULL, arena));
    const ww_brain *const spec[] = {brain};
    ww_study study = study_of(brains, spec, WW_WANTS_MADE);
    ww_study_options options = {.folder = ww_path("out"), .threads = 1};
    ww_claim *claims;
    int n;
    expect_ok(ww_study_run(&study, &options, &claims, &n, arena));
    cr_expect_eq(opened_with_model, 1);
    cr_expect(access(ww_path("out/models/it-seed1.h5"), F_OK) != 0, "nothing was trained");
    ww_arena_free(arena);
}

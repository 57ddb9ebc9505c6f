/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The claims of the lesion battery on planted grids: held where the effect was planted, not held
 * where it was not, untested where there is nothing to judge. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "experiments/parts/battery.h"

enum { SEEDS = 5, CONDITIONS = 6 };

static const char *const condition[CONDITIONS] = {
    "none", "FFA", "VWFA", "V1", "random(size=FFA)", "LIP+7a:hemifield=left"};
static double value[SEEDS * CONDITIONS * WW_TASK_MEASURES], chance[SEEDS * WW_TASK_MEASURES];
static const uint64_t seeds[SEEDS] = {1, 2, 3, 4, 5};
static const char *const names[] = {"two-streams-small"};

static ww_arena *arena;
static const ww_brain *brains[1];

/* A grid in which no lesion costs anything: intact .9, chance .05, errors .3 deg against 4. */
static ww_grid flat(int n_seeds)
{
    ww_brain *brain;
    arena = ww_arena_create();
    cr_assert_eq(ww_brain_read(&brain, names[0], NULL, arena), WW_OK, "%s", ww_error_message());
    brains[0] = brain;
    ww_grid g = {1,      n_seeds, CONDITIONS, WW_TASK_MEASURES, names,
                 brains, seeds,   condition,  ww_task_measures, value,
                 chance};
    ww_random r = ww_random_stream(3, "planted", 0);
    for (int s = 0; s < n_seeds; s++)
        for (int m = 0; m < WW_TASK_MEASURES; m++) {
            bool error = ww_task_measures[m].is_error;
            chance[s * WW_TASK_MEASURES + m] = error ? 4 : 0.05;
            for (int c = 0; c < CONDITIONS; c++)
                *ww_grid_at(&g, 0, s, c, m) = (error ? 0.3 : 0.9) + 0.005 * ww_random_normal(&r);
        }
    return g;
}

static void plant(ww_grid *g, const char *lesion, int measure, double loss)
{
    int c = ww_grid_condition(g, lesion);
    for (int s = 0; s < g->n_seeds; s++) {
        double intact = *ww_grid_at(g, 0, s, 0, measure);
        double blind = g->chance[s * WW_TASK_MEASURES + measure];
        *ww_grid_at(g, 0, s, c, measure) = intact - loss * (intact - blind);
    }
}

static const ww_claim *claim_of(const ww_grid *g, const char *id)
{
    ww_claim *claims;
    int n;
    cr_assert_eq(ww_battery_claims(g, &claims, &n, arena), WW_OK);
    for (int i = 0; i < n; i++)
        if (strcmp(claims[i].id, id) == 0)
            return &claims[i];
    cr_assert_fail("no claim %s", id);
    return NULL;
}

Test(experiments_battery, a_loss_is_the_share_of_what_was_above_chance)
{
    ww_grid g = flat(SEEDS);
    plant(&g, "FFA", WW_M_FACE, 0.4);
    plant(&g, "FFA", WW_M_POSITION, 0.7);
    int c = ww_grid_condition(&g, "FFA");
    cr_expect_float_eq(ww_grid_loss(&g, 0, 2, c, WW_M_FACE), 0.4, 1e-12);
    cr_expect_float_eq(ww_grid_loss(&g, 0, 2, c, WW_M_POSITION), 0.7, 1e-12);
    *ww_grid_at(&g, 0, 2, 0, WW_M_FACE) = 0.1;
    cr_expect(isnan(ww_grid_loss(&g, 0, 2, c, WW_M_FACE)), "an intact brain near chance");
    ww_arena_free(arena);
}

Test(experiments_battery, planted_effects_are_held_and_absent_ones_are_not)
{
    ww_grid g = flat(SEEDS);
    const char *const ids[] = {"ffa-faces", "vwfa-words", "ffa-vwfa", "v1-all", "neglect"};
    for (int i = 0; i < 5; i++)
        cr_expect_eq(claim_of(&g, ids[i])->verdict, WW_CLAIM_NOT_HELD, "%s", ids[i]);
    cr_expect_eq(claim_of(&g, "random-units")->verdict, WW_CLAIM_HELD);
    cr_expect_eq(claim_of(&g, "mt-motion")->verdict, WW_CLAIM_UNTESTED);
    cr_expect_str_eq(claim_of(&g, "mt-motion")->why, "the study does not run MT");

    plant(&g, "FFA", WW_M_FACE, 0.9);
    plant(&g, "VWFA", WW_M_WORD, 0.9);
    plant(&g, "LIP+7a:hemifield=left", WW_M_POSITION_LEFT, 0.6);
    for (int m = 0; m < WW_TASK_MEASURES; m++)
        plant(&g, "V1", m, 0.95);
    for (int i = 0; i < 5; i++)
        cr_expect_eq(claim_of(&g, ids[i])->verdict, WW_CLAIM_HELD, "%s", ids[i]);
    cr_expect_eq(claim_of(&g, "blindsight")->verdict, WW_CLAIM_HELD, "5 %% of motion is left");
    ww_arena_free(arena);
}

Test(experiments_battery, a_general_loss_is_no_selective_one)
{
    ww_grid g = flat(SEEDS);
    plant(&g, "FFA", WW_M_FACE, 0.9);
    plant(&g, "FFA", WW_M_OBJECT, 0.5);
    cr_expect_eq(claim_of(&g, "ffa-faces")->verdict, WW_CLAIM_NOT_HELD);
    cr_expect_eq(claim_of(&g, "ffa-vwfa")->verdict, WW_CLAIM_NOT_HELD, "one side alone");
    plant(&g, "random(size=FFA)", WW_M_WORD, 0.5);
    const ww_claim *random = claim_of(&g, "random-units");
    cr_expect_eq(random->verdict, WW_CLAIM_NOT_HELD);
    cr_expect_float_eq(random->value, 0.5, 0.02, "%g", random->value);
    cr_expect(strstr(random->measured, "word_identity 0.50") != NULL, "%s", random->measured);
    plant(&g, "random(size=FFA)", WW_M_FACE, 0.3); /* a ratio of 1.7 is no selective pattern */
    plant(&g, "random(size=FFA)", WW_M_OBJECT, 0.3);
    cr_expect_eq(claim_of(&g, "random-units")->verdict, WW_CLAIM_HELD);
    ww_arena_free(arena);
}

Test(experiments_battery, wired_is_found_from_the_read_outs)
{
    ww_grid g = flat(SEEDS);
    cr_expect(claim_of(&g, "ffa-faces")->wired, "faces are read from FFA alone");
    cr_expect(claim_of(&g, "neglect")->wired, "places are read from LIP and 7a alone");
    cr_expect_not(claim_of(&g, "v1-all")->wired);
    cr_expect_not(claim_of(&g, "lgn-m-motion")->wired);
    ww_arena_free(arena);
}

Test(experiments_battery, few_seeds_have_no_interval_and_the_rule_says_so)
{
    ww_grid g = flat(2);
    plant(&g, "FFA", WW_M_FACE, 0.9);
    const ww_claim *c = claim_of(&g, "ffa-faces");
    cr_expect_eq(c->verdict, WW_CLAIM_HELD);
    cr_expect(isnan(c->low) && isnan(c->high));
    cr_expect(strstr(c->rule, "fewer than 3 seeds") != NULL, "%s", c->rule);
    ww_arena_free(arena);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lesions on a brain that computes: what the header of lesion.h promises of outputs. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/lesion.h"
#include "engine/base/random.h"
#include "tests/support/brains.h"

static const char yaml[] = "brain: small\n"
                           "view: {width_px: 32, height_px: 32, frames: 3, deg_per_px: 0.25}\n"
                           "areas:\n"
                           "  retina: {grid: 32}\n"
                           "  LGN: {grid: 32}\n"
                           "  V1: {grid: 16}\n"
                           "  V2: {grid: 8}\n"
                           "  V4: {grid: 8}\n"
                           "  MT: {grid: 8}\n"
                           "  LIP: {grid: 8}\n"
                           "  PITv: {grid: 4}\n"
                           "wiring: {use: [ascending]}\n"
                           "tasks:\n"
                           "  colour: {reads: PITv, readout: max}\n"
                           "  position: {reads: LIP}\n";

enum { BATCH = 2, MOST = 1 << 16 };

static ww_arena *arena;
static ww_brain *brain;
static ww_test_run run;

static void begin(void)
{
    size_t n;
    arena = ww_arena_create();
    cr_assert_eq(ww_brain_parse(&brain, yaml, "small", NULL, arena), WW_OK, "%s",
                 ww_error_message());
    run = ww_test_compile(brain, WW_INFER, BATCH);
    float *movie = ww_program_input(run.program, "movie", &n);
    ww_random random = ww_random_stream(8, "movie", 0);
    for (size_t i = 0; i < n; i++)
        movie[i] = (float)ww_random_uniform(&random);
}

static void end(void)
{
    ww_test_run_free(&run);
    ww_arena_free(arena);
}

TestSuite(connectome_lesioned, .init = begin, .fini = end);

static void apply(const char *word, const ww_unit_statistics *statistics)
{
    ww_lesion lesion;
    cr_assert_eq(ww_lesion_parse(&lesion, word, "", brain, arena), WW_OK, "%s: %s", word,
                 ww_error_message());
    cr_assert_eq(ww_lesion_apply(brain, run.values, &lesion, 1, 3, statistics), WW_OK, "%s: %s",
                 word, ww_error_message());
    cr_assert_eq(ww_program_run(run.program, 0), WW_OK, "%s", ww_error_message());
}

/* All outputs of the brain, one after the other. */
static size_t outputs(float *all)
{
    size_t used = 0;
    const ww_graph_result *result;
    size_t count = ww_graph_results(run.graph, &result);
    for (size_t i = 0; i < count; i++) {
        ww_shape shape;
        if (result[i].weight != 0)
            continue;
        const float *out = ww_test_output(&run, result[i].name, &shape);
        size_t n = ww_shape_size(&shape);
        cr_assert_lt(used + n, MOST);
        memcpy(all + used, out, n * sizeof *out);
        used += n;
    }
    return used;
}

static int units_not_zero(const char *name)
{
    ww_shape shape;
    const float *out = ww_test_output(&run, name, &shape);
    int count = 0;
    for (size_t i = 0; i < ww_shape_size(&shape); i++)
        count += out[i] != 0;
    return count;
}

Test(connectome_lesioned, dose_0_changes_no_bit_and_clearing_brings_all_back)
{
    static float intact[MOST], now[MOST];
    static const char *const word[] = {"V4",
                                       "LGN:class=M",
                                       "V1>MT",
                                       "LIP:hemifield=left",
                                       "V1:how=gain",
                                       "random(size=V4)",
                                       "MT:how=disconnect",
                                       "V2:how=decay",
                                       "V1:class=complex"};
    apply("none", NULL);
    size_t n = outputs(intact);
    cr_assert_gt(n, 1000);
    for (size_t w = 0; w < sizeof word / sizeof word[0]; w++) {
        ww_lesion lesion;
        cr_assert_eq(ww_lesion_parse(&lesion, word[w], "", brain, arena), WW_OK);
        ww_lesion zero = ww_lesion_at_dose(&lesion, 0, arena);
        cr_assert_eq(ww_lesion_apply(brain, run.values, &zero, 1, 3, NULL), WW_OK);
        cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
        outputs(now);
        cr_expect_eq(memcmp(now, intact, n * sizeof *now), 0, "%s:0", word[w]);
        apply(word[w], NULL);
        outputs(now);
        cr_expect_neq(memcmp(now, intact, n * sizeof *now), 0, "%s does something", word[w]);
        ww_lesion_clear(brain, run.values);
        cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
        outputs(now);
        cr_expect_eq(memcmp(now, intact, n * sizeof *now), 0, "%s, cleared", word[w]);
    }
}

Test(connectome_lesioned, dose_1_silences_exactly)
{
    for (int a = 0; a < brain->n_areas; a++) {
        char output[32];
        snprintf(output, sizeof output, "area/%s", brain->area[a].name);
        apply("none", NULL);
        cr_expect_gt(units_not_zero(output), 0, "%s", output);
        apply(brain->area[a].name, NULL);
        cr_expect_eq(units_not_zero(output), 0, "%s", output);
    }
    apply("none", NULL);
    int all = units_not_zero("area/LIP");
    apply("LIP:hemifield=left", NULL);
    ww_shape shape;
    const float *lip = ww_test_output(&run, "area/LIP", &shape);
    for (size_t i = 0; i < ww_shape_size(&shape); i++)
        cr_expect(i % 8 >= 4 || lip[i] == 0);
    int left = units_not_zero("area/LIP");
    cr_expect_gt(left, 0);
    cr_expect_lt(left, all);
}

/* What is cut off from a part of the input changes, and what is not does not. */
Test(connectome_lesioned, damage_goes_where_the_wiring_leads)
{
    static float before[MOST], after[MOST];
    ww_shape shape;
    static const struct {
        const char *word, *same, *changed;
    } want[] = {{"V1>MT", "area/V4", "area/MT"},
                {"MT", "area/PITv", "area/LIP"},
                {"LGN:class=M", "area/V4", "area/MT"},
                {"V4", "area/MT", "area/PITv"},
                {"V1:class=simple", "area/MT", "area/V4"}};
    for (size_t w = 0; w < sizeof want / sizeof want[0]; w++)
        for (int changed = 0; changed < 2; changed++) {
            const char *name = changed ? want[w].changed : want[w].same;
            apply("none", NULL);
            const float *out = ww_test_output(&run, name, &shape);
            size_t bytes = ww_shape_size(&shape) * sizeof *out;
            memcpy(before, out, bytes);
            apply(want[w].word, NULL);
            memcpy(after, ww_test_output(&run, name, &shape), bytes);
            cr_expect_eq(memcmp(before, after, bytes) != 0, changed, "%s, %s", want[w].word, name);
        }
}

/* Noise on a unit of known deviation has that deviation over many runs. */
Test(connectome_lesioned, noise_has_its_size)
{
    const float *sds[16] = {NULL};
    static float one[1 << 14];
    for (size_t i = 0; i < sizeof one / sizeof one[0]; i++)
        one[i] = 2;
    for (int a = 0; a < brain->n_areas; a++)
        sds[a] = one;
    ww_unit_statistics known = {.sd = sds};
    static float clean[MOST];
    ww_shape shape;
    apply("none", NULL);
    const float *out = ww_test_output(&run, "area/V4", &shape);
    memcpy(clean, out, ww_shape_size(&shape) * sizeof *clean);
    apply("V4:0.25:how=noise", &known);
    const float *noisy = ww_test_output(&run, "area/V4", &shape);
    size_t n = ww_shape_size(&shape);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += noisy[i] - clean[i];
        squares += (noisy[i] - clean[i]) * (double)(noisy[i] - clean[i]);
    }
    cr_expect_float_eq(sum / (double)n, 0, 4 * 0.5 / sqrt((double)n));
    cr_expect_float_eq(sqrt(squares / (double)n), 0.5, 4 * 0.5 / sqrt(2.0 * (double)n));
}

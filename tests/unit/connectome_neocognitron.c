/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Learning in the neocognitron: planted patterns are found, the threshold of learning decides how
 * many planes there are, labels make cells, the same bits for any number of threads, lesions, and
 * every message. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/neocognitron.h"
#include "connectome/neocognitron_parts.h"
#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "tests/support/folder.h"

TestSuite(connectome_neocognitron, .init = ww_folder_make, .fini = ww_folder_remove);

/* ---- one layer ---- */

enum { CHANNELS = 4, SIDE = 12, KERNEL = 3, TAPS = KERNEL * KERNEL, MOST = 10 };

/* The planted pattern: the cells of `kind` are on in a window. */
static bool planted(int kind, int channel, int tap)
{
    static const int channel_of[3][TAPS] = {
        {0, 0, 0, 1, 1, 1, 0, 0, 0}, {2, 3, 2, 2, 3, 2, 2, 3, 2}, {1, 2, 3, 1, 2, 3, 1, 2, 3}};
    return channel_of[kind][tap] == channel;
}

static ww_neo_rules rules_of(double theta, const float *window)
{
    return (ww_neo_rules){.channels = CHANNELS,
                          .height = SIDE,
                          .width = SIDE,
                          .kernel = KERNEL,
                          .window = window,
                          .most = MOST,
                          .theta = theta,
                          .gain = 4,
                          .quiet = 0.99, /* the middle of a pattern alone is loud */
                          .compete = 4};
}

/* A picture with two planted patterns, a little noisy, at places of its own. */
static void plant(float *map, uint64_t seed, uint64_t index)
{
    ww_random random = ww_random_stream(seed, "plant", index);
    int kind[2] = {(int)(index % 3), (int)((index + 1) % 3)};
    memset(map, 0, CHANNELS * SIDE * SIDE * sizeof *map);
    for (int k = 0; k < 2; k++) {
        int top = 1 + (int)ww_random_below(&random, 8),
            left = k * 6 + 1 + (int)ww_random_below(&random, 2);
        for (int i = 0; i < CHANNELS * TAPS; i++)
            if (planted(kind[k], i / TAPS, i % TAPS))
                map[(i / TAPS * SIDE + top + i % TAPS / KERNEL) * SIDE + left + i % TAPS % KERNEL] =
                    1;
    }
}

static void window_of(float *window)
{
    for (int i = 0; i < TAPS; i++)
        window[i] = i == TAPS / 2 ? 0.2f : 0.1f;
}

static int learned(double theta, int pictures, float *weights)
{
    float window[TAPS], map[CHANNELS * SIDE * SIDE];
    ww_neo_planes *planes;
    window_of(window);
    ww_neo_rules rules = rules_of(theta, window);
    expect_ok(ww_neo_planes_create(&planes, &rules));
    for (int i = 0; i < pictures; i++) {
        plant(map, 1, (uint64_t)i);
        ww_neo_planes_see(planes, map);
    }
    int count = ww_neo_planes_count(planes);
    ww_neo_planes_weights(planes, weights);
    ww_neo_planes_free(planes);
    return count;
}

Test(connectome_neocognitron, planted_patterns_become_planes_reinforced_by_what_was_seen)
{
    float weights[MOST * CHANNELS * TAPS], window[TAPS];
    int found[3] = {0};
    window_of(window);
    cr_assert_eq(learned(0.8, 30, weights), 3);
    for (int plane = 0; plane < 3; plane++)
        for (int kind = 0; kind < 3; kind++) {
            /* 30 pictures of two patterns: each kind is seen 20 times, and adds c x */
            bool same = true;
            for (int i = 0; i < CHANNELS * TAPS && same; i++)
                same =
                    fabs((double)weights[plane * CHANNELS * TAPS + i] -
                         20 * (double)window[i % TAPS] * planted(kind, i / TAPS, i % TAPS)) < 1e-4;
            found[kind] += same;
        }
    for (int kind = 0; kind < 3; kind++)
        cr_assert_eq(found[kind], 1, "pattern %d became %d planes", kind, found[kind]);
    for (int i = 3 * CHANNELS * TAPS; i < MOST * CHANNELS * TAPS; i++)
        cr_assert_eq(weights[i], 0, "a plane that was not made has connections");
}

Test(connectome_neocognitron, a_low_threshold_of_learning_makes_fewer_planes)
{
    float weights[MOST * CHANNELS * TAPS];
    cr_assert_lt(learned(0.05, 30, weights), 3);
}

Test(connectome_neocognitron, a_winner_keeps_others_away_and_wins_once_a_picture)
{
    float window[TAPS], map[CHANNELS * SIDE * SIDE] = {0}, weights[MOST * CHANNELS * TAPS];
    window_of(window);
    ww_neo_rules rules = rules_of(0.8, window);
    rules.quiet = 0.9; /* windows at the edge are not loud */
    ww_neo_planes *planes;
    expect_ok(ww_neo_planes_create(&planes, &rules));
    for (int i = 0; i < SIDE * SIDE; i++)
        map[i] = 1; /* the same everywhere: one plane, one seed */
    ww_neo_planes_see(planes, map);
    cr_assert_eq(ww_neo_planes_count(planes), 1);
    ww_neo_planes_see(planes, map);
    cr_assert_eq(ww_neo_planes_count(planes), 1);
    ww_neo_planes_weights(planes, weights);
    for (int i = 0; i < TAPS; i++)
        cr_assert_float_eq(weights[i], 2 * (double)window[i], 1e-5, "reinforced more than once");
    memset(map, 0, sizeof map);
    ww_neo_planes_see(planes, map);
    cr_assert_eq(ww_neo_planes_count(planes), 1, "the dark made a plane");
    ww_neo_planes_free(planes);
}

/* Two patterns three columns apart, the second one fainter. */
static void beside(float *map, float first, float second)
{
    memset(map, 0, CHANNELS * SIDE * SIDE * sizeof *map);
    for (int k = 0; k < 2; k++)
        for (int i = 0; i < CHANNELS * TAPS; i++)
            if (planted(k, i / TAPS, i % TAPS))
                map[(i / TAPS * SIDE + 5 + i % TAPS / KERNEL) * SIDE + 3 + 3 * k + i % KERNEL] =
                    k ? second : first;
}

Test(connectome_neocognitron, within_reach_of_a_winner_nothing_else_learns)
{
    float window[TAPS], map[CHANNELS * SIDE * SIDE], weights[MOST * CHANNELS * TAPS];
    window_of(window);
    for (int reach = 0; reach < 5; reach += 4) {
        ww_neo_rules rules = rules_of(0.8, window);
        rules.compete = reach;
        ww_neo_planes *planes;
        expect_ok(ww_neo_planes_create(&planes, &rules));
        for (int k = 0; k < 2; k++) { /* each alone becomes a plane */
            beside(map, k == 0, k == 1);
            ww_neo_planes_see(planes, map);
        }
        cr_assert_eq(ww_neo_planes_count(planes), 2);
        ww_neo_planes_free(planes);

        rules.quiet = 0.6;
        expect_ok(ww_neo_planes_create(&planes, &rules));
        beside(map, 1, 0.7f);
        for (int k = 0; k < 2; k++)
            ww_neo_planes_see(planes, map); /* the second time they compete */
        ww_neo_planes_weights(planes, weights);
        int grown = 0;
        for (int plane = 0; plane < ww_neo_planes_count(planes); plane++) {
            double most = 0;
            for (int i = 0; i < CHANNELS * TAPS; i++)
                most = fmax(most, (double)weights[plane * CHANNELS * TAPS + i]);
            grown += most > 1.5 * (double)window[TAPS / 2];
        }
        cr_assert_eq(grown == 1, reach == 4, "reach %d: %d planes have learned twice", reach,
                     grown);
        ww_neo_planes_free(planes);
    }
}

/* ---- labelled cells ---- */

Test(connectome_neocognitron, labels_make_cells_until_none_is_wrong)
{
    /* directions in a plane: 0 and 10 deg are of class 0, 80 and 90 of 1, 45 of 0 */
    static const double deg[] = {0, 10, 80, 90, 45};
    static const int label[] = {0, 0, 1, 1, 0};
    float pattern[10], weights[2 * 3 * 2];
    int cells;
    size_t wrong;
    for (int i = 0; i < 5; i++) {
        pattern[2 * i] = (float)cos(deg[i] * acos(-1) / 180);
        pattern[2 * i + 1] = (float)sin(deg[i] * acos(-1) / 180);
    }
    expect_ok(ww_neo_label(pattern, label, 5, 2, 2, 3, 0.9, 5, weights, &cells, &wrong));
    cr_assert(cells == 3 && wrong == 0, "%d cells, %zu wrong", cells, wrong);
    cr_assert_float_eq(weights[1] / weights[0], tan(5 * acos(-1) / 180), 1e-5);
    cr_assert(weights[4] == 0 && weights[5] == 0, "class 0 has 2 cells of 3");
    cr_assert_float_eq(weights[2] / weights[3], 1, 1e-5, "45 deg is a cell of its own");
    /* without a threshold two are enough for the first four */
    expect_ok(ww_neo_label(pattern, label, 4, 2, 2, 3, 0, 5, weights, &cells, &wrong));
    cr_assert(cells == 2 && wrong == 0);
    /* a class that is full makes no more */
    expect_ok(ww_neo_label(pattern, label, 5, 2, 2, 1, 0.9, 5, weights, &cells, &wrong));
    cr_assert(cells == 2 && wrong == 1, "%d cells, %zu wrong", cells, wrong);
}

/* ---- a brain ---- */

static const char tiny[] = "brain: tiny\n"
                           "view: {width_px: 24, height_px: 24, frames: 1, deg_per_px: 0.1}\n"
                           "stimulus: {word: {size_deg: 1}}\n"
                           "areas:\n"
                           "  V1: {type: neocognitron-edges, orientations: 8}\n"
                           "  V2: {type: neocognitron-stage, grid: 6, planes: 12, pool_sd: 1}\n"
                           "  AITv: {type: neocognitron-top, classes: 3, per_class: 6}\n"
                           "wiring: {use: [], add: [V1 > V2, V2 > AITv]}\n";

enum { PICTURES = 30, PLANE = 24 * 24 };

/* Bars that stand, lie and lean, at places of their own. */
static void draw(float *picture, int *label)
{
    for (int n = 0; n < PICTURES; n++) {
        ww_random random = ww_random_stream(5, "bars", (uint64_t)n);
        double angle = (label[n] = n % 3) * acos(-1) / 3 + ww_random_range(&random, -0.1, 0.1);
        double x0 = ww_random_range(&random, -2, 2), y0 = ww_random_range(&random, -2, 2);
        for (int i = 0; i < PLANE; i++) {
            double x = i % 24 - 11.5 - x0, y = i / 24 - 11.5 - y0;
            double across = x * cos(angle) + y * sin(angle),
                   along = y * cos(angle) - x * sin(angle);
            picture[n * PLANE + i] = fabs(across) < 1.5 && fabs(along) < 7;
        }
    }
}

static ww_model *taught(const float *picture, const int *label, ww_neo_learned *what)
{
    ww_model *model;
    ww_neo_lesson lesson = {PICTURES, picture, label, 12, 3};
    expect_ok(ww_model_create(&model, ww_file_with_text("tiny.yaml", tiny), NULL, 1));
    expect_ok(ww_neo_learn(model, &lesson, what));
    return model;
}

static int right(ww_model *model, const float *picture, const int *label, int *answer)
{
    ww_neo_bench bench;
    int n = 0;
    expect_ok(ww_neo_bench_open(&bench, model, -1));
    expect_ok(ww_neo_answer(&bench, model, picture, PICTURES, answer));
    for (int i = 0; i < PICTURES; i++)
        n += answer[i] == label[i];
    ww_neo_bench_close(&bench);
    return n;
}

static void lesion(ww_model *model, const char *word)
{
    ww_lesion one;
    ww_lesion_clear(model->brain, model->values);
    expect_ok(ww_lesion_parse(&one, word, "", model->brain, model->arena));
    expect_ok(ww_lesion_apply(model->brain, model->values, &one, 1, 3, NULL));
}

Test(connectome_neocognitron, a_brain_learns_names_what_it_learned_and_is_lesioned)
{
    static float picture[PICTURES * PLANE];
    int label[PICTURES], answer[PICTURES], intact[PICTURES];
    ww_neo_learned what, again;
    draw(picture, label);
    ww_threads_set(1);
    ww_model *one = taught(picture, label, &what);
    ww_threads_set(2);
    ww_model *two = taught(picture, label, &again);
    size_t n, m;
    float *a = ww_values_parameters(one->values, &n), *b = ww_values_parameters(two->values, &m);
    cr_assert(n == m && memcmp(a, b, n * sizeof *a) == 0, "other bits with two threads");
    cr_assert(what.stages == 1 && what.planes[0] > 1 && what.planes[0] <= 12 && what.wrong == 0);
    cr_assert(what.cells >= 3 && what.cells <= 18);

    cr_assert_eq(right(one, picture, label, intact), PICTURES);
    lesion(one, "V2:0");
    right(one, picture, label, answer);
    cr_assert_eq(memcmp(answer, intact, sizeof intact), 0, "a dose of 0 does something");
    lesion(one, "V2");
    cr_assert_eq(right(one, picture, label, answer), 0);
    for (int i = 0; i < PICTURES; i++)
        cr_assert_eq(answer[i], -1, "a brain without V2 sees class %d", answer[i]);
    lesion(one, "V1:class=S");
    cr_assert_eq(right(one, picture, label, answer), 0);
    ww_lesion_clear(one->brain, one->values);
    cr_assert_eq(right(one, picture, label, answer), PICTURES, "healed");
    ww_model_free(one);
    ww_model_free(two);
}

Test(connectome_neocognitron, bad_lessons_are_refused_in_one_line)
{
    static float picture[PICTURES * PLANE];
    int label[PICTURES];
    ww_model *model, *other;
    ww_neo_learned what;
    ww_neo_bench bench;
    draw(picture, label);
    expect_ok(ww_model_create(&model, ww_file_with_text("tiny.yaml", tiny), NULL, 1));
    expect_ok(ww_model_create(&other, "hmax-1999", NULL, 1));
    ww_neo_lesson lesson = {PICTURES, picture, label, 12, 3};
    label[4] = 3;
    expect_failure(ww_neo_learn(model, &lesson, &what), WW_EINVAL,
                   "area AITv: a picture of class 4, but it has 3 classes");
    label[4] = 1;
    lesson.count = 0;
    expect_failure(ww_neo_learn(model, &lesson, &what), WW_EINVAL,
                   "brain tiny: there is no picture to learn from");
    lesson.count = PICTURES;
    memset(picture, 0, sizeof picture);
    expect_failure(ww_neo_learn(model, &lesson, &what), WW_EINVAL,
                   "area V2: no picture says anything to it");
    expect_failure(ww_neo_learn(other, &lesson, &what), WW_EINVAL,
                   "brain hmax-1999 has no area of type neocognitron-top");
    expect_failure(ww_neo_bench_open(&bench, other, -1), WW_EINVAL,
                   "brain hmax-1999 has no area of type neocognitron-top");
    ww_neo_bench_close(&bench);
    ww_model_free(model);
    ww_model_free(other);
}

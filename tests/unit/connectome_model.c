/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models: trials, answers, training, checkpoints, statistics of units, pictures from disk. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/model.h"
#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/program.h"
#include "tests/support/folder.h"

TestSuite(model, .init = ww_folder_make, .fini = ww_folder_remove);

/* Quick, and able to learn what is where. */
static const char yaml[] =
    "brain: tiny\n"
    "summary: a brain for tests\n"
    "view: {width_px: 24, height_px: 24, frames: 3, deg_per_px: 0.5, frame_ms: 50}\n"
    "steps: 1\n"
    "stimulus: {scene: {n_faces: 2, n_words: 2, n_objects: 2, size_min_deg: 6, size_max_deg: 7}}\n"
    "areas:\n"
    "  retina: {grid: 24}\n"
    "  LGN: {grid: 24}\n"
    "  V1: {grid: 12, orientations: 4, frequencies_cpd: [0.4], motion_cpd: [0.3]}\n"
    "  V2: {grid: 12, channels: 12}\n"
    "  V4: {grid: 6, channels: 12}\n"
    "wiring: {table: felleman_vanessen_1991, use: [ascending]}\n"
    "tasks:\n"
    "  category: {reads: V4, label: category, readout: max}\n"
    "  position: {reads: [V2, V4], label: position, readout: place}\n"
    "training: {optimiser: adam, rate: 0.01, epochs: 2, batch: 16, samples_per_epoch: 320,\n"
    "           validation_samples: 60}\n";

static ww_model *tiny(uint64_t seed)
{
    ww_model *model;
    expect_ok(ww_model_create(&model, ww_file_with_text("tiny.yaml", yaml), NULL, seed));
    return model;
}

static ww_trials *trials_of(const ww_model *model, size_t count, uint64_t seed, const char *purpose)
{
    ww_trials *trials;
    expect_ok(ww_trials_draw(&trials, model->brain, count, seed, purpose));
    return trials;
}

static bool same_answers(const ww_answers *a, const ww_answers *b)
{
    for (int t = 0; t < a->n_tasks; t++)
        if (memcmp(a->answer[t], b->answer[t], a->count * sizeof(float)) != 0 ||
            (a->answer_y[t] != NULL &&
             memcmp(a->answer_y[t], b->answer_y[t], a->count * sizeof(float)) != 0))
            return false;
    return true;
}

Test(model, trials_are_their_seed_and_purpose)
{
    ww_model *model = tiny(1);
    ww_trials *a = trials_of(model, 20, 3, "test"), *b = trials_of(model, 30, 3, "test");
    ww_trials *c = trials_of(model, 20, 3, "validation"), *d = trials_of(model, 20, 4, "test");
    size_t bytes = 20 * 9 * 24 * 24 * sizeof(float);
    cr_assert_eq(a->count, 20);
    cr_assert_eq(memcmp(a->movie, b->movie, bytes), 0, "more of them begin with the same");
    cr_assert_neq(memcmp(a->movie, c->movie, bytes), 0);
    cr_assert_neq(memcmp(a->movie, d->movie, bytes), 0);
    ww_trials_free(a), ww_trials_free(b), ww_trials_free(c), ww_trials_free(d);
    ww_trials_free(NULL);
    ww_model_free(model);
}

static bool is_left(const ww_truth *truth)
{
    return truth->x_deg < 0;
}

Test(model, learns_saves_opens_and_answers_the_same_bits)
{
    ww_model *model = tiny(2), *opened;
    ww_train_report report;
    ww_trials *trials = trials_of(model, 130, 9, "test");
    ww_answers *before, *after, *again;
    size_t n, left;
    expect_ok(ww_model_answer(model, trials, &before));
    double chance = ww_answers_mean(before, model->brain, 0, trials, NULL, &n);
    double far = ww_answers_mean(before, model->brain, 1, trials, NULL, NULL);
    cr_assert_eq(n, 130);
    const char *file = ww_path("tiny.h5");
    expect_ok(ww_model_train(model, file, false, false, NULL, &report));
    cr_assert_eq(report.epochs, 2);
    cr_assert_eq(report.steps, 40);
    expect_ok(ww_model_answer(model, trials, &after));
    double learned = ww_answers_mean(after, model->brain, 0, trials, NULL, NULL);
    double near = ww_answers_mean(after, model->brain, 1, trials, NULL, NULL);
    cr_assert(learned > 0.55 && learned > chance, "category %g, before %g", learned, chance);
    cr_assert(near < 0.8 * far && near < 0.15, "place %g, before %g", near, far);
    double right = ww_answers_mean(after, model->brain, 1, trials, is_left, &left);
    cr_assert(left > 30 && left < 100 && isfinite(right));
    expect_ok(ww_model_open(&opened, file));
    cr_assert_eq(opened->seed, 2);
    cr_assert_str_eq(opened->brain->name, "tiny");
    expect_ok(ww_model_answer(opened, trials, &again));
    cr_assert(same_answers(after, again), "what was saved answers otherwise");
    cr_assert_not(same_answers(before, after));
    ww_answers_free(before), ww_answers_free(after), ww_answers_free(again);
    ww_trials_free(trials);
    ww_model_free(model), ww_model_free(opened);
    ww_answers_free(NULL), ww_model_free(NULL);
}

Test(model, training_twice_gives_the_same_bits_and_resuming_too)
{
    size_t count[3];
    float *learned[3];
    for (int k = 0; k < 3; k++) {
        ww_model *model = tiny(5);
        ww_train_report report;
        const char *file = ww_path("twice.h5");
        if (k == 2) { /* one epoch, then the rest with a model that is new */
            ww_model *first;
            expect_ok(ww_model_create(&first, ww_path("tiny.yaml"), NULL, 5));
            first->brain->training.epochs = 1;
            first->brain->training.schedule = WW_RATE_CONSTANT;
            expect_ok(ww_model_train(first, file, false, false, NULL, &report));
            ww_model_free(first);
        }
        model->brain->training.schedule = WW_RATE_CONSTANT;
        expect_ok(ww_model_train(model, k == 2 ? file : NULL, k == 2, false, NULL, &report));
        cr_assert_eq(report.epochs, 2);
        float *all = ww_values_parameters(model->values, &count[k]);
        learned[k] = malloc(count[k] * sizeof(float));
        memcpy(learned[k], all, count[k] * sizeof(float));
        ww_model_free(model);
    }
    cr_assert_eq(memcmp(learned[0], learned[1], count[0] * sizeof(float)), 0, "twice");
    cr_assert_eq(memcmp(learned[0], learned[2], count[0] * sizeof(float)), 0, "resumed");
    for (int k = 0; k < 3; k++)
        free(learned[k]);
}

Test(model, one_and_two_threads_agree)
{
    ww_model *model = tiny(6);
    ww_program *program;
    ww_trials *trials = trials_of(model, 16, 1, "test");
    ww_compile_options options = {.batch = 16, .mode = WW_TRAIN, .seed = 1};
    expect_ok(ww_compile(&program, model->graph, model->values, options));
    size_t n, floats;
    float *gradient[2], *movie = ww_program_input(program, "movie", &n);
    memcpy(movie, trials->movie, n * sizeof *movie);
    float *label = ww_program_input(program, "label/category", &n);
    float *place = ww_program_input(program, "label/position", &n);
    for (int i = 0; i < 16; i++) {
        label[i] = (float)trials->truth[i].category;
        place[2 * i] = place[2 * i + 1] = 0.1f * (float)(i - 8);
    }
    for (int t = 0; t < 2; t++) {
        ww_threads_set(t + 1);
        expect_ok(ww_program_run(program, 0));
        const float *g = ww_program_gradients(program, &floats);
        gradient[t] = malloc(floats * sizeof(float));
        memcpy(gradient[t], g, floats * sizeof(float));
    }
    double power = 0, difference = 0;
    for (size_t i = 0; i < floats; i++) {
        power += (double)gradient[0][i] * gradient[0][i];
        difference += pow((double)gradient[0][i] - gradient[1][i], 2);
    }
    cr_assert(power > 0 && sqrt(difference / power) < 1e-5, "%g", sqrt(difference / power));
    free(gradient[0]), free(gradient[1]);
    ww_program_free(program);
    ww_trials_free(trials);
    ww_model_free(model);
}

Test(model, a_lesion_acts_and_healing_brings_every_bit_back)
{
    ww_model *model = tiny(3);
    ww_trials *trials = trials_of(model, 60, 1, "test");
    ww_answers *intact, *damaged, *healed;
    ww_lesion lesion;
    expect_ok(ww_model_answer(model, trials, &intact));
    expect_ok(ww_lesion_parse(&lesion, "V4", "", model->brain, model->arena));
    expect_ok(ww_lesion_apply(model->brain, model->values, &lesion, 1, 1, NULL));
    expect_ok(ww_model_answer(model, trials, &damaged));
    for (size_t i = 1; i < trials->count; i++)
        cr_assert_eq(damaged->answer[0][i], damaged->answer[0][0], "a silent area tells nothing");
    float *responses;
    size_t units;
    expect_ok(ww_model_responses(model, trials, ww_brain_area_find(model->brain, "V4"), &responses,
                                 &units));
    cr_assert_eq(units, 12 * 6 * 6);
    for (size_t i = 0; i < units * trials->count; i++)
        cr_assert_eq(responses[i], 0);
    free(responses);
    ww_lesion_clear(model->brain, model->values);
    expect_ok(ww_model_answer(model, trials, &healed));
    cr_assert(same_answers(intact, healed));
    ww_answers_free(intact), ww_answers_free(damaged), ww_answers_free(healed);
    ww_trials_free(trials);
    ww_model_free(model);
}

/* d' of each map's maximum for words, worked out from the responses. */
static void expect_map_selectivity(const ww_unit_statistics *known, const ww_trials *trials,
                                   int area, const float *r, size_t units)
{
    size_t maps = known->map_count[area], of = units / maps;
    cr_assert_eq(maps * of, units);
    for (size_t k = 0; k < maps; k++) {
        double n[2] = {0}, sum[2] = {0}, square[2] = {0}, v = 0;
        for (size_t i = 0; i < trials->count; i++) {
            int word = trials->truth[i].category == 1;
            double x = r[i * units + k * of];
            for (size_t j = 1; j < of; j++)
                x = fmax(x, r[i * units + k * of + j]);
            n[word]++, sum[word] += x, square[word] += x * x;
        }
        for (int g = 0; g < 2; g++)
            v += fmax(0, square[g] / n[g] - sum[g] / n[g] * (sum[g] / n[g])) / 2;
        double d = v > 0 ? (sum[1] / n[1] - sum[0] / n[0]) / sqrt(v) : 0;
        cr_assert_float_eq(known->map_selectivity[1][area][k], d, 1e-3, "map %zu", k);
    }
}

Test(model, statistics_are_those_of_the_responses)
{
    ww_model *model = tiny(4);
    ww_trials *trials = trials_of(model, 110, 1, "test");
    ww_unit_statistics statistics;
    ww_arena *arena = ww_arena_create();
    int area = ww_brain_area_find(model->brain, "V2");
    float *r;
    size_t units;
    expect_ok(ww_model_statistics(model, trials, &statistics, arena));
    expect_ok(ww_model_responses(model, trials, area, &r, &units));
    for (size_t u = 0; u < units; u += 17) {
        double n[2] = {0}, sum[2] = {0}, square[2] = {0};
        for (size_t i = 0; i < trials->count; i++) {
            int word = trials->truth[i].category == 1;
            double x = r[i * units + u];
            n[word]++, sum[word] += x, square[word] += x * x;
        }
        double all = n[0] + n[1], mean = (sum[0] + sum[1]) / all;
        double sd = sqrt(fmax(0, (square[0] + square[1]) / all - mean * mean));
        cr_assert_float_eq(statistics.sd[area][u], sd, 1e-5 + 1e-4 * sd);
        double m[2], v[2];
        for (int k = 0; k < 2; k++) {
            m[k] = sum[k] / n[k];
            v[k] = fmax(0, square[k] / n[k] - m[k] * m[k]);
        }
        double d = v[0] + v[1] > 0 ? (m[1] - m[0]) / sqrt(0.5 * (v[0] + v[1])) : 0;
        cr_assert_float_eq(statistics.selectivity[1][area][u], d, 1e-3);
    }
    expect_map_selectivity(&statistics, trials, area, r, units);
    free(r);
    ww_arena_free(arena);
    ww_trials_free(trials);
    ww_model_free(model);
}

/* Pictures of two classes: bars that stand or lie, at random places. */
static ww_labelled bars(size_t count, unsigned char *pixel, int *label)
{
    static const char *const names[] = {"upright", "lying"};
    enum { SIDE = 16 };
    for (size_t i = 0; i < count; i++) {
        ww_random random = ww_random_stream(1, "bars", i);
        label[i] = (int)(i % 2);
        int at = 2 + (int)ww_random_below(&random, SIDE - 5);
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                int across = label[i] ? y : x;
                pixel[(i * SIDE + (size_t)y) * SIDE + (size_t)x] =
                    across >= at && across < at + 2 ? 250 : 60;
            }
    }
    return (ww_labelled){.count = count,
                         .channels = 1,
                         .height = SIDE,
                         .width = SIDE,
                         .classes = 2,
                         .class_name = names,
                         .pixel = pixel,
                         .label = label};
}

/* How many the model gets right. The answers to a set that is longer than one part are those to its
 * pictures one by one. */
static double count_right(ww_model *model, const ww_labelled *test)
{
    enum { TIMES = 9 };
    size_t picture = (size_t)test->height * (size_t)test->width;
    unsigned char *pixel = malloc(TIMES * test->count * picture);
    int *label = malloc(TIMES * test->count * sizeof *label);
    for (size_t i = 0; i < TIMES * test->count; i++) {
        size_t from = (i * 7) % test->count;
        memcpy(pixel + i * picture, test->pixel + from * picture, picture);
        label[i] = test->label[from];
    }
    ww_labelled many = *test;
    many.count *= TIMES;
    many.pixel = pixel;
    many.label = label;
    ww_answers *few, *all;
    double right = 0;
    expect_ok(ww_model_answer_labelled(model, test, &few));
    expect_ok(ww_model_answer_labelled(model, &many, &all));
    for (size_t i = 0; i < many.count; i++) {
        cr_assert_eq(all->answer[0][i], few->answer[0][(i * 7) % test->count], "picture %zu", i);
        cr_assert_eq(all->score[0][i], all->answer[0][i] == (float)label[i]);
    }
    for (size_t i = 0; i < test->count; i++)
        right += few->score[0][i];
    ww_answers_free(few), ww_answers_free(all);
    free(pixel), free(label);
    return right;
}

Test(model, learns_pictures_with_the_whole_brain_and_with_the_read_out_alone)
{
    enum { COUNT = 160, TESTED = 60 };
    static unsigned char pixel[2][COUNT * 16 * 16];
    static int label[2][COUNT];
    ww_labelled train = bars(COUNT, pixel[0], label[0]), test = bars(TESTED, pixel[1], label[1]);
    static const char *const set[] = {"training.epochs=4", NULL};
    const char *brain = ww_file_with_text("tiny.yaml", yaml);
    ww_model *model, *opened;
    ww_train_report report;
    for (int whole = 1; whole >= 0; whole--) {
        const char *file = ww_path(whole ? "whole.h5" : "read.h5");
        ww_picture_training how = {.brain = brain,
                                   .set = set,
                                   .pictures = &train,
                                   .seed = 1,
                                   .frozen = !whole,
                                   .start = whole ? NULL : ww_path("whole.h5"),
                                   .checkpoint = file};
        expect_ok(ww_model_train_labelled(&model, &how, &report));
        double right = count_right(model, &test);
        cr_assert(right > 0.9 * TESTED, "whole %d: %g", whole, right);
        cr_assert_eq(report.epochs, 4);
        expect_ok(ww_model_open(&opened, file));
        cr_assert_eq(opened->brain->n_tasks, 1);
        cr_assert_str_eq(opened->brain->task[0].name, "read_out");
        /* what was not to learn is as it was */
        const ww_value *a = ww_values_find(model->values, "V4/weight.V2.pale");
        const ww_value *b = ww_values_find(opened->values, "V4/weight.V2.pale");
        cr_assert(a != NULL && b != NULL);
        cr_assert_eq(memcmp(a->data, b->data, a->size * sizeof(float)), 0);
        if (!whole) {
            ww_model *start;
            expect_ok(ww_model_open(&start, ww_path("whole.h5")));
            const ww_value *c = ww_values_find(start->values, "V4/weight.V2.pale");
            cr_assert_eq(memcmp(b->data, c->data, c->size * sizeof(float)), 0);
            ww_model_free(start);
        }
        ww_model_free(model), ww_model_free(opened);
    }
}

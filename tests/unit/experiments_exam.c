/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures from disk as an exam: what belongs to which class, and what a lesion does to it. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "experiments/parts/lesion_test.h"
#include "tests/support/folder.h"

static ww_arena *arena;

static void begin(void)
{
    ww_folder_make();
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(exam, .init = begin, .fini = end);

static const char yaml[] =
    "brain: tiny\n"
    "view: {width_px: 24, height_px: 24, frames: 3, deg_per_px: 0.5, frame_ms: 50}\n"
    "areas:\n"
    "  retina: {grid: 24}\n"
    "  LGN: {grid: 24}\n"
    "  V1: {grid: 12, orientations: 4, frequencies_cpd: [0.4], motion_cpd: [0.3]}\n"
    "  V2: {grid: 12, channels: 12}\n"
    "  V4: {grid: 6, channels: 12}\n"
    "wiring: {table: felleman_vanessen_1991, use: [ascending]}\n"
    "tasks:\n"
    "  category: {reads: V4, label: category, readout: max}\n"
    "training: {optimiser: adam, rate: 0.01, epochs: 10, batch: 10, validation_samples: 0}\n";

enum { SIDE = 8, CLASSES = 3, COUNT = 40 };

static const char *const names[CLASSES] = {"upright", "lying", "none"};

/* Gratings that stand, gratings that lie, and grey; of the first class twice as many. */
static const ww_labelled *gratings(void)
{
    static unsigned char pixel[COUNT * SIDE * SIDE];
    static int label[COUNT];
    static const char *file[COUNT];
    static ww_labelled set = {.count = COUNT,
                              .channels = 1,
                              .height = SIDE,
                              .width = SIDE,
                              .classes = CLASSES,
                              .class_name = names,
                              .pixel = pixel,
                              .label = label,
                              .file = file,
                              .source = file,
                              .sources = COUNT};
    for (int i = 0; i < COUNT; i++) {
        label[i] = (i % 4) % CLASSES;
        file[i] = i % 2 ? "odd.png" : "even.png";
        for (int y = 0; y < SIDE; y++)
            for (int x = 0; x < SIDE; x++) {
                int along = label[i] == 0 ? x : y;
                bool light = (along + i / 4) % 4 < 2;
                pixel[(i * SIDE + y) * SIDE + x] = (unsigned char)(label[i] == 2 ? 120 + i
                                                                   : light       ? 220
                                                                                 : 40);
            }
    }
    return &set;
}

static ww_model *trained(void)
{
    ww_model *model;
    ww_train_report report;
    ww_picture_training how = {
        .brain = ww_file_with_text("tiny.yaml", yaml), .pictures = gratings(), .seed = 2};
    expect_ok(ww_model_train_labelled(&model, &how, &report));
    return model;
}

/* Answers given by hand: picture i gets class i % 3. */
Test(exam, scores_belong_to_the_class_that_was_shown)
{
    float answer[COUNT], right[COUNT], *answers_of[1] = {answer}, *scores_of[1] = {right};
    double score[COUNT];
    ww_answers answers = {COUNT, 1, answers_of, NULL, scores_of};
    const ww_labelled *set = gratings();
    ww_exam exam;
    for (int i = 0; i < COUNT; i++) {
        answer[i] = (float)(i % 3);
        right[i] = i % 3 == set->label[i];
    }
    expect_ok(ww_exam_pictures(&exam, set, arena));
    cr_assert(exam.n_measures == 4 && exam.n_shown == 1 && exam.trials == COUNT);
    cr_assert_str_eq(exam.measure[0].name, "class");
    cr_assert_str_eq(exam.measure[2].name, "class/lying");
    for (int m = 0; m < exam.n_measures; m++) {
        int n = 0;
        exam.scores(&exam, NULL, &answers, m, score);
        for (int i = 0; i < COUNT; i++)
            if (m == 0 || set->label[i] == m - 1)
                cr_assert(score[i] == right[i] && ++n);
            else
                cr_assert(isnan(score[i]), "measure %d, picture %d", m, i);
        cr_assert_eq(n, m == 0 ? COUNT : m == 1 ? COUNT / 2 : COUNT / 4);
        exam.blind_scores(&exam, NULL, m, score);
        cr_assert_float_eq(score[m == 0 ? 0 : m - 1], 1 / 3.0, 1e-15);
        ww_estimate blind = exam.blind(&exam, NULL, m, score);
        cr_assert(fabs(blind.value - 1 / 3.0) < 1e-15 && isnan(blind.low));
    }
    ww_exam_close(&exam);
}

static void expect_times(const ww_h5 *file, const ww_lesion_test *test)
{
    enum { CELLS = CLASSES * CLASSES };
    const ww_labelled *set = test->exam->state;
    int64_t times[2 * CELLS], truth[COUNT];
    const char *const *text;
    size_t n;
    expect_ok(ww_h5_read_ints(file, "/pictures/confusion", times, 2 * CELLS));
    expect_ok(ww_h5_read_ints(file, "/trials/truth/class", truth, COUNT));
    expect_ok(ww_h5_read_texts(file, "/trials/file", &text, &n, arena));
    cr_assert(n == COUNT && strcmp(text[1], "odd.png") == 0);
    expect_ok(ww_h5_read_texts(file, "/pictures/class", &text, &n, arena));
    cr_assert(n == CLASSES && strcmp(text[2], "none") == 0);
    for (int c = 0; c < 2; c++) {
        for (int i = 0; i < COUNT; i++) {
            cr_assert_eq(truth[i], set->label[i]);
            times[c * CELLS + truth[i] * CLASSES + (int)test->state[c].answers->answer[0][i]]--;
        }
        for (int k = 0; k < CELLS; k++)
            cr_assert_eq(times[c * CELLS + k], 0, "condition %d, cell %d", c, k);
    }
}

/* Without V4 every picture gets the same answer: one class is all right, the others all wrong. */
Test(exam, a_lesion_of_all_that_is_read_leaves_one_answer)
{
    enum { MEASURES = CLASSES + 1 };
    double value[2 * MEASURES], low[2 * MEASURES], loss[2 * MEASURES];
    ww_lesion v4;
    ww_lesion_test test;
    ww_exam exam;
    ww_h5 *file;
    ww_model *model = trained();
    expect_ok(ww_exam_pictures(&exam, gratings(), arena));
    expect_ok(ww_lesion_test_open(&test, model, &exam, 1, 1, NULL));
    expect_ok(ww_lesion_parse(&v4, "V4", "", model->brain, arena));
    expect_ok(ww_lesion_test_add(&test, &v4));
    const ww_estimate *intact = test.state[0].value, *lesioned = test.state[1].value;
    cr_assert(intact[0].value > 0.9, "it has hardly learned: %g", intact[0].value);
    int same = (int)test.state[1].answers->answer[0][0];
    for (int c = 0; c < CLASSES; c++)
        cr_expect(lesioned[c + 1].value == (c == same), "class %d: %g", c, lesioned[c + 1].value);
    cr_expect_float_eq(lesioned[0].value, same == 0 ? 0.5 : 0.25, 1e-12);
    double wanted = (intact[0].value - lesioned[0].value) / (intact[0].value - 1 / 3.0);
    const ww_estimate *cost = &test.state[1].loss[0];
    cr_expect_float_eq(cost->value, wanted, 1e-12);
    cr_expect(cost->low < wanted && wanted < cost->high && cost->n == COUNT);

    expect_ok(ww_h5_create(&file, ww_path("r.h5")));
    expect_ok(ww_lesion_test_write(&test, file));
    expect_ok(ww_h5_commit(file));
    expect_ok(ww_h5_open(&file, ww_path("r.h5")));
    expect_ok(ww_h5_read_doubles(file, "/grid/pictures/value", value, 2 * MEASURES));
    expect_ok(ww_h5_read_doubles(file, "/grid/pictures/low", low, 2 * MEASURES));
    expect_ok(ww_h5_read_doubles(file, "/grid/pictures/loss", loss, 2 * MEASURES));
    for (int m = 0; m < MEASURES; m++) {
        cr_expect(value[m] == intact[m].value && value[MEASURES + m] == lesioned[m].value);
        cr_expect(low[m] == intact[m].low && low[MEASURES + m] == lesioned[m].low);
    }
    cr_expect_eq(loss[MEASURES], cost->value);
    expect_times(file, &test);
    ww_h5_close(file);
    ww_lesion_test_close(&test);
    ww_exam_close(&exam);
    ww_model_free(model);
}

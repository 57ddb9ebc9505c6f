/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lesions of one model: the measures are those of a study, the losses follow from them, intervals
 * hold them, and the file holds all of it. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "experiments/parts/lesion_test.h"
#include "tests/support/folder.h"

static void clean(void)
{
    ww_interrupt_clear();
    ww_folder_remove();
}

TestSuite(lesion_test, .init = ww_folder_make, .fini = clean);

/* Learns category and place to a degree within a second. */
static const char yaml[] =
    "brain: tiny\n"
    "view: {width_px: 24, height_px: 24, frames: 3, deg_per_px: 0.5, frame_ms: 50}\n"
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
    "  position: {reads: V2, label: position, readout: place, weight: 10}\n"
    "training: {optimiser: adam, rate: 0.01, epochs: 2, batch: 16, samples_per_epoch: 320,\n"
    "           validation_samples: 0}\n";

static const ww_task_params tasks = {120, 1};

static ww_model *trained(void)
{
    ww_model *model;
    ww_train_report report;
    expect_ok(ww_model_create(&model, ww_file_with_text("tiny.yaml", yaml), NULL, 2));
    expect_ok(ww_model_train(model, NULL, false, false, NULL, &report));
    return model;
}

static ww_lesion lesion_of(const ww_model *model, const char *word)
{
    ww_lesion lesion;
    expect_ok(ww_lesion_parse(&lesion, word, "", model->brain, model->arena));
    return lesion;
}

static double last_share;

static void hear(ww_progress *self, const char *task, double done, double total, const char *note)
{
    (void)self, (void)note;
    cr_expect_str_eq(task, "lesions");
    cr_expect(done / total >= last_share - 1e-12, "%g after %g", done / total, last_share);
    last_share = done / total;
}

/* Tests the model on scenes; close the exam after the test. */
static ww_lesion_test tested(ww_model *model, ww_exam *exam)
{
    static ww_progress progress = {.step = hear};
    static const char *const words[] = {"V4", "V2:hemifield=left", "V4:how=noise,dose=0.5"};
    ww_lesion_test test;
    last_share = 0;
    expect_ok(ww_exam_scenes(exam, &tasks, model, 5));
    expect_ok(ww_lesion_test_open(&test, model, exam, 5, 3, &progress));
    for (int i = 0; i < 3; i++) {
        ww_lesion lesion = lesion_of(model, words[i]);
        expect_ok(ww_lesion_test_add(&test, &lesion));
    }
    cr_expect_float_eq(last_share, 1, 1e-12, "at the end %g", last_share);
    return test;
}

static void expect_within(const ww_estimate *e)
{
    cr_expect(e->low <= e->value && e->value <= e->high, "%s: %g [%g, %g]", e->name, e->value,
              e->low, e->high);
}

Test(lesion_test, measures_as_a_study_and_says_how_sure_it_is)
{
    double value[WW_TASK_MEASURES], chance[WW_TASK_MEASURES];
    void *study;
    ww_exam exam;
    ww_model *model = trained();
    ww_lesion_test test = tested(model, &exam);
    expect_ok(ww_tasks_open(&study, &tasks, model, 5));
    expect_ok(ww_tasks_measure(study, model, value));
    ww_tasks_chance(study, model, chance);
    const ww_lesioned *none = &test.state[0], *v4 = &test.state[1], *left = &test.state[2];
    cr_assert_eq(test.n, 4);
    cr_expect_float_eq(test.blind[WW_M_CATEGORY].value, 1 / 3.0, 1e-12);
    cr_expect(isnan(none->value[WW_M_FACE].value) && isnan(chance[WW_M_FACE]), "no such task");
    for (int m = 0; m < WW_TASK_MEASURES; m++) {
        if (isnan(value[m]))
            continue;
        cr_expect_float_eq(none->value[m].value, value[m], 1e-12);
        cr_expect_float_eq(test.blind[m].value, chance[m], 1e-12);
        for (int s = 0; s < test.n; s++)
            expect_within(&test.state[s].value[m]);
    }
    cr_assert(value[0] > 0.5, "it has hardly learned: %g, place %g, blind %g", value[0],
              value[WW_M_POSITION], chance[WW_M_POSITION]);
    /* without V4 every scene gets the same answer: about a third is right, all is lost */
    double wanted = (value[0] - v4->value[0].value) / (value[0] - 1 / 3.0);
    cr_expect_float_eq(v4->loss[0].value, wanted, 1e-12);
    expect_within(&v4->loss[0]);
    cr_expect(v4->loss[0].low > 0.5, "loss %g [%g, %g]", wanted, v4->loss[0].low, v4->loss[0].high);
    /* places are read from V2 alone: nothing changes in any scene, so that is certain */
    const ww_estimate *place = &v4->loss[WW_M_POSITION];
    cr_expect(place->value == 0 && place->low == 0 && place->high == 0 && place->n == 120);
    /* a hemifield: the median error rises, on the left more than on the right */
    expect_within(&left->loss[WW_M_POSITION]);
    cr_expect(left->loss[WW_M_POSITION_LEFT].value > left->loss[WW_M_POSITION_RIGHT].value);
    ww_tasks_close(study);
    ww_lesion_test_close(&test);
    ww_exam_close(&exam);
    ww_model_free(model);
}

Test(lesion_test, file_holds_every_answer)
{
    enum { CELLS = 4 * WW_TASK_MEASURES, ANSWERS = 4 * 120 };
    double value[CELLS], high[CELLS];
    int64_t truth[120];
    float answer[ANSWERS], score[2 * ANSWERS];
    const char *const *condition, *unit;
    size_t n;
    int rank;
    int64_t dim[8];
    ww_h5 *file;
    ww_exam exam;
    ww_model *model = trained();
    ww_lesion_test test = tested(model, &exam);
    expect_ok(ww_h5_create(&file, ww_path("r.h5")));
    expect_ok(ww_lesion_test_write(&test, file));
    expect_ok(ww_h5_commit(file));
    expect_ok(ww_h5_open(&file, ww_path("r.h5")));
    expect_ok(ww_h5_read_texts(file, "/grid/scene-tasks/condition", &condition, &n, model->arena));
    cr_expect_eq(n, 4);
    cr_expect_str_eq(condition[2], "V2:hemifield=left");
    expect_ok(ww_h5_read_doubles(file, "/grid/scene-tasks/value", value, CELLS));
    expect_ok(ww_h5_read_doubles(file, "/grid/scene-tasks/high", high, CELLS));
    expect_ok(ww_h5_read_ints(file, "/trials/truth/category", truth, 120));
    expect_ok(ww_h5_read_floats(file, "/trials/answer/category", answer, ANSWERS));
    expect_ok(ww_h5_read_floats(file, "/trials/score/category", score, ANSWERS));
    expect_ok(ww_h5_read_attribute(file, "/trials/truth/x_deg", "unit", &unit, model->arena));
    cr_expect_str_eq(unit, "deg");
    for (int c = 0; c < 4; c++) {
        double right = 0;
        for (int i = 0; i < 120; i++) {
            bool is_right = answer[c * 120 + i] == (float)truth[i];
            cr_assert_eq(score[c * 120 + i], is_right, "condition %d, trial %d", c, i);
            right += is_right;
        }
        cr_expect_float_eq(value[c * WW_TASK_MEASURES], right / 120, 1e-12);
        cr_expect_float_eq(high[c * WW_TASK_MEASURES], test.state[c].value[0].high, 1e-15);
    }
    expect_ok(ww_h5_shape(file, "/trials/answer/position", &rank, dim));
    cr_expect(rank == 3 && dim[0] == 4 && dim[1] == 120 && dim[2] == 2);
    ww_h5_close(file);
    ww_lesion_test_close(&test);
    ww_exam_close(&exam);
    ww_model_free(model);
}

Test(lesion_test, stops_when_asked)
{
    ww_lesion_test test;
    ww_exam exam;
    ww_model *model;
    expect_ok(ww_model_create(&model, ww_file_with_text("tiny.yaml", yaml), NULL, 2));
    expect_ok(ww_exam_scenes(&exam, &tasks, model, 5));
    expect_ok(ww_lesion_test_open(&test, model, &exam, 5, 2, NULL));
    ww_lesion lesion = lesion_of(model, "V4");
    expect_ok(ww_lesion_test_add(&test, &lesion));
    ww_interrupt();
    expect_failure(ww_lesion_test_add(&test, &lesion), WW_EINTERRUPTED,
                   "interrupted after 1 of 2 lesions");
    ww_lesion_test_close(&test);
    ww_exam_close(&exam);
    ww_model_free(model);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results file of a lesion test: /grid as a study writes it, and every trial. */
#include <math.h>
#include <stdio.h>

#include "experiments/parts/grid.h"
#include "experiments/parts/lesion_test.h"

enum { NAME_BYTES = 200 };

static ww_status write_value(const ww_lesion_test *test, ww_h5 *file)
{
    const ww_brain *brain = test->model->brain;
    size_t n = (size_t)test->n, measures = (size_t)test->exam->n_measures;
    const char **condition = ww_arena_array(test->arena, n, sizeof *condition);
    double *value = ww_arena_array(test->arena, (n + 1) * measures, sizeof *value);
    double *chance = value + n * measures;
    if (condition == NULL || value == NULL)
        return WW_ENOMEM;
    for (size_t c = 0; c < n; c++) {
        condition[c] = test->state[c].lesion.text;
        for (size_t m = 0; m < measures; m++)
            value[c * measures + m] = test->state[c].value[m].value;
    }
    for (size_t m = 0; m < measures; m++)
        chance[m] = test->blind[m].value;
    ww_grid grid = {.n_brains = 1,
                    .n_seeds = 1,
                    .n_conditions = test->n,
                    .n_measures = test->exam->n_measures,
                    .name = &brain->name,
                    .brain = &brain,
                    .seed = &test->model->seed,
                    .condition = condition,
                    .measure = test->exam->measure,
                    .value = value,
                    .chance = chance};
    return ww_grid_write(file, test->exam->name, &grid, test->arena);
}

/* One number of every estimate of a measure: the ends of its interval, a loss, a count. */
struct column {
    const char *name, *about;
    double (*number)(const ww_lesioned *state, int measure);
};

static double value_low(const ww_lesioned *s, int m)
{
    return s->value[m].low;
}

static double value_high(const ww_lesioned *s, int m)
{
    return s->value[m].high;
}

static double loss(const ww_lesioned *s, int m)
{
    return s->loss[m].value;
}

static double loss_low(const ww_lesioned *s, int m)
{
    return s->loss[m].low;
}

static double loss_high(const ww_lesioned *s, int m)
{
    return s->loss[m].high;
}

static double entered(const ww_lesioned *s, int m)
{
    return (double)s->value[m].n;
}

static const char of_value[] =
    "95 % over trials: Wilson (share correct), order statistics (median)";
static const char of_loss[] = "95 % bootstrap over trials, paired";

static const struct column columns[] = {
    {"low", of_value, value_low},
    {"high", of_value, value_high},
    {"loss", "(intact - lesioned) / (intact - blind answer)", loss},
    {"loss_low", of_loss, loss_low},
    {"loss_high", of_loss, loss_high},
    {"trials", "trials that entered", entered},
};

static ww_status write_columns(const ww_lesion_test *test, ww_h5 *file)
{
    char name[NAME_BYTES];
    const char *exam = test->exam->name;
    int measures = test->exam->n_measures;
    const int64_t shape[4] = {1, 1, test->n, measures}, blind[3] = {1, 1, measures};
    double *value = ww_arena_array(test->arena, (size_t)test->n * (size_t)measures, sizeof *value);
    if (value == NULL)
        return WW_ENOMEM;
    for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++) {
        for (int c = 0; c < test->n; c++)
            for (int m = 0; m < measures; m++)
                value[c * measures + m] = columns[k].number(&test->state[c], m);
        snprintf(name, sizeof name, "/grid/%s/%s", exam, columns[k].name);
        WW_TRY(ww_h5_write_doubles(file, name, value, 4, shape));
        WW_TRY(ww_h5_attribute(file, name, "dimensions", "brain seed condition measure"));
        WW_TRY(ww_h5_attribute(file, name, "about", columns[k].about));
    }
    for (int end = 0; end < 2; end++) {
        for (int m = 0; m < measures; m++)
            value[m] = end == 0 ? test->blind[m].low : test->blind[m].high;
        snprintf(name, sizeof name, "/grid/%s/chance_%s", exam, end == 0 ? "low" : "high");
        WW_TRY(ww_h5_write_doubles(file, name, value, 3, blind));
        WW_TRY(ww_h5_attribute(file, name, "dimensions", "brain seed measure"));
    }
    return WW_OK;
}

/* ---- trials ---- */

/* The answers of one task, [condition][trial], and their scores. */
static ww_status write_task(const ww_lesion_test *test, ww_h5 *file, int task)
{
    char name[NAME_BYTES];
    const ww_task *t = &test->model->brain->task[task];
    bool place = t->label == WW_LABEL_POSITION;
    size_t count = test->exam->trials, values = place ? 2 : 1;
    size_t all = (size_t)test->n * count;
    float *said = ww_arena_array(test->arena, all * values, sizeof *said);
    float *score = ww_arena_array(test->arena, all, sizeof *score);
    const int64_t shape[3] = {test->n, (int64_t)count, 2};
    if (said == NULL || score == NULL)
        return WW_ENOMEM;
    for (int c = 0; c < test->n; c++) {
        const ww_answers *a = test->state[c].answers;
        for (size_t i = 0; i < count; i++) {
            size_t at = (size_t)c * count + i;
            score[at] = a->score[task][i];
            said[at * values] = a->answer[task][i];
            if (place)
                said[at * values + 1] = a->answer_y[task][i];
        }
    }
    snprintf(name, sizeof name, "/trials/answer/%s", t->name);
    WW_TRY(ww_h5_write_floats(file, name, said, place ? 3 : 2, shape, true));
    WW_TRY(ww_h5_attribute(file, name, "dimensions",
                           place ? "condition trial x,y" : "condition trial"));
    WW_TRY(ww_h5_attribute(file, name, "unit", place ? "deg" : "number of the label"));
    snprintf(name, sizeof name, "/trials/score/%s", t->name);
    WW_TRY(ww_h5_write_floats(file, name, score, 2, shape, true));
    WW_TRY(ww_h5_attribute(file, name, "dimensions", "condition trial"));
    return ww_h5_attribute(file, name, "unit",
                           place ? "deg from the true place" : "1 right, 0 wrong, nan not asked");
}

static ww_status write_exam(const ww_lesion_test *test, ww_h5 *file)
{
    const ww_answers **answers = ww_arena_array(test->arena, (size_t)test->n, sizeof *answers);
    if (answers == NULL)
        return WW_ENOMEM;
    for (int c = 0; c < test->n; c++)
        answers[c] = test->state[c].answers;
    return test->exam->write(test->exam, answers, test->n, file, test->arena);
}

ww_status ww_lesion_test_write(const ww_lesion_test *test, ww_h5 *file)
{
    WW_TRY(write_value(test, file));
    WW_TRY(write_columns(test, file));
    WW_TRY(write_exam(test, file));
    for (int t = 0; t < test->model->brain->n_tasks; t++)
        WW_TRY(write_task(test, file, t));
    return WW_OK;
}

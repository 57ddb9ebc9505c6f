/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The results file of a lesion test: /grid as a study writes it, and every trial. */
#include <math.h>
#include <stddef.h>
#include <stdio.h>

#include "experiments/parts/grid.h"
#include "experiments/parts/lesion_test.h"

static const char experiment[] = "scene-tasks", group[] = "/grid/scene-tasks";

enum { NAME_BYTES = 200 };

static ww_status write_value(const ww_lesion_test *test, ww_h5 *file)
{
    enum { M = WW_TASK_MEASURES };
    const ww_brain *brain = test->model->brain;
    const char **condition = ww_arena_array(test->arena, (size_t)test->n, sizeof *condition);
    double *value = ww_arena_array(test->arena, (size_t)test->n * M, sizeof *value), chance[M];
    if (condition == NULL || value == NULL)
        return WW_ENOMEM;
    for (int c = 0; c < test->n; c++) {
        condition[c] = test->state[c].lesion.text;
        for (int m = 0; m < M; m++)
            value[c * M + m] = test->state[c].value[m].value;
    }
    for (int m = 0; m < M; m++)
        chance[m] = test->blind[m].value;
    ww_grid grid = {.n_brains = 1,
                    .n_seeds = 1,
                    .n_conditions = test->n,
                    .n_measures = M,
                    .name = &brain->name,
                    .brain = &brain,
                    .seed = &test->model->seed,
                    .condition = condition,
                    .measure = ww_task_measures,
                    .value = value,
                    .chance = chance};
    return ww_grid_write(file, experiment, &grid, test->arena);
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
    enum { M = WW_TASK_MEASURES };
    char name[NAME_BYTES];
    const int64_t shape[4] = {1, 1, test->n, M};
    double *value = ww_arena_array(test->arena, (size_t)test->n * M, sizeof *value);
    if (value == NULL)
        return WW_ENOMEM;
    for (size_t k = 0; k < sizeof columns / sizeof columns[0]; k++) {
        for (int c = 0; c < test->n; c++)
            for (int m = 0; m < M; m++)
                value[c * M + m] = columns[k].number(&test->state[c], m);
        snprintf(name, sizeof name, "%s/%s", group, columns[k].name);
        WW_TRY(ww_h5_write_doubles(file, name, value, 4, shape));
        WW_TRY(ww_h5_attribute(file, name, "dimensions", "brain seed condition measure"));
        WW_TRY(ww_h5_attribute(file, name, "about", columns[k].about));
    }
    for (int end = 0; end < 2; end++) {
        for (int m = 0; m < M; m++)
            value[m] = end == 0 ? test->blind[m].low : test->blind[m].high;
        snprintf(name, sizeof name, "%s/chance_%s", group, end == 0 ? "low" : "high");
        WW_TRY(ww_h5_write_doubles(file, name, value, 3, (int64_t[]){1, 1, M}));
        WW_TRY(ww_h5_attribute(file, name, "dimensions", "brain seed measure"));
    }
    return WW_OK;
}

/* ---- trials ---- */

static const struct {
    const char *name, *unit;
    size_t offset;
    bool real;
} truths[] = {
    {"category", "0 face, 1 word, 2 object", offsetof(ww_truth, category), false},
    {"face", "number of the face, -1: none", offsetof(ww_truth, face), false},
    {"word", "number of the word, -1: none", offsetof(ww_truth, word), false},
    {"object", "number of the object, -1: none", offsetof(ww_truth, object), false},
    {"colour", "number of the hue", offsetof(ww_truth, colour), false},
    {"direction", "number of the direction, counter-clockwise from rightward",
     offsetof(ww_truth, direction), false},
    {"x_deg", "deg", offsetof(ww_truth, x_deg), true},
    {"y_deg", "deg", offsetof(ww_truth, y_deg), true},
    {"size_deg", "deg", offsetof(ww_truth, size_deg), true},
    {"speed_deg_s", "deg/s", offsetof(ww_truth, speed_deg_s), true},
};

static ww_status write_truth(const ww_lesion_test *test, ww_h5 *file)
{
    char name[NAME_BYTES];
    const ww_trials *trials = ww_tasks_trials(test->tasks);
    const int64_t count = (int64_t)trials->count;
    int64_t *whole = ww_arena_array(test->arena, trials->count, sizeof *whole);
    double *real = ww_arena_array(test->arena, trials->count, sizeof *real);
    if (whole == NULL || real == NULL)
        return WW_ENOMEM;
    for (size_t k = 0; k < sizeof truths / sizeof truths[0]; k++) {
        for (size_t i = 0; i < trials->count; i++) {
            const char *at = (const char *)&trials->truth[i] + truths[k].offset;
            if (truths[k].real)
                real[i] = *(const double *)(const void *)at;
            else
                whole[i] = *(const int *)(const void *)at;
        }
        snprintf(name, sizeof name, "/trials/truth/%s", truths[k].name);
        WW_TRY(truths[k].real ? ww_h5_write_doubles(file, name, real, 1, &count)
                              : ww_h5_write_ints(file, name, whole, 1, &count));
        WW_TRY(ww_h5_attribute(file, name, "unit", truths[k].unit));
    }
    return WW_OK;
}

/* The answers of one task, [condition][trial], and their scores. */
static ww_status write_task(const ww_lesion_test *test, ww_h5 *file, int task)
{
    char name[NAME_BYTES];
    const ww_task *t = &test->model->brain->task[task];
    bool place = t->label == WW_LABEL_POSITION;
    size_t count = ww_tasks_trials(test->tasks)->count, values = place ? 2 : 1;
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

ww_status ww_lesion_test_write(const ww_lesion_test *test, ww_h5 *file)
{
    WW_TRY(write_value(test, file));
    WW_TRY(write_columns(test, file));
    WW_TRY(write_truth(test, file));
    for (int t = 0; t < test->model->brain->n_tasks; t++)
        WW_TRY(write_task(test, file, t));
    return WW_OK;
}

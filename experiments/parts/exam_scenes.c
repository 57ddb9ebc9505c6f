/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tasks of a brain on fresh scenes (tasks.c). */
#include <stddef.h>
#include <stdio.h>

#include "experiments/parts/exam.h"

static ww_status answer(const ww_exam *exam, ww_model *model, ww_answers **out)
{
    return ww_model_answer(model, ww_tasks_trials(exam->state), out);
}

static void scores(const ww_exam *exam, const ww_brain *brain, const ww_answers *answers,
                   int measure, double *score)
{
    ww_tasks_scores(exam->state, brain, answers, measure, score);
}

static void blind_scores(const ww_exam *exam, const ww_brain *brain, int measure, double *score)
{
    ww_tasks_blind_scores(exam->state, brain, measure, score);
}

static ww_estimate blind(const ww_exam *exam, const ww_brain *brain, int measure, double *work)
{
    return ww_tasks_blind(exam->state, brain, measure, work);
}

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

static ww_status write_truth(const ww_exam *exam, const ww_answers *const *answers, int n,
                             ww_h5 *file, ww_arena *arena)
{
    char name[100];
    const ww_trials *trials = ww_tasks_trials(exam->state);
    const int64_t count = (int64_t)trials->count;
    int64_t *whole = ww_arena_array(arena, trials->count, sizeof *whole);
    double *real = ww_arena_array(arena, trials->count, sizeof *real);
    (void)answers, (void)n;
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

static void close_scenes(ww_exam *exam)
{
    ww_tasks_close((void *)exam->state);
}

ww_status ww_exam_scenes(ww_exam *out, const ww_task_params *params, ww_model *model, uint64_t seed)
{
    void *state;
    ww_status status = ww_tasks_open(&state, params, model, seed);
    *out = (ww_exam){.name = "scene-tasks",
                     .noun = "scenes",
                     .measure = ww_task_measures,
                     .n_measures = WW_TASK_MEASURES,
                     .n_shown = WW_TASK_MEASURES,
                     .trials = (size_t)params->trials,
                     .state = state,
                     .answer = answer,
                     .scores = scores,
                     .blind_scores = blind_scores,
                     .blind = blind,
                     .write = write_truth,
                     .close = close_scenes};
    if (status != WW_OK)
        ww_exam_close(out);
    return status;
}

void ww_exam_close(ww_exam *exam)
{
    if (exam->close != NULL)
        exam->close(exam);
    exam->close = NULL;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials and answers.
 *
 * Trials are drawn once and shown to the brain in every state of damage, so that a difference
 * between two states is never one of pictures. How selective a unit is for a category is d'
 * between that category and the two others (Green & Swets 1966): the difference of the means over
 * the root of the mean variance. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/model_parts.h"
#include "engine/base/random.h"

ww_status ww_trials_draw(ww_trials **out, const ww_brain *brain, size_t count, uint64_t seed,
                         const char *purpose)
{
    const ww_stimulus *stimulus = brain->stimulus;
    size_t floats = (size_t)3 * (size_t)brain->view.frames * (size_t)brain->view.height_px *
                    (size_t)brain->view.width_px;
    ww_random random = ww_random_stream(seed, purpose, 0);
    uint64_t key = ww_random_u64(&random);
    void *state = NULL;
    *out = NULL;
    ww_trials *trials = calloc(1, sizeof *trials);
    if (trials == NULL || (trials->movie = malloc(count * floats * sizeof(float))) == NULL ||
        (trials->truth = calloc(count, sizeof *trials->truth)) == NULL) {
        ww_trials_free(trials);
        return WW_FAIL(WW_ENOMEM, "out of memory for %zu trials", count);
    }
    trials->count = count;
    ww_status status = WW_OK;
    if (stimulus->open != NULL)
        status = stimulus->open(&state, brain->stimulus_params, &brain->view);
    bool failed = status != WW_OK;
#pragma omp parallel for schedule(dynamic, 4)
    for (size_t i = 0; i < count; i++) {
        bool stop;
#pragma omp atomic read
        stop = failed;
        stop = stop || ww_interrupted();
        if (!stop && stimulus->draw(state, brain->stimulus_params, &brain->view, key, i,
                                    trials->movie + i * floats, NULL, &trials->truth[i]) != WW_OK) {
#pragma omp atomic write
            failed = true;
        }
    }
    if (status == WW_OK && ww_interrupted())
        status = WW_FAIL(WW_EINTERRUPTED, "interrupted while %zu trials were drawn", count);
    if (status == WW_OK && failed) /* the message of another thread is lost: say it again here */
        status = WW_FAIL(WW_ENOMEM, "stimulus %s could not be drawn", stimulus->item.name);
    if (stimulus->close != NULL)
        stimulus->close(state);
    if (status != WW_OK) {
        ww_trials_free(trials);
        return status;
    }
    *out = trials;
    return WW_OK;
}

void ww_trials_free(ww_trials *trials)
{
    if (trials == NULL)
        return;
    free(trials->movie);
    free(trials->truth);
    free(trials);
}

ww_status ww_model_tester(ww_model *model, ww_program **program)
{
    if (model->tester == NULL) {
        struct ww_tester *tester = ww_arena_alloc(model->arena, sizeof *tester);
        ww_compile_options options = {
            .batch = WW_TEST_BATCH, .mode = WW_INFER, .seed = model->seed};
        if (tester == NULL)
            return WW_ENOMEM;
        WW_TRY(ww_compile(&tester->program, model->graph, model->values, options));
        model->tester = tester;
    }
    *program = model->tester->program;
    return WW_OK;
}

ww_status ww_model_run(ww_model *model, const ww_trials *trials, size_t first, ww_program **program)
{
    size_t floats;
    WW_TRY(ww_model_tester(model, program));
    float *movie = ww_program_input(*program, "movie", &floats);
    size_t n = trials->count - first, each = floats / WW_TEST_BATCH;
    if (n > WW_TEST_BATCH)
        n = WW_TEST_BATCH;
    memcpy(movie, trials->movie + first * each, n * each * sizeof *movie);
    memset(movie + n * each, 0, (WW_TEST_BATCH - n) * each * sizeof *movie);
    for (int t = 0; t < model->brain->n_tasks; t++) {
        char name[128];
        snprintf(name, sizeof name, "label/%s", model->brain->task[t].name);
        float *label = ww_program_input(*program, name, &floats);
        for (size_t i = 0; label != NULL && i < floats; i++)
            label[i] = model->brain->task[t].label == WW_LABEL_POSITION ? NAN : -1;
    }
    size_t done = trials->first + first, total = trials->total > 0 ? trials->total : trials->count;
    if (ww_interrupted())
        return WW_FAIL(WW_EINTERRUPTED, "interrupted after %zu of %zu trials", done, total);
    WW_TRY(ww_program_run(*program, done / WW_TEST_BATCH));
    ww_progress_step(model->progress, "trials", (double)(done + n), (double)total, NULL);
    return WW_OK;
}

void ww_answers_free(ww_answers *answers)
{
    if (answers == NULL)
        return;
    for (int t = 0; t < answers->n_tasks; t++) {
        free(answers->answer ? answers->answer[t] : NULL);
        free(answers->answer_y ? answers->answer_y[t] : NULL);
        free(answers->score ? answers->score[t] : NULL);
    }
    free(answers->answer);
    free(answers->answer_y);
    free(answers->score);
    free(answers);
}

ww_answers *ww_answers_new(const ww_brain *brain, size_t count)
{
    size_t n = (size_t)brain->n_tasks, room = count > 0 ? count : 1;
    ww_answers *a = calloc(1, sizeof *a);
    if (a == NULL)
        return NULL;
    a->answer = calloc(n + 1, sizeof *a->answer);
    a->answer_y = calloc(n + 1, sizeof *a->answer_y);
    a->score = calloc(n + 1, sizeof *a->score);
    a->count = count;
    bool whole = a->answer != NULL && a->answer_y != NULL && a->score != NULL;
    a->n_tasks = whole ? brain->n_tasks : 0;
    for (size_t t = 0; whole && t < n; t++) {
        a->answer[t] = calloc(room, sizeof(float));
        a->score[t] = calloc(room, sizeof(float));
        if (brain->task[t].label == WW_LABEL_POSITION)
            a->answer_y[t] = calloc(room, sizeof(float));
        if (a->answer[t] == NULL || a->score[t] == NULL ||
            (brain->task[t].label == WW_LABEL_POSITION && a->answer_y[t] == NULL))
            whole = false;
    }
    if (!whole) {
        ww_answers_free(a);
        return NULL;
    }
    return a;
}

/* Reads the answer of one task to one trial off the output `said`. */
static void take(ww_answers *a, const ww_brain *brain, int task, size_t trial,
                 const ww_truth *truth, const float *said)
{
    const ww_task *t = &brain->task[task];
    float right[2];
    ww_task_truth(brain, t, truth, right);
    if (t->label == WW_LABEL_POSITION) {
        double w = 0.5 * ww_view_width_deg(&brain->view),
               h = 0.5 * ww_view_height_deg(&brain->view);
        a->answer[task][trial] = (float)(w * said[0]);
        a->answer_y[task][trial] = (float)(h * said[1]);
        a->score[task][trial] = (float)hypot(w * (said[0] - right[0]), h * (said[1] - right[1]));
        return;
    }
    int best = 0;
    for (int k = 1; k < t->classes; k++)
        if (said[k] > said[best])
            best = k;
    a->answer[task][trial] = (float)best;
    a->score[task][trial] = right[0] < 0 ? NAN : (float)best == right[0] ? 1 : 0;
}

ww_status ww_model_answer_into(ww_model *model, const ww_trials *trials, ww_answers *answers)
{
    const ww_brain *brain = model->brain;
    for (size_t first = 0; first < trials->count; first += WW_TEST_BATCH) {
        ww_program *program;
        WW_TRY(ww_model_run(model, trials, first, &program));
        for (int t = 0; t < brain->n_tasks; t++) {
            ww_shape shape;
            const float *said = ww_program_output(program, brain->task[t].name, &shape);
            size_t each = ww_shape_size(&shape) / WW_TEST_BATCH;
            for (size_t i = first; i < first + WW_TEST_BATCH && i < trials->count; i++)
                take(answers, brain, t, trials->first + i, &trials->truth[i],
                     said + (i - first) * each);
        }
    }
    return WW_OK;
}

ww_status ww_model_answer(ww_model *model, const ww_trials *trials, ww_answers **out)
{
    ww_answers *answers = ww_answers_new(model->brain, trials->first + trials->count);
    *out = NULL;
    if (answers == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for %zu answers", trials->count);
    ww_status status = ww_model_answer_into(model, trials, answers);
    if (status != WW_OK) {
        ww_answers_free(answers);
        return status;
    }
    *out = answers;
    return WW_OK;
}

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return x < y ? -1 : x > y;
}

double ww_answers_mean(const ww_answers *answers, const ww_brain *brain, int task,
                       const ww_trials *trials, bool (*keep)(const ww_truth *truth), size_t *n)
{
    bool place = brain->task[task].label == WW_LABEL_POSITION;
    float *kept = malloc((answers->count + 1) * sizeof *kept);
    size_t count = 0;
    double sum = 0;
    for (size_t i = 0; kept != NULL && i < answers->count; i++) {
        float score = answers->score[task][i];
        if (isnan(score) || (keep != NULL && !keep(&trials->truth[i])))
            continue;
        kept[count++] = score;
        sum += score;
    }
    double mean = count > 0 ? sum / (double)count : NAN;
    if (place && count > 0) {
        qsort(kept, count, sizeof *kept, ascending);
        mean = 0.5 * ((double)kept[(count - 1) / 2] + (double)kept[count / 2]);
        mean /= ww_view_width_deg(&brain->view);
    }
    free(kept);
    if (n != NULL)
        *n = count;
    return mean;
}

/* The responses of an area to the trials that were just run; units of one trial in *units. */
static ww_status responses_of(const ww_model *model, ww_program *program, int area,
                              const float **out, size_t *units)
{
    char name[128];
    ww_shape shape;
    snprintf(name, sizeof name, "area/%s", model->brain->area[area].name);
    *out = ww_program_output(program, name, &shape);
    if (*out == NULL)
        return WW_FAIL(WW_EINVAL, "area %s has no output", model->brain->area[area].name);
    *units = ww_shape_size(&shape) / WW_TEST_BATCH;
    return WW_OK;
}

ww_status ww_model_responses(ww_model *model, const ww_trials *trials, int area, float **responses,
                             size_t *units)
{
    *responses = NULL;
    *units = 0;
    for (size_t first = 0; first < trials->count; first += WW_TEST_BATCH) {
        ww_program *program;
        const float *from = NULL;
        size_t n = trials->count - first < WW_TEST_BATCH ? trials->count - first : WW_TEST_BATCH;
        ww_status status = ww_model_run(model, trials, first, &program);
        if (status == WW_OK)
            status = responses_of(model, program, area, &from, units);
        if (status == WW_OK && *responses == NULL) {
            *responses = malloc(trials->count * *units * sizeof **responses);
            if (*responses == NULL)
                status = WW_FAIL(WW_ENOMEM, "out of memory for the responses of area %s",
                                 model->brain->area[area].name);
        }
        if (status != WW_OK) {
            free(*responses);
            *responses = NULL;
            return status;
        }
        memcpy(*responses + first * *units, from, n * *units * sizeof **responses);
    }
    return WW_OK;
}

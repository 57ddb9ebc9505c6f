/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every task of a brain on fresh scenes, the same ones for each lesion.
 *
 * Accuracies are shares of correct answers among the scenes that have an answer (a word has no face
 * identity). Places are scored by the median distance, in degrees, between the place that was said
 * and the centre of the item. What a blind answer gives: for labels one over the number of classes;
 * for places the median distance of the items from their mean place - the best answer that does not
 * look. */
#include "experiments/parts/tasks.h"

#include <math.h>
#include <stdlib.h>

#include "analysis/parts/statistics.h"

/* A task that the intact brain hardly does better than blind has nothing to lose. */
static const double LEAST_ABOVE_CHANCE = 0.1;

const ww_measure ww_task_measures[WW_TASK_MEASURES] = {
    {"category", "share correct", "face, word or object", false},
    {"face_identity", "share correct", "which face", false},
    {"word_identity", "share correct", "which word", false},
    {"object_identity", "share correct", "which object", false},
    {"colour", "share correct", "which hue", false},
    {"motion", "share correct", "which direction of motion", false},
    {"position", "deg", "median error of the place", true},
    {"position_left", "deg", "median error of the place of items on the left", true},
    {"position_right", "deg", "median error of the place of items on the right", true}};

static const ww_label labels[WW_TASK_MEASURES] = {
    WW_LABEL_CATEGORY,  WW_LABEL_FACE,     WW_LABEL_WORD,     WW_LABEL_OBJECT,  WW_LABEL_COLOUR,
    WW_LABEL_DIRECTION, WW_LABEL_POSITION, WW_LABEL_POSITION, WW_LABEL_POSITION};

struct state {
    ww_trials *trials;
    double side_deg;
};

/* Whether a trial belongs to a measure: the places of one side are measured on that side. */
static bool belongs(const struct state *s, int measure, const ww_truth *truth)
{
    if (measure == WW_M_POSITION_LEFT)
        return truth->x_deg <= -s->side_deg;
    if (measure == WW_M_POSITION_RIGHT)
        return truth->x_deg >= s->side_deg;
    return true;
}

static int task_of(const ww_brain *brain, int measure)
{
    for (int t = 0; t < brain->n_tasks; t++)
        if (brain->task[t].label == labels[measure])
            return t;
    return -1;
}

ww_status ww_tasks_open(void **state, const ww_task_params *params, ww_model *model, uint64_t seed)
{
    struct state *s = calloc(1, sizeof *s);
    *state = s;
    if (s == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    s->side_deg = params->side_deg;
    return ww_trials_draw(&s->trials, model->brain, (size_t)params->trials, seed, "test");
}

void ww_tasks_close(void *state)
{
    struct state *s = state;
    if (s == NULL)
        return;
    ww_trials_free(s->trials);
    free(s);
}

const ww_trials *ww_tasks_trials(const void *state)
{
    return ((const struct state *)state)->trials;
}

void ww_tasks_scores(const void *state, const ww_brain *brain, const ww_answers *answers,
                     int measure, double *score)
{
    const struct state *s = state;
    int task = task_of(brain, measure);
    for (size_t i = 0; i < s->trials->count; i++) {
        bool asked = task >= 0 && belongs(s, measure, &s->trials->truth[i]);
        score[i] = asked ? answers->score[task][i] : NAN;
    }
}

void ww_tasks_blind_scores(const void *state, const ww_brain *brain, int measure, double *score)
{
    const struct state *s = state;
    double x = 0, y = 0;
    size_t count = s->trials->count;
    int task = task_of(brain, measure);
    for (size_t i = 0; i < count; i++) {
        x += s->trials->truth[i].x_deg / (double)count;
        y += s->trials->truth[i].y_deg / (double)count;
    }
    for (size_t i = 0; i < count; i++) {
        const ww_truth *truth = &s->trials->truth[i];
        if (task < 0 || !belongs(s, measure, truth))
            score[i] = NAN;
        else if (ww_task_measures[measure].is_error)
            score[i] = hypot(truth->x_deg - x, truth->y_deg - y);
        else
            score[i] = 1.0 / brain->task[task].classes;
    }
}

ww_estimate ww_tasks_estimate(const ww_measure *m, const double *score, size_t trials, double *work)
{
    size_t n = 0, right = 0;
    for (size_t i = 0; i < trials; i++)
        if (isfinite(score[i]))
            right += (work[n++] = score[i]) == 1;
    return m->is_error ? ww_median(m->name, work, n) : ww_proportion(m->name, right, n);
}

double ww_task_loss(double intact, double lesioned, double blind)
{
    return (intact - lesioned) / (intact - blind);
}

bool ww_task_can_lose(const ww_measure *measure, double intact, double blind)
{
    double best = measure->is_error ? 0 : 1;
    return fabs(intact - blind) > LEAST_ABOVE_CHANCE * fabs(best - blind);
}

ww_status ww_tasks_measure(void *state, ww_model *model, double *value)
{
    struct state *s = state;
    ww_answers *answers;
    WW_TRY(ww_model_answer(model, s->trials, &answers));
    size_t n = answers->count;
    double *score = malloc((2 * n + 1) * sizeof *score);
    for (int m = 0; m < WW_TASK_MEASURES && score != NULL; m++) {
        ww_tasks_scores(s, model->brain, answers, m, score);
        value[m] = ww_tasks_estimate(&ww_task_measures[m], score, n, score + n).value;
    }
    ww_answers_free(answers);
    free(score);
    return score == NULL ? WW_FAIL(WW_ENOMEM, "out of memory") : WW_OK;
}

ww_estimate ww_tasks_blind(const void *state, const ww_brain *brain, int measure, double *work)
{
    const ww_measure *m = &ww_task_measures[measure];
    size_t n = ((const struct state *)state)->trials->count;
    int task = task_of(brain, measure);
    ww_estimate exact = {m->name, NAN, NAN, NAN, NAN, (int64_t)n};
    if (task < 0)
        return exact;
    if (!m->is_error) {
        exact.value = 1.0 / brain->task[task].classes;
        return exact;
    }
    ww_tasks_blind_scores(state, brain, measure, work);
    return ww_tasks_estimate(m, work, n, work + n);
}

void ww_tasks_chance(void *state, const ww_model *model, double *chance)
{
    const struct state *s = state;
    double *work = malloc((2 * s->trials->count + 1) * sizeof *work);
    for (int m = 0; m < WW_TASK_MEASURES; m++)
        chance[m] = work != NULL ? ww_tasks_blind(s, model->brain, m, work).value : NAN;
    free(work);
}

ww_status ww_tasks_describe(void *state, ww_model *model, ww_h5 *file, const char *group)
{
    const struct state *s = state;
    ww_unit_statistics statistics;
    char name[300];
    int n = model->brain->n_areas;
    ww_arena *arena = ww_arena_create();
    const char **names = arena ? ww_arena_array(arena, (size_t)n, sizeof *names) : NULL;
    double *share = arena ? ww_arena_array(arena, (size_t)n * 3, sizeof *share) : NULL;
    ww_status status = names && share ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory");
    if (status == WW_OK)
        status = ww_model_statistics(model, s->trials, &statistics, arena);
    for (int a = 0; a < n && status == WW_OK; a++) {
        size_t maps = statistics.map_count[a];
        names[a] = model->brain->area[a].name;
        for (int c = 0; c < 3; c++)
            for (size_t k = 0; k < maps; k++)
                share[3 * a + c] += (statistics.map_selectivity[c][a][k] > 1) / (double)maps;
    }
    snprintf(name, sizeof name, "%s/selectivity", group);
    if (status == WW_OK)
        status = ww_h5_write_doubles(file, name, share, 2, (int64_t[]){n, 3});
    if (status == WW_OK)
        status = ww_h5_attribute(file, name, "unit", "share of maps with d' > 1");
    snprintf(name, sizeof name, "%s/areas", group);
    if (status == WW_OK)
        status = ww_h5_write_texts(file, name, names, n);
    ww_arena_free(arena);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Every task of a brain on fresh scenes, the same ones for each lesion.
 *
 * Accuracies are shares of correct answers among the scenes that have an answer (a word has no face
 * identity). Places are scored by the median distance, in degrees, between the place that was said
 * and the centre of the item. What a blind answer gives: for labels one over the number of classes;
 * for places the median distance of the items from their mean place - the best answer that does not
 * look. */
#include "experiments/parts/tasks.h"

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

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

static double median(double *x, size_t n)
{
    gsl_sort(x, 1, n);
    return n > 0 ? gsl_stats_median_from_sorted_data(x, 1, n) : NAN;
}

static double score(const struct state *s, const ww_answers *answers, int measure, int task,
                    double *work)
{
    size_t n = 0;
    for (size_t i = 0; i < answers->count; i++)
        if (isfinite(answers->score[task][i]) && belongs(s, measure, &s->trials->truth[i]))
            work[n++] = answers->score[task][i];
    if (ww_task_measures[measure].is_error)
        return median(work, n);
    return n > 0 ? gsl_stats_mean(work, 1, n) : NAN;
}

ww_status ww_tasks_measure(void *state, ww_model *model, double *value)
{
    struct state *s = state;
    ww_answers *answers;
    WW_TRY(ww_model_answer(model, s->trials, &answers));
    double *work = malloc((answers->count + 1) * sizeof *work);
    for (int m = 0; m < WW_TASK_MEASURES; m++) {
        int task = task_of(model->brain, m);
        value[m] = task >= 0 && work != NULL ? score(s, answers, m, task, work) : NAN;
    }
    ww_answers_free(answers);
    free(work);
    return work == NULL ? WW_FAIL(WW_ENOMEM, "out of memory") : WW_OK;
}

/* The median distance of the items of a measure from their mean place. */
static double blind_error(const struct state *s, int measure)
{
    double x = 0, y = 0, *distance = malloc((s->trials->count + 1) * sizeof *distance);
    size_t n = 0;
    if (distance == NULL)
        return NAN;
    for (size_t i = 0; i < s->trials->count; i++) {
        x += s->trials->truth[i].x_deg / (double)s->trials->count;
        y += s->trials->truth[i].y_deg / (double)s->trials->count;
    }
    for (size_t i = 0; i < s->trials->count; i++) {
        const ww_truth *truth = &s->trials->truth[i];
        if (belongs(s, measure, truth))
            distance[n++] = hypot(truth->x_deg - x, truth->y_deg - y);
    }
    double result = median(distance, n);
    free(distance);
    return result;
}

void ww_tasks_chance(void *state, const ww_model *model, double *chance)
{
    const struct state *s = state;
    for (int m = 0; m < WW_TASK_MEASURES; m++) {
        int task = task_of(model->brain, m);
        if (task < 0)
            chance[m] = NAN;
        else if (ww_task_measures[m].is_error)
            chance[m] = blind_error(s, m);
        else
            chance[m] = 1.0 / model->brain->task[task].classes;
    }
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

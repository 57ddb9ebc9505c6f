/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lesions of one model, with intervals over trials.
 *
 * A loss is a ratio of differences between numbers that come from the same trials, so its interval
 * is a percentile bootstrap (Efron & Tibshirani 1993) that draws trials with their answers before
 * and after the lesion and with the blind one. A sample of trials in which the intact model does no
 * better than blind has no finite loss and counts as an infinite one. */
#include "experiments/parts/lesion_test.h"

#include <assert.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/statistics.h"

/* ---- losses ---- */

struct pairs {
    bool is_error;
    const double *intact, *lesioned, *blind; /* scores of the same trials */
    double *work;
    double sign; /* of intact - blind */
};

static double middle(const struct pairs *p, const double *score, const size_t *row, size_t n)
{
    for (size_t i = 0; i < n; i++)
        p->work[i] = score[row[i]];
    return p->is_error ? gsl_stats_median(p->work, 1, n) : ww_mean(p->work, n);
}

static double loss_of_rows(const void *data, const size_t *row, size_t n)
{
    const struct pairs *p = data;
    double intact = middle(p, p->intact, row, n), blind = middle(p, p->blind, row, n);
    if (!(p->sign * (intact - blind) > 0))
        return INFINITY;
    return ww_task_loss(intact, middle(p, p->lesioned, row, n), blind);
}

/* `column` holds the scores of one measure: intact, lesioned, blind. */
static ww_status find_loss(ww_estimate *out, const ww_lesion_test *test, int measure,
                           const double *const column[3], double lesioned)
{
    double intact = test->state[0].value[measure].value, blind = test->blind[measure].value;
    size_t n;
    const ww_measure *m = &test->exam->measure[measure];
    *out = (ww_estimate){"loss", NAN, NAN, NAN, NAN, 0};
    if (!ww_task_can_lose(m, intact, blind))
        return WW_OK;
    double *rows = ww_rows_complete(3, column, test->exam->trials, &n);
    double *work = malloc((n + 1) * sizeof *work);
    if (rows == NULL || work == NULL) {
        free(rows);
        free(work);
        return WW_FAIL(WW_ENOMEM, "out of memory for the losses of %zu trials", n);
    }
    struct pairs pairs = {.is_error = m->is_error,
                          .intact = rows,
                          .lesioned = rows + n,
                          .blind = rows + 2 * n,
                          .work = work,
                          .sign = intact > blind ? 1 : -1};
    out->value = ww_task_loss(intact, lesioned, blind);
    out->n = (int64_t)n;
    ww_status status = ww_bootstrap(&pairs, n, loss_of_rows, WW_LESION_TEST_RESAMPLES, test->seed,
                                    &out->low, &out->high);
    free(rows);
    free(work);
    return status;
}

/* ---- testing ---- */

/* Hears what share of one state is done, and tells what share of all is. */
struct share {
    ww_progress heard;
    const ww_lesion_test *test;
    const char *name;
};

/* Share of a state's time that its answers take; the rest is bootstrap. A guess for the bar. */
static const double ANSWERS = 0.7;

static void tell(const ww_lesion_test *test, double share, const char *name)
{
    ww_progress_step(test->progress, "lesions", test->n + share, test->room, name);
}

static void tell_share(ww_progress *self, const char *task, double done, double total,
                       const char *note)
{
    const struct share *share = (const struct share *)self;
    (void)task, (void)note;
    tell(share->test, ANSWERS * done / total, share->name);
}

static ww_status judge(ww_lesion_test *test, ww_lesioned *state)
{
    const ww_brain *brain = test->model->brain;
    const ww_exam *exam = test->exam;
    size_t trials = exam->trials;
    double *score = malloc((5 * trials + 1) * sizeof *score), *work = score + 3 * trials;
    const double *const column[3] = {score, score + trials, score + 2 * trials};
    if (score == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for the scores of %zu trials", trials);
    ww_status status = WW_OK;
    for (int m = 0; m < exam->n_measures && status == WW_OK; m++) {
        exam->scores(exam, brain, test->state[0].answers, m, score);
        exam->scores(exam, brain, state->answers, m, score + trials);
        exam->blind_scores(exam, brain, m, score + 2 * trials);
        state->value[m] = ww_tasks_estimate(&exam->measure[m], score + trials, trials, work);
        if (state == test->state)
            test->blind[m] = exam->blind(exam, brain, m, work);
        else
            status = find_loss(&state->loss[m], test, m, column, state->value[m].value);
        if (status == WW_OK && ww_interrupted())
            status = WW_EINTERRUPTED;
        tell(test, ANSWERS + (1 - ANSWERS) * (m + 1) / exam->n_measures, state->lesion.text);
    }
    free(score);
    return status;
}

static ww_status answer(ww_lesion_test *test, ww_lesioned *state)
{
    ww_model *model = test->model;
    struct share share = {{.step = tell_share}, test, state->lesion.text};
    WW_TRY(ww_damage_apply(&test->damage, model, &state->lesion, test->seed, test->arena));
    model->progress = &share.heard;
    ww_status status = test->exam->answer(test->exam, model, &state->answers);
    model->progress = NULL;
    ww_lesion_clear(model->brain, model->values);
    return status;
}

/* How far it got, where it was interrupted. */
static ww_status stopped(const ww_lesion_test *test, ww_status status)
{
    if (status == WW_EINTERRUPTED)
        return WW_FAIL(WW_EINTERRUPTED, "interrupted after %d of %d lesions",
                       test->n > 0 ? test->n - 1 : 0, test->room - 1);
    return status;
}

ww_status ww_lesion_test_add(ww_lesion_test *test, const ww_lesion *lesion)
{
    assert(test->n < test->room);
    ww_lesioned *state = &test->state[test->n];
    size_t measures = (size_t)test->exam->n_measures;
    *state = (ww_lesioned){.lesion = *lesion,
                           .value = ww_arena_array(test->arena, measures, sizeof *state->value),
                           .loss = ww_arena_array(test->arena, measures, sizeof *state->loss)};
    if (state->value == NULL || state->loss == NULL)
        return WW_ENOMEM;
    ww_status status = answer(test, state);
    if (status == WW_OK)
        status = judge(test, state);
    test->n += status == WW_OK;
    return stopped(test, status);
}

ww_status ww_lesion_test_open(ww_lesion_test *out, ww_model *model, const ww_exam *exam,
                              uint64_t seed, int n, ww_progress *progress)
{
    ww_lesion none;
    *out = (ww_lesion_test){.model = model,
                            .seed = seed,
                            .exam = exam,
                            .room = n + 1,
                            .progress = progress,
                            .arena = ww_arena_create()};
    if (out->arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    out->state = ww_arena_array(out->arena, (size_t)n + 1, sizeof *out->state);
    out->blind = ww_arena_array(out->arena, (size_t)exam->n_measures, sizeof *out->blind);
    if (out->state == NULL || out->blind == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_lesion_parse(&none, "none", "", model->brain, out->arena));
    return ww_lesion_test_add(out, &none);
}

void ww_lesion_test_close(ww_lesion_test *test)
{
    for (int i = 0; i < test->room && test->state != NULL; i++)
        ww_answers_free(test->state[i].answers);
    ww_arena_free(test->arena);
}

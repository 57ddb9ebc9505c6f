/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The classes of pictures from disk. A blind answer is right in one of so many classes as there
 * are, whatever their shares. */
#include <math.h>

#include "experiments/parts/exam.h"

static ww_status answer(const ww_exam *exam, ww_model *model, ww_answers **out)
{
    return ww_model_answer_labelled(model, exam->state, out);
}

/* All pictures belong to the first measure, those of a class to that of this class. */
static bool belongs(const ww_labelled *set, int measure, size_t picture)
{
    return measure == 0 || set->label[picture] == measure - 1;
}

static void scores(const ww_exam *exam, const ww_brain *brain, const ww_answers *answers,
                   int measure, double *score)
{
    (void)brain;
    for (size_t i = 0; i < exam->trials; i++)
        score[i] = belongs(exam->state, measure, i) ? answers->score[0][i] : NAN;
}

static void blind_scores(const ww_exam *exam, const ww_brain *brain, int measure, double *score)
{
    const ww_labelled *set = exam->state;
    (void)brain;
    for (size_t i = 0; i < exam->trials; i++)
        score[i] = belongs(set, measure, i) ? 1.0 / set->classes : NAN;
}

static ww_estimate blind(const ww_exam *exam, const ww_brain *brain, int measure, double *work)
{
    const ww_labelled *set = exam->state;
    (void)brain, (void)work;
    return (ww_estimate){exam->measure[measure].name, 1.0 / set->classes, NAN, NAN, NAN,
                         (int64_t)exam->trials};
}

static ww_status write_trials(const ww_labelled *set, ww_h5 *file, ww_arena *arena)
{
    const int64_t count = (int64_t)set->count;
    int64_t *truth = ww_arena_array(arena, set->count, sizeof *truth);
    if (truth == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < set->count; i++)
        truth[i] = set->label[i];
    WW_TRY(ww_h5_write_ints(file, "/trials/truth/class", truth, 1, &count));
    WW_TRY(ww_h5_attribute(file, "/trials/truth/class", "unit", "number in /pictures/class"));
    return set->file == NULL ? WW_OK : ww_h5_write_texts(file, "/trials/file", set->file, count);
}

static ww_status write_pictures(const ww_exam *exam, const ww_answers *const *answers, int n,
                                ww_h5 *file, ww_arena *arena)
{
    static const char name[] = "/pictures/confusion";
    const ww_labelled *set = exam->state;
    size_t classes = (size_t)set->classes;
    const int64_t shape[] = {n, set->classes, set->classes};
    int64_t *times = ww_arena_array(arena, (size_t)n * classes * classes, sizeof *times);
    if (times == NULL)
        return WW_ENOMEM;
    for (size_t c = 0; c < (size_t)n; c++)
        for (size_t i = 0; i < set->count; i++)
            times[(c * classes + (size_t)set->label[i]) * classes +
                  (size_t)answers[c]->answer[0][i]]++;
    WW_TRY(write_trials(set, file, arena));
    WW_TRY(ww_h5_write_texts(file, "/pictures/class", set->class_name, set->classes));
    WW_TRY(ww_h5_write_ints(file, name, times, 3, shape));
    WW_TRY(ww_h5_attribute(file, name, "dimensions", "condition shown answered"));
    return ww_h5_attribute(file, name, "unit", "pictures");
}

ww_status ww_exam_pictures(ww_exam *out, const ww_labelled *set, ww_arena *arena)
{
    ww_measure *measure = ww_arena_array(arena, (size_t)set->classes + 1, sizeof *measure);
    *out = (ww_exam){.name = "pictures",
                     .noun = "pictures",
                     .measure = measure,
                     .n_measures = set->classes + 1,
                     .n_shown = 1,
                     .trials = set->count,
                     .state = set,
                     .answer = answer,
                     .scores = scores,
                     .blind_scores = blind_scores,
                     .blind = blind,
                     .write = write_pictures};
    if (measure == NULL)
        return WW_ENOMEM;
    measure[0] = (ww_measure){"class", "share correct", "which class", false};
    for (int c = 0; c < set->classes; c++) {
        const char *name = ww_arena_printf(arena, "class/%s", set->class_name[c]);
        if (name == NULL)
            return WW_ENOMEM;
        measure[c + 1] = (ww_measure){name, "share correct", "of the pictures of one class", false};
    }
    return WW_OK;
}

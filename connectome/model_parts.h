/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_MODEL_PARTS_H
#define WW_CONNECTOME_MODEL_PARTS_H

/* What the files of the model share. */

#include "connectome/model.h"

enum { WW_TEST_BATCH = 50 };

struct ww_tester {
    ww_program *program; /* mode WW_INFER, batch WW_TEST_BATCH */
};

/** A model on a brain that was read already; `arena` and `brain` become the model's. */
ww_status ww_model_on(ww_model **out, ww_arena *arena, ww_brain *brain, uint64_t seed);

/** The compiled testing program of a model, made at the first call. */
ww_status ww_model_tester(ww_model *model, ww_program **program);

/** What a task has to answer to a trial: a label (-1: not asked) in label[0], or x and y in half
 * widths and heights of the view. */
void ww_task_truth(const ww_brain *brain, const ww_task *task, const ww_truth *truth, float *label);

/** Puts trials first .. first + WW_TEST_BATCH - 1 (as many as there are) into the inputs of a
 * testing program and runs it; `noise` keys the noise of lesions. */
ww_status ww_model_run(ww_model *model, const ww_trials *trials, size_t first,
                       ww_program **program);

/** Empty answers of a brain to `count` trials; NULL when out of memory. */
ww_answers *ww_answers_new(const ww_brain *brain, size_t count);

/** Runs the model on the trials and puts what it says into answers number trials->first and on. */
ww_status ww_model_answer_into(ww_model *model, const ww_trials *trials, ww_answers *answers);

/** Fails unless the checkpoint to go on from is one of a brain of this name. */
ww_status ww_model_check_name(const ww_model *model, const char *checkpoint);

/** Says, before a training, how many pathways have no effect. */
void ww_model_tell_idle(const ww_model *model, ww_progress *progress);

/** ww_pictures_write, as a checkpoint wants it. */
ww_status ww_pictures_more(const void *pictures, ww_h5 *file);

/** Trains a model on a source, with the validation and the checkpoint that ww_model_train has;
 * `record` (of pictures, or NULL) is kept in the checkpoint. */
ww_status ww_model_fit(ww_model *model, const ww_source *source, const ww_trials *validation,
                       const ww_pictures *record, const char *checkpoint, bool resume, bool verbose,
                       ww_progress *progress, ww_train_report *report);

#endif

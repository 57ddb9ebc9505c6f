/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_LESION_TEST_H
#define WW_EXPERIMENTS_PARTS_LESION_TEST_H

/* One model, intact and under lesions, in the same exam: every answer, every measure, and what each
 * lesion costs. All intervals are over the trials of this one model; what another model would do
 * they do not say. */

#include "experiments/parts/damage.h"
#include "experiments/parts/exam.h"

/** The model under one lesion. */
typedef struct ww_lesioned {
    ww_lesion lesion;
    ww_answers *answers;
    ww_estimate *value; /* [n_measures] of the exam */
    /** ww_task_loss with a bootstrap interval over trials, each with its answer before and after.
     * NAN where the intact model has nothing to lose. */
    ww_estimate *loss; /* [n_measures] */
} ww_lesioned;

typedef struct ww_lesion_test {
    ww_model *model;
    uint64_t seed; /* of the units that lesions draw, of the bootstrap */
    const ww_exam *exam;
    int n, room;        /* states tested; how many are expected */
    ww_lesioned *state; /* [n], the first intact */
    ww_estimate *blind; /* [n_measures] */
    ww_damage damage;
    ww_progress *progress;
    ww_arena *arena;
} ww_lesion_test;

enum { WW_LESION_TEST_RESAMPLES = 2000 };

/** Examines the intact model. `n` lesions at most will follow. The exam has to live as long.
 * `progress` may be NULL. Close it whatever came back. */
ww_status ww_lesion_test_open(ww_lesion_test *out, ww_model *model, const ww_exam *exam,
                              uint64_t seed, int n, ww_progress *progress);

/** Tests the model under one lesion, and heals it; the result is state[n - 1]. */
ww_status ww_lesion_test_add(ww_lesion_test *test, const ww_lesion *lesion);

/** Writes /grid/EXAM as a study does (ww_grid_write; one brain, one seed: the model's), and beside
 * value and chance their intervals and the losses, in the same shape: low, high, loss, loss_low,
 * loss_high, trials (how many entered), chance_low, chance_high; in /trials what the exam says of
 * them, what was answered (answer/TASK [condition][trial]; places: [..][x and y]) and how good that
 * was (score/TASK [condition][trial]). */
ww_status ww_lesion_test_write(const ww_lesion_test *test, ww_h5 *file);

/** Frees what the test holds; the model and the exam stay. */
void ww_lesion_test_close(ww_lesion_test *test);

#endif

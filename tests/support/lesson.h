/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_LESSON_H
#define WW_TESTS_SUPPORT_LESSON_H

/* A small network, samples to train it on, and every way of disturbing the training: what the
 * tests of the training loop and of checkpoints share. */

#include <stdatomic.h>

#include "engine/learning/train.h"

/* x[N, 6] -> V1: linear [8, 6], centred by a running mean, tanh, dropout -> IT: linear [2, 8],
 * centred; the mean squared error to y[N, 2] is the loss. */
typedef struct ww_lesson {
    ww_graph *graph;
    ww_values *values;
    ww_source source; /* 23 samples, the same in every epoch; context is the lesson */
    ww_training training;
    ww_train_options options;
    ww_train_report report;
    ww_progress progress;

    atomic_int fetches;      /* calls of the source so far */
    int fetch_fails_at;      /* the call that fails, from 1; 0: none */
    int fetch_interrupts_at; /* the call that interrupts; 0: none */
    double interrupt_after;  /* the step after which training is interrupted; < 0: none */
    int validations;         /* calls of validate so far */
    int validation_interrupts_at;
    bool validation_gives_up; /* and itself returns WW_EINTERRUPTED */
    const double *scores;     /* of the first, second, ... validation; NULL: by the values */
    void (*after_step)(struct ww_lesson *lesson);
    double last_done, last_total; /* of the progress */
    char line[512], note[128];
} ww_lesson;

enum { LESSON_SAMPLES = 23, LESSON_BATCH = 4, LESSON_STEPS = LESSON_SAMPLES / LESSON_BATCH };

/** A fresh lesson: batches of 4, Adam at a constant rate of 0.02, 4 epochs, seed 7. */
void ww_lesson_open(ww_lesson *lesson);
void ww_lesson_close(ww_lesson *lesson);

/** Trains; the report lies in the lesson. */
ww_status ww_lesson_train(ww_lesson *lesson);

/** Whether two lessons have the same values, bit for bit. */
bool ww_lesson_same(ww_lesson *a, ww_lesson *b);

#endif

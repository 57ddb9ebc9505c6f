/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What can be set about training, and the learning rate of every step.
 *
 *     constant   rate
 *     step       rate * step_factor^floor(epochs / step_epochs)
 *     cosine     rate * (f + (1 - f) (1 + cos(pi t)) / 2), t from 0 at the end of the warm-up to 1
 *                at the end of training, f = final_fraction (Loshchilov & Hutter 2017, SGDR,
 *                equation 5, without restarts)
 *
 * Each begins with a linear warm-up (Goyal et al. 2017, section 2.2): step s of w warm-up steps
 * takes (s + 1) / w of the rate, so that the first step is not lost and the last one is whole. */
#include <math.h>
#include <string.h>

#include "engine/learning/train.h"

static const char *const schedules[] = {"constant", "step", "cosine", NULL};

const ww_param ww_training_params[] = {
    WW_TEXT(ww_training, optimiser, "adam", "how parameters move; 'whatwhere list optimisers'", ""),
    WW_REAL(ww_training, rate, 0.001, 0, 1000, "", "learning rate at the top of the schedule", ""),
    WW_CHOICE(ww_training, schedule, WW_RATE_COSINE, schedules, "course of the learning rate",
              "loshchilov2017"),
    WW_REAL(ww_training, warm_up_epochs, 0, 0, 100000, "epochs",
            "linear rise of the rate at the beginning", "goyal2017"),
    WW_REAL(ww_training, step_epochs, 30, 0.001, 100000, "epochs",
            "schedule step: time from drop to drop", ""),
    WW_REAL(ww_training, step_factor, 0.1, 0, 1, "", "schedule step: the rate after a drop", ""),
    WW_REAL(ww_training, final_fraction, 0.01, 0, 1, "",
            "schedule cosine: share of the rate at the end", ""),
    WW_INT(ww_training, epochs, 10, 0, 1000000, "", "passes through the samples", ""),
    WW_INT(ww_training, batch, 32, 1, 1000000, "",
           "samples a step; 1 is online learning, all samples batch learning", ""),
    WW_REAL(ww_training, l1, 0, 0, 1000, "", "penalty l1 |w| on weights", "tibshirani1996"),
    WW_REAL(ww_training, l2, 0, 0, 1000, "", "penalty l2/2 w^2 on weights", "krogh1992"),
    WW_REAL(ww_training, weight_decay, 0, 0, 1000, "",
            "decoupled weight decay, of optimisers that have it (adamw, sgd)", "loshchilov2019"),
    WW_REAL(ww_training, clip, 0, 0, 1e9, "",
            "largest norm of the whole gradient, longer ones are shortened; 0: none",
            "pascanu2013"),
    WW_INT(
        ww_training, patience, 0, 0, 1000000, "epochs",
        "stop after so many without a better validation score and keep the best values; 0: never",
        "prechelt1998"),
    WW_BOOL(ww_training, recompute, false,
            "compute activations again for the backward pass: less memory, more time, same bits",
            "chen2016"),
    WW_PARAM_END};

const char *ww_training_idle(const ww_training *t, const char *key)
{
    bool step = strcmp(key, "step_epochs") == 0 || strcmp(key, "step_factor") == 0;
    if (step && t->schedule != WW_RATE_STEP)
        return "it belongs to schedule step";
    if (strcmp(key, "final_fraction") == 0 && t->schedule != WW_RATE_COSINE)
        return "it belongs to schedule cosine";
    return NULL;
}

double ww_training_rate(const ww_training *t, double step, double steps_per_epoch)
{
    static const double pi = 3.14159265358979323846;
    double warm = t->warm_up_epochs * steps_per_epoch, last = t->epochs * steps_per_epoch;
    double rise = step + 1 < warm ? (step + 1) / warm : 1, course = 1;
    if (t->schedule == WW_RATE_STEP)
        course = pow(t->step_factor, floor(step / (t->step_epochs * steps_per_epoch)));
    if (t->schedule == WW_RATE_COSINE && step > warm) {
        double passed = last > warm ? fmin(1, (step - warm) / (last - warm)) : 1;
        course = t->final_fraction + (1 - t->final_fraction) * (1 + cos(pi * passed)) / 2;
    }
    return t->rate * rise * course;
}

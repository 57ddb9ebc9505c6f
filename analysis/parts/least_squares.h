/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ANALYSIS_PARTS_LEAST_SQUARES_H
#define WW_ANALYSIS_PARTS_LEAST_SQUARES_H

/* A linear classifier of two classes by regularised least squares. */

#include "engine/base/status.h"

#include <stddef.h>

typedef struct ww_least_squares {
    size_t features;
    double *weight, bias; /* of the features as they are */
    double lambda;        /* chosen penalty, as a share of the largest eigenvalue */
    double left_out;      /* mean squared error of samples left out one by one, labels -1 and 1 */
} ww_least_squares;

/** Learns from x[n][features], label[n] true or false. Features are scaled to a standard deviation
 * of 1 (those that are constant are ignored), and the penalty is the one of 19 that errs least on
 * samples left out. Free with ww_least_squares_free, also after a failure. Errors: WW_EINVAL if
 * there are fewer than two samples of a class, WW_ENUMERIC for a feature that is not finite,
 * WW_ENOMEM. */
ww_status ww_least_squares_fit(ww_least_squares *fit, const float *x, const bool *label, size_t n,
                               size_t features);
/** Frees the weights; all 0 is allowed. */
void ww_least_squares_free(ww_least_squares *fit);

/** What it says of one sample: above 0 where it takes the label for true. */
double ww_least_squares_of(const ww_least_squares *fit, const float *x);

#endif

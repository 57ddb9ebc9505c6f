/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ANALYSIS_PARTS_FIXATIONS_H
#define WW_ANALYSIS_PARTS_FIXATIONS_H

/* What the analyses of saliency maps share. Their rows are the pixels of one picture.
 *
 * The intervals take rows as independent. Neighbouring pixels are not, so for a single map they
 * are too narrow; over pictures, take the value of each and the interval of `mean`. */

#include "analysis/analysis.h"

/** The area under the ROC curve that tells positives from negatives by their score: the chance that
 * a positive scores above a negative, ties counting half (Mann & Whitney 1947). positive[n] and
 * negative[n] say how often each row counts as either. Interval: DeLong et al. (1988) on the logit
 * scale; p is that of an area of 1/2. */
ww_status ww_auc(const char *method, const double *score, const double *positive,
                 const double *negative, size_t n, ww_estimate *out);

/** The 95 % interval of a smooth function of means from the influence of each row on it (its
 * derivative with respect to the row's weight): value +/- 1.96 sd(influence) / sqrt(n). p is that
 * of a value of 0. */
void ww_influence_interval(ww_estimate *estimate, const double *influence, size_t n);

/** Scales n numbers to a mean of 1; WW_EINVAL if one is negative or all are 0, naming method and
 * column. */
ww_status ww_density(const char *method, const char *column, double *x, size_t n);

/** Fails unless the counts are not negative and not all 0. */
ww_status ww_counts_check(const char *method, const char *column, const double *x, size_t n);

#endif

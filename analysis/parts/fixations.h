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

/** What a column of pixels holds, and so how it is checked: any numbers; how often something fell
 * on the pixel (not negative, not all 0); a density (as counts; it is scaled to a mean of 1). */
typedef enum ww_pixels { WW_PIXELS_ANY, WW_PIXELS_COUNTS, WW_PIXELS_DENSITY } ww_pixels;

/** Scores n pixels: x[k n ..] is column k, work[n] is room. */
typedef ww_status ww_pixels_score(const void *params, uint64_t seed, const double *x, double *work,
                                  size_t n, ww_estimate *out);

/** The run of an analysis of saliency with one estimate: takes the rows in which no column is NAN,
 * checks column k as what[k], and scores them. Errors: WW_EINVAL naming method and column, or where
 * no row is complete; those of `score`. */
ww_status ww_pixels_run(const ww_analysis *analysis, const ww_pixels *what, ww_pixels_score *score,
                        const void *params, const double *const *column, size_t rows, uint64_t seed,
                        ww_estimate *out, int *n_out);

/** Scales n numbers to a mean of 1; WW_EINVAL if one is negative or all are 0, naming method and
 * column. */
ww_status ww_density(const char *method, const char *column, double *x, size_t n);

/** Fails unless the counts are not negative and not all 0. */
ww_status ww_counts_check(const char *method, const char *column, const double *x, size_t n);

#endif

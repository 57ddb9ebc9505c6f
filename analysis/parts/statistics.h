/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ANALYSIS_PARTS_STATISTICS_H
#define WW_ANALYSIS_PARTS_STATISTICS_H

/* What several analyses share: complete rows, moments, t intervals and the bootstrap. */

#include "analysis/analysis.h"
#include "engine/base/random.h"

/** The rows in which no column is NAN: copies of the columns, one after the other ([n_columns][*n],
 * free it); *n may be 0. NULL when out of memory. */
double *ww_rows_complete(int n_columns, const double *const *column, size_t rows, size_t *n);

/** Arithmetic mean; NAN for n = 0. */
double ww_mean(const double *x, size_t n);
/** Standard deviation with n - 1; 0 for n < 2. */
double ww_sd(const double *x, size_t n);
/** Quantile q of a sorted array, linear between order statistics. */
double ww_quantile(const double *sorted, size_t n, double q);

/** The mean of n numbers with Student's 95 % interval, and the two-sided p of a mean of 0. With one
 * number there is no interval; with equal numbers it has no width. */
ww_estimate ww_mean_t(const char *name, const double *x, size_t n);

/** A proportion of n trials with Wilson's 95 % interval (Wilson 1927, J Am Stat Assoc 22:209),
 * which stays within 0 .. 1 and keeps its coverage near the ends; nothing for n = 0. */
ww_estimate ww_proportion(const char *name, size_t right, size_t n);

/** The median of x[n] (sorted in place) with an interval between two order statistics, which holds
 * at least 95 % whatever the distribution (David & Nagaraja 2003, section 7.1). Below 6 numbers
 * there is no such interval. */
ww_estimate ww_median(const char *name, double *x, size_t n);

/** A statistic of resampled rows. `row[n]` numbers the rows drawn, with repetition. */
typedef double (*ww_statistic)(const void *data, const size_t *row, size_t n);

/** Percentile bootstrap interval (Efron & Tibshirani 1993, chapter 13) of a statistic of n rows. */
ww_status ww_bootstrap(const void *data, size_t n, ww_statistic statistic, int resamples,
                       uint64_t seed, double *low, double *high);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ANALYSIS_ANALYSIS_H
#define WW_ANALYSIS_ANALYSIS_H

/* Analyses: one method a file, each ending with its descriptor ww_analysis_<file>.
 *
 * An analysis takes columns of numbers (one row a trial, a seed or a subject) and gives estimates
 * with confidence intervals. Rows in which a column is not a number are left out. */

#include <stdint.h>

#include "engine/base/registry.h"

/** A number with its uncertainty. */
typedef struct ww_estimate {
    const char *name;        /* what it is: "mean", "difference", "slope" */
    double value, low, high; /* low and high: 95 % confidence interval; NAN where there is none */
    double p;                /* of the test that belongs to it, NAN without one */
    int64_t n;               /* rows that entered */
} ww_estimate;

enum { WW_ESTIMATES_MAX = 8 };

typedef struct ww_analysis {
    ww_item item;
    const char *columns; /* what it wants: "x y", "intact lesioned" */
    int min_columns, max_columns;
    /** column[n_columns][n]; writes at most WW_ESTIMATES_MAX estimates. Resampling draws from
     * `seed`. Errors: WW_EINVAL for too few rows or values that the method cannot use. */
    ww_status (*run)(const void *params, int n_columns, const double *const *column, size_t n,
                     uint64_t seed, ww_estimate *out, int *n_out);
} ww_analysis;

extern const ww_analysis *const ww_analyses[];
extern const size_t ww_analyses_count;

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proportion of trials (rows of 0 and 1) with Wilson's 95 % interval (Wilson 1927, J Am Stat
 * Assoc 22:209). */
#include <stdlib.h>

#include "analysis/parts/statistics.h"

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    size_t n;
    (void)params;
    (void)seed;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    ww_status status = WW_OK;
    if (x == NULL || n < 1)
        status = WW_FAIL(WW_EINVAL, "proportion: no row holds a number; at least 1 is wanted");
    for (size_t i = 0; status == WW_OK && i < n; i++)
        if (x[i] != 0 && x[i] != 1)
            status = WW_FAIL(WW_EINVAL, "proportion: %g is neither 0 (wrong) nor 1 (right)", x[i]);
    if (status == WW_OK) {
        size_t right = 0;
        for (size_t i = 0; i < n; i++)
            right += x[i] == 1;
        out[0] = ww_proportion("proportion", right, n);
        *n_out = 1;
    }
    free(x);
    return status;
}

const ww_analysis ww_analysis_proportion = {
    .item = {.name = "proportion",
             .summary = "share of right answers with Wilson's interval",
             .sources = "wilson1927",
             .example = "whatwhere analyse trials.csv proportion correct"},
    .columns = "correct",
    .min_columns = 1,
    .max_columns = 1,
    .run = run};

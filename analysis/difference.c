/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean difference of paired columns a - b, with Student's interval and paired t test: two
 * conditions of the same seeds, trials or subjects. `d` is Cohen's d of the differences. */
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/statistics.h"

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    size_t n;
    (void)params;
    (void)seed;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    if (x == NULL || n < 2) {
        free(x);
        return WW_FAIL(WW_EINVAL, "difference: %zu complete rows; at least 2 are wanted", n);
    }
    for (size_t i = 0; i < n; i++)
        x[i] -= x[n + i];
    out[0] = ww_mean_t("difference", x, n);
    double sd = ww_sd(x, n);
    out[1] = (ww_estimate){"d", sd > 0 ? out[0].value / sd : NAN, NAN, NAN, NAN, (int64_t)n};
    *n_out = 2;
    free(x);
    return WW_OK;
}

const ww_analysis ww_analysis_difference = {
    .item = {.name = "difference",
             .summary = "mean difference of two paired columns",
             .sources = "student1908 cohen1988",
             .example = "whatwhere analyse losses.csv difference face word"},
    .columns = "a b",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

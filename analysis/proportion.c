/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A proportion of trials (rows of 0 and 1) with Wilson's 95 % interval (Wilson 1927, J Am Stat
 * Assoc 22:209), which stays within 0 .. 1 and keeps its coverage near the ends: (p + z^2/2n +/- z
 * sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n). */
#include <gsl/gsl_cdf.h>
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
    ww_status status = WW_OK;
    if (x == NULL || n < 1)
        status = WW_FAIL(WW_EINVAL, "proportion: no row holds a number; at least 1 is wanted");
    for (size_t i = 0; status == WW_OK && i < n; i++)
        if (x[i] != 0 && x[i] != 1)
            status = WW_FAIL(WW_EINVAL, "proportion: %g is neither 0 (wrong) nor 1 (right)", x[i]);
    if (status == WW_OK) {
        double z = gsl_cdf_ugaussian_Pinv(0.975), zz = z * z / (double)n, p = ww_mean(x, n);
        double centre = p + zz / 2, half = z * sqrt(p * (1 - p) / (double)n + zz / (4 * (double)n));
        out[0] = (ww_estimate){
            "proportion", p,         (centre - half) / (1 + zz), (centre + half) / (1 + zz),
            NAN,          (int64_t)n};
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

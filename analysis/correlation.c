/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Correlation of two columns: Pearson's r with Fisher's z interval (Fisher 1921), and Spearman's
 * rank correlation with the same interval on ranks, its variance (1 + rho^2/2)/(n - 3) (Bonett &
 * Wright 2000). p is that of no correlation (t test with n - 2). */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/statistics.h"

static ww_estimate interval(const char *name, double r, size_t n, double variance)
{
    ww_estimate e = {name, r, NAN, NAN, NAN, (int64_t)n};
    if (n > 3 && fabs(r) < 1) {
        double half = gsl_cdf_ugaussian_Pinv(0.975) * sqrt(variance / (double)(n - 3));
        e.low = tanh(atanh(r) - half);
        e.high = tanh(atanh(r) + half);
    }
    if (n > 2 && fabs(r) < 1) {
        double dof = (double)(n - 2);
        e.p = 2 * gsl_cdf_tdist_Q(fabs(r) * sqrt(dof / (1 - r * r)), dof);
    } else if (n > 2) {
        e.p = 0;
    }
    return e;
}

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    size_t n;
    (void)params;
    (void)seed;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    double *work = malloc((2 * rows + 1) * sizeof *work);
    ww_status status = WW_OK;
    if (x == NULL || work == NULL || n < 3)
        status = WW_FAIL(WW_EINVAL, "correlation: %zu complete rows; at least 3 are wanted", n);
    else if (ww_sd(x, n) == 0 || ww_sd(x + n, n) == 0)
        status = WW_FAIL(WW_EINVAL, "correlation: a column is constant; it must vary");
    if (status == WW_OK) {
        double r = gsl_stats_correlation(x, 1, x + n, 1, n);
        double rho = gsl_stats_spearman(x, 1, x + n, 1, n, work);
        out[0] = interval("pearson", r, n, 1);
        out[1] = interval("spearman", rho, n, 1 + rho * rho / 2);
        *n_out = 2;
    }
    free(work);
    free(x);
    return status;
}

const ww_analysis ww_analysis_correlation = {
    .item = {.name = "correlation",
             .summary = "Pearson and Spearman correlation with intervals",
             .sources = "fisher1921 bonett2000",
             .example = "whatwhere analyse trials.csv correlation size_deg error_deg"},
    .columns = "x y",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

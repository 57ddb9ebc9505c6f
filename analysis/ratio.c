/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ratio of two paired means, mean(a) / mean(b), with Fieller's 95 % interval (Fieller 1954, J R
 * Stat Soc B 16:175).
 *
 * A ratio r lies in the interval unless a - r b differs from 0 by a t test, so the ends solve
 *     (mb^2 - t^2 vb) r^2 - 2 (ma mb - t^2 vab) r + (ma^2 - t^2 va) = 0
 * with the variances of the means va, vb and their covariance vab. If mean(b) does not differ from
 * 0 (first coefficient <= 0) the ratio has no upper bound: high is +infinity, and low is the lower
 * root where there is one, else -infinity. Used for "A loses three times what B loses". */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/statistics.h"

static double covariance(const double *x, const double *y, size_t n)
{
    double mx = ww_mean(x, n), my = ww_mean(y, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mx) * (y[i] - my);
    return sum / (double)(n - 1);
}

static void fieller(ww_estimate *e, const double *a, const double *b, size_t n)
{
    double t = gsl_cdf_tdist_Pinv(0.975, (double)(n - 1)), tt = t * t / (double)n;
    double ma = ww_mean(a, n), mb = ww_mean(b, n);
    double square = mb * mb - tt * covariance(b, b, n);
    double cross = ma * mb - tt * covariance(a, b, n);
    double constant = ma * ma - tt * covariance(a, a, n);
    double root = cross * cross - square * constant;
    e->low = -INFINITY;
    e->high = INFINITY;
    if (square > 0) {
        root = sqrt(fmax(root, 0));
        e->low = (cross - root) / square;
        e->high = (cross + root) / square;
    } else if (root > 0 && constant > 0 && square < 0) {
        /* outside of the two roots: with a and b of one sign, from the positive root upwards */
        double low = (cross - sqrt(root)) / square, high = (cross + sqrt(root)) / square;
        e->low = fmax(low, high);
    }
}

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    size_t n;
    (void)params;
    (void)seed;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    if (x == NULL || n < 2) {
        free(x);
        return WW_FAIL(WW_EINVAL, "ratio: %zu complete rows; at least 2 are wanted", n);
    }
    double mb = ww_mean(x + n, n);
    out[0] = (ww_estimate){"ratio", ww_mean(x, n) / mb, NAN, NAN, NAN, (int64_t)n};
    fieller(&out[0], x, x + n, n);
    *n_out = 1;
    free(x);
    return WW_OK;
}

const ww_analysis ww_analysis_ratio = {
    .item = {.name = "ratio",
             .summary = "ratio of two paired means with Fieller's interval",
             .sources = "fieller1954",
             .example = "whatwhere analyse losses.csv ratio face word"},
    .columns = "numerator denominator",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

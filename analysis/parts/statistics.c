/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/parts/statistics.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

double *ww_rows_complete(int n_columns, const double *const *column, size_t rows, size_t *n)
{
    double *copy = malloc(((size_t)n_columns * rows + 1) * sizeof *copy);
    *n = 0;
    if (copy == NULL)
        return NULL;
    for (size_t r = 0; r < rows; r++) {
        bool whole = true;
        for (int c = 0; c < n_columns; c++)
            whole = whole && isfinite(column[c][r]);
        if (!whole)
            continue;
        for (int c = 0; c < n_columns; c++)
            copy[(size_t)c * rows + *n] = column[c][r];
        (*n)++;
    }
    for (int c = 1; c < n_columns; c++)
        memmove(copy + (size_t)c * *n, copy + (size_t)c * rows, *n * sizeof *copy);
    return copy;
}

double ww_mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return n > 0 ? sum / (double)n : NAN;
}

double ww_sd(const double *x, size_t n)
{
    double mean = ww_mean(x, n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (x[i] - mean) * (x[i] - mean);
    return n > 1 ? sqrt(sum / (double)(n - 1)) : 0;
}

double ww_quantile(const double *sorted, size_t n, double q)
{
    double place = q * (double)(n - 1);
    size_t below = (size_t)place;
    if (below + 1 >= n)
        return sorted[n - 1];
    return sorted[below] + (place - (double)below) * (sorted[below + 1] - sorted[below]);
}

ww_estimate ww_mean_t(const char *name, const double *x, size_t n)
{
    ww_estimate e = {name, ww_mean(x, n), NAN, NAN, NAN, (int64_t)n};
    if (n < 2)
        return e;
    double se = ww_sd(x, n) / sqrt((double)n), dof = (double)(n - 1);
    double half = gsl_cdf_tdist_Pinv(0.975, dof) * se;
    e.low = e.value - half;
    e.high = e.value + half;
    if (se > 0)
        e.p = 2 * gsl_cdf_tdist_Q(fabs(e.value) / se, dof);
    else
        e.p = e.value == 0 ? 1 : 0;
    return e;
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* (p + z^2/2n +/- z sqrt(p (1 - p)/n + z^2/4n^2)) / (1 + z^2/n) */
ww_estimate ww_proportion(const char *name, size_t right, size_t n)
{
    ww_estimate e = {name, NAN, NAN, NAN, NAN, (int64_t)n};
    if (n == 0)
        return e;
    double z = gsl_cdf_ugaussian_Pinv(0.975), zz = z * z / (double)n;
    e.value = (double)right / (double)n;
    double centre = e.value + zz / 2;
    double half = z * sqrt(e.value * (1 - e.value) / (double)n + zz / (4 * (double)n));
    e.low = (centre - half) / (1 + zz);
    e.high = (centre + half) / (1 + zz);
    return e;
}

/* The number of values below the true median is binomial (n, 1/2). Of the pairs x(k), x(n + 1 - k)
 * the innermost is taken that leaves at most 2.5 % on each side: P(fewer than k below) <= 0.025. */
ww_estimate ww_median(const char *name, double *x, size_t n)
{
    ww_estimate e = {name, NAN, NAN, NAN, NAN, (int64_t)n};
    size_t low = 0, high = n / 2; /* the rank k lies in low .. high; 0: none */
    if (n == 0)
        return e;
    qsort(x, n, sizeof *x, ascending);
    e.value = ww_quantile(x, n, 0.5);
    while (low < high) {
        size_t k = (low + high + 1) / 2;
        if (gsl_cdf_binomial_P((unsigned)(k - 1), 0.5, (unsigned)n) <= 0.025)
            low = k;
        else
            high = k - 1;
    }
    if (low > 0) {
        e.low = x[low - 1];
        e.high = x[n - low];
    }
    return e;
}

ww_status ww_bootstrap(const void *data, size_t n, ww_statistic statistic, int resamples,
                       uint64_t seed, double *low, double *high)
{
    double *value = malloc((size_t)resamples * sizeof *value);
    size_t *row = malloc(n * sizeof *row);
    if (value == NULL || row == NULL) {
        free(value);
        free(row);
        return WW_FAIL(WW_ENOMEM, "out of memory for %d resamples", resamples);
    }
    for (int b = 0; b < resamples; b++) {
        ww_random random = ww_random_stream(seed, "analysis/bootstrap", (uint64_t)b);
        for (size_t i = 0; i < n; i++)
            row[i] = (size_t)ww_random_below(&random, n);
        value[b] = statistic(data, row, n);
    }
    qsort(value, (size_t)resamples, sizeof *value, ascending);
    *low = ww_quantile(value, (size_t)resamples, 0.025);
    *high = ww_quantile(value, (size_t)resamples, 0.975);
    free(value);
    free(row);
    return WW_OK;
}

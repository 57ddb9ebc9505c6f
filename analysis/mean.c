/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The mean of a sample with its 95 % confidence interval.
 *
 * `t`: mean +/- t(n - 1, 0.975) sd / sqrt(n) (Student 1908): right for a handful of seeds whose
 * values are about normal, and the default of every table and figure here. `bootstrap`: percentiles
 * of the means of samples drawn with repetition (Efron & Tibshirani 1993); for many rows of any
 * distribution - with under ten rows it is too narrow. */
#include <stdlib.h>

#include "analysis/parts/statistics.h"

struct mean {
    int interval, resamples;
};

static const char *const intervals[] = {"t", "bootstrap", NULL};

static const ww_param params[] = {
    WW_CHOICE(struct mean, interval, 0, intervals, "how the interval is made", "efron1993"),
    WW_INT(struct mean, resamples, 2000, 100, 1000000, "", "samples of the bootstrap", ""),
    WW_PARAM_END};

static double mean_of_rows(const void *data, const size_t *row, size_t n)
{
    const double *x = data;
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[row[i]];
    return sum / (double)n;
}

static ww_status run(const void *params_, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    const struct mean *p = params_;
    size_t n;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    if (x == NULL || n < 1) {
        free(x);
        return WW_FAIL(WW_EINVAL, "mean: no row holds a number; at least 1 is wanted");
    }
    out[0] = ww_mean_t("mean", x, n);
    *n_out = 1;
    ww_status status = WW_OK;
    if (p->interval == 1)
        status = ww_bootstrap(x, n, mean_of_rows, p->resamples, seed, &out[0].low, &out[0].high);
    free(x);
    return status;
}

const ww_analysis ww_analysis_mean = {.item = {.name = "mean",
                                               .summary = "mean with a 95 % confidence interval",
                                               .sources = "student1908 efron1993",
                                               .example = "whatwhere analyse rt.csv mean rt_ms",
                                               .params = params,
                                               .params_size = sizeof(struct mean)},
                                      .columns = "x",
                                      .min_columns = 1,
                                      .max_columns = 1,
                                      .run = run};

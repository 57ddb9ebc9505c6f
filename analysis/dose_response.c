/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A dose-response curve: how a response falls (or rises) with the dose of a lesion.
 *
 * `slope`: least squares over all rows, with its t interval. `monotone`: Spearman's rank
 * correlation of dose and response. `half_dose`: the dose at which the mean response has gone half
 * of the way from its value at the lowest dose to that at the highest, linear between the mean
 * responses made monotone by pooling adjacent violators (Barlow et al. 1972), with a percentile
 * bootstrap interval over rows. */
#include <gsl/gsl_cdf.h>
#include <gsl/gsl_fit.h>
#include <gsl/gsl_statistics_double.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/statistics.h"

enum { DOSES_MAX = 64 };

struct dose_response {
    int resamples;
};

static const ww_param params[] = {WW_INT(struct dose_response, resamples, 1000, 100, 1000000, "",
                                         "samples of the bootstrap", "efron1993"),
                                  WW_PARAM_END};

struct curve {
    int n;
    double dose[DOSES_MAX], sum[DOSES_MAX], count[DOSES_MAX];
};

static void add(struct curve *c, double dose, double response)
{
    int k = 0;
    while (k < c->n && c->dose[k] < dose)
        k++;
    if (k == c->n || c->dose[k] != dose) {
        if (c->n == DOSES_MAX)
            return;
        for (int i = c->n++; i > k; i--) {
            c->dose[i] = c->dose[i - 1];
            c->sum[i] = c->sum[i - 1];
            c->count[i] = c->count[i - 1];
        }
        c->dose[k] = dose;
        c->sum[k] = c->count[k] = 0;
    }
    c->sum[k] += response;
    c->count[k]++;
}

/* Mean responses at the doses, made to rise (sign 1) or fall (sign -1) by pooling. */
static void isotonic(const struct curve *c, double sign, double *mean)
{
    double sum[DOSES_MAX], count[DOSES_MAX];
    int size[DOSES_MAX], blocks = 0;
    for (int k = 0; k < c->n; k++) {
        sum[blocks] = c->sum[k];
        count[blocks] = c->count[k];
        size[blocks++] = 1;
        while (blocks > 1 && sign * sum[blocks - 1] / count[blocks - 1] <
                                 sign * sum[blocks - 2] / count[blocks - 2]) {
            blocks--;
            sum[blocks - 1] += sum[blocks];
            count[blocks - 1] += count[blocks];
            size[blocks - 1] += size[blocks];
        }
    }
    for (int b = 0, k = 0; b < blocks; b++)
        for (int i = 0; i < size[b]; i++)
            mean[k++] = sum[b] / count[b];
}

struct columns {
    const double *dose, *response;
};

static double half_dose(const void *data, const size_t *row, size_t n)
{
    const struct columns *x = data;
    struct curve c = {0};
    double mean[DOSES_MAX];
    for (size_t i = 0; i < n; i++) {
        size_t r = row == NULL ? i : row[i];
        add(&c, x->dose[r], x->response[r]);
    }
    double first = c.sum[0] / c.count[0], last = c.sum[c.n - 1] / c.count[c.n - 1];
    isotonic(&c, last < first ? -1 : 1, mean);
    double half = (mean[0] + mean[c.n - 1]) / 2;
    for (int k = 1; k < c.n; k++)
        if ((mean[k - 1] - half) * (mean[k] - half) <= 0 && mean[k] != mean[k - 1])
            return c.dose[k - 1] +
                   (half - mean[k - 1]) / (mean[k] - mean[k - 1]) * (c.dose[k] - c.dose[k - 1]);
    return c.dose[c.n - 1];
}

static ww_estimate slope(const double *dose, const double *response, size_t n)
{
    double c0, c1, v00, v01, v11, residual;
    gsl_fit_linear(dose, 1, response, 1, n, &c0, &c1, &v00, &v01, &v11, &residual);
    double dof = (double)(n - 2), half = gsl_cdf_tdist_Pinv(0.975, dof) * sqrt(v11);
    double p = v11 > 0 ? 2 * gsl_cdf_tdist_Q(fabs(c1) / sqrt(v11), dof) : c1 == 0;
    return (ww_estimate){"slope", c1, c1 - half, c1 + half, p, (int64_t)n};
}

static ww_status run(const void *params_, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    const struct dose_response *p = params_;
    size_t n;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    double *work = malloc((2 * rows + 1) * sizeof *work);
    ww_status status = WW_OK;
    if (x == NULL || work == NULL)
        status = WW_FAIL(WW_ENOMEM, "dose_response: out of memory");
    else if (n < 3 || ww_sd(x, n) == 0)
        status = WW_FAIL(WW_EINVAL,
                         "dose_response: %zu complete rows; at least 3, of more than one dose, "
                         "are wanted",
                         n);
    if (status == WW_OK) {
        struct columns c = {x, x + n};
        out[0] = slope(c.dose, c.response, n);
        out[1] = (ww_estimate){"monotone", gsl_stats_spearman(c.dose, 1, c.response, 1, n, work),
                               NAN,        NAN,
                               NAN,        (int64_t)n};
        out[2] = (ww_estimate){"half_dose", half_dose(&c, NULL, n), NAN, NAN, NAN, (int64_t)n};
        *n_out = 3;
        status = ww_bootstrap(&c, n, half_dose, p->resamples, seed, &out[2].low, &out[2].high);
    }
    free(work);
    free(x);
    return status;
}

const ww_analysis ww_analysis_dose_response = {
    .item = {.name = "dose_response",
             .summary = "slope, monotony and half-dose of a dose-response curve",
             .sources = "efron1993 barlow1972",
             .example = "whatwhere analyse battery.csv dose_response dose face_identity",
             .params = params,
             .params_size = sizeof(struct dose_response)},
    .columns = "dose response",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

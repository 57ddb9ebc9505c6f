/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well a response tells one group of stimuli from the others: d' = (m1 - m0) / sqrt((v1 +
 * v0)/2) (the measure of face selectivity in Tsao et al. 2006 and later work; Green & Swets 1966).
 * Columns: the response, and 1 for the preferred group or 0 for the others. The interval is a
 * percentile bootstrap over rows. */
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/statistics.h"

struct selectivity {
    int resamples;
};

static const ww_param params[] = {WW_INT(struct selectivity, resamples, 2000, 100, 1000000, "",
                                         "samples of the bootstrap", "efron1993"),
                                  WW_PARAM_END};

struct columns {
    const double *x, *group;
};

static double d_prime(const void *data, const size_t *row, size_t n)
{
    const struct columns *c = data;
    double sum[2] = {0}, square[2] = {0}, count[2] = {0};
    for (size_t i = 0; i < n; i++) {
        size_t r = row == NULL ? i : row[i];
        int g = c->group[r] == 1;
        sum[g] += c->x[r];
        square[g] += c->x[r] * c->x[r];
        count[g]++;
    }
    double mean[2], variance = 0;
    if (count[0] < 2 || count[1] < 2)
        return 0; /* a resample of one group alone tells nothing */
    for (int g = 0; g < 2; g++) {
        mean[g] = sum[g] / count[g];
        variance += fmax(square[g] - count[g] * mean[g] * mean[g], 0) / (count[g] - 1) / 2;
    }
    return variance > 0 ? (mean[1] - mean[0]) / sqrt(variance) : 0;
}

static ww_status check(const double *group, size_t n)
{
    size_t ones = 0;
    for (size_t i = 0; i < n; i++) {
        if (group[i] != 0 && group[i] != 1)
            return WW_FAIL(WW_EINVAL, "selectivity: group %g is neither 0 nor 1", group[i]);
        ones += group[i] == 1;
    }
    if (ones < 2 || n - ones < 2)
        return WW_FAIL(WW_EINVAL,
                       "selectivity: %zu rows of the group and %zu others; at least 2 of each "
                       "are wanted",
                       ones, n - ones);
    return WW_OK;
}

static ww_status run(const void *params_, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    const struct selectivity *p = params_;
    size_t n;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    if (x == NULL)
        return WW_FAIL(WW_ENOMEM, "selectivity: out of memory");
    struct columns c = {x, x + n};
    ww_status status = check(c.group, n);
    if (status == WW_OK) {
        out[0] = (ww_estimate){"d_prime", d_prime(&c, NULL, n), NAN, NAN, NAN, (int64_t)n};
        *n_out = 1;
        status = ww_bootstrap(&c, n, d_prime, p->resamples, seed, &out[0].low, &out[0].high);
    }
    free(x);
    return status;
}

const ww_analysis ww_analysis_selectivity = {
    .item = {.name = "selectivity",
             .summary = "d' of a response between a group of stimuli and the others",
             .sources = "green1966 tsao2006",
             .example = "whatwhere analyse responses.csv selectivity rate_hz is_face",
             .params = params,
             .params_size = sizeof(struct selectivity)},
    .columns = "response group",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

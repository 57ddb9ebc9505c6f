/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/parts/fixations.h"

#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/parts/statistics.h"

struct entry {
    double score, positive, negative;
    double below, above; /* share of negatives below it, of positives above it */
};

static int by_score(const void *a, const void *b)
{
    double x = ((const struct entry *)a)->score, y = ((const struct entry *)b)->score;
    return (x > y) - (x < y);
}

/* The placement values of every row: rows of one score are one step of the curve. */
static void place(struct entry *e, size_t n, double positives, double negatives)
{
    double below = 0, passed = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double here_negative = 0, here_positive = 0;
        for (end = i; end < n && e[end].score == e[i].score; end++) {
            here_negative += e[end].negative;
            here_positive += e[end].positive;
        }
        for (size_t k = i; k < end; k++) {
            e[k].below = (below + here_negative / 2) / negatives;
            e[k].above = 1 - (passed + here_positive / 2) / positives;
        }
        below += here_negative;
        passed += here_positive;
    }
}

static void interval(ww_estimate *out, double variance)
{
    double a = out->value, z = gsl_cdf_ugaussian_Pinv(0.975);
    out->low = out->high = a;
    if (!(variance > 0) || a <= 0 || a >= 1)
        return;
    double logit = log(a / (1 - a)), half = z * sqrt(variance) / (a * (1 - a));
    out->low = 1 / (1 + exp(half - logit));
    out->high = 1 / (1 + exp(-half - logit));
    out->p = 2 * gsl_cdf_ugaussian_Q(fabs(a - 0.5) / sqrt(variance));
}

ww_status ww_auc(const char *method, const double *score, const double *positive,
                 const double *negative, size_t n, ww_estimate *out)
{
    double positives = 0, negatives = 0, sum = 0, above = 0, below = 0;
    for (size_t i = 0; i < n; i++) {
        positives += positive[i];
        negatives += negative[i];
    }
    if (positives < 2 || negatives < 2)
        return WW_FAIL(WW_EINVAL,
                       "%s: %g fixations and %g points to tell them from; at least 2 of each are "
                       "wanted",
                       method, positives, negatives);
    struct entry *e = malloc(n * sizeof *e);
    if (e == NULL)
        return WW_FAIL(WW_ENOMEM, "%s: out of memory", method);
    for (size_t i = 0; i < n; i++)
        e[i] = (struct entry){score[i], positive[i], negative[i], 0, 0};
    qsort(e, n, sizeof *e, by_score);
    place(e, n, positives, negatives);
    for (size_t i = 0; i < n; i++)
        sum += e[i].positive * e[i].below;
    *out = (ww_estimate){"auc", sum / positives, NAN, NAN, NAN, (int64_t)n};
    for (size_t i = 0; i < n; i++) {
        below += e[i].positive * pow(e[i].below - out->value, 2);
        above += e[i].negative * pow(e[i].above - out->value, 2);
    }
    free(e);
    interval(out, below / (positives - 1) / positives + above / (negatives - 1) / negatives);
    return WW_OK;
}

void ww_influence_interval(ww_estimate *estimate, const double *influence, size_t n)
{
    double se = ww_sd(influence, n) / sqrt((double)n), z = gsl_cdf_ugaussian_Pinv(0.975);
    estimate->low = estimate->value - z * se;
    estimate->high = estimate->value + z * se;
    if (se > 0)
        estimate->p = 2 * gsl_cdf_ugaussian_Q(fabs(estimate->value) / se);
}

ww_status ww_counts_check(const char *method, const char *column, const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        if (x[i] < 0)
            return WW_FAIL(WW_EINVAL, "%s: %s: %g is negative", method, column, x[i]);
        sum += x[i];
    }
    if (sum == 0)
        return WW_FAIL(WW_EINVAL, "%s: %s: all of %zu complete rows are 0", method, column, n);
    return WW_OK;
}

ww_status ww_density(const char *method, const char *column, double *x, size_t n)
{
    WW_TRY(ww_counts_check(method, column, x, n));
    double mean = ww_mean(x, n);
    for (size_t i = 0; i < n; i++)
        x[i] /= mean;
    return WW_OK;
}

/* Word k of a list of words. */
static void word_of(const char *words, int k, char word[64])
{
    for (; k > 0; k--)
        words += strcspn(words, " ") + 1;
    snprintf(word, 64, "%.*s", (int)strcspn(words, " "), words);
}

static ww_status check_columns(const ww_analysis *analysis, const ww_pixels *what, double *x,
                               size_t n)
{
    char word[64];
    for (int k = 0; k < analysis->min_columns; k++) {
        word_of(analysis->columns, k, word);
        if (what[k] == WW_PIXELS_COUNTS)
            WW_TRY(ww_counts_check(analysis->item.name, word, x + (size_t)k * n, n));
        else if (what[k] == WW_PIXELS_DENSITY)
            WW_TRY(ww_density(analysis->item.name, word, x + (size_t)k * n, n));
    }
    return WW_OK;
}

ww_status ww_pixels_run(const ww_analysis *analysis, const ww_pixels *what, ww_pixels_score *score,
                        const void *params, const double *const *column, size_t rows, uint64_t seed,
                        ww_estimate *out, int *n_out)
{
    size_t n;
    double *x = ww_rows_complete(analysis->min_columns, column, rows, &n);
    double *work = malloc((rows + 1) * sizeof *work);
    ww_status status = WW_OK;
    *n_out = 1;
    if (x == NULL || work == NULL)
        status = WW_FAIL(WW_ENOMEM, "%s: out of memory", analysis->item.name);
    else if (n == 0)
        status =
            WW_FAIL(WW_EINVAL, "%s: no complete row; at least 1 is wanted", analysis->item.name);
    if (status == WW_OK)
        status = check_columns(analysis, what, x, n);
    if (status == WW_OK)
        status = score(params, seed, x, work, n, out);
    free(work);
    free(x);
    return status;
}

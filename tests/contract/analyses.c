/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every analysis promises: planted truth recovered, intervals that cover it, sound answers or
 * a message on degenerate input, the same answer twice, and rows with gaps left out. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/analysis.h"
#include "engine/base/random.h"

enum { MOST = 400 };

static double data[4][MOST];
static const double *const columns[4] = {data[0], data[1], data[2], data[3]};

/* Maps with fixations: a third of the places is fixated, and stands out by 1.3 sd. */
static bool saliency(const char *name)
{
    return strncmp(name, "auc_", 4) == 0 || strcmp(name, "nss") == 0 ||
           strcmp(name, "information_gain") == 0;
}

/* Maps with the density of fixations, both log-normal; the difference of their logarithms has the
 * sd 0.4 sqrt(1/2). */
static bool densities(const char *name)
{
    return strcmp(name, "similarity") == 0 || strcmp(name, "kl_divergence") == 0;
}

static double normal_below(double z)
{
    return 0.5 * erfc(-z / sqrt(2));
}

static void fill(const char *name, ww_random *r, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double common = ww_random_normal(r);
        for (int c = 0; c < 4; c++)
            data[c][i] = 2.385 + 0.7 * c + 0.6 * common + 0.5 * ww_random_normal(r);
        if (strcmp(name, "proportion") == 0)
            data[0][i] = ww_random_uniform(r) < 0.83;
        if (strcmp(name, "selectivity") == 0) {
            data[1][i] = i % 2;
            data[0][i] = 1.3 * data[1][i] + ww_random_normal(r);
        }
        if (saliency(name)) {
            double fixated = ww_random_uniform(r) < 1.0 / 3;
            data[0][i] = 1.3 * fixated + ww_random_normal(r);
            data[1][i] = fixated;
            data[2][i] = 1 - fixated;
        }
        if (densities(name)) {
            data[0][i] = exp(0.4 * data[0][i]);
            data[1][i] = exp(0.4 * data[1][i]);
        }
        if (strcmp(name, "information_gain") == 0) {
            data[0][i] = exp(data[1][i] + 0.5 * ww_random_normal(r));
            data[2][i] = exp(0.5 * ww_random_normal(r));
        }
        if (strcmp(name, "dose_response") == 0) {
            data[0][i] = 0.25 * (double)(i % 5);
            data[1][i] = 0.9 - 0.62 * data[0][i] + 0.1 * ww_random_normal(r);
        }
        if (strcmp(name, "dissociation") == 0) {
            data[0][i] += 2;
            data[3][i] += 2;
        }
    }
}

/* Fills the columns so that the truth of estimate 0 is what is returned. */
static double plant(const char *name, ww_random *r, size_t n)
{
    fill(name, r, n);
    if (strcmp(name, "mean") == 0)
        return 2.385;
    if (strcmp(name, "difference") == 0)
        return -0.7;
    if (strcmp(name, "ratio") == 0)
        return 2.385 / 3.085;
    if (strcmp(name, "correlation") == 0)
        return 0.36 / 0.61;
    if (strcmp(name, "proportion") == 0)
        return 0.83;
    if (strcmp(name, "selectivity") == 0)
        return 1.3;
    if (strcmp(name, "dose_response") == 0)
        return -0.62;
    if (strcmp(name, "dissociation") == 0)
        return (2 - 0.7) + (2 + 0.7);
    if (strcmp(name, "auc_judd") == 0 || strcmp(name, "auc_shuffled") == 0)
        return normal_below(1.3 / sqrt(2));
    if (strcmp(name, "auc_borji") == 0) /* a third of the pixels drawn is fixated */
        return (0.5 + 2 * normal_below(1.3 / sqrt(2))) / 3;
    if (strcmp(name, "nss") == 0)
        return 1.3 * (2.0 / 3) / sqrt(1 + 1.69 * 2 / 9);
    if (strcmp(name, "similarity") == 0)
        return 2 * normal_below(-0.4 * sqrt(0.5) / 2);
    if (strcmp(name, "kl_divergence") == 0)
        return 0.16 * 0.5 / 2;
    if (strcmp(name, "information_gain") == 0)
        return (1 - log((2 + exp(1)) / 3)) / log(2);
    cr_assert_fail("%s: a new analysis needs its planted truth here", name);
    return NAN;
}

static ww_status run(const ww_analysis *a, size_t n, uint64_t seed, ww_estimate *out, int *n_out)
{
    double params[64] = {0};
    cr_assert(a->item.params_size <= sizeof params);
    ww_params_defaults(a->item.params, params);
    return a->run(params, a->max_columns, columns, n, seed, out, n_out);
}

Test(analyses, intervals_cover_the_planted_truth)
{
    for (size_t k = 0; k < ww_analyses_count; k++) {
        const ww_analysis *a = ww_analyses[k];
        int covered = 0, draws = 200;
        double sum = 0, truth = 0;
        for (int d = 0; d < draws; d++) {
            ww_random r = ww_random_stream(11, a->item.name, (uint64_t)d);
            ww_estimate e[WW_ESTIMATES_MAX];
            int n_out = 0;
            truth = plant(a->item.name, &r, 60);
            cr_assert_eq(run(a, 60, (uint64_t)d, e, &n_out), WW_OK, "%s", ww_error_message());
            cr_assert(n_out >= 1 && n_out <= WW_ESTIMATES_MAX);
            cr_assert(e[0].low <= e[0].value && e[0].value <= e[0].high, "%s", a->item.name);
            covered += e[0].low <= truth && truth <= e[0].high;
            sum += e[0].value;
        }
        cr_expect(fabs(sum / draws - truth) < 0.05 * fabs(truth), "%s: %g, planted %g",
                  a->item.name, sum / draws, truth);
        cr_expect(covered >= 0.90 * draws && covered <= 0.99 * draws, "%s: %d of %d cover",
                  a->item.name, covered, draws);
    }
}

Test(analyses, same_answer_twice_and_gaps_are_left_out)
{
    for (size_t k = 0; k < ww_analyses_count; k++) {
        const ww_analysis *a = ww_analyses[k];
        ww_random r = ww_random_stream(12, a->item.name, 0);
        ww_estimate e[3][WW_ESTIMATES_MAX];
        int n_out = 0;
        memset(e, 0, sizeof e);
        plant(a->item.name, &r, 60);
        cr_assert_eq(run(a, 60, 5, e[0], &n_out), WW_OK);
        cr_assert_eq(run(a, 60, 5, e[1], &n_out), WW_OK);
        for (int c = 0; c < 4; c++)
            data[c][60] = c == a->max_columns - 1 ? NAN : 1;
        cr_assert_eq(run(a, 61, 5, e[2], &n_out), WW_OK);
        for (int i = 0; i < n_out; i++) {
            cr_expect(memcmp(&e[0][i].value, &e[1][i].value, sizeof(double)) == 0);
            cr_expect(memcmp(&e[0][i].value, &e[2][i].value, sizeof(double)) == 0, "%s",
                      a->item.name);
            cr_expect_eq(e[2][i].n, e[0][i].n);
        }
    }
}

Test(analyses, too_little_is_a_message_and_constants_are_sound)
{
    for (size_t k = 0; k < ww_analyses_count; k++) {
        const ww_analysis *a = ww_analyses[k];
        ww_estimate e[WW_ESTIMATES_MAX];
        int n_out = 0;
        data[0][0] = NAN;
        cr_assert_eq(run(a, 1, 1, e, &n_out), WW_EINVAL, "%s", a->item.name);
        cr_expect(strncmp(ww_error_message(), a->item.name, strlen(a->item.name)) == 0, "%s",
                  ww_error_message());
        for (int c = 0; c < 4; c++)
            for (size_t i = 0; i < 8; i++)
                data[c][i] = 1;
        if (run(a, 8, 1, e, &n_out) == WW_OK)
            for (int i = 0; i < n_out; i++)
                cr_expect(isfinite(e[i].value) || isnan(e[i].value), "%s", a->item.name);
    }
}

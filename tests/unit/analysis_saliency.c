/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Metrics of saliency maps against numbers worked out by hand, and the gates of their code: the map
 * that knows the fixations, the shuffled one, and the one that knows of the centre alone. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "analysis/analysis.h"
#include "engine/base/random.h"

static ww_status analyse(const char *name, const char *key, const char *value,
                         const double *const *column, size_t n, ww_estimate *out)
{
    int n_out = 0;
    double params[8] = {0};
    for (size_t k = 0; k < ww_analyses_count; k++) {
        const ww_analysis *a = ww_analyses[k];
        if (strcmp(a->item.name, name) != 0)
            continue;
        ww_params_defaults(a->item.params, params);
        if (key != NULL)
            cr_assert_eq(ww_params_set(a->item.params, params, key, value, "", NULL), WW_OK);
        return a->run(params, a->max_columns, column, n, 1, out, &n_out);
    }
    cr_assert_fail("no analysis %s", name);
    return WW_ENOTFOUND;
}

static double value(const char *name, const double *const *column, size_t n)
{
    ww_estimate e[WW_ESTIMATES_MAX];
    cr_assert_eq(analyse(name, NULL, NULL, column, n, e), WW_OK, "%s", ww_error_message());
    return e[0].value;
}

Test(analysis_saliency, areas_by_counting_pairs)
{
    /* fixated .9 and .4 (twice) against .1 .4 .6: pairs won 3 + 2 (1 + 1/2) of 9 */
    const double map[5] = {.9, .1, .4, .4, .6}, fixations[5] = {1, 0, 2, 0, 0};
    const double others[5] = {0, 1, 0, 0, 3};
    const double *column[] = {map, fixations, others};
    cr_expect_float_eq(value("auc_judd", column, 5), 6.0 / 9, 1e-12);
    /* against .1 and three times .6: .9 wins 4, each .4 wins 1, of 12 */
    cr_expect_float_eq(value("auc_shuffled", column, 5), 6.0 / 12, 1e-12);
    /* against all pixels: .9 wins 4.5, each .4 1 and two ties, of 15 */
    ww_estimate e[WW_ESTIMATES_MAX];
    cr_assert_eq(analyse("auc_borji", "splits", "40000", column, 5, e), WW_OK);
    cr_expect_float_eq(e[0].value, (4.5 + 2 * 2) / 15, 0.005, "%g", e[0].value);
}

Test(analysis_saliency, nss_and_information_gain_by_hand)
{
    /* mean 2.5, sd sqrt(5/3); fixated: 4 and 4 and 1 */
    const double map[4] = {1, 2, 3, 4}, fixations[4] = {1, 0, 0, 2}, flat[4] = {5, 5, 5, 5};
    const double *column[] = {map, fixations, flat};
    cr_expect_float_eq(value("nss", column, 4), 0.5 / sqrt(5.0 / 3), 1e-12);
    cr_expect_float_eq(value("information_gain", column, 4), (log2(.4) + 2 * log2(1.6)) / 3, 1e-12);
    const double *same[] = {map, fixations, map};
    cr_expect_float_eq(value("information_gain", same, 4), 0, 1e-12);
}

Test(analysis_saliency, similarity_and_divergence_by_hand)
{
    const double p[3] = {2, 6, 2}, q[3] = {1, 1, 2};
    const double *column[] = {p, q}, *same[] = {p, p};
    cr_expect_float_eq(value("similarity", column, 3), .2 + .25 + .2, 1e-12);
    cr_expect_float_eq(value("kl_divergence", column, 3),
                       .25 * log(.25 / .2) + .25 * log(.25 / .6) + .5 * log(.5 / .2), 1e-12);
    cr_expect_float_eq(value("similarity", same, 3), 1, 1e-12);
    cr_expect_float_eq(value("kl_divergence", same, 3), 0, 1e-12);
    const double hole[3] = {0, 1, 1}, *holed[] = {hole, q};
    ww_estimate e[WW_ESTIMATES_MAX];
    cr_assert_eq(analyse("kl_divergence", "floor", "0.5", holed, 3, e), WW_OK);
    cr_expect_float_eq(e[0].value,
                       .25 * log(.25 * 6) + .25 * log(.25 * 12 / 5) + .5 * log(.5 * 12 / 5), 1e-12);
}

/* Leaving rows out one by one gives the same standard error (the jackknife), floor and all. */
Test(analysis_saliency, intervals_agree_with_the_jackknife)
{
    static const char *const names[] = {"nss", "similarity", "kl_divergence", "information_gain"};
    enum { N = 150 };
    for (size_t k = 0; k < 4; k++) {
        const char *key = k >= 2 ? "floor" : NULL;
        ww_random random = ww_random_stream(3, names[k], 0);
        double x[3][N], left[N], mean = 0, square = 0;
        const double *column[] = {x[0], x[1], x[2]};
        ww_estimate e[WW_ESTIMATES_MAX], without[WW_ESTIMATES_MAX];
        for (int i = 0; i < N; i++) {
            double common = ww_random_normal(&random);
            for (int c = 0; c < 3; c++)
                x[c][i] = exp(0.5 * common + 0.5 * ww_random_normal(&random));
        }
        cr_assert_eq(analyse(names[k], key, "0.3", column, N, e), WW_OK);
        for (int i = 0; i < N; i++) {
            double kept = x[0][i];
            x[0][i] = NAN;
            cr_assert_eq(analyse(names[k], key, "0.3", column, N, without), WW_OK);
            x[0][i] = kept;
            left[i] = without[0].value;
            mean += left[i] / N;
        }
        for (int i = 0; i < N; i++)
            square += (left[i] - mean) * (left[i] - mean);
        double se = sqrt(square * (N - 1) / N), ours = (e[0].high - e[0].low) / (2 * 1.959964);
        cr_expect(fabs(ours / se - 1) < 0.05, "%s: %g, jackknife %g", names[k], ours, se);
    }
}

/* Fixations about the centre of every picture, and in this one about a thing at its right. */
enum { SIDE = 32, PIXELS = SIDE * SIDE };

static double bump(int i, double x, double y, double sd)
{
    double dx = i % SIDE - x, dy = i / SIDE - y;
    return exp(-0.5 * (dx * dx + dy * dy) / (sd * sd));
}

Test(analysis_saliency, a_bright_centre_beats_chance_but_not_the_shuffled_one)
{
    double centre[PIXELS], thing[PIXELS], chance[PIXELS], others[PIXELS] = {0};
    double looks[PIXELS] = {0}, looks_at_thing[PIXELS] = {0}, by_chance = 0, z = 0;
    ww_random random = ww_random_stream(4, "centre", 0);
    for (int i = 0; i < PIXELS; i++) {
        centre[i] = bump(i, 15.5, 15.5, 6);
        thing[i] = bump(i, 22, 12, 3);
    }
    for (int k = 0; k < 60000; k++) {
        int i = (int)ww_random_below(&random, PIXELS);
        others[i] += ww_random_uniform(&random) < centre[i];
        looks[i] += k < 10000 && ww_random_uniform(&random) < centre[i];
        looks_at_thing[i] += k < 10000 && ww_random_uniform(&random) < (centre[i] + thing[i]) / 2;
    }
    const double *of_centre[] = {centre, looks, others}, *of_truth[] = {looks, looks, others};
    const double *of_thing[] = {thing, looks_at_thing, others}, *drawn[] = {chance, looks, others};
    cr_expect(value("auc_judd", of_truth, PIXELS) > 0.99);
    cr_expect(value("auc_judd", of_centre, PIXELS) > 0.7);
    cr_expect(value("auc_borji", of_centre, PIXELS) > 0.7);
    cr_expect_float_eq(value("auc_shuffled", of_centre, PIXELS), 0.5, 0.02, "%g",
                       value("auc_shuffled", of_centre, PIXELS));
    cr_expect(value("auc_shuffled", of_thing, PIXELS) > 0.55);
    for (int k = 0; k < 20; k++) {
        for (int i = 0; i < PIXELS; i++)
            chance[i] = ww_random_uniform(&random);
        by_chance += value("auc_shuffled", drawn, PIXELS) / 20;
        z += value("nss", drawn, PIXELS) / 20;
    }
    cr_expect_float_eq(by_chance, 0.5, 0.02, "%g", by_chance);
    cr_expect_float_eq(z, 0, 0.05, "%g", z);
}

static void expect_refused(const char *name, const double *const *column, const char *message)
{
    ww_estimate e[WW_ESTIMATES_MAX];
    cr_expect_eq(analyse(name, NULL, NULL, column, 3, e), WW_EINVAL);
    cr_expect_str_eq(ww_error_message(), message);
}

Test(analysis_saliency, what_the_methods_cannot_use_is_named)
{
    const double flat[3] = {1, 1, 1}, none[3] = {0, 0, 0}, one[3] = {1, 0, 0}, hole[3] = {0, 1, 1};
    const double below[3] = {1, -2, 1}, unknown[3] = {NAN, NAN, NAN};
    expect_refused("nss", (const double *[]){flat, unknown},
                   "nss: no complete row; at least 1 is wanted");
    expect_refused("auc_judd", (const double *[]){flat, none},
                   "auc_judd: fixations: all of 3 complete rows are 0");
    expect_refused("auc_judd", (const double *[]){flat, one},
                   "auc_judd: 1 fixations and 2 points to tell them from; at least 2 of each are "
                   "wanted");
    expect_refused("auc_shuffled", (const double *[]){flat, hole, none},
                   "auc_shuffled: others: all of 3 complete rows are 0");
    expect_refused("nss", (const double *[]){flat, one}, "nss: saliency is constant; it must vary");
    expect_refused("nss", (const double *[]){hole, below}, "nss: fixations: -2 is negative");
    expect_refused("similarity", (const double *[]){below, one},
                   "similarity: saliency: -2 is negative");
    expect_refused("kl_divergence", (const double *[]){hole, one},
                   "kl_divergence: the saliency is 0 where the density is not; floor=0.01 mixes in "
                   "a flat map");
    expect_refused("information_gain", (const double *[]){hole, one, flat},
                   "information_gain: the saliency is 0 at a fixation; floor=0.01 mixes in a flat "
                   "map");
    expect_refused("information_gain", (const double *[]){flat, one, hole},
                   "information_gain: the baseline is 0 at a fixation; smooth it");
}

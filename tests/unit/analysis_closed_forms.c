/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Analyses against numbers worked out by hand or in closed form. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "analysis/parts/statistics.h"

static const ww_analysis *find(const char *name)
{
    for (size_t k = 0; k < ww_analyses_count; k++)
        if (strcmp(ww_analyses[k]->item.name, name) == 0)
            return ww_analyses[k];
    cr_assert_fail("no analysis %s", name);
    return NULL;
}

static void run(const char *name, const double *const *column, size_t n, ww_estimate *out)
{
    const ww_analysis *a = find(name);
    double params[64] = {0};
    int n_out = 0;
    ww_params_defaults(a->item.params, params);
    cr_assert_eq(a->run(params, a->max_columns, column, n, 1, out, &n_out), WW_OK, "%s",
                 ww_error_message());
}

Test(analysis_closed_forms, student_interval_of_five_numbers)
{
    /* mean 3.2, sd sqrt(3.7), t(4, .975) = 2.776445 */
    const double x[5] = {1, 2, 3, 4, 6}, *column[] = {x};
    ww_estimate e[WW_ESTIMATES_MAX];
    run("mean", column, 5, e);
    double half = 2.7764451 * sqrt(3.7 / 5);
    cr_expect_float_eq(e[0].value, 3.2, 1e-12);
    cr_expect_float_eq(e[0].low, 3.2 - half, 1e-6);
    cr_expect_float_eq(e[0].high, 3.2 + half, 1e-6);
}

Test(analysis_closed_forms, wilson_interval_at_the_ends)
{
    /* 0 of n: from 0 to z^2 / (n + z^2) */
    const double x[10] = {0}, *column[] = {x};
    ww_estimate e[WW_ESTIMATES_MAX];
    run("proportion", column, 10, e);
    double zz = 1.959963985 * 1.959963985;
    cr_expect_float_eq(e[0].low, 0, 1e-12);
    cr_expect_float_eq(e[0].high, zz / (10 + zz), 1e-8);
}

Test(analysis_closed_forms, interval_of_a_median_lies_between_order_statistics)
{
    /* ranks k and n + 1 - k; P(fewer than k of n coins) <= 0.025: k = 1 of 6, 2 of 10, 40 of 100 */
    static const size_t n[] = {6, 10, 100}, k[] = {1, 2, 40};
    double x[100];
    for (int c = 0; c < 3; c++) {
        for (size_t i = 0; i < n[c]; i++)
            x[i] = (double)((7 * i) % n[c] + 1); /* 1 .. n, shuffled where 7 does not divide n */
        ww_estimate e = ww_median("m", x, n[c]);
        cr_expect_float_eq(e.value, ((double)n[c] + 1) / 2, 1e-12);
        cr_expect_float_eq(e.low, (double)k[c], 1e-12, "n %zu: from %g", n[c], e.low);
        cr_expect_float_eq(e.high, (double)(n[c] + 1 - k[c]), 1e-12);
    }
    ww_estimate few = ww_median("m", x, 5), none = ww_median("m", x, 0);
    cr_expect(few.value == 3 && isnan(few.low) && isnan(few.high), "5 numbers leave 3 %% a side");
    cr_expect(isnan(none.value) && none.n == 0);
}

Test(analysis_closed_forms, fieller_ends_are_where_the_t_test_turns)
{
    const double a[6] = {3.1, 2.4, 3.9, 2.2, 3.3, 2.9}, b[6] = {1.1, 0.8, 1.3, 1.0, 0.9, 1.2};
    const double *column[] = {a, b};
    ww_estimate e[WW_ESTIMATES_MAX];
    run("ratio", column, 6, e);
    double ends[2] = {e[0].low, e[0].high}, d[6];
    for (int k = 0; k < 2; k++) {
        for (int i = 0; i < 6; i++)
            d[i] = a[i] - ends[k] * b[i];
        cr_expect_float_eq(ww_mean_t("", d, 6).p, 0.05, 1e-9, "p %g", ww_mean_t("", d, 6).p);
    }
}

Test(analysis_closed_forms, fieller_without_a_denominator_has_no_upper_end)
{
    const double a[5] = {3.1, 2.4, 3.9, 2.2, 3.3}, b[5] = {0.01, -0.02, 0.01, 0, 0.02};
    const double *column[] = {a, b};
    ww_estimate e[WW_ESTIMATES_MAX];
    run("ratio", column, 5, e);
    cr_expect(isinf(e[0].high) && e[0].high > 0);
    cr_expect(e[0].low > 3, "lower end %g", e[0].low);
}

Test(analysis_closed_forms, a_single_dissociation_is_no_double_one)
{
    const double a[5] = {.8, .7, .9, .75, .85}, b[5] = {.1, .05, .12, .08, .1};
    const double *column[] = {a, b, b, b};
    ww_estimate e[WW_ESTIMATES_MAX];
    run("dissociation", column, 5, e);
    cr_expect(e[1].p < 0.001 && e[0].p > 0.4, "p %g and %g", e[1].p, e[0].p);
}

Test(analysis_closed_forms, half_dose_of_a_straight_line_is_its_middle)
{
    const double dose[5] = {0, .25, .5, .75, 1}, y[5] = {1, .75, .5, .25, 0};
    const double *column[] = {dose, y};
    ww_estimate e[WW_ESTIMATES_MAX];
    run("dose_response", column, 5, e);
    cr_expect_float_eq(e[0].value, -1, 1e-12);
    cr_expect_float_eq(e[1].value, -1, 1e-12);
    cr_expect_float_eq(e[2].value, 0.5, 1e-12);
}

Test(analysis_closed_forms, spearman_sees_order_alone)
{
    const double x[6] = {1, 2, 3, 4, 5, 6}, y[6] = {1, 8, 27, 64, 125, 216};
    const double *column[] = {x, y};
    ww_estimate e[WW_ESTIMATES_MAX];
    run("correlation", column, 6, e);
    cr_expect_float_eq(e[1].value, 1, 1e-12);
    cr_expect(e[0].value < 0.95);
}

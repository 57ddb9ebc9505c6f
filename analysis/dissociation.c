/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The double dissociation (Teuber 1955; Shallice 1988): lesion A costs task 1 more than task 2, and
 * lesion B costs task 2 more than task 1, in the same seeds.
 *
 * Columns, one row a seed: loss of task 1 and of task 2 under A, then under B. Both simple effects
 * must go their way, so the test is an intersection-union test (Berger 1982): its p is the larger
 * of the two one-sided paired t tests, and it needs no correction. A crossed interaction alone
 * would not do: it can be had from one strong single dissociation. */
#include <gsl/gsl_cdf.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/statistics.h"

/* Makes the p of a mean of 0 one-sided: against a mean above 0. */
static double one_sided(const ww_estimate *e)
{
    return e->value > 0 ? e->p / 2 : 1 - e->p / 2;
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
        return WW_FAIL(WW_EINVAL, "dissociation: %zu complete rows; at least 2 are wanted", n);
    }
    double *a = x, *b = x + 2 * n;
    for (size_t i = 0; i < n; i++) {
        a[i] -= x[n + i];
        b[i] = x[3 * n + i] - b[i];
    }
    out[1] = ww_mean_t("lesion A: task 1 - task 2", a, n);
    out[2] = ww_mean_t("lesion B: task 2 - task 1", b, n);
    out[1].p = one_sided(&out[1]);
    out[2].p = one_sided(&out[2]);
    for (size_t i = 0; i < n; i++)
        a[i] += b[i];
    out[0] = ww_mean_t("interaction", a, n);
    out[0].p = fmax(out[1].p, out[2].p);
    *n_out = 3;
    free(x);
    return WW_OK;
}

const ww_analysis ww_analysis_dissociation = {
    .item = {.name = "dissociation",
             .summary = "double dissociation of two tasks by two lesions",
             .sources = "teuber1955 shallice1988 berger1982",
             .example = "whatwhere analyse losses.csv dissociation face_FFA word_FFA face_VWFA "
                        "word_VWFA"},
    .columns = "task1_A task2_A task1_B task2_B",
    .min_columns = 4,
    .max_columns = 4,
    .run = run};

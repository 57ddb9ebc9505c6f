/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AUC after Borji et al. (2013): as auc_judd, but fixations are told from as many pixels drawn
 * evenly from the whole picture (fixated ones included); the mean of `splits` such draws. As
 * there, a bright centre scores above 1/2.
 *
 * Columns, a row a pixel: the map, and how many fixations fell on the pixel. The interval is that
 * of an infinite number of draws. */
#include <string.h>

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

extern const ww_analysis ww_analysis_auc_borji;

struct auc_borji {
    int splits;
};

static const ww_param params[] = {
    WW_INT(struct auc_borji, splits, 100, 1, 100000, "", "draws of random pixels", "borji2013"),
    WW_PARAM_END};

/* The mean over draws, with the interval about it. */
static ww_status score(const void *params_, uint64_t seed, const double *x, double *drawn, size_t n,
                       ww_estimate *out)
{
    const double *map = x, *fixations = x + n;
    int times = ((const struct auc_borji *)params_)->splits;
    double count = 0, sum = 0;
    for (size_t i = 0; i < n; i++) {
        count += fixations[i];
        drawn[i] = 1;
    }
    WW_TRY(ww_auc("auc_borji", map, fixations, drawn, n, out));
    for (int k = 0; k < times; k++) {
        ww_random random = ww_random_stream(seed, "analysis/auc_borji", (uint64_t)k);
        ww_estimate once;
        memset(drawn, 0, n * sizeof *drawn);
        for (double d = 0; d < count; d++)
            drawn[ww_random_below(&random, n)]++;
        WW_TRY(ww_auc("auc_borji", map, fixations, drawn, n, &once));
        sum += once.value / times;
    }
    out->low = out->low + sum - out->value;
    out->high = out->high + sum - out->value;
    out->value = sum;
    return WW_OK;
}

static ww_status run(const void *params_, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    static const ww_pixels what[] = {WW_PIXELS_ANY, WW_PIXELS_COUNTS};
    (void)n_columns;
    return ww_pixels_run(&ww_analysis_auc_borji, what, score, params_, column, rows, seed, out,
                         n_out);
}

const ww_analysis ww_analysis_auc_borji = {
    .item = {.name = "auc_borji",
             .summary = "saliency: AUC of fixations against random pixels",
             .sources = "borji2013 bylinskii2019",
             .example = "whatwhere analyse pixels.csv auc_borji saliency fixations",
             .params = params,
             .params_size = sizeof(struct auc_borji)},
    .columns = "saliency fixations",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AUC after Judd et al. (2009): how well a saliency map, taken as a classifier, tells fixated
 * pixels from all the others. 1/2 is chance, and what a flat map gets; a map of nothing but a
 * bright centre scores well above it, since people look at the centre of pictures (see
 * auc_shuffled).
 *
 * Columns, a row a pixel: the map, and how many fixations fell on the pixel. The curve is taken at
 * every value of the map, ties counting half, so nothing is drawn at random. */

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

extern const ww_analysis ww_analysis_auc_judd;

static ww_status score(const void *params, uint64_t seed, const double *x, double *others, size_t n,
                       ww_estimate *out)
{
    (void)params, (void)seed;
    for (size_t i = 0; i < n; i++)
        others[i] = x[n + i] == 0;
    return ww_auc("auc_judd", x, x + n, others, n, out);
}

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    static const ww_pixels what[] = {WW_PIXELS_ANY, WW_PIXELS_COUNTS};
    (void)n_columns;
    return ww_pixels_run(&ww_analysis_auc_judd, what, score, params, column, rows, seed, out,
                         n_out);
}

const ww_analysis ww_analysis_auc_judd = {
    .item = {.name = "auc_judd",
             .summary = "saliency: AUC of fixated pixels against all others",
             .sources = "judd2009 bylinskii2019 delong1988",
             .example = "whatwhere analyse pixels.csv auc_judd saliency fixations"},
    .columns = "saliency fixations",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

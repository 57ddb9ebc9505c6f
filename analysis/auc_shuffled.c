/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shuffled AUC (Zhang et al. 2008): fixations of this picture are told from fixations of other
 * pictures. People look at the centre of any picture, so both lie there, and a map that knows of
 * the centre alone stays at the chance level 1/2: what is measured is what the map knows of this
 * picture.
 *
 * Columns, a row a pixel: the map, how many fixations of this picture fell on the pixel, and how
 * many of other pictures. The usual mean over random draws from the latter tends to the area
 * against all of them, which is taken here, so nothing is drawn. */

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

extern const ww_analysis ww_analysis_auc_shuffled;

static ww_status score(const void *params, uint64_t seed, const double *x, double *work, size_t n,
                       ww_estimate *out)
{
    (void)params, (void)seed, (void)work;
    return ww_auc("auc_shuffled", x, x + n, x + 2 * n, n, out);
}

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    static const ww_pixels what[] = {WW_PIXELS_ANY, WW_PIXELS_COUNTS, WW_PIXELS_COUNTS};
    (void)n_columns;
    return ww_pixels_run(&ww_analysis_auc_shuffled, what, score, params, column, rows, seed, out,
                         n_out);
}

const ww_analysis ww_analysis_auc_shuffled = {
    .item = {.name = "auc_shuffled",
             .summary = "saliency: AUC of fixations against those of other pictures",
             .sources = "zhang2008 bylinskii2019 delong1988",
             .example = "whatwhere analyse pixels.csv auc_shuffled saliency fixations others"},
    .columns = "saliency fixations others",
    .min_columns = 3,
    .max_columns = 3,
    .run = run};

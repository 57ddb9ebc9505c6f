/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shuffled AUC (Zhang et al. 2008): fixations of this picture are told from fixations of other
 * pictures. People look at the centre of any picture, so both lie there, and a map that knows of
 * the centre alone stays at the chance level 1/2: what is measured is what the map knows of this
 * picture.
 *
 * Columns, a row a pixel: the map, how many fixations of this picture fell on the pixel, and how
 * many of other pictures. The usual mean over random draws from the latter tends to the area
 * against all of them, which is taken here, so nothing is drawn. */
#include <stdlib.h>

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    size_t n;
    (void)params;
    (void)seed;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    ww_status status = WW_OK;
    if (x == NULL)
        status = WW_FAIL(WW_ENOMEM, "auc_shuffled: out of memory");
    if (status == WW_OK)
        status = ww_counts_check("auc_shuffled", "fixations", x + n, n);
    if (status == WW_OK)
        status = ww_counts_check("auc_shuffled", "others", x + 2 * n, n);
    if (status == WW_OK)
        status = ww_auc("auc_shuffled", x, x + n, x + 2 * n, n, out);
    *n_out = 1;
    free(x);
    return status;
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

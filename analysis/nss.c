/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Normalised scanpath saliency (Peters et al. 2005): the mean over fixations of the map in standard
 * deviations above its mean,
 *
 *     NSS = mean over fixations of (s - mean s) / sd s,
 *
 * 0 for a map that knows nothing, and without an upper limit. Columns, a row a pixel: the map s,
 * and how many fixations w fell on the pixel. Influence of row i, with a = E[w s] / E[w]:
 * (w (s - a) / E[w] - (s - mean)) / sd - NSS ((s - mean)^2 / sd^2 - 1) / 2. */
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

static void score(const double *s, const double *w, double *influence, size_t n, ww_estimate *out)
{
    double mean = ww_mean(s, n), sd = ww_sd(s, n), weight = ww_mean(w, n), at = 0;
    for (size_t i = 0; i < n; i++)
        at += w[i] * s[i] / weight / (double)n;
    *out = (ww_estimate){"nss", (at - mean) / sd, NAN, NAN, NAN, (int64_t)n};
    for (size_t i = 0; i < n; i++) {
        double z = (s[i] - mean) / sd;
        influence[i] = w[i] * (s[i] - at) / weight / sd - z - out->value * (z * z - 1) / 2;
    }
    ww_influence_interval(out, influence, n);
}

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    size_t n;
    (void)params;
    (void)seed;
    double *x = ww_rows_complete(n_columns, column, rows, &n);
    double *influence = malloc((rows + 1) * sizeof *influence);
    ww_status status = WW_OK;
    if (x == NULL || influence == NULL)
        status = WW_FAIL(WW_ENOMEM, "nss: out of memory");
    if (status == WW_OK)
        status = ww_counts_check("nss", "fixations", x + n, n);
    if (status == WW_OK && ww_sd(x, n) == 0)
        status = WW_FAIL(WW_EINVAL, "nss: saliency is constant; it must vary");
    if (status == WW_OK)
        score(x, x + n, influence, n, out);
    *n_out = 1;
    free(influence);
    free(x);
    return status;
}

const ww_analysis ww_analysis_nss = {
    .item = {.name = "nss",
             .summary = "saliency: standardised map at the fixations",
             .sources = "peters2005 bylinskii2019",
             .example = "whatwhere analyse pixels.csv nss saliency fixations"},
    .columns = "saliency fixations",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

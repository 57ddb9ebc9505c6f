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

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

extern const ww_analysis ww_analysis_nss;

static ww_status score(const void *params, uint64_t seed, const double *x, double *influence,
                       size_t n, ww_estimate *out)
{
    const double *s = x, *w = x + n;
    double mean = ww_mean(s, n), sd = ww_sd(s, n), weight = ww_mean(w, n), at = 0;
    (void)params, (void)seed;
    if (sd == 0)
        return WW_FAIL(WW_EINVAL, "nss: saliency is constant; it must vary");
    for (size_t i = 0; i < n; i++)
        at += w[i] * s[i] / weight / (double)n;
    *out = (ww_estimate){"nss", (at - mean) / sd, NAN, NAN, NAN, (int64_t)n};
    for (size_t i = 0; i < n; i++) {
        double z = (s[i] - mean) / sd;
        influence[i] = w[i] * (s[i] - at) / weight / sd - z - out->value * (z * z - 1) / 2;
    }
    ww_influence_interval(out, influence, n);
    return WW_OK;
}

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    static const ww_pixels what[] = {WW_PIXELS_ANY, WW_PIXELS_COUNTS};
    (void)n_columns;
    return ww_pixels_run(&ww_analysis_nss, what, score, params, column, rows, seed, out, n_out);
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

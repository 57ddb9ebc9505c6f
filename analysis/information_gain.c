/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Information gain (Kuemmerer et al. 2015): how many bits a saliency map P tells of each fixation
 * beyond a baseline B (as a rule where people look in any picture), both scaled to a sum of 1,
 *
 *     IG = mean over fixations of log2 P - log2 B   bit/fixation.
 *
 * 0: nothing; negative: the baseline alone is the better guess. `floor` mixes a flat map into P, as
 * in kl_divergence. Columns, a row a pixel: the map, how many fixations w fell on the pixel, and
 * the baseline. Influence of row i, P and B scaled to mean 1: w (log2 P'/B - IG) / E[w]
 * - (r (P - 1) - (B - 1)) / ln 2, r the mean over fixations of (1 - floor) P / P'. */
#include <math.h>

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

extern const ww_analysis ww_analysis_information_gain;

struct information_gain {
    double floor;
};

static const ww_param params[] = {WW_REAL(struct information_gain, floor, 0, 0, 1, "",
                                          "share of a flat map that is mixed into the saliency",
                                          ""),
                                  WW_PARAM_END};

static ww_status score(const void *params_, uint64_t seed, const double *x, double *influence,
                       size_t n, ww_estimate *out)
{
    double floor = ((const struct information_gain *)params_)->floor;
    const double *p = x, *w = x + n, *b = x + 2 * n;
    (void)seed;
    double gain = 0, r = 0, weight = ww_mean(w, n) * (double)n;
    for (size_t i = 0; i < n; i++) {
        double mixed = (1 - floor) * p[i] + floor;
        influence[i] = 0;
        if (w[i] == 0)
            continue;
        if (mixed == 0 || b[i] == 0)
            return WW_FAIL(WW_EINVAL, "information_gain: the %s is 0 at a fixation; %s",
                           mixed == 0 ? "saliency" : "baseline",
                           mixed == 0 ? "floor=0.01 mixes in a flat map" : "smooth it");
        influence[i] = log2(mixed / b[i]);
        gain += w[i] * influence[i] / weight;
        r += w[i] * (1 - floor) * p[i] / mixed / weight;
    }
    *out = (ww_estimate){"information_gain", gain, NAN, NAN, NAN, (int64_t)n};
    for (size_t i = 0; i < n; i++)
        influence[i] = (double)n * w[i] * (influence[i] - gain) / weight -
                       (r * (p[i] - 1) - (b[i] - 1)) / log(2);
    ww_influence_interval(out, influence, n);
    return WW_OK;
}

static ww_status run(const void *params_, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    static const ww_pixels what[] = {WW_PIXELS_DENSITY, WW_PIXELS_COUNTS, WW_PIXELS_DENSITY};
    (void)n_columns;
    return ww_pixels_run(&ww_analysis_information_gain, what, score, params_, column, rows, seed,
                         out, n_out);
}

const ww_analysis ww_analysis_information_gain = {
    .item = {.name = "information_gain",
             .summary = "saliency: bits per fixation beyond a baseline map",
             .sources = "kummerer2015 bylinskii2019",
             .example = "whatwhere analyse pixels.csv information_gain saliency fixations centre",
             .params = params,
             .params_size = sizeof(struct information_gain)},
    .columns = "saliency fixations baseline",
    .min_columns = 3,
    .max_columns = 3,
    .run = run};

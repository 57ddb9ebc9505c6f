/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Kullback & Leibler's (1951) divergence of a saliency map P from the density of fixations Q, both
 * scaled to a sum of 1,
 *
 *     KL = sum over pixels of Q ln(Q / P)   nat,
 *
 * 0 for equal maps, and infinite if P is 0 where people looked: `floor` mixes in a flat map,
 * P <- (1 - floor) P + floor / n. Columns, a row a pixel: the map and the density, not negative.
 * Influence of row i, P and Q scaled to mean 1 and r = E[Q (1 - floor) P / P']: Q ln(Q / P') - KL
 * - (KL + 1) (Q - 1) + r (P - 1). */
#include <math.h>

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

extern const ww_analysis ww_analysis_kl_divergence;

struct kl_divergence {
    double floor;
};

static const ww_param params[] = {WW_REAL(struct kl_divergence, floor, 0, 0, 1, "",
                                          "share of a flat map that is mixed into the saliency",
                                          "bylinskii2019"),
                                  WW_PARAM_END};

static ww_status score(const void *params_, uint64_t seed, const double *x, double *influence,
                       size_t n, ww_estimate *out)
{
    double floor = ((const struct kl_divergence *)params_)->floor;
    const double *p = x, *q = x + n;
    (void)seed;
    double sum = 0, r = 0;
    for (size_t i = 0; i < n; i++) {
        double mixed = (1 - floor) * p[i] + floor;
        if (q[i] > 0 && mixed == 0)
            return WW_FAIL(WW_EINVAL, "kl_divergence: the saliency is 0 where the density is not; "
                                      "floor=0.01 mixes in a flat map");
        influence[i] = q[i] > 0 ? q[i] * log(q[i] / mixed) : 0;
        sum += influence[i];
        r += q[i] > 0 ? q[i] * (1 - floor) * p[i] / mixed / (double)n : 0;
    }
    *out = (ww_estimate){"kl", sum / (double)n, NAN, NAN, NAN, (int64_t)n};
    for (size_t i = 0; i < n; i++)
        influence[i] += r * (p[i] - 1) - (out->value + 1) * (q[i] - 1);
    ww_influence_interval(out, influence, n);
    out->p = NAN;
    return WW_OK;
}

static ww_status run(const void *params_, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    static const ww_pixels what[] = {WW_PIXELS_DENSITY, WW_PIXELS_DENSITY};
    (void)n_columns;
    return ww_pixels_run(&ww_analysis_kl_divergence, what, score, params_, column, rows, seed, out,
                         n_out);
}

const ww_analysis ww_analysis_kl_divergence = {
    .item = {.name = "kl_divergence",
             .summary = "saliency: divergence of a map from the density of fixations, nat",
             .sources = "kullback1951 bylinskii2019",
             .example = "whatwhere analyse pixels.csv kl_divergence saliency density",
             .params = params,
             .params_size = sizeof(struct kl_divergence)},
    .columns = "saliency density",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

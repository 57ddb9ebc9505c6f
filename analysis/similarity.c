/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Similarity of two maps as histograms (Judd et al. 2012): with P and Q scaled to a sum of 1,
 *
 *     SIM = sum over pixels of min(P, Q),
 *
 * 1 for equal maps, 0 for maps that nowhere overlap. Columns, a row a pixel: the saliency map and
 * the density of fixations (fixations blurred by about a degree, the width of the fovea). Both are
 * not negative. Influence of row i, with P and Q scaled to mean 1: min(P, Q) - SIM
 * - (P - 1) E[P where P < Q] - (Q - 1) E[Q elsewhere]. */
#include <math.h>

#include "analysis/parts/fixations.h"
#include "analysis/parts/statistics.h"

extern const ww_analysis ww_analysis_similarity;

static ww_status score(const void *params, uint64_t seed, const double *x, double *influence,
                       size_t n, ww_estimate *out)
{
    const double *p = x, *q = x + n;
    double of_p = 0, of_q = 0;
    (void)params, (void)seed;
    for (size_t i = 0; i < n; i++) {
        of_p += p[i] < q[i] ? p[i] / (double)n : 0;
        of_q += p[i] < q[i] ? 0 : q[i] / (double)n;
    }
    *out = (ww_estimate){"similarity", of_p + of_q, NAN, NAN, NAN, (int64_t)n};
    for (size_t i = 0; i < n; i++)
        influence[i] = fmin(p[i], q[i]) - (p[i] - 1) * of_p - (q[i] - 1) * of_q;
    ww_influence_interval(out, influence, n);
    out->p = NAN;
    return WW_OK;
}

static ww_status run(const void *params, int n_columns, const double *const *column, size_t rows,
                     uint64_t seed, ww_estimate *out, int *n_out)
{
    static const ww_pixels what[] = {WW_PIXELS_DENSITY, WW_PIXELS_DENSITY};
    (void)n_columns;
    return ww_pixels_run(&ww_analysis_similarity, what, score, params, column, rows, seed, out,
                         n_out);
}

const ww_analysis ww_analysis_similarity = {
    .item = {.name = "similarity",
             .summary = "saliency: overlap of a map with the density of fixations",
             .sources = "judd2012 bylinskii2019",
             .example = "whatwhere analyse pixels.csv similarity saliency density"},
    .columns = "saliency density",
    .min_columns = 2,
    .max_columns = 2,
    .run = run};

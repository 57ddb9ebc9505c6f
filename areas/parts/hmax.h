/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_AREAS_PARTS_HMAX_H
#define WW_AREAS_PARTS_HMAX_H

/* The circuits of HMAX: filters of simple cells, and the pooling of complex cells. */

#include "areas/area.h"

enum { WW_HMAX_ORIENTATIONS = 4 };

/** How complex cells pool what reaches them: the words of a parameter, in the order of
 * ww_pool_kind: "max", "sum" (as a mean), "softmax". */
extern const char *const ww_hmax_poolings[];

/** Writes the filter of a simple cell whose bars stand at orientation_deg (0 horizontal,
 * counter-clockwise) to filter[size][size], row 0 at the top; mean 0 and norm 1. A first derivative
 * of a Gaussian of standard deviation sigma_px across its bars (Riesenhuber & Poggio 1999). */
void ww_hmax_derivative(int size, double sigma_px, double orientation_deg, float *filter);

/** The same with the Gabor of Serre et al. (2007), equations 1 and 2: even, wavelength lambda_px,
 * aspect ratio gamma, 0 beyond size / 2 of the centre. */
void ww_hmax_gabor(int size, double sigma_px, double lambda_px, double gamma,
                   double orientation_deg, float *filter);

/** One response [N, F] out of n maps [N, F, H_m, W_m]: the maximum, the mean, or the softmax of
 * sharpness `beta` of all their places together. */
ww_var ww_hmax_pool(ww_graph *graph, int n, const ww_var *maps, int kind, double beta);

/** "AREA/decay", the factor on what reaches the area, [1]. */
ww_var ww_hmax_decay(ww_area_site *site);

/** Makes features [N, F] the one output of an area, as maps of one place [N, F, 1, 1]. */
void ww_hmax_emit(ww_area_site *site, ww_var features);

/** The sampling of areas with one place (ww_area). */
void ww_hmax_one_place(const void *params, const ww_view *view, int *height, int *width);

#endif

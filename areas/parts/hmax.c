/* SPDX-License-Identifier: GPL-3.0-or-later */
/* HMAX alternates two operations: simple cells match a pattern (S), complex cells pool cells that
 * match the same pattern at neighbouring places and scales (C), so that step by step responses
 * become specific to what is there and indifferent to where. Pooling by MAX keeps the specificity:
 * the response is that of the one cell that matches best, whatever else the field holds. A sum
 * (here a mean: the same up to a constant) confounds a good match with many poor ones. Between them
 * lies the softmax of sharpness beta, sum of r exp(beta r) / sum of exp(beta r): 0 is the mean,
 * infinity the maximum (Riesenhuber & Poggio 1999, Nat Neurosci 2:1019). */
#include "areas/parts/hmax.h"

#include <math.h>

#include "areas/parts/gabor.h"

const char *const ww_hmax_poolings[] = {"max", "sum", "softmax", NULL};

static const double pi = 3.14159265358979323846;

/* Coordinates of a tap: u across the bars, v along them. */
static void place(int size, int row, int column, double orientation_deg, double *u, double *v)
{
    double x = column - 0.5 * (size - 1), y = 0.5 * (size - 1) - row;
    double c = cos(orientation_deg * pi / 180), s = sin(orientation_deg * pi / 180);
    *u = y * c - x * s;
    *v = x * c + y * s;
}

void ww_hmax_derivative(int size, double sigma_px, double orientation_deg, float *filter)
{
    for (int i = 0; i < size * size; i++) {
        double u, v;
        place(size, i / size, i % size, orientation_deg, &u, &v);
        filter[i] = (float)(-u * exp(-0.5 * (u * u + v * v) / (sigma_px * sigma_px)));
    }
    ww_filter_normalise(filter, (size_t)size * (size_t)size, 1);
}

void ww_hmax_gabor(int size, double sigma_px, double lambda_px, double gamma,
                   double orientation_deg, float *filter)
{
    for (int i = 0; i < size * size; i++) {
        double u, v;
        place(size, i / size, i % size, orientation_deg, &u, &v);
        double envelope = exp(-0.5 * (u * u + gamma * gamma * v * v) / (sigma_px * sigma_px));
        bool outside = hypot(u, v) > 0.5 * size;
        filter[i] = outside ? 0 : (float)(envelope * cos(2 * pi * u / lambda_px));
    }
    ww_filter_normalise(filter, (size_t)size * (size_t)size, 1);
}

ww_var ww_hmax_pool(ww_graph *g, int n, const ww_var *maps, int kind, double beta)
{
    ww_var all[WW_OP_MAX_IN];
    if (kind == WW_POOL_MAX) {
        for (int m = 0; m < n; m++) {
            ww_shape s = ww_var_shape(g, maps[m]);
            all[m] = ww_reshape(g, ww_global_pool(g, maps[m], WW_POOL_MAX),
                                WW_SHAPE(WW_BATCH, s.dim[1], 1));
        }
        return ww_reduce(g, ww_concat(g, n, all, 2), WW_MAX, WW_BIT(2));
    }
    for (int m = 0; m < n; m++) {
        ww_shape s = ww_var_shape(g, maps[m]);
        all[m] = ww_reshape(g, maps[m], WW_SHAPE(WW_BATCH, s.dim[1], s.dim[2] * s.dim[3], 1));
    }
    ww_var places = ww_concat(g, n, all, 2);
    if (kind == WW_POOL_AVERAGE || beta == 0)
        return ww_global_pool(g, places, WW_POOL_AVERAGE);
    ww_var soft = ww_global_pool(g, ww_affine(g, places, beta, 0), WW_POOL_SOFTMAX);
    return ww_affine(g, soft, 1 / beta, 0);
}

ww_var ww_hmax_decay(ww_area_site *site)
{
    return ww_control(site->graph, "decay", WW_SHAPE(1), 1);
}

void ww_hmax_emit(ww_area_site *site, ww_var features)
{
    ww_shape shape = ww_var_shape(site->graph, features);
    ww_area_emit(site, "",
                 ww_reshape(site->graph, features, WW_SHAPE(WW_BATCH, shape.dim[1], 1, 1)));
}

void ww_hmax_one_place(const void *params, const ww_view *view, int *height, int *width)
{
    (void)params;
    (void)view;
    *height = *width = 1;
}

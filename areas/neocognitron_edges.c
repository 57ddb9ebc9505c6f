/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The first stage of the neocognitron (Fukushima 2003): contrast, edges, and C cells that pool
 * them.
 *
 * U_G: contrast cells with concentric fields, ON and OFF, a Gaussian centre of sd centre_px against
 * a surround of sd surround_px, half-wave rectified; even light leaves them silent.
 *
 * U_S1: S cells (areas/parts/neocognitron.c) whose connections are those that learning one ideal
 * edge each leaves: at distance d from an edge the contrast cells answer
 * +-(Phi(d / centre) - Phi(d / surround)), Phi the normal distribution. There is one cell-plane a
 * direction, `orientations` of them over 360 deg: an edge from dark to light and one from light to
 * dark are two.
 *
 * U_C1: pools each plane (C cells every `step` pixels).
 *
 * The picture is the luminance of the last frame; beyond its edges it is black. Classes of units,
 * for lesions: S and V cells. The C cells are what the area says. */
#include <math.h>
#include <stdlib.h>

#include "areas/parts/neocognitron.h"

enum { MOST = 64, LARGEST = 31, STEP = 2 };

struct edges {
    ww_area_common common; /* channels: directions of edges; the grid follows */
    ww_neo_simple s;
    ww_neo_complex c;
    double centre_px, surround_px;
};

static const ww_param params[] = {
    WW_AREA_INT(struct edges, "orientations", common.channels, 16, 1, MOST,
                "directions of edges over 360 deg"),
    WW_NEO_REAL(struct edges, "centre_px", centre_px, 1, 0.1, 5, "px",
                "sd of the centre of a contrast cell"),
    WW_NEO_REAL(struct edges, "surround_px", surround_px, 2, 0.1, 10, "px", "sd of its surround"),
    WW_NEO_SIMPLE_PARAMS(struct edges, s, 7, 2, 0.7, 40),
    WW_NEO_COMPLEX_PARAMS(struct edges, c, 2, 0),
    WW_PARAM_END};

static void sampling(const void *params_, const ww_view *view, int *height, int *width)
{
    (void)params_;
    *height = (view->height_px + STEP - 1) / STEP;
    *width = (view->width_px + STEP - 1) / STEP;
}

/* ON and OFF cells, [N, 2, H, W]. */
static ww_var contrast(ww_area_site *site, const struct edges *p)
{
    ww_graph *g = site->graph;
    float filter[LARGEST * LARGEST], surround[LARGEST * LARGEST];
    int radius = (int)ceil(2.5 * fmax(p->centre_px, p->surround_px));
    radius = radius > LARGEST / 2 ? LARGEST / 2 : radius;
    int size = 2 * radius + 1;
    ww_neo_window(size, p->centre_px, filter);
    ww_neo_window(size, p->surround_px, surround);
    for (int i = 0; i < size * size; i++)
        filter[i] -= surround[i];
    ww_var on = ww_conv2d(g, ww_area_luminance(site),
                          ww_fixed(g, "contrast", WW_SHAPE(1, 1, size, size), filter),
                          (ww_conv2d_attr){.pad = radius});
    ww_var both[] = {ww_relu(g, on), ww_relu(g, ww_affine(g, on, -1, 0))};
    return ww_concat(g, 2, both, 1);
}

static double normal(double d)
{
    return 0.5 * (1 + erf(d / sqrt(2)));
}

/* What learning an edge of each direction leaves, c x: [orientations, 2, k, k]. */
static ww_var edges(ww_area_site *site, const struct edges *p)
{
    int k = p->s.kernel, n = p->common.channels, taps = k * k;
    float window[LARGEST * LARGEST];
    float *a = malloc((size_t)(n * 2 * taps) * sizeof *a);
    if (a == NULL)
        return ww_graph_fail(site->graph, WW_ENOMEM, "area %s: out of memory for edges",
                             site->name);
    ww_neo_window(k, p->s.window_sd, window);
    for (int o = 0; o < n; o++)
        for (int i = 0; i < taps; i++) {
            double angle = 2 * acos(-1) * o / n;
            double x = i % k - k / 2, y = k / 2 - i / k;
            double d = x * cos(angle) + y * sin(angle); /* light where it is positive */
            double on = normal(d / p->centre_px) - normal(d / p->surround_px);
            a[(o * 2 + 0) * taps + i] = window[i] * (float)fmax(0, on);
            a[(o * 2 + 1) * taps + i] = window[i] * (float)fmax(0, -on);
        }
    ww_var fixed = ww_fixed(site->graph, "edges", WW_SHAPE(n, 2, k, k), a);
    free(a);
    return fixed;
}

static void build(ww_area_site *site, const void *params_)
{
    const struct edges *p = params_;
    ww_neo_complex pool = p->c;
    pool.step = STEP;
    if (p->centre_px >= p->surround_px) {
        ww_graph_fail(site->graph, WW_EINVAL, "area %s: centre_px: %g is not below surround_px, %g",
                      site->name, p->centre_px, p->surround_px);
        return;
    }
    ww_var s = ww_neo_simple_cells(site, contrast(site, p), edges(site, p), &p->s);
    ww_area_emit(site, "", ww_neo_complex_cells(site, s, &pool));
}

const ww_area ww_area_neocognitron_edges = {
    .item = {.name = "neocognitron-edges",
             .summary = "first stage of the neocognitron: contrast, edges, and C cells",
             .sources = "fukushima2003",
             .example = "whatwhere show area neocognitron-edges",
             .params = params,
             .params_size = sizeof(struct edges)},
    .stream = WW_STREAM_EARLY,
    .convergence = WW_POOL_AVERAGE,
    .native = true,
    .sampling = sampling,
    .build = build,
    .classes = "S V"};

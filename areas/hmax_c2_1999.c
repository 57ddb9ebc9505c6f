/* SPDX-License-Identifier: GPL-3.0-or-later */
/* S2 and C2 of HMAX as of 1999: all the pairs of edges that four neighbours can make (Riesenhuber &
 * Poggio 1999, "many-feature version").
 *
 * S2: a cell hears four C1 cells that stand in a square, `spacing` cells apart, each of any of four
 * orientations: 4^4 = 256 kinds. It wants each of them at `target`:
 *
 *     s = exp(-sum over the four of (c1 - target)^2 / (2 sigma^2))
 *
 * C2: one cell a kind, which pools (MAX) all places and all bands. */
#include "areas/parts/hmax.h"

enum { PLACES = 4, KINDS = 256 };

struct hmax_c2_1999 {
    ww_area_common common; /* one place */
    int pooling, spacing;
    double target, sigma, sharpness;
};

static const ww_param params[] = {
    WW_REAL(struct hmax_c2_1999, target, 1, 0, 10, "", "C1 response that S2 cells want",
            "riesenhuber1999"),
    WW_REAL(struct hmax_c2_1999, sigma, 1, 0.01, 100, "", "width of the tuning of S2 cells",
            "riesenhuber1999"),
    WW_INT(struct hmax_c2_1999, spacing, 2, 1, 64, "cells",
           "distance of the four C1 cells (2: pools that overlap by half just touch)",
           "riesenhuber1999"),
    WW_CHOICE(struct hmax_c2_1999, pooling, WW_POOL_MAX, ww_hmax_poolings,
              "how C2 cells pool S2 cells (sum: as a mean)", "riesenhuber1999"),
    WW_REAL(struct hmax_c2_1999, sharpness, 10, 0, 500, "",
            "exponent of the pooling softmax; 0 is the mean, the limit is max", "riesenhuber1999"),
    WW_PARAM_END};

/* weight[kind][orientation][place]: kind = o1 + 4 o2 + 16 o3 + 64 o4 hears orientation o_i at place
 * i. */
static ww_var kinds(ww_graph *g)
{
    static float weight[KINDS * WW_HMAX_ORIENTATIONS * PLACES];
    for (int kind = 0; kind < KINDS; kind++)
        for (int place = 0, rest = kind; place < PLACES; place++, rest /= WW_HMAX_ORIENTATIONS)
            for (int o = 0; o < WW_HMAX_ORIENTATIONS; o++)
                weight[(kind * WW_HMAX_ORIENTATIONS + o) * PLACES + place] =
                    rest % WW_HMAX_ORIENTATIONS == o;
    return ww_fixed(g, "kinds", WW_SHAPE(KINDS, WW_HMAX_ORIENTATIONS, 2, 2), weight);
}

static void build(ww_area_site *site, const void *params_)
{
    const struct hmax_c2_1999 *p = params_;
    ww_graph *g = site->graph;
    ww_var s2[WW_OP_MAX_IN], hears = kinds(g);
    int n = 0;
    bool last = p->pooling == WW_POOL_MAX; /* exp grows, so the maximum may be taken before it */
    double width = -1 / (2 * p->sigma * p->sigma);
    for (int i = 0; i < site->n_afferents; i++) {
        ww_shape shape = ww_var_shape(g, site->afferent[i].map);
        if (shape.rank != 4 || shape.dim[2] <= p->spacing || shape.dim[3] <= p->spacing)
            continue;
        ww_var misses = ww_square(g, ww_affine(g, site->afferent[i].map, 1, -p->target));
        ww_var sum = ww_conv2d(g, misses, hears, (ww_conv2d_attr){.dilation = p->spacing});
        sum = ww_affine(g, sum, width, 0);
        s2[n++] = last ? sum : ww_exp(g, sum);
    }
    if (n == 0) {
        ww_graph_fail(g, WW_EINVAL, "area %s: the picture is too small: no band has cells %d apart",
                      site->name, p->spacing);
        return;
    }
    ww_var c2 = ww_hmax_pool(g, n, s2, p->pooling, p->sharpness);
    ww_hmax_emit(site, ww_mul(g, last ? ww_exp(g, c2) : c2, ww_hmax_decay(site)));
}

const ww_area ww_area_hmax_c2_1999 = {
    .item = {.name = "hmax-c2-1999",
             .summary = "S2 and C2 of HMAX: 256 pairs of edges, anywhere",
             .sources = "riesenhuber1999",
             .example = "whatwhere show area hmax-c2-1999",
             .params = params,
             .params_size = sizeof(struct hmax_c2_1999)},
    .stream = WW_STREAM_VENTRAL,
    .convergence = WW_POOL_MAX,
    .native = true,
    .sampling = ww_hmax_one_place,
    .reads = "hmax-c1",
    .build = build};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* S2 and C2 of HMAX as of 2007 (Serre et al. 2007): cells that each know one piece of C1, anywhere.
 *
 * A prototype P is a square of n x n places in all four orientations. S2 cells answer by how near
 * the C1 cells at their place, in one band, come to it; C2 pools (MAX) all places and bands, which
 * is the response to the least distance:
 *
 *     r = exp(-min over places and bands of |X - P|^2 / (2 sigma^2 alpha)),   alpha = (n / 4)^2
 *
 * so that large prototypes are not held to more than small ones. "AREA/prototype.N" [per_size, 4,
 * N, N] are the prototypes of size N. They start at random (each number uniform in 0 to 0.4, about
 * as large as C1 responses are). */
#include <math.h>
#include <stdio.h>

#include "areas/parts/hmax.h"

#define LARGEST_AT_RANDOM 0.4

struct hmax_c2 {
    ww_area_common common; /* one place; channels follow */
    ww_reals sizes;
    int per_size;
    double sigma;
};

static const ww_param params[] = {
    WW_REALS(struct hmax_c2, sizes, "2", 1, 64, "cells", "sides of the prototypes", "serre2007"),
    WW_INT(struct hmax_c2, per_size, 25, 1, 100000, "", "prototypes of each size", "serre2007"),
    WW_REAL(struct hmax_c2, sigma, 0.33333333, 0.001, 100, "", "width of the tuning", "serre2007"),
    WW_PARAM_END};

/* The responses [N, per_size] of the prototypes of one size. */
static ww_var responses(ww_area_site *site, const struct hmax_c2 *p, int size)
{
    ww_graph *g = site->graph;
    ww_var map[WW_OP_MAX_IN];
    char name[32];
    int n = 0;
    for (int i = 0; i < site->n_afferents; i++) {
        ww_shape shape = ww_var_shape(g, site->afferent[i].map);
        if (shape.rank == 4 && shape.dim[2] >= size && shape.dim[3] >= size)
            map[n++] = site->afferent[i].map;
    }
    if (n == 0)
        return ww_graph_fail(g, WW_EINVAL,
                             "area %s: the picture is too small: no band has %d x %d cells, the "
                             "size of a prototype",
                             site->name, size, size);
    snprintf(name, sizeof name, "prototype.%d", size);
    ww_init random = {.kind = WW_INIT_POSITIVE, .value = LARGEST_AT_RANDOM};
    ww_var prototypes =
        ww_parameter(g, name, WW_SHAPE(p->per_size, WW_HMAX_ORIENTATIONS, size, size), random, 0);
    double alpha = pow(size / 4.0, 2);
    ww_var nearest = ww_nearest(g, prototypes, n, map);
    return ww_exp(g, ww_affine(g, nearest, -1 / (2 * p->sigma * p->sigma * alpha), 0));
}

static void build(ww_area_site *site, const void *params_)
{
    const struct hmax_c2 *p = params_;
    ww_var all[WW_REALS_MAX];
    for (int i = 0; i < p->sizes.count; i++) {
        int size = (int)p->sizes.value[i];
        if (size != p->sizes.value[i]) {
            ww_graph_fail(site->graph, WW_EINVAL, "area %s: sizes: %g is no whole number of cells",
                          site->name, p->sizes.value[i]);
            return;
        }
        all[i] = responses(site, p, size);
    }
    ww_var features = p->sizes.count == 1 ? all[0] : ww_concat(site->graph, p->sizes.count, all, 1);
    ww_hmax_emit(site, ww_mul(site->graph, features, ww_hmax_decay(site)));
}

const ww_area ww_area_hmax_c2 = {
    .item = {.name = "hmax-c2",
             .summary = "S2 and C2 of HMAX: pieces of C1 that it knows, anywhere",
             .sources = "serre2007",
             .example = "whatwhere show area hmax-c2",
             .params = params,
             .params_size = sizeof(struct hmax_c2)},
    .stream = WW_STREAM_VENTRAL,
    .convergence = WW_POOL_MAX,
    .native = true,
    .sampling = ww_hmax_one_place,
    .reads = "hmax-c1",
    .imprinted = true,
    .build = build};

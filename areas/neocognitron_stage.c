/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A middle stage of the neocognitron (Fukushima 1980, 1988, 2003): S cells that learn without a
 * teacher, and C cells that pool them (areas/parts/neocognitron.c has the equations).
 *
 * All cells of a cell-plane have the same connections, "AREA/weight" [planes, C, kernel, kernel],
 * kept as the sums that learning makes; a plane with none is silent. They start at random and are
 * set by whoever teaches the brain (connectome/neocognitron.h), with the higher threshold
 * theta_learning, so that each plane learns one feature; in recognition the lower theta lets it
 * answer to what resembles the feature.
 *
 * C cells stand on every S cell or on every 2nd, 3rd, ... of them, whatever gives as many as the
 * grid of the area has (33 S cells: 17 or 11); for another grid they are interpolated. Classes of
 * units, for lesions: S and V cells. */
#include "areas/parts/neocognitron.h"

static const ww_param params[] = {
    WW_AREA_GRID(ww_neo_stage, common, 17),
    WW_AREA_INT(ww_neo_stage, "planes", common.channels, 150, 1, 4096, "cell-planes at most"),
    WW_NEO_SIMPLE_PARAMS(ww_neo_stage, s, 3, 2, 0.6, 4),
    WW_NEO_COMPLEX_PARAMS(ww_neo_stage, c, 2, 0.6),
    WW_NEO_REAL(ww_neo_stage, "theta_learning", theta_learning, 0.8, 0.001, 0.999, "",
                "threshold of S cells while they learn"),
    WW_AREA_INT(ww_neo_stage, "compete", compete, 3, 0, 100,
                "while learning, a winner keeps others away within so many cells"),
    WW_NEO_REAL(ww_neo_stage, "quiet", quiet, 0.3, 0, 1, "",
                "no cell learns where less of a picture's strongest input arrives than this share"),
    WW_PARAM_END};

/* C cells stand on every so many-th of `from` S cells, so that there are at least `to`. */
static int step_of(int64_t from, int to)
{
    int step = 1;
    while (step < from && (from + step) / (step + 1) >= to)
        step++;
    return step;
}

static void build(ww_area_site *site, const void *params_)
{
    const ww_neo_stage *p = params_;
    ww_graph *g = site->graph;
    if (site->n_afferents != 1) {
        ww_graph_fail(g, WW_EINVAL, "area %s: %d maps reach it; it reads one area", site->name,
                      site->n_afferents);
        return;
    }
    ww_var x = site->afferent[0].map;
    ww_shape in = ww_var_shape(g, x);
    ww_neo_complex pool = p->c;
    if (in.rank != 4)
        return;
    pool.step = step_of(in.dim[3], site->width);
    int k = p->s.kernel;
    ww_var weights = ww_parameter(g, "weight", WW_SHAPE(p->common.channels, in.dim[1], k, k),
                                  (ww_init){.kind = WW_INIT_UNIFORM, .value = 1}, 0);
    ww_var s = ww_neo_simple_cells(site, x, weights, &p->s);
    ww_var c = ww_neo_complex_cells(site, s, &pool);
    ww_area_emit(site, "", ww_area_regrid(g, c, site->height, site->width, WW_POOL_AVERAGE));
}

const ww_area ww_area_neocognitron_stage = {
    .item = {.name = "neocognitron-stage",
             .summary = "middle stage of the neocognitron: features found without a teacher",
             .sources = "fukushima2003 fukushima1980 fukushima1988",
             .example = "whatwhere show area neocognitron-stage",
             .params = params,
             .params_size = sizeof(ww_neo_stage)},
    .stream = WW_STREAM_VENTRAL,
    .convergence = WW_POOL_AVERAGE,
    .native = true,
    .reads = "neocognitron-edges neocognitron-stage",
    .build = build,
    .classes = "S V"};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* View-tuned units, of inferotemporal cortex (Logothetis, Pauls & Poggio 1995): each knows one view
 * of one object, and answers by how near the features that it hears are to those of that view
 * (Poggio & Edelman 1990; Riesenhuber & Poggio 1999):
 *
 *     y = exp(-sum over its afferents of (x - centre)^2 / (2 sigma^2))
 *
 * "AREA/centre" [units, features] are the features of its view, "AREA/afferent" [units, features]
 * is 1 for the features that it hears and 0 for the others. Both start at random (all features are
 * heard) and are set by whoever shows it its view; they can also be trained. */
#include "areas/parts/hmax.h"

struct view_tuned {
    ww_area_common common; /* channels: units; one place */
    double sigma;
};

static const ww_param params[] = {
    WW_AREA_INT(struct view_tuned, "units", common.channels, 21, 1, 4096, "view-tuned units"),
    WW_REAL(struct view_tuned, sigma, 1, 0.001, 100, "", "width of the tuning", "riesenhuber1999"),
    WW_PARAM_END};

static void build(ww_area_site *site, const void *params_)
{
    const struct view_tuned *p = params_;
    ww_graph *g = site->graph;
    ww_var map[WW_OP_MAX_IN];
    int64_t units = p->common.channels;
    for (int i = 0; i < site->n_afferents; i++)
        map[i] = site->afferent[i].map;
    ww_var x = ww_concat(g, site->n_afferents, map, 1);
    int64_t features = ww_var_shape(g, x).dim[1];
    ww_var centre = ww_parameter(g, "centre", WW_SHAPE(units, features),
                                 (ww_init){WW_INIT_NORMAL, 0.5, 0, 0}, 0);
    ww_var heard = ww_parameter(g, "afferent", WW_SHAPE(units, features),
                                (ww_init){WW_INIT_CONSTANT, 1, 0, 0}, 0);
    ww_var miss = ww_sub(g, ww_reshape(g, x, WW_SHAPE(WW_BATCH, 1, features)), centre);
    ww_var distance = ww_reduce(g, ww_mul(g, ww_square(g, miss), heard), WW_SUM, WW_BIT(2));
    ww_var y = ww_exp(g, ww_affine(g, distance, -1 / (2 * p->sigma * p->sigma), 0));
    ww_hmax_emit(site, ww_mul(g, y, ww_hmax_decay(site)));
}

const ww_area ww_area_view_tuned = {
    .item = {.name = "view-tuned",
             .summary = "units that each know one view of one object",
             .sources = "logothetis1995 riesenhuber1999",
             .example = "whatwhere show area view-tuned",
             .params = params,
             .params_size = sizeof(struct view_tuned)},
    .stream = WW_STREAM_VENTRAL,
    .convergence = WW_POOL_MAX,
    .sampling = ww_hmax_one_place,
    .build = build};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MSTd and MSTl: motion in large fields. MSTd answers to the flow of the whole field as one moves
 * through it (Tanaka & Saito 1989; Duffy & Wurtz 1991): a large kernel over MT. MSTl answers to a
 * small thing that moves against it (Komatsu & Wurtz 1988; Eifuku & Wurtz 1998): the same with what
 * moves around subtracted. */
#include <string.h>

#include "areas/parts/cortex.h"

struct mst {
    ww_cortex_params cortex;
    double object_motion;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct mst, 8, 16, 5, 1),
                                  WW_REAL(struct mst, object_motion, 0.5, 0, 2, "",
                                          "MSTl: share of the motion around that is subtracted",
                                          "eifuku1998"),
                                  WW_PARAM_END};

static void build(ww_area_site *site, const void *params_)
{
    const struct mst *p = params_;
    ww_var map = ww_cortex(site, &p->cortex);
    if (strcmp(site->name, "MSTl") == 0)
        map = ww_relu(site->graph, ww_cortex_surround(site, map, 5, p->object_motion));
    ww_area_emit(site, "", map);
}

const ww_area ww_area_mst = {
    .item = {.name = "MSTd",
             .members = "MSTd MSTl",
             .summary = "motion in large fields: flow (MSTd) and objects (MSTl)",
             .sources = "tanaka1989 duffy1991 komatsu1988 eifuku1998",
             .example = "whatwhere show area MSTd",
             .params = params,
             .params_size = sizeof(struct mst)},
    .stream = WW_STREAM_DORSAL,
    .convergence = WW_POOL_AVERAGE,
    .build = build};

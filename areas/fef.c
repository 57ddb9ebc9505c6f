/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FEF, the frontal eye field: which place is looked at next (Bruce & Goldberg 1985; Thompson &
 * Bichot 2005). It hears from both streams, so that what a thing is can make its place stand
 * out; places compete. */
#include "areas/parts/cortex.h"

struct fef {
    ww_cortex_params cortex;
    double competition;
};

static const ww_param params[] = {
    WW_CORTEX_PARAMS(struct fef, 8, 16, 3, 0),
    WW_REAL(struct fef, competition, 1, 0.001, 1000, "",
            "constant beside the mean activity of the field; large: places do not compete",
            "thompson2005"),
    WW_PARAM_END};

static void build(ww_area_site *site, const void *params_)
{
    const struct fef *p = params_;
    ww_area_emit(site, "", ww_cortex_compete(site, ww_cortex(site, &p->cortex), p->competition));
}

const ww_area ww_area_fef = {.item = {.name = "FEF",
                                      .summary = "the next gaze, from both streams",
                                      .sources = "bruce1985 thompson2005",
                                      .example = "whatwhere show area FEF",
                                      .params = params,
                                      .params_size = sizeof(struct fef)},
                             .stream = WW_STREAM_FRONTAL,
                             .convergence = WW_POOL_AVERAGE,
                             .build = build};

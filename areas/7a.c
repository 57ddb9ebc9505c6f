/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Area 7a of the inferior parietal lobule: places in large, bilateral fields, tuned by
 * attention (Andersen et al. 1985; Steinmetz et al. 1994); its loss is spatial neglect. Places
 * compete as in LIP, and its kernel is larger. */
#include "areas/parts/cortex.h"

struct a7a {
    ww_cortex_params cortex;
    double competition;
};

static const ww_param params[] = {
    WW_CORTEX_PARAMS(struct a7a, 8, 16, 5, 0),
    WW_REAL(struct a7a, competition, 1, 0.001, 1000, "",
            "constant beside the mean activity of the field; large: places do not compete",
            "bisley2010"),
    WW_PARAM_END};

static void build(ww_area_site *site, const void *params_)
{
    const struct a7a *p = params_;
    ww_area_emit(site, "", ww_cortex_compete(site, ww_cortex(site, &p->cortex), p->competition));
}

const ww_area ww_area_7a = {.item = {.name = "7a",
                                     .summary = "places in large fields; attention",
                                     .sources = "andersen1985 steinmetz1994",
                                     .example = "whatwhere show area 7a",
                                     .params = params,
                                     .params_size = sizeof(struct a7a)},
                            .stream = WW_STREAM_DORSAL,
                            .convergence = WW_POOL_AVERAGE,
                            .build = build};

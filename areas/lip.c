/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LIP, lateral intraparietal: a map of priorities (Gottlieb et al. 1998; Bisley & Goldberg
 * 2010). The more one place stands out the less the others do: the response to a stimulus
 * falls when others are shown (Falkner et al. 2010), here by division through the mean
 * activity of the whole field. Where a thing is can be read from the map as the centre of its
 * activity. */
#include "areas/parts/cortex.h"

struct lip {
    ww_cortex_params cortex;
    double competition;
};

static const ww_param params[] = {
    WW_CORTEX_PARAMS(struct lip, 16, 16, 3, 0),
    WW_REAL(struct lip, competition, 1, 0.001, 1000, "",
            "constant beside the mean activity of the field; large: places do not compete",
            "falkner2010"),
    WW_PARAM_END};

static void build(ww_area_site *site, const void *params_)
{
    const struct lip *p = params_;
    ww_area_emit(site, "", ww_cortex_compete(site, ww_cortex(site, &p->cortex), p->competition));
}

const ww_area ww_area_lip = {.item = {.name = "LIP",
                                      .summary = "priority map of the visual field",
                                      .sources = "gottlieb1998 bisley2010 falkner2010",
                                      .example = "whatwhere show area LIP",
                                      .params = params,
                                      .params_size = sizeof(struct lip)},
                             .stream = WW_STREAM_DORSAL,
                             .convergence = WW_POOL_AVERAGE,
                             .build = build};

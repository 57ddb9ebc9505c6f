/* SPDX-License-Identifier: GPL-3.0-or-later */
/* MIP, MDP and DP: medial intraparietal, medial dorsal and dorsal prelunate areas. MIP serves
 * reaching (Snyder et al. 1997); MDP and DP lie between V3A, PO and 7a and code places in large
 * fields (Colby & Duhamel 1991; Andersen et al. 1990). */
#include "areas/parts/cortex.h"

struct mip {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct mip, 8, 16, 3, 1), WW_PARAM_END};

const ww_area ww_area_mip = {.item = {.name = "MIP",
                                      .members = "MIP MDP DP",
                                      .summary = "places for reaching: MIP, MDP and DP",
                                      .sources = "snyder1997 colby1991 andersen1990",
                                      .example = "whatwhere show area MIP",
                                      .params = params,
                                      .params_size = sizeof(struct mip)},
                             .stream = WW_STREAM_DORSAL,
                             .convergence = WW_POOL_AVERAGE,
                             .build = ww_cortex_build};

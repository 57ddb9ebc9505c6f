/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VWFA, the visual word form area of people (Cohen et al. 2000): strings of letters, tolerant to
 * place, size and script (Dehaene & Cohen 2011). Each unit sees as much of the posterior
 * inferotemporal maps as a short word takes (a large kernel), so that it can detect ordered
 * pairs of letters (Dehaene et al. 2005; Agrawal & Dehaene 2024). */
#include "areas/parts/cortex.h"

struct vwfa {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct vwfa, 8, 32, 5, 0), WW_PARAM_END};

const ww_area ww_area_vwfa = {.item = {.name = "VWFA",
                                       .summary = "written words (human)",
                                       .sources = "cohen2000 dehaene2011 dehaene2005",
                                       .example = "whatwhere show area VWFA",
                                       .params = params,
                                       .params_size = sizeof(struct vwfa)},
                              .stream = WW_STREAM_VENTRAL,
                              .convergence = WW_POOL_MAX,
                              .build = ww_cortex_build};

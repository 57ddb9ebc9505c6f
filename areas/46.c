/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Area 46 of the dorsolateral prefrontal cortex: it holds what and where in mind and hears from
 * both streams (Wilson et al. 1993; Rao et al. 1997). */
#include "areas/parts/cortex.h"

struct a46 {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct a46, 8, 16, 3, 0), WW_PARAM_END};

const ww_area ww_area_46 = {.item = {.name = "46",
                                     .summary = "what and where in prefrontal cortex",
                                     .sources = "wilson1993 rao1997",
                                     .example = "whatwhere show area 46",
                                     .params = params,
                                     .params_size = sizeof(struct a46)},
                            .stream = WW_STREAM_FRONTAL,
                            .convergence = WW_POOL_AVERAGE,
                            .build = ww_cortex_build};

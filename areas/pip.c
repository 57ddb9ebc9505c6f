/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PIP, posterior intraparietal (with caudal CIP): surface orientation and depth (Tsutsui et al.
 * 2001), one step above V3 and VP. */
#include "areas/parts/cortex.h"

struct pip {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct pip, 16, 16, 3, 1), WW_PARAM_END};

const ww_area ww_area_pip = {.item = {.name = "PIP",
                                      .summary = "surfaces and depth",
                                      .sources = "tsutsui2001",
                                      .example = "whatwhere show area PIP",
                                      .params = params,
                                      .params_size = sizeof(struct pip)},
                             .stream = WW_STREAM_DORSAL,
                             .convergence = WW_POOL_AVERAGE,
                             .build = ww_cortex_build};

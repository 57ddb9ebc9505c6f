/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VIP, ventral intraparietal: motion and nearness of things that approach the head (Colby et al.
 * 1993; Bremmer et al. 2002). It hears mostly from MT and MST. */
#include "areas/parts/cortex.h"

struct vip {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct vip, 8, 16, 3, 1), WW_PARAM_END};

const ww_area ww_area_vip = {.item = {.name = "VIP",
                                      .summary = "motion near the head",
                                      .sources = "colby1993 bremmer2002",
                                      .example = "whatwhere show area VIP",
                                      .params = params,
                                      .params_size = sizeof(struct vip)},
                             .stream = WW_STREAM_DORSAL,
                             .convergence = WW_POOL_AVERAGE,
                             .build = ww_cortex_build};

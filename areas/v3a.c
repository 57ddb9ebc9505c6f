/* SPDX-License-Identifier: GPL-3.0-or-later */
/* V3A: motion and depth with receptive fields larger than those of V3 (Zeki 1978; Tootell et al.
 * 1997); the first dorsal area whose cells care where the eyes look (Galletti & Battaglini
 * 1989). */
#include "areas/parts/cortex.h"

struct v3a {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct v3a, 16, 16, 3, 1), WW_PARAM_END};

const ww_area ww_area_v3a = {.item = {.name = "V3A",
                                      .summary = "motion and depth on the way to parietal cortex",
                                      .sources = "zeki1978 tootell1997",
                                      .example = "whatwhere show area V3A",
                                      .params = params,
                                      .params_size = sizeof(struct v3a)},
                             .stream = WW_STREAM_DORSAL,
                             .convergence = WW_POOL_AVERAGE,
                             .build = ww_cortex_build};

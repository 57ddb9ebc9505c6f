/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AITd and AITv, the anterior inferotemporal areas (anterior TE): the last purely visual stage.
 * Receptive fields cover most of the field, responses generalise over views and places
 * (Logothetis et al. 1995; Zoccolan et al. 2007). */
#include "areas/parts/cortex.h"

struct ait {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct ait, 4, 32, 3, 0), WW_PARAM_END};

const ww_area ww_area_ait = {
    .item = {.name = "AITv",
             .members = "AITd AITv",
             .summary = "views and identities: AITd (dorsal) and AITv (ventral)",
             .sources = "logothetis1995 zoccolan2007",
             .example = "whatwhere show area AITv",
             .params = params,
             .params_size = sizeof(struct ait)},
    .stream = WW_STREAM_VENTRAL,
    .convergence = WW_POOL_MAX,
    .build = ww_cortex_build};

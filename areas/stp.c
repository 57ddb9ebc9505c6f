/* SPDX-License-Identifier: GPL-3.0-or-later */
/* STPp and STPa, the superior temporal polysensory areas: biological motion, faces and bodies,
 * where what and where meet (Bruce et al. 1981; Oram & Perrett 1996). Fields cover both sides. */
#include "areas/parts/cortex.h"

struct stp {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct stp, 8, 16, 5, 1), WW_PARAM_END};

const ww_area ww_area_stp = {
    .item = {.name = "STPp",
             .members = "STPp STPa",
             .summary = "form and motion together: STPp (posterior) and STPa (anterior)",
             .sources = "bruce1981 oram1996",
             .example = "whatwhere show area STPp",
             .params = params,
             .params_size = sizeof(struct stp)},
    .stream = WW_STREAM_DORSAL,
    .convergence = WW_POOL_AVERAGE,
    .build = ww_cortex_build};

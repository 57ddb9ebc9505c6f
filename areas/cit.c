/* SPDX-License-Identifier: GPL-3.0-or-later */
/* CITd and CITv, the central inferotemporal areas (posterior TE): whole objects in large
 * receptive fields that include the fovea (Desimone et al. 1984; Tanaka 1996), tolerant to place
 * and size (maximum over neighbours). */
#include "areas/parts/cortex.h"

struct cit {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct cit, 8, 32, 3, 0), WW_PARAM_END};

const ww_area ww_area_cit = {.item = {.name = "CITv",
                                      .members = "CITd CITv",
                                      .summary = "objects: CITd (dorsal) and CITv (ventral)",
                                      .sources = "desimone1984 tanaka1996",
                                      .example = "whatwhere show area CITv",
                                      .params = params,
                                      .params_size = sizeof(struct cit)},
                             .stream = WW_STREAM_VENTRAL,
                             .convergence = WW_POOL_MAX,
                             .build = ww_cortex_build};

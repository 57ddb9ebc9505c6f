/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PITd and PITv, the posterior inferotemporal areas (TEO): parts of objects, of intermediate
 * complexity, in receptive fields of some 10 degrees that still keep a coarse retinotopy
 * (Boussaoud et al. 1991; Kobatake & Tanaka 1994; Brincat & Connor 2004). Convergence takes the
 * maximum: a feature anywhere in the receptive field (Riesenhuber & Poggio 1999). */
#include "areas/parts/cortex.h"

struct pit {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct pit, 8, 48, 3, 0), WW_PARAM_END};

const ww_area ww_area_pit = {
    .item = {.name = "PITv",
             .members = "PITd PITv",
             .summary = "parts of objects: PITd (dorsal) and PITv (ventral)",
             .sources = "boussaoud1991 kobatake1994 brincat2004",
             .example = "whatwhere show area PITv",
             .params = params,
             .params_size = sizeof(struct pit)},
    .stream = WW_STREAM_VENTRAL,
    .convergence = WW_POOL_MAX,
    .build = ww_cortex_build};

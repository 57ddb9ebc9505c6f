/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FFA, the fusiform face area of people (Kanwisher et al. 1997): faces as wholes rather than as
 * sums of parts (Tanaka & Farah 1993). Each of its units sees a patch of posterior
 * inferotemporal maps that holds a whole face (a large kernel), at every place of the field; the
 * maximum over neighbours makes it tolerant to place. */
#include "areas/parts/cortex.h"

struct ffa {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct ffa, 8, 32, 5, 0), WW_PARAM_END};

const ww_area ww_area_ffa = {.item = {.name = "FFA",
                                      .summary = "faces as wholes (human)",
                                      .sources = "kanwisher1997 tanaka1993",
                                      .example = "whatwhere show area FFA",
                                      .params = params,
                                      .params_size = sizeof(struct ffa)},
                             .stream = WW_STREAM_VENTRAL,
                             .convergence = WW_POOL_MAX,
                             .build = ww_cortex_build};

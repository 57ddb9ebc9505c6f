/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PO (V6), parieto-occipital: no magnified fovea, wide field motion, fast and peripheral (Colby
 * et al. 1988; Galletti et al. 1999). Its kernel spans much of the field. */
#include "areas/parts/cortex.h"

struct po {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct po, 8, 16, 5, 1), WW_PARAM_END};

const ww_area ww_area_po = {.item = {.name = "PO",
                                     .summary = "wide-field and peripheral vision",
                                     .sources = "colby1988 galletti1999",
                                     .example = "whatwhere show area PO",
                                     .params = params,
                                     .params_size = sizeof(struct po)},
                            .stream = WW_STREAM_DORSAL,
                            .convergence = WW_POOL_AVERAGE,
                            .build = ww_cortex_build};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* VOT, the ventral occipito-temporal area between V4 and the inferotemporal areas (Felleman &
 * Van Essen 1991): form and colour, tolerant to small shifts (maximum over neighbours;
 * Riesenhuber & Poggio 1999). */
#include "areas/parts/cortex.h"

struct vot {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct vot, 8, 24, 3, 0), WW_PARAM_END};

const ww_area ww_area_vot = {.item = {.name = "VOT",
                                      .summary = "form and colour between V4 and PIT",
                                      .sources = "felleman1991 riesenhuber1999",
                                      .example = "whatwhere show area VOT",
                                      .params = params,
                                      .params_size = sizeof(struct vot)},
                             .stream = WW_STREAM_VENTRAL,
                             .convergence = WW_POOL_MAX,
                             .build = ww_cortex_build};

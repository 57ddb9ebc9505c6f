/* SPDX-License-Identifier: GPL-3.0-or-later */
/* TF and TH, the parahippocampal areas: scenes and the places of things in them, on the way to
 * the hippocampus; they hear from both streams (Suzuki & Amaral 1994; Epstein & Kanwisher 1998). */
#include "areas/parts/cortex.h"

struct tf {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct tf, 8, 16, 5, 1), WW_PARAM_END};

const ww_area ww_area_tf = {.item = {.name = "TF",
                                     .members = "TF TH",
                                     .summary = "scenes, from both streams: TF and TH",
                                     .sources = "suzuki1994 epstein1998",
                                     .example = "whatwhere show area TF",
                                     .params = params,
                                     .params_size = sizeof(struct tf)},
                            .stream = WW_STREAM_LIMBIC,
                            .convergence = WW_POOL_AVERAGE,
                            .build = ww_cortex_build};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* FST, the floor of the superior temporal sulcus before MST: shape and depth from motion, in
 * fields larger than those of MT (Desimone & Ungerleider 1986; Vanduffel et al. 2002). */
#include "areas/parts/cortex.h"

struct fst {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct fst, 8, 16, 3, 1), WW_PARAM_END};

const ww_area ww_area_fst = {.item = {.name = "FST",
                                      .summary = "structure from motion",
                                      .sources = "desimone1986 vanduffel2002",
                                      .example = "whatwhere show area FST",
                                      .params = params,
                                      .params_size = sizeof(struct fst)},
                             .stream = WW_STREAM_DORSAL,
                             .convergence = WW_POOL_AVERAGE,
                             .build = ww_cortex_build};

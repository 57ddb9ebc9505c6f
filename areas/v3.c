/* SPDX-License-Identifier: GPL-3.0-or-later */
/* V3 and VP, the strips in front of dorsal and ventral V2: the lower and the upper visual field
 * (Felleman & Van Essen 1987; Burkhalter et al. 1986). V3 has direction-selective cells and many
 * fibres from layer 4B and the thick stripes; VP has more colour and hears from the pale ones.
 * What tells them apart is what reaches them; the circuit is the same: receptive fields one step
 * larger than V2's, with divisive normalisation. */
#include "areas/parts/cortex.h"

struct v3 {
    ww_cortex_params cortex;
};

static const ww_param params[] = {WW_CORTEX_PARAMS(struct v3, 16, 16, 3, 1), WW_PARAM_END};

const ww_area ww_area_v3 = {.item = {.name = "V3",
                                     .members = "V3 VP",
                                     .summary = "dynamic form: V3 (dorsal) and VP (ventral)",
                                     .sources = "felleman1987 burkhalter1986",
                                     .example = "whatwhere show area V3",
                                     .params = params,
                                     .params_size = sizeof(struct v3)},
                            .stream = WW_STREAM_EARLY,
                            .convergence = WW_POOL_AVERAGE,
                            .build = ww_cortex_build};

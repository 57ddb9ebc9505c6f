/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/loops.h"

#define WW_LANES 4
#include "engine/tensor/backend/scaling.h"

const ww_loops ww_loops_plain = {.name = "plain",
                                 .moments = moments,
                                 .scale = scale,
                                 .scale_sums = scale_sums,
                                 .scale_back = scale_back,
                                 .add_number = add_number,
                                 .sum = sum_of};

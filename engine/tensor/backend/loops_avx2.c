/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/loops.h"

#if defined(__x86_64__)

#define WW_LANES 8
#include "engine/tensor/backend/block_windows.h"
#include "engine/tensor/backend/contrast.h"
#include "engine/tensor/backend/descent.h"
#include "engine/tensor/backend/digest.h"
#include "engine/tensor/backend/scaling.h"
#include "engine/tensor/backend/scaling_blocks.h"
#include "engine/tensor/backend/windows.h"

const ww_loops ww_loops_avx2 = {.name = "avx2",
                                .dot = dot,
                                .moments = moments,
                                .scale = scale,
                                .scale_sums = scale_sums,
                                .scale_back = scale_back,
                                .block_moments = block_moments,
                                .block_scale = block_scale,
                                .block_scale_sums = block_scale_sums,
                                .block_scale_back = block_scale_back,
                                .add_number = add_number,
                                .sum = sum_of,
                                .max_row = max_row,
                                .max_pairs_back = max_pairs_back,
                                .sum_row = sum_row,
                                .sum_columns = sum_columns,
                                .sum_shifts = sum_shifts,
                                .scale_both = scale_both,
                                .pairs_back = pairs_back,
                                .max_blocks = max_blocks,
                                .mean_blocks = mean_blocks,
                                .max_blocks_back = max_blocks_back,
                                .mean_blocks_back = mean_blocks_back,
                                .sum_blocks = sum_blocks,
                                .from_blocks = from_blocks,
                                .to_blocks = to_blocks,
                                .raise_row = raise_row,
                                .raise_groups = raise_groups,
                                .sum_steps = sum_steps,
                                .invert_squares = invert_squares,
                                .digest = digest,
                                .momentum = momentum,
                                .adaptive = adaptive};

#endif

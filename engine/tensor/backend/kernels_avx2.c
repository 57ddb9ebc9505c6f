/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/kernels.h"

#if defined(__x86_64__)

#define WW_LANES 8
#include "engine/tensor/backend/block_tiles.h"
#include "engine/tensor/backend/distance_tiles.h"
#include "engine/tensor/backend/few_tiles.h"
#include "engine/tensor/backend/fourier_tiles.h"
#include "engine/tensor/backend/matrix_tiles.h"
#include "engine/tensor/backend/strided_rows.h"
#include "engine/tensor/backend/taps.h"
#include "engine/tensor/backend/winograd_tiles.h"

const ww_kernels ww_kernels_avx2 = {.name = "avx2",
                                    .lanes = LANES,
                                    .rows = ROWS,
                                    .copy_rows = copy_rows,
                                    .input_tiles = input_tiles,
                                    .across_maps = across_maps,
                                    .input_tile = input_tile,
                                    .gradient_tile = gradient_tile,
                                    .output_tiles = output_tiles,
                                    .add_output_tiles = add_output_tiles,
                                    .weight_tiles = weight_tiles,
                                    .filter_tiles = filter_tiles,
                                    .few_maps = few_maps,
                                    .few = few,
                                    .block_inputs = block_inputs,
                                    .block_gradients = block_gradients,
                                    .block_outputs = block_outputs,
                                    .block_product = block_product,
                                    .block_weights = block_weights,
                                    .product = product,
                                    .distance_tiles = distance_tiles,
                                    .distance_least = distance_least,
                                    .taps = taps,
                                    .small_product = small_product,
                                    .spaced_rows = spaced_rows,
                                    .joined_rows = joined_rows,
                                    .to_pixels = to_pixels,
                                    .places = places,
                                    .dft = dft,
                                    .pixels_in = pixels_in,
                                    .pixels_out = pixels_out,
                                    .spectrum_product = spectrum_product,
                                    .spectrum_sums = spectrum_sums,
                                    .spectrum_least = spectrum_least};

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_COLUMNS_H
#define WW_ENGINE_TENSOR_BACKEND_COLUMNS_H

/* Convolutions as matrix products: each output position's neighbourhood becomes a column. */

#include "engine/tensor/backend/onednn.h"

/** Floats of workspace that `pass` wants with `threads` threads. */
size_t ww_columns_scratch(const ww_conv_size *size, ww_conv_pass pass, int threads);

/** Runs `pass` with at most the `threads` that the workspace was made for; arrays as in
 * ww_onednn_conv_run. The same bits for any number of threads. */
void ww_columns_run(const ww_conv_size *size, ww_conv_pass pass, int threads, float *x,
                    float *weight, float *y, float *scratch);

#endif

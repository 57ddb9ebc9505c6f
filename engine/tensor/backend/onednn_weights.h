/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_ONEDNN_WEIGHTS_H
#define WW_ENGINE_TENSOR_BACKEND_ONEDNN_WEIGHTS_H

/* oneDNN's gradient of the weights, with the same bits for any number of threads. */

#include "engine/tensor/backend/onednn.h"

typedef struct ww_onednn_weights ww_onednn_weights;

/** Prepares WW_CONV_WEIGHTS for at most `threads` threads, blocks as in ww_onednn_conv_create; free
 * with ww_onednn_weights_free. *out is NULL, without error, where oneDNN has no kernel for it.
 * Errors: WW_ENOMEM, WW_EBACKEND. */
ww_status ww_onednn_weights_create(ww_onednn_weights **out, const ww_conv_size *size, int threads,
                                   int64_t x_lanes, int64_t y_lanes);
/** NULL is allowed. */
void ww_onednn_weights_free(ww_onednn_weights *weights);
/** Floats of workspace that a run wants, aligned to 64 bytes. */
size_t ww_onednn_weights_scratch(const ww_onednn_weights *weights);
/** Runs; arrays as in ww_onednn_conv_run. Errors: WW_EBACKEND. */
ww_status ww_onednn_weights_run(ww_onednn_weights *weights, float *x, float *weight, float *y,
                                float *scratch);

#endif

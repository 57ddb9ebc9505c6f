/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_STRIDED_H
#define WW_ENGINE_TENSOR_BACKEND_STRIDED_H

/* Convolutions with a stride of 2, by their definition, a few samples at a time. */

#include "engine/tensor/backend/conv.h"
#include "engine/tensor/backend/kernels.h"

typedef struct ww_strided ww_strided;

/** Whether a task is within its reach: stride 2, without dilation or groups, with less padding than
 * the filter has taps on a side. */
bool ww_strided_supports(const ww_conv_task *task);

/** Prepares a task on one kind of processor; free with ww_strided_free. Errors: WW_ENOMEM. */
ww_status ww_strided_create(ww_strided **out, const ww_conv_task *task, const ww_kernels *kernels);
/** NULL is allowed. */
void ww_strided_free(ww_strided *strided);

/** Floats of workspace, aligned to 64 bytes: what all threads share, then each thread's own part.
 */
size_t ww_strided_scratch(const ww_strided *strided);

/** Runs; arrays as in ww_onednn_conv_run. The same bits for any number of threads. With `add`,
 * which is for the gradient of the maps, x is added to. */
void ww_strided_run(ww_strided *strided, float *x, float *weight, float *y, float *scratch,
                    bool add);

#endif

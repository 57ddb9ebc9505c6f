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

/** Of the gradient of the weights, the lots of samples that are summed up apart, whatever the
 * number of threads: lot i is samples n i / lots .. n (i + 1) / lots - 1. Else 0. */
int64_t ww_strided_lots(const ww_strided *strided);

/** Begins with some weights, which the gradient of the weights does not read; `some` and `end`
 * follow with the same scratch. */
void ww_strided_begin(ww_strided *strided, const float *weight, float *scratch);

/** Does samples first .. first+count-1 on the calling thread, in the part of scratch of its OpenMP
 * number; x and y are those of sample 0. `add` adds to x, for the gradient of the maps. For that of
 * the weights, all samples are of one lot, whose samples must come in ascending order. */
void ww_strided_some(ww_strided *strided, int64_t first, int64_t count, float *x, float *y,
                     float *scratch, bool add);

/** Ends: the sums of all lots to the gradient of the weights; else nothing. */
void ww_strided_end(ww_strided *strided, float *weight, float *scratch);

/** Does all of it; arrays as in ww_onednn_conv_run. The same bits for any number of threads, and as
 * in parts. */
void ww_strided_run(ww_strided *strided, float *x, float *weight, float *y, float *scratch,
                    bool add);

#endif

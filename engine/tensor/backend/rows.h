/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_ROWS_H
#define WW_ENGINE_TENSOR_BACKEND_ROWS_H

/* Convolutions with few channels: banks of Gabor filters, first layers. */

#include "engine/tensor/backend/conv.h"
#include "engine/tensor/backend/kernels.h"

typedef struct ww_rows ww_rows;

/** Whether a pass is within its reach: at most 4 channels a group; the gradient of the maps only
 * with stride 1, that of the weights only without dilation. */
bool ww_rows_supports(const ww_conv_task *task);

/** Prepares a task on one kind of processor; free with ww_rows_free. Errors: WW_ENOMEM. */
ww_status ww_rows_create(ww_rows **out, const ww_conv_task *task, const ww_kernels *kernels);
/** NULL is allowed. */
void ww_rows_free(ww_rows *rows);

/** Floats of workspace that a run wants, aligned to 64 bytes. */
size_t ww_rows_scratch(const ww_rows *rows);

/** Runs; arrays as in ww_onednn_conv_run. The same bits for any number of threads. */
void ww_rows_run(const ww_rows *rows, float *x, float *weight, float *y, float *scratch);

#endif

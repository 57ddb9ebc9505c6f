/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_PHASES_H
#define WW_ENGINE_TENSOR_BACKEND_PHASES_H

/* Convolutions with a stride, as ones without on maps that are cut into phases. */

#include "engine/tensor/backend/conv.h"
#include "engine/tensor/backend/kernels.h"

typedef struct ww_phases ww_phases;

/** Whether a task is within its reach: square filters of more than `stride` pixels, stride 2 or
 * more, not dilated, one group; of filters of more than 3 `stride` pixels not too many for spectra
 * (fourier.h). */
bool ww_phases_supports(const ww_conv_task *task);

/** The same work without a stride: its sizes, for an estimate of its cost. */
ww_conv_task ww_phases_inner(const ww_conv_task *task);

/** Prepares a task on one kind of processor; free with ww_phases_free. Errors: WW_ENOMEM. */
ww_status ww_phases_create(ww_phases **out, const ww_conv_task *task, const ww_kernels *kernels);
/** NULL is allowed. */
void ww_phases_free(ww_phases *phases);

/** Floats of workspace that a run wants, aligned to 64 bytes. */
size_t ww_phases_scratch(const ww_phases *phases);

/** Runs; arrays as in ww_onednn_conv_run. The same bits for any number of threads. */
void ww_phases_run(ww_phases *phases, float *x, float *weight, float *y, float *scratch);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_FOURIER_H
#define WW_ENGINE_TENSOR_BACKEND_FOURIER_H

/* Convolutions with large filters, through the spectra of tiles. */

#include "engine/tensor/backend/conv.h"
#include "engine/tensor/backend/kernels.h"

typedef struct ww_fourier ww_fourier;

/** Whether a task is within its reach: stride 1, not dilated, filters of 25 taps or more and of at
 * most 64 px, 1024 pairs of filter and channel or fewer. */
bool ww_fourier_supports(const ww_conv_task *task);

/** Seconds on one core, as in ww_conv_kernel; *alone: one thread would do all of it. */
double ww_fourier_estimate_s(const ww_conv_task *task, bool *alone);

/** Prepares a task on one kind of processor; free with ww_fourier_free. With task->keep, spectra of
 * filters are kept from run to run and made anew only when a weight has changed. Errors: WW_ENOMEM.
 */
ww_status ww_fourier_create(ww_fourier **out, const ww_conv_task *task, const ww_kernels *kernels);
/** NULL is allowed. */
void ww_fourier_free(ww_fourier *fourier);

/** Floats of workspace that a run wants, aligned to 64 bytes. */
size_t ww_fourier_scratch(const ww_fourier *fourier);

/** Runs; arrays as in ww_onednn_conv_run. The same bits for any number of threads. */
void ww_fourier_run(ww_fourier *fourier, float *x, float *weight, float *y, float *scratch);

#endif

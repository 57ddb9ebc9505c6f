/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_WINOGRAD_H
#define WW_ENGINE_TENSOR_BACKEND_WINOGRAD_H

/* Winograd's convolution with 3x3 and 5x5 filters, F(4x4, 3x3) and F(2x2, 5x5), and with 4x4
 * filters and a stride of 2, F(4x4, 2x2) in four phases. */

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/onednn.h"

typedef struct ww_winograd ww_winograd;

/** Whether a pass of these sizes is within its reach: 3x3, or 5x5 on maps of at least that, stride
 * 1, or 4x4 with a stride of 2, but not for the gradient of the maps; not dilated, one group,
 * padding narrower than the filter. */
bool ww_winograd_supports(const ww_conv_size *size, ww_conv_pass pass);

/** Whether it can on maps in blocks of as many channels as there are lanes, 8 or more: 3x3 and 5x5.
 */
bool ww_winograd_supports_blocks(const ww_conv_size *size, int64_t lanes);

/** Prepares `pass` for at most `threads` threads on one kind of processor, on maps as ww_conv_size
 * has them or, with `blocks`, x and y in blocks of channels; free with ww_winograd_free. With
 * `keep`, transformed weights are kept from run to run and made anew only when a weight has
 * changed. Errors: WW_ENOMEM. */
ww_status ww_winograd_create(ww_winograd **out, const ww_conv_size *size, ww_conv_pass pass,
                             int threads, const ww_kernels *kernels, bool keep, bool blocks);
/** NULL is allowed. */
void ww_winograd_free(ww_winograd *winograd);

/** Floats of workspace that a run wants, aligned to 64 bytes. */
size_t ww_winograd_scratch(const ww_winograd *winograd);

/** Runs; arrays as in ww_onednn_conv_run. The same bits for any number of threads. With `add`,
 * which not all can, x is added to. */
void ww_winograd_run(ww_winograd *winograd, float *x, float *weight, float *y, float *scratch,
                     bool add);
/** Whether ww_winograd_run_around can be called: WW_CONV_FORWARD on maps in blocks. */
bool ww_winograd_can_around(const ww_winograd *winograd);
/** Runs with something else around it: before samples of x are read, after those of y are written.
 * x: NULL: `before` makes it, near. */
void ww_winograd_run_around(ww_winograd *winograd, float *x, float *weight, float *y,
                            float *scratch, const ww_around *around);

/** Whether WW_CONV_DATA and WW_CONV_WEIGHTS can run at once: on blocks, with as many threads. */
bool ww_winograd_can_both(const ww_winograd *data, const ww_winograd *weights);
/** Floats of workspace that both want then, aligned to 64 bytes. */
size_t ww_winograd_both_scratch(const ww_winograd *data, const ww_winograd *weights);
/** Runs both while y is near, before samples of which something else is done, as it is after those
 * of x_gradient (around: NULL: nothing). x, weight and y are read, y not where `around` makes it;
 * x_gradient is written, or added to. The same bits as one after the other. x: NULL: `again` of
 * `around` makes it, near. */
void ww_winograd_run_both(ww_winograd *data, ww_winograd *weights, float *x, float *weight,
                          float *y, float *x_gradient, float *weight_gradient, float *scratch,
                          bool add, const ww_around *around);

/** Whether x need not be in memory, forward and for both gradients at once. */
bool ww_winograd_can_near(const ww_winograd *forward, const ww_winograd *data,
                          const ww_winograd *weights);

/** Whether it can add: WW_CONV_DATA of more than a few tiles. */
bool ww_winograd_can_add(const ww_winograd *winograd);

#endif

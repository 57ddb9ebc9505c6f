/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_BLOCK_POOL_H
#define WW_ENGINE_TENSOR_PARTS_BLOCK_POOL_H

/* Pooling of maps in blocks of channels (op.h): maxima and averages, which go to blocks or to maps
 * as the shape says. Every lane of a vector is a channel; a window is read pixel by pixel. The
 * maximum saves which pixel of its window won, in bytes that lie as y would in blocks. */

#include "engine/tensor/op.h"

/* The functions of op.h, of a call with call->blocked; attr is ww_pool_attr. */

/** `blocks`. */
bool ww_block_pool_fits(const ww_op_call *call, unsigned blocked);
/** `prepare`: no plan, workspace and what is saved. */
ww_status ww_block_pool_prepare(ww_op_call *call);
/** `forward`. */
ww_status ww_block_pool_forward(ww_op_call *call);
/** `backward`. */
ww_status ww_block_pool_backward(ww_op_call *call);

#endif

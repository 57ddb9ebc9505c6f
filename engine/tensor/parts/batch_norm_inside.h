/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_BATCH_NORM_INSIDE_H
#define WW_ENGINE_TENSOR_PARTS_BATCH_NORM_INSIDE_H

/* The inside of batch normalisation, shared by ops/batch_norm.c (theory; the fast way) and
 * batch_norm_reference.c. */

#include "engine/tensor/op.h"

static const double EPSILON = 1e-5;

/* Its inputs. */
enum { X, GAIN, BIAS, MEAN, VARIANCE, N_IN, ADDED = N_IN };

struct batch_norm {
    double momentum; /* 0 means 0.1 */
};

/** The states of channel c follow the batch, whose `count` numbers have this mean and variance,
 * once a run. */
void ww_batch_norm_follow(ww_op_call *call, int64_t c, int64_t count, double mean, double variance);

/** forward_reference of op.h. */
ww_status ww_batch_norm_forward_reference(ww_op_call *call);
/** backward_reference of op.h. */
ww_status ww_batch_norm_backward_reference(ww_op_call *call);

#endif

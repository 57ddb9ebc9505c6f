/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_OP_RIG_H
#define WW_TESTS_SUPPORT_OP_RIG_H

/* A rig runs one operator on one case, as a compiled program would, without a compiler.
 *
 * Every buffer stands between sentinels; out, saved, scratch and the gradients are filled with
 * not-a-number before they are written, so what an operator leaves unwritten shows. */

#include "engine/base/random.h"
#include "engine/tensor/op.h"

typedef struct ww_rig {
    const ww_op *op;
    const ww_op_case *of;
    ww_op_call call;
    void *attr;
    ww_shape shape[WW_OP_CASE_MAX_IN];
    float *in[WW_OP_CASE_MAX_IN];
    float *drawn[WW_OP_CASE_MAX_IN]; /* what `in` holds at the beginning of a forward */
    float *grad_in[WW_OP_CASE_MAX_IN];
    float *wanted[WW_OP_CASE_MAX_IN]; /* call.grad_in: grad_in, or NULL where not wanted */
    float *out, *grad_out;
    float *grad_drawn; /* what grad_out holds at the beginning of a backward */
    size_t size[WW_OP_CASE_MAX_IN], out_size;
    bool reference;
    char where[256]; /* "conv2d, '3x3', batch 3, train" for messages */
} ww_rig;

/** Infers, draws the values, prepares. NULL if the operator refuses (its message is set). */
ww_rig *ww_rig_create(const ww_op *op, const ww_op_case *of, int64_t batch, ww_mode mode);
/** The same with these operands in blocks of channels (op.h) while the operator runs, and as they
 * are before and after; NULL, without message, if it cannot. */
ww_rig *ww_rig_create_blocked(const ww_op *op, const ww_op_case *of, int64_t batch, ww_mode mode,
                              unsigned blocked);
void ww_rig_free(ww_rig *rig);

/** Restores the inputs and runs forward; asserts success, sentinels, that everything was written
 * and that only a state was changed. */
void ww_rig_forward(ww_rig *rig);

/** Runs backward, after a forward; asserts the same of the gradients that are wanted. */
void ww_rig_backward(ww_rig *rig);

/** Whether in[k] is differentiated. */
bool ww_rig_differentiated(const ww_rig *rig, int k);

/** A copy of `n` floats; free it. */
float *ww_rig_copy(const float *x, size_t n);

/** Fills with not-a-number. */
void ww_rig_poison(float *x, size_t n);

/** sum of a b, and sqrt(sum a^2), in double. */
double ww_rig_dot(const float *a, const float *b, size_t n);
double ww_rig_norm(const float *a, size_t n);

/** sqrt(mean (a-b)^2) / sqrt(mean b^2); a b of nearly zeros is taken as 1e-6. */
double ww_rig_distance(const float *a, const float *b, size_t n);

/** Values for a case's input. */
void ww_rig_draw(float *x, size_t n, ww_draw draw, int label_classes, ww_random *random);

#endif

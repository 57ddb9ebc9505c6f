/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_TOY_OPS_H
#define WW_TESTS_SUPPORT_TOY_OPS_H

/* Small operators for tests of graphs and programs, so that these do not depend on the real ones.
 * Together they use every clause of the contract: saved, scratch, in place, kept inputs and
 * outputs, state, random numbers, fixed inputs. */

#include "engine/tensor/graph.h"

extern const ww_op toy_linear;  /* x[N, F], w[K, F] -> [N, K]; keeps both inputs, uses scratch */
extern const ww_op toy_add;     /* any number of inputs of one shape; in place */
extern const ww_op toy_mul;     /* two inputs of one shape; in place, keeps both */
extern const ww_op toy_turn;    /* a + b read backwards; in place */
extern const ww_op toy_tanh;    /* in place, keeps its output */
extern const ww_op toy_square;  /* in place, saves its input itself */
extern const ww_op toy_scale;   /* 3 x - 1; in place, keeps nothing */
extern const ww_op toy_gate;    /* x[N, F] times a control [F]; in place, keeps the control */
extern const ww_op toy_dropout; /* half of the elements; random, in place, saves the mask */
extern const ww_op toy_centre;  /* x - mean; state [F] moves in WW_TRAIN, read else; not in place */
extern const ww_op toy_error;   /* mean of (x - target)^2 -> [1]; the target is fixed */
extern const ww_op toy_stop;    /* the identity, not differentiable */
extern const ww_op toy_sum;     /* sum of all elements -> [1]; keeps nothing */

static inline ww_var toy1(ww_graph *g, const ww_op *op, ww_var a)
{
    return ww_apply(g, op, NULL, 1, &a);
}

static inline ww_var toy2(ww_graph *g, const ww_op *op, ww_var a, ww_var b)
{
    return ww_apply(g, op, NULL, 2, (const ww_var[]){a, b});
}

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sum of n arrays of one shape, as where many pathways meet in an area:
 *
 *     y = x1 + x2 + ... + xn (from left to right);  dy/dxk = 1 */
#include "engine/tensor/parts/elementwise.h"

enum { PIECE = 1024 };

extern const ww_op ww_op_sum_of;

ww_var ww_sum_of(ww_graph *g, int n, const ww_var *x)
{
    return ww_apply(g, &ww_op_sum_of, NULL, n, x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    char first[WW_SHAPE_TEXT], other[WW_SHAPE_TEXT];
    (void)attr;
    *out = in[0];
    for (int k = 1; k < n_in; k++)
        if (!ww_shape_equal(&in[k], &in[0]))
            return WW_FAIL(WW_ESHAPE, "%s and %s (input %d) differ", ww_shape_print(&in[0], first),
                           ww_shape_print(&in[k], other), k + 1);
    return WW_OK;
}

/* Piece by piece, so that the partial sums stay in the cache, and the output may be any input. */
static ww_status forward(ww_op_call *call)
{
    const size_t size = ww_call_size(call), pieces = (size + PIECE - 1) / PIECE;
#pragma omp parallel for schedule(static) if (size > WW_LIGHT)
    for (size_t p = 0; p < pieces; p++) {
        const size_t start = p * PIECE, left = size - start, n = left < PIECE ? left : PIECE;
        float sum[PIECE];
        memcpy(sum, call->in[0] + start, n * sizeof *sum);
        for (int k = 1; k < call->n_in; k++) {
            const float *x = call->in[k] + start;
            for (size_t i = 0; i < n; i++)
                sum[i] += x[i];
        }
        memcpy(call->out + start, sum, n * sizeof *sum);
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    for (int k = 0; k < call->n_in; k++)
        if (call->grad_in[k] != NULL)
            ww_copy(call->grad_in[k], call->grad_out, ww_call_size(call));
    return WW_OK;
}

static const ww_op_case cases[] = {
    {.name = "one", .n_in = 1, .in = {{2, {WW_BATCH, 5}}}},
    {.name = "three maps",
     .n_in = 3,
     .in = {{4, {WW_BATCH, 11, 10, 21}}, {4, {WW_BATCH, 11, 10, 21}}, {4, {WW_BATCH, 11, 10, 21}}}},
    {0}};

const ww_op ww_op_sum_of = {.item = {.name = "sum_of", .summary = "the sum of arrays of one shape"},
                            .min_in = 1,
                            .max_in = WW_OP_MAX_IN,
                            .infer = infer,
                            .forward = forward,
                            .backward = backward,
                            .linear_in = ~0u,
                            .in_place = true,
                            .cases = cases};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Linear map of vectors: y = x W', so every row of W is the weights of one unit.
 *
 *     dx = dy W,    dW = dy' x
 */
#include "engine/tensor/backend/blas.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_linear;

/* Samples, features, units. */
struct sizes {
    int64_t n, f, k;
};

static struct sizes sizes_of(const ww_op_call *call)
{
    return (struct sizes){call->in_shape[0].dim[0], call->in_shape[0].dim[1],
                          call->in_shape[1].dim[0]};
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    char x[WW_SHAPE_TEXT], w[WW_SHAPE_TEXT];
    if (in[0].rank != 2 || in[1].rank != 2 || in[0].dim[1] != in[1].dim[1])
        return WW_FAIL(WW_ESHAPE,
                       "%s and %s: vectors [N, F] and weights [K, F] of the same F are wanted",
                       ww_shape_print(&in[0], x), ww_shape_print(&in[1], w));
    *out = WW_SHAPE(in[0].dim[0], in[1].dim[0]);
    return WW_OK;
}

/* dx of few samples by large weights: bound by the traffic of W, which is read as it lies in
 * memory. Each of PARTS sums of some units is a thread's; it is the one that has read the same rows
 * in the forward pass, and will move them. */
enum { PARTS = 8, ROWS = 8, MOST_SAMPLES = 8, LEAST_FLOATS = 1 << 16 };

static bool in_parts(struct sizes s)
{
    return s.n <= MOST_SAMPLES && s.f * s.k >= LEAST_FLOATS && s.k >= PARTS;
}

static ww_status prepare(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    call->scratch_floats = in_parts(s) ? (size_t)(PARTS * s.n * s.f) : 0;
    return WW_OK;
}

static void input_gradient_in_parts(const ww_op_call *call, struct sizes s)
{
    enum { STRIP = 2048 };
    int64_t size = s.n * s.f;
#pragma omp parallel
    {
#pragma omp for schedule(static)
        for (int64_t p = 0; p < PARTS; p++) {
            int64_t end = s.k * (p + 1) / PARTS;
            for (int64_t k = s.k * p / PARTS, rows; k < end; k += rows) {
                rows = end - k < ROWS ? end - k : ROWS;
                ww_sgemm(s.n, s.f, rows, (ww_matrix){call->grad_out + k, s.k, false},
                         (ww_matrix){call->in[1] + k * s.f, s.f, false}, k > s.k * p / PARTS,
                         call->scratch + p * size, s.f);
            }
        }
#pragma omp for schedule(static)
        for (int64_t i = 0; i < size; i += STRIP)
            ww_loops_best()->sum_columns(
                &(ww_slab){PARTS, size, size - i < STRIP ? size - i : STRIP},
                &(ww_runs){1, 0, 1, PARTS}, call->scratch + i, call->grad_in[0] + i, size);
    }
}

static ww_status forward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    ww_product(s.n, s.k, s.f, (ww_matrix){call->in[0], s.f, false},
               (ww_matrix){call->in[1], s.f, true}, call->out);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    if (call->grad_in[0] != NULL && in_parts(s))
        input_gradient_in_parts(call, s);
    else if (call->grad_in[0] != NULL)
        ww_product(s.n, s.f, s.k, (ww_matrix){call->grad_out, s.k, false},
                   (ww_matrix){call->in[1], s.f, false}, call->grad_in[0]);
    if (call->grad_in[1] != NULL)
        ww_product(s.k, s.f, s.n, (ww_matrix){call->grad_out, s.k, true},
                   (ww_matrix){call->in[0], s.f, false}, call->grad_in[1]);
    return WW_OK;
}

static ww_status forward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    for (int64_t n = 0; n < s.n; n++)
        for (int64_t k = 0; k < s.k; k++) {
            double sum = 0;
            for (int64_t f = 0; f < s.f; f++)
                sum += (double)call->in[0][n * s.f + f] * (double)call->in[1][k * s.f + f];
            call->out[n * s.k + k] = (float)sum;
        }
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    float *dx = call->grad_in[0], *dw = call->grad_in[1];
    for (int64_t i = 0; i < s.n * s.f && dx != NULL; i++) {
        double sum = 0;
        for (int64_t k = 0; k < s.k; k++)
            sum +=
                (double)call->grad_out[i / s.f * s.k + k] * (double)call->in[1][k * s.f + i % s.f];
        dx[i] = (float)sum;
    }
    for (int64_t i = 0; i < s.k * s.f && dw != NULL; i++) {
        double sum = 0;
        for (int64_t n = 0; n < s.n; n++)
            sum +=
                (double)call->grad_out[n * s.k + i / s.f] * (double)call->in[0][n * s.f + i % s.f];
        dw[i] = (float)sum;
    }
    return WW_OK;
}

ww_var ww_linear(ww_graph *g, ww_var x, ww_var weight)
{
    return ww_apply(g, &ww_op_linear, NULL, 2, (ww_var[]){x, weight});
}

static const ww_op_case cases[] = {
    {"small", NULL, 2, {{2, {WW_BATCH, 7}}, {2, {5, 7}}}, {0}, 0},
    {"one feature", NULL, 2, {{2, {WW_BATCH, 1}}, {2, {4, 1}}}, {0}, 0},
    {"one unit", NULL, 2, {{2, {WW_BATCH, 33}}, {2, {1, 33}}}, {0}, 0},
    {"large enough to be split", NULL, 2, {{2, {WW_BATCH, 130}}, {2, {97, 130}}}, {0}, 0},
    {"more weights than samples", NULL, 2, {{2, {WW_BATCH, 701}}, {2, {101, 701}}}, {0}, 0},
    {NULL}};

const ww_op ww_op_linear = {
    .item = {.name = "linear", .summary = "vectors times a matrix of weights"},
    .min_in = 2,
    .max_in = 2,
    .infer = infer,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
    .forward_reference = forward_reference,
    .backward_reference = backward_reference,
    .keeps_in = WW_BIT(0) | WW_BIT(1),
    .late_weights = true,
    .linear_in = WW_BIT(0) | WW_BIT(1),
    .cases = cases};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Products of stacks of matrices: y[l] = a[l] b[l], or y[l] = a[l] b with one b for all.
 *
 *     da[l] = dy[l] b[l]',    db[l] = a[l]' dy[l]    (one b: the sum over l)
 *
 * One b for all is the product of one tall matrix: the stack of a with its rows one below the
 * other. */
#include "engine/tensor/backend/blas.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_matmul;

/* `stack` products of [m, k] and [k, p]. */
struct sizes {
    int64_t stack, m, k, p;
};

static struct sizes sizes_of(const ww_op_call *call)
{
    const ww_shape *a = &call->in_shape[0], *b = &call->in_shape[1];
    struct sizes s = {1, a->dim[a->rank - 2], a->dim[a->rank - 1], b->dim[b->rank - 1]};
    for (int i = 0; i < a->rank - 2; i++)
        s.stack *= a->dim[i];
    if (b->rank == 2) {
        s.m *= s.stack;
        s.stack = 1;
    }
    return s;
}

static bool fits(const ww_shape *a, const ww_shape *b)
{
    if (a->rank < 2 || b->rank < 2 || (b->rank != a->rank && b->rank != 2))
        return false;
    for (int i = 0; i < b->rank - 2; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return a->dim[a->rank - 1] == b->dim[b->rank - 2];
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    char a[WW_SHAPE_TEXT], b[WW_SHAPE_TEXT];
    if (!fits(&in[0], &in[1]))
        return WW_FAIL(WW_ESHAPE,
                       "%s and %s: [..., M, K] and [..., K, P] or [K, P] are wanted, with the same "
                       "leading dimensions",
                       ww_shape_print(&in[0], a), ww_shape_print(&in[1], b));
    *out = in[0];
    out->dim[out->rank - 1] = in[1].dim[in[1].rank - 1];
    return WW_OK;
}

/* c[l] = a[l] b[l]; `a`, `b` are the first of each stack, a_size .. c_size apart. */
static void multiply(const struct sizes *s, int64_t rows, int64_t columns, int64_t depth,
                     ww_matrix a, int64_t a_size, ww_matrix b, int64_t b_size, float *c)
{
    if (s->stack == 1) {
        ww_product(rows, columns, depth, a, b, c);
        return;
    }
#pragma omp parallel for if (s->stack * rows * columns * depth > WW_SERIAL)
    for (int64_t l = 0; l < s->stack; l++)
        ww_sgemm(rows, columns, depth, (ww_matrix){a.data + l * a_size, a.stride, a.transposed},
                 (ww_matrix){b.data + l * b_size, b.stride, b.transposed}, 0,
                 c + l * rows * columns, columns);
}

static ww_status forward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    multiply(&s, s.m, s.p, s.k, (ww_matrix){call->in[0], s.k, false}, s.m * s.k,
             (ww_matrix){call->in[1], s.p, false}, s.k * s.p, call->out);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    if (call->grad_in[0] != NULL)
        multiply(&s, s.m, s.k, s.p, (ww_matrix){call->grad_out, s.p, false}, s.m * s.p,
                 (ww_matrix){call->in[1], s.p, true}, s.k * s.p, call->grad_in[0]);
    if (call->grad_in[1] != NULL)
        multiply(&s, s.k, s.p, s.m, (ww_matrix){call->in[0], s.k, true}, s.m * s.k,
                 (ww_matrix){call->grad_out, s.p, false}, s.m * s.p, call->grad_in[1]);
    return WW_OK;
}

static ww_status forward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    for (int64_t i = 0; i < s.stack * s.m * s.p; i++) {
        int64_t row = i / s.p, l = row / s.m;
        double sum = 0;
        for (int64_t k = 0; k < s.k; k++)
            sum += (double)call->in[0][row * s.k + k] *
                   (double)call->in[1][(l * s.k + k) * s.p + i % s.p];
        call->out[i] = (float)sum;
    }
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    float *da = call->grad_in[0], *db = call->grad_in[1];
    for (int64_t i = 0; i < s.stack * s.m * s.k && da != NULL; i++) {
        int64_t row = i / s.k, l = row / s.m;
        double sum = 0;
        for (int64_t p = 0; p < s.p; p++)
            sum += (double)call->grad_out[row * s.p + p] *
                   (double)call->in[1][(l * s.k + i % s.k) * s.p + p];
        da[i] = (float)sum;
    }
    for (int64_t i = 0; i < s.stack * s.k * s.p && db != NULL; i++) {
        int64_t l = i / (s.k * s.p), k = i / s.p % s.k;
        double sum = 0;
        for (int64_t m = l * s.m; m < (l + 1) * s.m; m++)
            sum += (double)call->in[0][m * s.k + k] * (double)call->grad_out[m * s.p + i % s.p];
        db[i] = (float)sum;
    }
    return WW_OK;
}

ww_var ww_matmul(ww_graph *g, ww_var a, ww_var b)
{
    return ww_apply(g, &ww_op_matmul, NULL, 2, (ww_var[]){a, b});
}

static const ww_op_case cases[] = {
    {"two matrices", NULL, 2, {{2, {5, 7}}, {2, {7, 3}}}, {0}, 0},
    {"a stack each", NULL, 2, {{3, {WW_BATCH, 5, 7}}, {3, {WW_BATCH, 7, 3}}}, {0}, 0},
    {"a stack of stacks", NULL, 2, {{4, {WW_BATCH, 2, 4, 9}}, {4, {WW_BATCH, 2, 9, 17}}}, {0}, 0},
    {"one b for all", NULL, 2, {{3, {WW_BATCH, 5, 7}}, {2, {7, 3}}}, {0}, 0},
    {"rows of a batch", NULL, 2, {{2, {WW_BATCH, 33}}, {2, {33, 40}}}, {0}, 0},
    {NULL}};

const ww_op ww_op_matmul = {.item = {.name = "matmul", .summary = "products of stacks of matrices"},
                            .min_in = 2,
                            .max_in = 2,
                            .infer = infer,
                            .forward = forward,
                            .backward = backward,
                            .forward_reference = forward_reference,
                            .backward_reference = backward_reference,
                            .keeps_in = WW_BIT(0) | WW_BIT(1),
                            .linear_in = WW_BIT(0) | WW_BIT(1),
                            .cases = cases};

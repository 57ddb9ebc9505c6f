/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/parts/broadcast.h"

#include "engine/tensor/backend/loops.h"

enum { PIECE = 16384, LANES = 256 };

/* The size of dimension d of `whole` in the array `part`, whose dimensions align at the end. */
static int64_t size_in(const ww_shape *part, const ww_shape *whole, int d)
{
    int own = d - (whole->rank - part->rank);
    return own < 0 ? 1 : part->dim[own];
}

/* Adds a loop inside of the others; merges it with the last where all arrays just go on. */
static void push(ww_nest *nest, int64_t dim, const int64_t step[3])
{
    int last = nest->rank - 1;
    bool merge = last >= 0;
    for (int k = 0; merge && k < 3; k++)
        merge = nest->step[last][k] == dim * step[k];
    int d = merge ? last : nest->rank++;
    nest->dim[d] = merge ? nest->dim[d] * dim : dim;
    for (int k = 0; k < 3; k++)
        nest->step[d][k] = step[k];
    nest->count *= (size_t)dim;
}

ww_rows ww_rows_of(const ww_shape *whole, const ww_shape *a, const ww_shape *b)
{
    const ww_shape *part[3] = {whole, a, b};
    int64_t step[WW_MAX_RANK][3], next[3] = {1, 1, 1};
    for (int d = whole->rank - 1; d >= 0; d--)
        for (int k = 0; k < 3; k++) {
            int64_t size = size_in(part[k], whole, d);
            step[d][k] = size == 1 ? 0 : next[k];
            next[k] *= size;
        }
    ww_nest nest = {.count = 1};
    for (int d = 0; d < whole->rank; d++)
        if (whole->dim[d] > 1)
            push(&nest, whole->dim[d], step[d]);
    if (nest.rank == 0)
        return (ww_rows){.outer = nest, .length = 1};
    int last = --nest.rank;
    size_t length = (size_t)nest.dim[last];
    nest.count /= length;
    return (ww_rows){.outer = nest,
                     .length = length,
                     .stretched = {nest.step[last][1] == 0, nest.step[last][2] == 0}};
}

ww_nest ww_nest_part(const ww_nest *nest, int k, bool moving)
{
    ww_nest part = {.count = 1};
    for (int d = 0; d < nest->rank; d++)
        if ((nest->step[d][1 + k] != 0) == moving) {
            part.dim[part.rank] = nest->dim[d];
            for (int i = 0; i < 3; i++)
                part.step[part.rank][i] = nest->step[d][i];
            part.count *= (size_t)nest->dim[d];
            part.rank++;
        }
    return part;
}

void ww_broadcast_map(const ww_rows *rows, ww_row_function *function, float *y, const float *whole,
                      const float *a, const float *b)
{
    const size_t pieces = (rows->length + PIECE - 1) / PIECE, turns = rows->outer.count * pieces;
    const int step_a = !rows->stretched[0], step_b = !rows->stretched[1];
    if (turns == 1) {
        function(rows->length, y, whole, a, step_a, b, step_b);
        return;
    }
#pragma omp parallel for schedule(static) if (rows->outer.count * rows->length > WW_LIGHT)
    for (size_t turn = 0; turn < turns; turn++) {
        size_t at[3] = {0}, first = turn % pieces * PIECE, left = rows->length - first;
        ww_nest_at(&rows->outer, turn / pieces, at);
        function(left < PIECE ? left : PIECE, y + at[0] + first, whole + at[0] + first,
                 a + at[1] + (step_a ? first : 0), step_a, b + at[2] + (step_b ? first : 0),
                 step_b);
    }
}

/* One sum for a row along which array k is one number: over all turns of `over`, LANES elements
 * at a time. */
static double sum_along(const ww_rows *rows, const ww_nest *over, const size_t base[3],
                        ww_row_function *function, const float *whole, const float *a,
                        const float *b)
{
    const int step_a = !rows->stretched[0], step_b = !rows->stretched[1];
    float value[LANES];
    double sum = 0;
    for (size_t turn = 0; turn < over->count; turn++) {
        size_t at[3] = {base[0], base[1], base[2]};
        ww_nest_at(over, turn, at);
        for (size_t first = 0; first < rows->length; first += LANES) {
            size_t left = rows->length - first, n = left < LANES ? left : LANES;
            function(n, value, whole + at[0] + first, a + at[1] + (step_a ? first : 0), step_a,
                     b + at[2] + (step_b ? first : 0), step_b);
#pragma omp simd reduction(+ : sum)
            for (size_t j = 0; j < n; j++)
                sum += (double)value[j];
        }
    }
    return sum;
}

/* n sums side by side, from place `first` of a row along which array k moves. */
static void sum_across(const ww_rows *rows, const ww_nest *over, const size_t base[3], size_t first,
                       size_t n, ww_row_function *function, float *y, const float *whole,
                       const float *a, const float *b)
{
    const int step_a = !rows->stretched[0], step_b = !rows->stretched[1];
    float value[LANES];
    double sum[LANES] = {0};
    for (size_t turn = 0; turn < over->count; turn++) {
        size_t at[3] = {base[0], base[1], base[2]};
        ww_nest_at(over, turn, at);
        function(n, value, whole + at[0] + first, a + at[1] + (step_a ? first : 0), step_a,
                 b + at[2] + (step_b ? first : 0), step_b);
        for (size_t j = 0; j < n; j++)
            sum[j] += (double)value[j];
    }
    for (size_t j = 0; j < n; j++)
        y[j] = (float)sum[j];
}

void ww_broadcast_sum(const ww_rows *rows, int k, ww_row_function *function, float *y,
                      const float *whole, const float *a, const float *b)
{
    const ww_nest kept = ww_nest_part(&rows->outer, k, true);
    const ww_nest over = ww_nest_part(&rows->outer, k, false);
    const bool along = rows->stretched[k];
    const size_t pieces = along ? 1 : (rows->length + LANES - 1) / LANES;
#pragma omp parallel for schedule(static) if (rows->outer.count * rows->length > WW_LIGHT)
    for (size_t turn = 0; turn < kept.count * pieces; turn++) {
        size_t base[3] = {0}, first = turn % pieces * LANES, left = rows->length - first;
        ww_nest_at(&kept, turn / pieces, base);
        float *to = y + base[1 + k] + first;
        if (along)
            *to = (float)sum_along(rows, &over, base, function, whole, a, b);
        else
            sum_across(rows, &over, base, first, left < LANES ? left : LANES, function, to, whole,
                       a, b);
    }
}

ww_status ww_broadcast_infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    char a[WW_SHAPE_TEXT], b[WW_SHAPE_TEXT];
    (void)attr, (void)n_in;
    if (!ww_shape_broadcast(&in[0], &in[1], out))
        return WW_FAIL(WW_ESHAPE, "%s and %s do not broadcast", ww_shape_print(&in[0], a),
                       ww_shape_print(&in[1], b));
    return WW_OK;
}

ww_status ww_broadcast_forward(ww_op_call *call, ww_row_function *function)
{
    ww_rows rows = ww_rows_of(&call->out_shape, &call->in_shape[0], &call->in_shape[1]);
    ww_broadcast_map(&rows, function, call->out, call->out, call->in[0], call->in[1]);
    return WW_OK;
}

void ww_broadcast_backward(ww_op_call *call, int k, ww_row_function *function)
{
    if (call->grad_in[k] == NULL)
        return;
    ww_rows rows = ww_rows_of(&call->out_shape, &call->in_shape[0], &call->in_shape[1]);
    const float *dy = call->grad_out, *in[2] = {call->in[0], call->in[1]};
    for (int i = 0; i < 2; i++) /* for an input that is not kept, and not used, any array will do */
        in[i] = in[i] != NULL ? in[i] : dy;
    if (ww_shape_size(&call->in_shape[k]) == ww_shape_size(&call->out_shape))
        ww_broadcast_map(&rows, function, call->grad_in[k], dy, in[0], in[1]);
    else
        ww_broadcast_sum(&rows, k, function, call->grad_in[k], dy, in[0], in[1]);
}

#define CASE(title, drawn, ...)                                                                    \
    {                                                                                              \
        .name = title, .n_in = 2, .in = {__VA_ARGS__}, .draw = { WW_DRAW_NORMAL, drawn }           \
    }
#define CASES(drawn)                                                                               \
    {                                                                                              \
        CASE("equal shapes", drawn, {4, {WW_BATCH, 3, 5, 4}}, {4, {WW_BATCH, 3, 5, 4}}),           \
            CASE("a number a channel", drawn, {4, {WW_BATCH, 4, 23, 23}}, {3, {4, 1, 1}}),         \
            CASE("a vector for all samples", drawn, {2, {WW_BATCH, 2100}}, {1, {2100}}),           \
            CASE("one number", drawn, {3, {WW_BATCH, 3, 4}}, {1, {1}}),                            \
            CASE("a number a sample", drawn, {2, {WW_BATCH, 9}}, {2, {WW_BATCH, 1}}),              \
            CASE("outer", drawn, {2, {WW_BATCH, 1}}, {2, {1, 6}}),                                 \
            CASE("outer, turned", drawn, {1, {6}}, {2, {WW_BATCH, 1}}),                            \
            CASE("both stretched", drawn, {3, {3, 1, 4}}, {4, {WW_BATCH, 3, 5, 1}}),               \
            CASE("single elements", drawn, {2, {1, 1}}, {1, {1}}),                                 \
            CASE("a long row", drawn, {2, {2, 17000}}, {2, {2, 17000}}),                           \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

const ww_op_case ww_broadcast_cases[] = CASES(WW_DRAW_NORMAL);
const ww_op_case ww_broadcast_cases_positive[] = CASES(WW_DRAW_POSITIVE);

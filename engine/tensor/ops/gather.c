/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows of a table by number: y[n, l, :] = table[index[n, l], :].
 *
 *     dtable[v, :] = the sum of dy[n, l, :] over all (n, l) with index[n, l] = v
 *
 * in the order of (n, l), whatever the number of threads: threads share out the columns. */
#include <math.h>
#include <string.h>

#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_gather;

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    char table[WW_SHAPE_TEXT], index[WW_SHAPE_TEXT];
    if (in[0].rank != 2 || in[1].rank < 1 || in[1].rank > 2)
        return WW_FAIL(WW_ESHAPE, "%s and %s: a table [V, D] and an index [N] or [N, L] are wanted",
                       ww_shape_print(&in[0], table), ww_shape_print(&in[1], index));
    *out = in[1];
    out->dim[out->rank++] = in[0].dim[1];
    return WW_OK;
}

static ww_status check_index(const ww_op_call *call)
{
    const float *index = call->in[1];
    int64_t rows = call->in_shape[0].dim[0];
    for (size_t i = 0; i < ww_shape_size(&call->in_shape[1]); i++)
        if (!(index[i] >= 0 && index[i] < (float)rows && floorf(index[i]) == index[i]))
            return WW_FAIL(WW_EINVAL, "gather: index %g is no whole number from 0 to %lld",
                           (double)index[i], (long long)rows - 1);
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    WW_TRY(check_index(call));
    size_t width = (size_t)call->in_shape[0].dim[1];
    for (size_t i = 0; i < ww_shape_size(&call->in_shape[1]); i++)
        memcpy(call->out + i * width, call->in[0] + (size_t)call->in[1][i] * width,
               width * sizeof(float));
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    enum { SHARE = 64 }; /* columns */
    float *table = call->grad_in[0];
    const float *index = call->in[1];
    int64_t width = call->in_shape[0].dim[1];
    int64_t n = (int64_t)ww_shape_size(&call->in_shape[1]);
    if (table == NULL)
        return WW_OK;
    memset(table, 0, ww_shape_size(&call->in_shape[0]) * sizeof *table);
#pragma omp parallel for if (n * width > WW_SERIAL)
    for (int64_t first = 0; first < width; first += SHARE) {
        int64_t last = first + SHARE < width ? first + SHARE : width;
        for (int64_t i = 0; i < n; i++) {
            float *row = table + (int64_t)index[i] * width;
            for (int64_t d = first; d < last; d++)
                row[d] += call->grad_out[i * width + d];
        }
    }
    return WW_OK;
}

static ww_status forward_reference(ww_op_call *call)
{
    int64_t width = call->in_shape[0].dim[1];
    for (int64_t i = 0; i < (int64_t)ww_shape_size(&call->out_shape); i++)
        call->out[i] = call->in[0][(int64_t)call->in[1][i / width] * width + i % width];
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    int64_t width = call->in_shape[0].dim[1];
    for (int64_t i = 0; i < (int64_t)ww_shape_size(&call->in_shape[0]); i++) {
        double sum = 0;
        for (int64_t j = 0; j < (int64_t)ww_shape_size(&call->in_shape[1]); j++)
            if ((int64_t)call->in[1][j] == i / width)
                sum += (double)call->grad_out[j * width + i % width];
        if (call->grad_in[0] != NULL)
            call->grad_in[0][i] = (float)sum;
    }
    return WW_OK;
}

ww_var ww_gather(ww_graph *g, ww_var table, ww_var index)
{
    return ww_apply(g, &ww_op_gather, NULL, 2, (ww_var[]){table, index});
}

static const ww_op_case cases[] = {{"one row a sample",
                                    NULL,
                                    2,
                                    {{2, {4, 3}}, {1, {WW_BATCH}}},
                                    {WW_DRAW_NORMAL, WW_DRAW_LABEL},
                                    4},
                                   {"words, wider than a thread's share",
                                    NULL,
                                    2,
                                    {{2, {6, 130}}, {2, {WW_BATCH, 5}}},
                                    {WW_DRAW_NORMAL, WW_DRAW_LABEL},
                                    6},
                                   {"a table of one number",
                                    NULL,
                                    2,
                                    {{2, {1, 1}}, {1, {WW_BATCH}}},
                                    {WW_DRAW_NORMAL, WW_DRAW_LABEL},
                                    1},
                                   {NULL}};

const ww_op ww_op_gather = {.item = {.name = "gather", .summary = "rows of a table by number"},
                            .min_in = 2,
                            .max_in = 2,
                            .infer = infer,
                            .forward = forward,
                            .backward = backward,
                            .forward_reference = forward_reference,
                            .backward_reference = backward_reference,
                            .keeps_in = WW_BIT(1),
                            .linear_in = WW_BIT(0),
                            .fixed_in = WW_BIT(1),
                            .cases = cases};

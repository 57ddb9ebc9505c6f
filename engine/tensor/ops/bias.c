/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bias: y[n, c, s] = x[n, c, s] + b[c] for every position s.
 *
 *     dx = dy,    db[c] = sum over n, s of dy[n, c, s]
 */
#include "engine/tensor/ops.h"

#include <string.h>

#include "engine/tensor/backend/maps.h"

extern const ww_op ww_op_bias;

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    WW_TRY(ww_maps_check_channels(&in[0], &in[1], "bias"));
    *out = in[0];
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    const float *x = call->in[0], *bias = call->in[1];
    float *y = call->out;
#pragma omp parallel for if (m.size > WW_SERIAL)
    for (int64_t row = 0; row < m.n * m.c; row++) {
        float b = bias[row % m.c];
        for (int64_t s = row * m.s; s < (row + 1) * m.s; s++)
            y[s] = x[s] + b;
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    const float *dy = call->grad_out;
    float *dx = call->grad_in[0], *db = call->grad_in[1];
    if (db != NULL) {
#pragma omp parallel for if (m.size > WW_SERIAL)
        for (int64_t c = 0; c < m.c; c++) {
            double sum = 0;
            for (int64_t n = 0; n < m.n; n++)
                sum += ww_sum(dy + (n * m.c + c) * m.s, m.s);
            db[c] = (float)sum;
        }
    }
    if (dx != NULL && dx != dy)
        memcpy(dx, dy, (size_t)m.size * sizeof *dx);
    return WW_OK;
}

static ww_status forward_reference(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    for (int64_t i = 0; i < m.size; i++)
        call->out[i] = call->in[0][i] + call->in[1][i / m.s % m.c];
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    float *db = call->grad_in[1];
    for (int64_t c = 0; c < m.c && db != NULL; c++) {
        double sum = 0;
        for (int64_t i = 0; i < m.size; i++)
            if (i / m.s % m.c == c)
                sum += (double)call->grad_out[i];
        db[c] = (float)sum;
    }
    for (int64_t i = 0; i < m.size && call->grad_in[0] != NULL; i++)
        call->grad_in[0][i] = call->grad_out[i];
    return WW_OK;
}

ww_var ww_bias(ww_graph *g, ww_var x, ww_var bias)
{
    return ww_apply(g, &ww_op_bias, NULL, 2, (ww_var[]){x, bias});
}

static const ww_op_case cases[] = {
    {"maps", NULL, 2, {{4, {WW_BATCH, 5, 7, 3}}, {1, {5}}}, {0}, 0},
    {"maps, many", NULL, 2, {{4, {WW_BATCH, 16, 9, 9}}, {1, {16}}}, {0}, 0},
    {"vectors", NULL, 2, {{2, {WW_BATCH, 11}}, {1, {11}}}, {0}, 0},
    {"one channel", NULL, 2, {{4, {WW_BATCH, 1, 2, 2}}, {1, {1}}}, {0}, 0},
    {0}};

const ww_op ww_op_bias = {.item = {.name = "bias", .summary = "adds a number to each channel"},
                          .min_in = 2,
                          .max_in = 2,
                          .infer = infer,
                          .forward = forward,
                          .backward = backward,
                          .forward_reference = forward_reference,
                          .backward_reference = backward_reference,
                          .in_place = true,
                          .linear_in = WW_BIT(0) | WW_BIT(1),
                          .cases = cases};

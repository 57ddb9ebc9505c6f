/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/toy_ops.h"

#include <math.h>
#include <string.h>

#include "engine/base/random.h"

static size_t size(const ww_op_call *call)
{
    return ww_shape_size(&call->out_shape);
}

static ww_status infer_same(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr;
    char first[WW_SHAPE_TEXT], other[WW_SHAPE_TEXT];
    for (int k = 1; k < n_in; k++)
        if (!ww_shape_equal(&in[0], &in[k]))
            return WW_FAIL(WW_ESHAPE, "%s and %s: shapes differ", ww_shape_print(&in[0], first),
                           ww_shape_print(&in[k], other));
    *out = in[0];
    return WW_OK;
}

static ww_status infer_first(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    *out = in[0];
    return WW_OK;
}

static ww_status infer_number(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in, (void)in;
    *out = WW_SHAPE(1);
    return WW_OK;
}

/* ---- linear ---- */

static ww_status linear_infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    char x[WW_SHAPE_TEXT], w[WW_SHAPE_TEXT];
    if (in[0].rank != 2 || in[1].rank != 2 || in[0].dim[1] != in[1].dim[1])
        return WW_FAIL(WW_ESHAPE, "%s and %s: the last dimensions differ",
                       ww_shape_print(&in[0], x), ww_shape_print(&in[1], w));
    *out = WW_SHAPE(in[0].dim[0], in[1].dim[0]);
    return WW_OK;
}

static ww_status linear_prepare(ww_op_call *call)
{
    call->scratch_floats = (size_t)call->in_shape[0].dim[1];
    return WW_OK;
}

static ww_status linear_forward(ww_op_call *call)
{
    int64_t n = call->out_shape.dim[0], k = call->out_shape.dim[1], f = call->in_shape[0].dim[1];
    for (int64_t i = 0; i < n; i++) {
        memcpy(call->scratch, call->in[0] + i * f, (size_t)f * sizeof(float));
        for (int64_t j = 0; j < k; j++) {
            double sum = 0;
            for (int64_t l = 0; l < f; l++)
                sum += (double)call->scratch[l] * call->in[1][j * f + l];
            call->out[i * k + j] = (float)sum;
        }
    }
    return WW_OK;
}

static ww_status linear_backward(ww_op_call *call)
{
    int64_t n = call->out_shape.dim[0], k = call->out_shape.dim[1], f = call->in_shape[0].dim[1];
    for (int64_t i = 0; call->grad_in[0] && i < n; i++)
        for (int64_t l = 0; l < f; l++) {
            double sum = 0;
            for (int64_t j = 0; j < k; j++)
                sum += (double)call->grad_out[i * k + j] * call->in[1][j * f + l];
            call->scratch[l] = (float)sum;
            call->grad_in[0][i * f + l] = call->scratch[l];
        }
    for (int64_t j = 0; call->grad_in[1] && j < k; j++)
        for (int64_t l = 0; l < f; l++) {
            double sum = 0;
            for (int64_t i = 0; i < n; i++)
                sum += (double)call->grad_out[i * k + j] * call->in[0][i * f + l];
            call->grad_in[1][j * f + l] = (float)sum;
        }
    return WW_OK;
}

const ww_op toy_linear = {.item = {.name = "toy_linear"},
                          .min_in = 2,
                          .max_in = 2,
                          .infer = linear_infer,
                          .prepare = linear_prepare,
                          .forward = linear_forward,
                          .backward = linear_backward,
                          .keeps_in = WW_BIT(0) | WW_BIT(1)};

/* ---- element-wise ---- */

static ww_status add_forward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++) {
        float sum = call->in[0][i];
        for (int k = 1; k < call->n_in; k++)
            sum += call->in[k][i];
        call->out[i] = sum;
    }
    return WW_OK;
}

static ww_status add_backward(ww_op_call *call)
{
    for (int k = call->n_in; k-- > 0;)
        if (call->grad_in[k] != NULL && call->grad_in[k] != call->grad_out)
            memcpy(call->grad_in[k], call->grad_out, size(call) * sizeof(float));
    return WW_OK;
}

const ww_op toy_add = {.item = {.name = "toy_add"},
                       .min_in = 1,
                       .max_in = WW_OP_MAX_IN,
                       .infer = infer_same,
                       .forward = add_forward,
                       .backward = add_backward,
                       .in_place = true};

static ww_status mul_forward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++)
        call->out[i] = call->in[0][i] * call->in[1][i];
    return WW_OK;
}

static ww_status mul_backward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++) {
        float g = call->grad_out[i];
        if (call->grad_in[0] != NULL)
            call->grad_in[0][i] = g * call->in[1][i];
        if (call->grad_in[1] != NULL)
            call->grad_in[1][i] = g * call->in[0][i];
    }
    return WW_OK;
}

const ww_op toy_mul = {.item = {.name = "toy_mul"},
                       .min_in = 2,
                       .max_in = 2,
                       .infer = infer_same,
                       .forward = mul_forward,
                       .backward = mul_backward,
                       .in_place = true,
                       .keeps_in = WW_BIT(31)};

static ww_status turn_forward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++)
        call->out[i] = call->in[0][i] + call->in[1][size(call) - 1 - i];
    return WW_OK;
}

static ww_status turn_backward(ww_op_call *call)
{
    for (size_t i = 0; call->grad_in[1] != NULL && i < size(call); i++)
        call->grad_in[1][size(call) - 1 - i] = call->grad_out[i];
    if (call->grad_in[0] != NULL)
        memmove(call->grad_in[0], call->grad_out, size(call) * sizeof(float));
    return WW_OK;
}

const ww_op toy_turn = {.item = {.name = "toy_turn"},
                        .min_in = 2,
                        .max_in = 2,
                        .infer = infer_same,
                        .forward = turn_forward,
                        .backward = turn_backward,
                        .in_place = true};

static ww_status tanh_forward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++)
        call->out[i] = tanhf(call->in[0][i]);
    return WW_OK;
}

static ww_status tanh_backward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++)
        call->grad_in[0][i] = call->grad_out[i] * (1 - call->out[i] * call->out[i]);
    return WW_OK;
}

const ww_op toy_tanh = {.item = {.name = "toy_tanh"},
                        .min_in = 1,
                        .max_in = 1,
                        .infer = infer_same,
                        .forward = tanh_forward,
                        .backward = tanh_backward,
                        .in_place = true,
                        .keeps_out = true};

static ww_status save_all(ww_op_call *call)
{
    call->saved_floats = call->mode == WW_INFER ? 0 : size(call);
    return WW_OK;
}

static ww_status square_forward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++) {
        float x = call->in[0][i];
        if (call->mode != WW_INFER)
            call->saved[i] = x;
        call->out[i] = x * x;
    }
    return WW_OK;
}

static ww_status square_backward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++)
        call->grad_in[0][i] = 2 * call->saved[i] * call->grad_out[i];
    return WW_OK;
}

const ww_op toy_square = {.item = {.name = "toy_square"},
                          .min_in = 1,
                          .max_in = 1,
                          .infer = infer_same,
                          .prepare = save_all,
                          .forward = square_forward,
                          .backward = square_backward,
                          .in_place = true};

static ww_status scale_forward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++)
        call->out[i] = 3 * call->in[0][i] - 1;
    return WW_OK;
}

static ww_status scale_backward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++)
        call->grad_in[0][i] = 3 * call->grad_out[i];
    return WW_OK;
}

const ww_op toy_scale = {.item = {.name = "toy_scale"},
                         .min_in = 1,
                         .max_in = 1,
                         .infer = infer_same,
                         .forward = scale_forward,
                         .backward = scale_backward,
                         .in_place = true};

static ww_status gate_forward(ww_op_call *call)
{
    size_t f = ww_shape_size(&call->in_shape[1]);
    for (size_t i = 0; i < size(call); i++)
        call->out[i] = call->in[0][i] * call->in[1][i % f];
    return WW_OK;
}

static ww_status gate_backward(ww_op_call *call)
{
    size_t f = ww_shape_size(&call->in_shape[1]);
    for (size_t i = 0; i < size(call); i++)
        call->grad_in[0][i] = call->grad_out[i] * call->in[1][i % f];
    return WW_OK;
}

const ww_op toy_gate = {.item = {.name = "toy_gate"},
                        .min_in = 2,
                        .max_in = 2,
                        .infer = infer_first,
                        .forward = gate_forward,
                        .backward = gate_backward,
                        .in_place = true,
                        .keeps_in = WW_BIT(1),
                        .fixed_in = WW_BIT(1)};

static ww_status dropout_forward(ww_op_call *call)
{
    ww_random random = ww_random_at(call->seed, 0);
    for (size_t i = 0; i < size(call); i++) {
        float mask = call->mode == WW_TRAIN ? 2 * (float)(ww_random_u32(&random) & 1) : 1;
        if (call->mode != WW_INFER)
            call->saved[i] = mask;
        call->out[i] = call->in[0][i] * mask;
    }
    return WW_OK;
}

static ww_status dropout_backward(ww_op_call *call)
{
    for (size_t i = 0; i < size(call); i++)
        call->grad_in[0][i] = call->grad_out[i] * call->saved[i];
    return WW_OK;
}

const ww_op toy_dropout = {.item = {.name = "toy_dropout"},
                           .min_in = 1,
                           .max_in = 1,
                           .infer = infer_same,
                           .prepare = save_all,
                           .forward = dropout_forward,
                           .backward = dropout_backward,
                           .in_place = true,
                           .random = true};

/* ---- state ---- */

static ww_status centre_forward(ww_op_call *call)
{
    size_t f = ww_shape_size(&call->in_shape[1]), n = size(call) / f;
    float *state = call->in[1];
    for (size_t j = 0; j < f; j++) {
        double mean = 0;
        for (size_t i = 0; i < n; i++)
            mean += call->in[0][i * f + j] / (double)n;
        double used = call->mode == WW_TRAIN ? mean : state[j];
        for (size_t i = 0; i < n; i++)
            call->out[i * f + j] = (float)(call->in[0][i * f + j] - used);
        if (call->mode == WW_TRAIN)
            state[j] = (float)(0.75 * state[j] + 0.25 * mean);
    }
    return WW_OK;
}

static ww_status centre_backward(ww_op_call *call)
{
    size_t f = ww_shape_size(&call->in_shape[1]), n = size(call) / f;
    for (size_t j = 0; j < f; j++) {
        double mean = 0;
        for (size_t i = 0; call->mode == WW_TRAIN && i < n; i++)
            mean += call->grad_out[i * f + j] / (double)n;
        for (size_t i = 0; i < n; i++)
            call->grad_in[0][i * f + j] = (float)(call->grad_out[i * f + j] - mean);
    }
    return WW_OK;
}

const ww_op toy_centre = {.item = {.name = "toy_centre"},
                          .min_in = 2,
                          .max_in = 2,
                          .infer = infer_first,
                          .forward = centre_forward,
                          .backward = centre_backward,
                          .fixed_in = WW_BIT(1)};

/* ---- losses ---- */

static ww_status error_forward(ww_op_call *call)
{
    size_t n = ww_shape_size(&call->in_shape[0]);
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += pow((double)call->in[0][i] - call->in[1][i], 2);
    call->out[0] = (float)(sum / (double)n);
    return WW_OK;
}

static ww_status error_backward(ww_op_call *call)
{
    size_t n = ww_shape_size(&call->in_shape[0]);
    for (size_t i = 0; i < n; i++)
        call->grad_in[0][i] = 2 * call->grad_out[0] * (call->in[0][i] - call->in[1][i]) / (float)n;
    return WW_OK;
}

const ww_op toy_error = {.item = {.name = "toy_error"},
                         .min_in = 2,
                         .max_in = 2,
                         .infer = infer_number,
                         .forward = error_forward,
                         .backward = error_backward,
                         .keeps_in = WW_BIT(0) | WW_BIT(1),
                         .fixed_in = WW_BIT(1)};

static ww_status sum_forward(ww_op_call *call)
{
    double sum = 0;
    for (size_t i = 0; i < ww_shape_size(&call->in_shape[0]); i++)
        sum += call->in[0][i];
    call->out[0] = (float)sum;
    return WW_OK;
}

static ww_status sum_backward(ww_op_call *call)
{
    for (size_t i = 0; i < ww_shape_size(&call->in_shape[0]); i++)
        call->grad_in[0][i] = call->grad_out[0];
    return WW_OK;
}

const ww_op toy_sum = {.item = {.name = "toy_sum"},
                       .min_in = 1,
                       .max_in = 1,
                       .infer = infer_number,
                       .forward = sum_forward,
                       .backward = sum_backward};

static ww_status stop_forward(ww_op_call *call)
{
    memmove(call->out, call->in[0], size(call) * sizeof(float));
    return WW_OK;
}

const ww_op toy_stop = {.item = {.name = "toy_stop"},
                        .min_in = 1,
                        .max_in = 1,
                        .infer = infer_same,
                        .forward = stop_forward,
                        .in_place = true};

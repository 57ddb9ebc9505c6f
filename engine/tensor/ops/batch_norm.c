/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batch normalisation (Ioffe & Szegedy 2015), channel by channel:
 *
 *     y = gain h + bias,    h = (x - m) r,    r = 1 / sqrt(v + epsilon)
 *
 * In training, m and v are mean and variance of the channel over the batch and its positions (M
 * numbers), and the states follow: state += momentum (now - state), with the unbiased variance
 * v M / (M - 1). Then m and v depend on x, and
 *
 *     dgain = sum dy h,    dbias = sum dy,
 *     dx = gain r (dy - (dbias + h dgain) / M)
 *
 * Otherwise m and v are the states, and dx = gain r dy. */
#include <math.h>

#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_batch_norm;

static const double EPSILON = 1e-5;

enum { X, GAIN, BIAS, MEAN, VARIANCE, N_IN };

struct batch_norm {
    double momentum; /* 0 means 0.1 */
};

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    static const char *const names[] = {"", "gain", "bias", "mean", "variance"};
    struct batch_norm *a = attr;
    a->momentum = a->momentum == 0 ? 0.1 : a->momentum;
    for (int k = GAIN; k < n_in; k++)
        WW_TRY(ww_maps_check_channels(&in[X], &in[k], names[k]));
    if (!(a->momentum > 0 && a->momentum <= 1))
        return WW_FAIL(WW_EINVAL, "momentum %g is outside 0 to 1", a->momentum);
    *out = in[X];
    return WW_OK;
}

/* Saved: m and r of each channel. */
static ww_status prepare(ww_op_call *call)
{
    call->saved_floats = 2 * (size_t)call->in_shape[X].dim[1];
    return WW_OK;
}

static void moments(const ww_maps *m, const float *x, int64_t c, double *mean, double *variance)
{
    float shift = x[c * m->s];
    double sum = 0, squares = 0;
    for (int64_t n = 0; n < m->n; n++)
        ww_sum_moments(x + (n * m->c + c) * m->s, m->s, shift, &sum, &squares);
    ww_moments(m->n * m->s, shift, sum, squares, mean, variance);
}

/* The states of a channel follow the batch. */
static void follow(ww_op_call *call, int64_t c, int64_t count, double mean, double variance)
{
    const struct batch_norm *a = call->attr;
    double unbiased = count > 1 ? variance * (double)count / (double)(count - 1) : variance;
    float *states[] = {&call->in[MEAN][c], &call->in[VARIANCE][c]};
    double now[] = {mean, unbiased};
    for (int k = 0; k < 2; k++)
        *states[k] = (float)((1 - a->momentum) * (double)*states[k] + a->momentum * now[k]);
}

static ww_status forward(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[X]);
    const float *x = call->in[X];
#pragma omp parallel for if (m.size > WW_SERIAL)
    for (int64_t c = 0; c < m.c; c++) {
        double mean = (double)call->in[MEAN][c], variance = (double)call->in[VARIANCE][c];
        if (call->mode == WW_TRAIN) {
            moments(&m, x, c, &mean, &variance);
            follow(call, c, m.n * m.s, mean, variance);
        }
        float centre = call->saved[c] = (float)mean, bias = call->in[BIAS][c];
        float rate = call->saved[m.c + c] = (float)(1 / sqrt(variance + EPSILON));
        float scale = call->in[GAIN][c] * rate;
        for (int64_t n = 0; n < m.n; n++)
            for (int64_t i = (n * m.c + c) * m.s; i < (n * m.c + c + 1) * m.s; i++)
                call->out[i] = (x[i] - centre) * scale + bias;
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[X]);
    const float *x = call->in[X], *dy = call->grad_out;
    float *dx = call->grad_in[X], *dgain = call->grad_in[GAIN], *dbias = call->grad_in[BIAS];
    double count = call->mode == WW_TRAIN ? (double)(m.n * m.s) : INFINITY;
    bool sums = dgain != NULL || dbias != NULL || call->mode == WW_TRAIN;
#pragma omp parallel for if (m.size > WW_SERIAL)
    for (int64_t c = 0; c < m.c; c++) {
        float centre = call->saved[c], rate = call->saved[m.c + c];
        double sum = 0, products = 0;
        for (int64_t n = 0; n < m.n && sums; n++)
            ww_sum_gradients(dy + (n * m.c + c) * m.s, x + (n * m.c + c) * m.s, m.s, centre, &sum,
                             &products);
        if (dgain != NULL)
            dgain[c] = (float)(products * (double)rate);
        if (dbias != NULL)
            dbias[c] = (float)sum;
        float scale = call->in[GAIN][c] * rate, level = (float)(sum / count);
        float slope = (float)(products * (double)rate * (double)rate / count);
        for (int64_t n = 0; n < m.n && dx != NULL; n++)
            for (int64_t i = (n * m.c + c) * m.s; i < (n * m.c + c + 1) * m.s; i++)
                dx[i] = scale * (dy[i] - level - (x[i] - centre) * slope);
    }
    return WW_OK;
}

/* ---- reference: two passes in double, over all elements of the channel ---- */

/* One channel: its numbers are i = channel c of every sample. */
struct channel {
    double mean, rate, variance;
};

static struct channel channel_of(const ww_op_call *call, int64_t c)
{
    ww_maps m = ww_maps_of(&call->in_shape[X]);
    double count = (double)(m.n * m.s), mean = 0, variance = 0;
    for (int64_t i = 0; i < m.size; i++)
        if (i / m.s % m.c == c)
            mean += (double)call->in[X][i] / count;
    for (int64_t i = 0; i < m.size; i++)
        if (i / m.s % m.c == c)
            variance += pow((double)call->in[X][i] - mean, 2) / count;
    if (call->mode != WW_TRAIN) {
        mean = (double)call->in[MEAN][c];
        variance = (double)call->in[VARIANCE][c];
    }
    return (struct channel){mean, 1 / sqrt(variance + EPSILON), variance};
}

static ww_status forward_reference(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[X]);
    for (int64_t c = 0; c < m.c; c++) {
        struct channel channel = channel_of(call, c);
        call->saved[c] = (float)channel.mean;
        call->saved[m.c + c] = (float)channel.rate;
        for (int64_t i = 0; i < m.size; i++)
            if (i / m.s % m.c == c)
                call->out[i] = (float)(((double)call->in[X][i] - channel.mean) * channel.rate *
                                           (double)call->in[GAIN][c] +
                                       (double)call->in[BIAS][c]);
        if (call->mode == WW_TRAIN)
            follow(call, c, m.n * m.s, channel.mean, channel.variance);
    }
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[X]);
    double count = (double)(m.n * m.s);
    for (int64_t c = 0; c < m.c; c++) {
        double mean = (double)call->saved[c], rate = (double)call->saved[m.c + c];
        double dgain = 0, dbias = 0;
        for (int64_t i = 0; i < m.size; i++)
            if (i / m.s % m.c == c) {
                dgain += (double)call->grad_out[i] * ((double)call->in[X][i] - mean) * rate;
                dbias += (double)call->grad_out[i];
            }
        for (int64_t i = 0; i < m.size && call->grad_in[X] != NULL; i++)
            if (i / m.s % m.c == c) {
                double h = ((double)call->in[X][i] - mean) * rate;
                double follows = call->mode == WW_TRAIN ? (dbias + h * dgain) / count : 0;
                call->grad_in[X][i] = (float)((double)call->in[GAIN][c] * rate *
                                              ((double)call->grad_out[i] - follows));
            }
        if (call->grad_in[GAIN] != NULL)
            call->grad_in[GAIN][c] = (float)dgain;
        if (call->grad_in[BIAS] != NULL)
            call->grad_in[BIAS][c] = (float)dbias;
    }
    return WW_OK;
}

ww_var ww_batch_norm(ww_graph *g, ww_var x, ww_var gain, ww_var bias, ww_var mean, ww_var variance,
                     double momentum)
{
    struct batch_norm attr = {momentum};
    return ww_apply(g, &ww_op_batch_norm, &attr, N_IN, (ww_var[]){x, gain, bias, mean, variance});
}

#define CASE(text, attr, c, ...)                                                                   \
    {                                                                                              \
        text, attr, N_IN, {__VA_ARGS__, {1, {c}}, {1, {c}}, {1, {c}}, {1, {c}}},                   \
            {WW_DRAW_NORMAL, WW_DRAW_NORMAL, WW_DRAW_NORMAL, WW_DRAW_NORMAL, WW_DRAW_POSITIVE}, 0  \
    }

static const struct batch_norm fast = {0.5};

static const ww_op_case cases[] = {CASE("maps", NULL, 3, {4, {WW_BATCH, 3, 5, 7}}),
                                   CASE("maps, momentum 0.5", &fast, 5, {4, {WW_BATCH, 5, 4, 4}}),
                                   CASE("one channel", NULL, 1, {4, {WW_BATCH, 1, 3, 3}}),
                                   CASE("vectors of five samples", NULL, 6, {2, {5, 6}}),
                                   CASE("sequences", NULL, 4, {3, {WW_BATCH, 4, 6}}),
                                   {NULL}};

static const ww_param params[] = {WW_REAL(struct batch_norm, momentum, 0.1, 0, 1, "",
                                          "share by which the states follow a batch", ""),
                                  WW_PARAM_END};

const ww_op ww_op_batch_norm = {.item = {.name = "batch_norm",
                                         .summary = "each channel normalised over the batch",
                                         .sources = "ioffe2015",
                                         .params = params,
                                         .params_size = sizeof(struct batch_norm)},
                                .attr_size = sizeof(struct batch_norm),
                                .min_in = N_IN,
                                .max_in = N_IN,
                                .infer = infer,
                                .prepare = prepare,
                                .forward = forward,
                                .backward = backward,
                                .forward_reference = forward_reference,
                                .backward_reference = backward_reference,
                                .keeps_in = WW_BIT(X) | WW_BIT(GAIN),
                                .in_place = true,
                                .linear_in = WW_BIT(GAIN) | WW_BIT(BIAS),
                                .fixed_in = WW_BIT(MEAN) | WW_BIT(VARIANCE),
                                .cases = cases};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batch normalisation as ops/batch_norm.c states it, the plain way: two passes in double over all
 * elements of a channel. */
#include <math.h>

#include "engine/tensor/backend/maps.h"
#include "engine/tensor/parts/batch_norm_inside.h"

void ww_batch_norm_follow(ww_op_call *call, int64_t c, int64_t count, double mean, double variance)
{
    if (call->again)
        return;
    const struct batch_norm *a = call->attr;
    double unbiased = count > 1 ? variance * (double)count / (double)(count - 1) : variance;
    float *states[] = {&call->in[MEAN][c], &call->in[VARIANCE][c]};
    double now[] = {mean, unbiased};
    for (int k = 0; k < 2; k++)
        *states[k] = (float)((1 - a->momentum) * (double)*states[k] + a->momentum * now[k]);
}

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

ww_status ww_batch_norm_forward_reference(ww_op_call *call)
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
                                       (double)call->in[BIAS][c] +
                                       (call->n_in > ADDED ? (double)call->in[ADDED][i] : 0));
        if (call->mode == WW_TRAIN)
            ww_batch_norm_follow(call, c, m.n * m.s, channel.mean, channel.variance);
    }
    return WW_OK;
}

ww_status ww_batch_norm_backward_reference(ww_op_call *call)
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
        for (int64_t i = 0; i < m.size && call->n_in > ADDED && call->grad_in[ADDED] != NULL; i++)
            call->grad_in[ADDED][i] = call->grad_out[i];
        if (call->grad_in[GAIN] != NULL)
            call->grad_in[GAIN][c] = (float)dgain;
        if (call->grad_in[BIAS] != NULL)
            call->grad_in[BIAS][c] = (float)dbias;
    }
    return WW_OK;
}

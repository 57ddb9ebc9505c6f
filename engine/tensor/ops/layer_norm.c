/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Layer normalisation (Ba, Kiros & Hinton 2016): each sample over all its M numbers,
 *
 *     y = gain h + bias,    h = (x - m) r,    r = 1 / sqrt(v + epsilon)
 *
 * with a gain and a bias for each of them. With e = gain dy,
 *
 *     dx = r (e - mean of e - h mean of (e h))       (means over the sample)
 *     dgain = sum dy h,    dbias = sum dy            (sums over samples)
 */
#include <math.h>
#include <stdlib.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_layer_norm;

static const double EPSILON = 1e-5;

enum { X, GAIN, BIAS, N_IN };

/* n samples of m numbers. */
struct sizes {
    int64_t n, m;
};

static struct sizes sizes_of(const ww_op_call *call)
{
    int64_t n = call->in_shape[X].dim[0];
    return (struct sizes){n, (int64_t)ww_shape_size(&call->in_shape[X]) / n};
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr;
    char x[WW_SHAPE_TEXT], other[WW_SHAPE_TEXT];
    for (int k = GAIN; k < n_in; k++) {
        bool same = in[X].rank > 1 && in[k].rank == in[X].rank - 1;
        for (int i = 1; i < in[X].rank && same; i++)
            same = in[X].dim[i] == in[k].dim[i - 1];
        if (!same)
            return WW_FAIL(WW_ESHAPE, "%s and %s: the %s must have the shape of one sample",
                           ww_shape_print(&in[X], x), ww_shape_print(&in[k], other),
                           k == GAIN ? "gain" : "bias");
    }
    *out = in[X];
    return WW_OK;
}

/* Saved: m and r of each sample. */
static ww_status prepare(ww_op_call *call)
{
    call->saved_floats = 2 * (size_t)call->in_shape[X].dim[0];
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    const float *gain = call->in[GAIN], *bias = call->in[BIAS];
#pragma omp parallel for if (s.n * s.m > WW_LIGHT)
    for (int64_t n = 0; n < s.n; n++) {
        const float *x = call->in[X] + n * s.m;
        float *y = call->out + n * s.m, shift = x[0];
        double sum[2] = {0}, mean, variance;
        ww_loops_best()->moments(&(ww_slab){1, s.m, s.m}, x, shift, sum);
        ww_moments(s.m, shift, sum[0], sum[1], &mean, &variance);
        float centre = call->saved[2 * n] = (float)mean;
        float rate = call->saved[2 * n + 1] = (float)(1 / sqrt(variance + EPSILON));
        for (int64_t i = 0; i < s.m; i++)
            y[i] = (x[i] - centre) * rate * gain[i] + bias[i];
    }
    return WW_OK;
}

/* dgain and dbias: samples are added in order, a few numbers at a time. */
static void backward_parameters(const ww_op_call *call, const struct sizes *s, float *dgain,
                                float *dbias)
{
    enum { SHARE = 512 };
#pragma omp parallel for if (s->n * s->m > WW_LIGHT)
    for (int64_t first = 0; first < s->m; first += SHARE) {
        int64_t size = s->m - first < SHARE ? s->m - first : SHARE;
        double gain[SHARE] = {0}, bias[SHARE] = {0};
        for (int64_t n = 0; n < s->n; n++) {
            const float *x = call->in[X] + n * s->m + first;
            const float *dy = call->grad_out + n * s->m + first;
            float centre = call->saved[2 * n], rate = call->saved[2 * n + 1];
            for (int64_t i = 0; i < size; i++) {
                gain[i] += (double)(dy[i] * ((x[i] - centre) * rate));
                bias[i] += (double)dy[i];
            }
        }
        for (int64_t i = 0; i < size && dgain != NULL; i++)
            dgain[first + i] = (float)gain[i];
        for (int64_t i = 0; i < size && dbias != NULL; i++)
            dbias[first + i] = (float)bias[i];
    }
}

/* Adds the sums of e = gain dy and of e (x - centre). */
static void sum_sample(const float *gain, const float *dy, const float *x, int64_t m, float centre,
                       double sum[2])
{
    enum { BLOCK = 512 };
    float e[BLOCK], d[BLOCK];
    for (int64_t first = 0; first < m; first += BLOCK) {
        int64_t n = m - first < BLOCK ? m - first : BLOCK;
        for (int64_t i = 0; i < n; i++) {
            e[i] = gain[first + i] * dy[first + i];
            d[i] = x[first + i] - centre;
        }
        sum[0] += ww_sum(e, n);
        sum[1] += ww_sum_products(e, d, n);
    }
}

static ww_status backward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    const float *gain = call->in[GAIN];
    if (call->grad_in[GAIN] != NULL || call->grad_in[BIAS] != NULL)
        backward_parameters(call, &s, call->grad_in[GAIN], call->grad_in[BIAS]);
    if (call->grad_in[X] == NULL)
        return WW_OK;
#pragma omp parallel for if (s.n * s.m > WW_LIGHT)
    for (int64_t n = 0; n < s.n; n++) {
        const float *x = call->in[X] + n * s.m, *dy = call->grad_out + n * s.m;
        float *dx = call->grad_in[X] + n * s.m;
        float centre = call->saved[2 * n], rate = call->saved[2 * n + 1];
        double sum[2] = {0};
        sum_sample(gain, dy, x, s.m, centre, sum);
        float offset = (float)(sum[0] / (double)s.m);
        float tilt = (float)(sum[1] * (double)rate * (double)rate / (double)s.m);
        for (int64_t i = 0; i < s.m; i++)
            dx[i] = rate * (gain[i] * dy[i] - offset - (x[i] - centre) * tilt);
    }
    return WW_OK;
}

/* ---- reference: two passes in double ---- */

static void moments(const ww_op_call *call, const struct sizes *s, int64_t n, double *mean,
                    double *rate)
{
    const float *x = call->in[X] + n * s->m;
    double variance = 0;
    *mean = 0;
    for (int64_t i = 0; i < s->m; i++)
        *mean += (double)x[i] / (double)s->m;
    for (int64_t i = 0; i < s->m; i++)
        variance += pow((double)x[i] - *mean, 2) / (double)s->m;
    *rate = 1 / sqrt(variance + EPSILON);
}

static ww_status forward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    for (int64_t n = 0; n < s.n; n++) {
        double mean, rate;
        moments(call, &s, n, &mean, &rate);
        for (int64_t i = 0; i < s.m; i++)
            call->out[n * s.m + i] = (float)(((double)call->in[X][n * s.m + i] - mean) * rate *
                                                 (double)call->in[GAIN][i] +
                                             (double)call->in[BIAS][i]);
    }
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    double *dgain = calloc((size_t)(2 * s.m), sizeof *dgain), *dbias = dgain + s.m;
    if (dgain == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a normalisation");
    for (int64_t n = 0; n < s.n; n++) {
        double mean, rate;
        moments(call, &s, n, &mean, &rate);
        for (int64_t i = 0; i < s.m; i++) {
            double dy = (double)call->grad_out[n * s.m + i];
            dgain[i] += dy * ((double)call->in[X][n * s.m + i] - mean) * rate;
            dbias[i] += dy;
        }
    }
    for (int64_t i = 0; i < s.m && call->grad_in[GAIN] != NULL; i++)
        call->grad_in[GAIN][i] = (float)dgain[i];
    for (int64_t i = 0; i < s.m && call->grad_in[BIAS] != NULL; i++)
        call->grad_in[BIAS][i] = (float)dbias[i];
    free(dgain);
    for (int64_t n = 0; n < s.n && call->grad_in[X] != NULL; n++) {
        double mean, rate, mean_e = 0, mean_eh = 0;
        moments(call, &s, n, &mean, &rate);
        for (int64_t i = 0; i < s.m; i++) {
            double e = (double)call->in[GAIN][i] * (double)call->grad_out[n * s.m + i];
            mean_e += e / (double)s.m;
            mean_eh += e * ((double)call->in[X][n * s.m + i] - mean) * rate / (double)s.m;
        }
        for (int64_t i = 0; i < s.m; i++) {
            double e = (double)call->in[GAIN][i] * (double)call->grad_out[n * s.m + i];
            double h = ((double)call->in[X][n * s.m + i] - mean) * rate;
            call->grad_in[X][n * s.m + i] = (float)(rate * (e - mean_e - h * mean_eh));
        }
    }
    return WW_OK;
}

ww_var ww_layer_norm(ww_graph *g, ww_var x, ww_var gain, ww_var bias)
{
    return ww_apply(g, &ww_op_layer_norm, NULL, N_IN, (ww_var[]){x, gain, bias});
}

static const ww_op_case cases[] = {
    {"vectors", NULL, N_IN, {{2, {WW_BATCH, 13}}, {1, {13}}, {1, {13}}}, {0}, 0},
    {"vectors wider than a share",
     NULL,
     N_IN,
     {{2, {WW_BATCH, 2100}}, {1, {2100}}, {1, {2100}}},
     {0},
     0},
    {"maps", NULL, N_IN, {{4, {WW_BATCH, 3, 5, 4}}, {3, {3, 5, 4}}, {3, {3, 5, 4}}}, {0}, 0},
    {NULL}};

const ww_op ww_op_layer_norm = {.item = {.name = "layer_norm",
                                         .summary = "each sample normalised over all its numbers",
                                         .sources = "ba2016"},
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
                                .cases = cases};

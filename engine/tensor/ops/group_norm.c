/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Group normalisation (Wu & He 2018): of each sample, `groups` groups of neighbouring channels,
 * normalised over channels and positions (M numbers):
 *
 *     y = gain h + bias,    h = (x - m) r,    r = 1 / sqrt(v + epsilon)
 *
 * with gain and bias per channel. With e = gain dy,
 *
 *     dx = r (e - mean of e - h mean of (e h)),    dgain = sum dy h,    dbias = sum dy
 *
 * where the means run over the group, the sums over samples and positions. One group per channel
 * is instance normalisation (Ulyanov, Vedaldi & Lempitsky 2016). */
#include <math.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_group_norm;

static const double EPSILON = 1e-5;

enum { X, GAIN, BIAS, N_IN };

struct group_norm {
    int groups; /* 0 means one per channel */
};

/* `lots` groups in the batch, each of `per` channels and `count` numbers. */
struct sizes {
    ww_maps m;
    int64_t groups, lots, per, count;
};

static struct sizes sizes_of(const ww_op_call *call)
{
    struct sizes s = {.m = ww_maps_of(&call->in_shape[X])};
    s.groups = ((const struct group_norm *)call->attr)->groups;
    s.per = s.m.c / s.groups;
    s.lots = s.m.n * s.groups;
    s.count = s.per * s.m.s;
    return s;
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)n_in;
    struct group_norm *a = attr;
    char x[WW_SHAPE_TEXT], gain[WW_SHAPE_TEXT];
    WW_TRY(ww_maps_check_channels(&in[X], &in[GAIN], "gain"));
    WW_TRY(ww_maps_check_channels(&in[X], &in[BIAS], "bias"));
    a->groups = a->groups == 0 ? (int)in[X].dim[1] : a->groups;
    if (a->groups < 1 || in[X].dim[1] % a->groups != 0)
        return WW_FAIL(WW_ESHAPE, "%s and %s: the channels do not divide into %d groups",
                       ww_shape_print(&in[X], x), ww_shape_print(&in[GAIN], gain), a->groups);
    *out = in[X];
    return WW_OK;
}

/* Saved: m and r of each group. Scratch: of each channel of each sample, its shares of the sums
 * over dy and dy h. */
static ww_status prepare(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    call->saved_floats = 2 * (size_t)s.lots;
    call->scratch_floats = 2 * sizeof(double) / sizeof(float) * (size_t)(s.m.n * s.m.c);
    return WW_OK;
}

/* Channel k of a lot, with what was saved of the lot. */
static ww_scaling scaling_of(const struct sizes *s, const ww_op_call *call, int64_t lot, int64_t k)
{
    int64_t c = lot % s->groups * s->per + k;
    return (ww_scaling){.centre = call->saved[2 * lot],
                        .scale = call->in[GAIN][c] * call->saved[2 * lot + 1],
                        .bias = call->in[BIAS][c],
                        .rectify = call->rectify};
}

static ww_slab row_of(int64_t n)
{
    return (ww_slab){.rows = 1, .step = n, .n = n};
}

static ww_status forward(ww_op_call *call)
{
    const struct sizes s = sizes_of(call);
    const ww_slab all = row_of(s.count), row = row_of(s.m.s);
#pragma omp parallel for if (s.m.size > WW_LIGHT)
    for (int64_t lot = 0; lot < s.lots; lot++) {
        const float *x = call->in[X] + lot * s.count;
        float *y = call->out + lot * s.count, shift = x[0];
        double sum[2] = {0}, mean, variance;
        ww_loops_best()->moments(&all, x, shift, sum);
        ww_moments(s.count, shift, sum[0], sum[1], &mean, &variance);
        call->saved[2 * lot] = (float)mean;
        call->saved[2 * lot + 1] = (float)(1 / sqrt(variance + EPSILON));
        for (int64_t k = 0; k < s.per; k++) {
            ww_scaling scaling = scaling_of(&s, call, lot, k);
            ww_loops_best()->scale(&row, &scaling, x + k * s.m.s, NULL, y + k * s.m.s);
        }
    }
    return WW_OK;
}

/* The sums of one lot's channels, and its dx. */
static void backward_lot(const struct sizes *s, const ww_op_call *call, int64_t lot, double *sums)
{
    const float *x = call->in[X] + lot * s->count, *dy = call->grad_out + lot * s->count;
    const float *gain = call->in[GAIN] + lot % s->groups * s->per;
    const ww_slab row = row_of(s->m.s);
    double rate = (double)call->saved[2 * lot + 1], level = 0, slope = 0;
    for (int64_t k = 0; k < s->per; k++) {
        ww_scaling scaling = scaling_of(s, call, lot, k);
        double *sum = sums + 2 * (lot * s->per + k);
        sum[0] = sum[1] = 0;
        ww_loops_best()->scale_sums(&row, &scaling, x + k * s->m.s, dy + k * s->m.s, NULL, NULL,
                                    sum);
        sum[1] *= rate;
        level += (double)gain[k] * sum[0] / (double)s->count;
        slope += (double)gain[k] * sum[1] / (double)s->count;
    }
    float *dx = call->grad_in[X] + lot * s->count;
    for (int64_t k = 0; k < s->per && call->grad_in[X] != NULL; k++) {
        ww_scaling scaling = scaling_of(s, call, lot, k);
        scaling.level = (float)(rate * level);
        scaling.slope = (float)(rate * rate * slope);
        ww_loops_best()->scale_back(&row, &scaling, x + k * s->m.s, dy + k * s->m.s, NULL,
                                    dx + k * s->m.s);
    }
}

static ww_status backward(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    double *sums = (double *)(void *)call->scratch;
#pragma omp parallel for if (s.m.size > WW_LIGHT)
    for (int64_t lot = 0; lot < s.lots; lot++)
        backward_lot(&s, call, lot, sums);
    for (int64_t c = 0; c < s.m.c; c++) {
        double dbias = 0, dgain = 0;
        for (int64_t n = 0; n < s.m.n; n++) {
            dbias += sums[2 * (n * s.m.c + c)];
            dgain += sums[2 * (n * s.m.c + c) + 1];
        }
        if (call->grad_in[GAIN] != NULL)
            call->grad_in[GAIN][c] = (float)dgain;
        if (call->grad_in[BIAS] != NULL)
            call->grad_in[BIAS][c] = (float)dbias;
    }
    return WW_OK;
}

/* ---- reference: two passes in double ---- */

static void moments(const struct sizes *s, const ww_op_call *call, int64_t lot, double *mean,
                    double *rate)
{
    const float *x = call->in[X] + lot * s->count;
    double variance = 0;
    *mean = 0;
    for (int64_t i = 0; i < s->count; i++)
        *mean += (double)x[i] / (double)s->count;
    for (int64_t i = 0; i < s->count; i++)
        variance += pow((double)x[i] - *mean, 2) / (double)s->count;
    *rate = 1 / sqrt(variance + EPSILON);
}

static ww_status forward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    for (int64_t lot = 0; lot < s.lots; lot++) {
        double mean, rate;
        moments(&s, call, lot, &mean, &rate);
        for (int64_t i = lot * s.count; i < (lot + 1) * s.count; i++) {
            int64_t c = i / s.m.s % s.m.c;
            call->out[i] =
                (float)(((double)call->in[X][i] - mean) * rate * (double)call->in[GAIN][c] +
                        (double)call->in[BIAS][c]);
        }
    }
    return WW_OK;
}

static void backward_reference_lot(const struct sizes *s, const ww_op_call *call, int64_t lot,
                                   double *dgain, double *dbias)
{
    double mean, rate, mean_e = 0, mean_eh = 0, count = (double)s->count;
    moments(s, call, lot, &mean, &rate);
    for (int64_t i = lot * s->count; i < (lot + 1) * s->count; i++) {
        int64_t c = i / s->m.s % s->m.c;
        double dy = (double)call->grad_out[i], h = ((double)call->in[X][i] - mean) * rate;
        mean_e += (double)call->in[GAIN][c] * dy / count;
        mean_eh += (double)call->in[GAIN][c] * dy * h / count;
        dgain[c] += dy * h;
        dbias[c] += dy;
    }
    for (int64_t i = lot * s->count; i < (lot + 1) * s->count && call->grad_in[X] != NULL; i++) {
        double h = ((double)call->in[X][i] - mean) * rate;
        double e = (double)call->in[GAIN][i / s->m.s % s->m.c] * (double)call->grad_out[i];
        call->grad_in[X][i] = (float)(rate * (e - mean_e - h * mean_eh));
    }
}

static ww_status backward_reference(ww_op_call *call)
{
    struct sizes s = sizes_of(call);
    double *dgain = (double *)(void *)call->scratch, *dbias = dgain + s.m.c;
    for (int64_t c = 0; c < s.m.c; c++)
        dgain[c] = dbias[c] = 0;
    for (int64_t lot = 0; lot < s.lots; lot++)
        backward_reference_lot(&s, call, lot, dgain, dbias);
    for (int64_t c = 0; c < s.m.c; c++) {
        if (call->grad_in[GAIN] != NULL)
            call->grad_in[GAIN][c] = (float)dgain[c];
        if (call->grad_in[BIAS] != NULL)
            call->grad_in[BIAS][c] = (float)dbias[c];
    }
    return WW_OK;
}

ww_var ww_group_norm(ww_graph *g, ww_var x, ww_var gain, ww_var bias, int groups)
{
    struct group_norm attr = {groups};
    return ww_apply(g, &ww_op_group_norm, &attr, N_IN, (ww_var[]){x, gain, bias});
}

ww_var ww_instance_norm(ww_graph *g, ww_var x, ww_var gain, ww_var bias)
{
    return ww_group_norm(g, x, gain, bias, 0);
}

static const struct group_norm one = {1}, two = {2}, all = {0};

static const ww_op_case cases[] = {
    {"two groups", &two, N_IN, {{4, {WW_BATCH, 6, 3, 5}}, {1, {6}}, {1, {6}}}, {0}, 0},
    {"one group", &one, N_IN, {{4, {WW_BATCH, 5, 21, 21}}, {1, {5}}, {1, {5}}}, {0}, 0},
    {"a group per channel", &all, N_IN, {{4, {WW_BATCH, 3, 5, 7}}, {1, {3}}, {1, {3}}}, {0}, 0},
    {"vectors", &two, N_IN, {{2, {WW_BATCH, 12}}, {1, {12}}, {1, {12}}}, {0}, 0},
    {NULL}};

static const ww_param params[] = {WW_INT(struct group_norm, groups, 0, 0, 1 << 30, "",
                                         "groups of channels; 0: one for each channel", "wu2018"),
                                  WW_PARAM_END};

const ww_op ww_op_group_norm = {.item = {.name = "group_norm",
                                         .summary = "groups of channels of each sample normalised",
                                         .sources = "wu2018 ulyanov2016",
                                         .params = params,
                                         .params_size = sizeof(struct group_norm)},
                                .attr_size = sizeof(struct group_norm),
                                .min_in = N_IN,
                                .max_in = N_IN,
                                .infer = infer,
                                .prepare = prepare,
                                .forward = forward,
                                .backward = backward,
                                .forward_reference = forward_reference,
                                .backward_reference = backward_reference,
                                .keeps_in = WW_BIT(X) | WW_BIT(GAIN) | WW_BIT(BIAS),
                                .rectifies = WW_RECTIFIES,
                                .in_place = true,
                                .linear_in = WW_BIT(GAIN) | WW_BIT(BIAS),
                                .cases = cases};

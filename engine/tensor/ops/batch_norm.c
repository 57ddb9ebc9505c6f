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
 * Otherwise m and v are the states, and dx = gain r dy.
 *
 * A sixth input, of the shape of x, is added to y: residual blocks (He et al. 2016) add what goes
 * round their filters to what has come through them, and in one loop with the normalisation (and
 * the rectification after it) that costs no walk through the maps. The compiler puts it there. */
#include <math.h>

#include "engine/base/shares.h"
#include "engine/base/threads.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_batch_norm;

static const double EPSILON = 1e-5;

enum { X, GAIN, BIAS, MEAN, VARIANCE, N_IN, ADDED = N_IN };

struct batch_norm {
    double momentum; /* 0 means 0.1 */
};

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    static const char *const names[] = {"", "gain", "bias", "mean", "variance"};
    struct batch_norm *a = attr;
    a->momentum = a->momentum == 0 ? 0.1 : a->momentum;
    char x[WW_SHAPE_TEXT], added[WW_SHAPE_TEXT];
    for (int k = GAIN; k < N_IN; k++)
        WW_TRY(ww_maps_check_channels(&in[X], &in[k], names[k]));
    if (!(a->momentum > 0 && a->momentum <= 1))
        return WW_FAIL(WW_EINVAL, "momentum %g is outside 0 to 1", a->momentum);
    if (n_in > ADDED && !ww_shape_equal(&in[X], &in[ADDED]))
        return WW_FAIL(WW_ESHAPE, "%s and %s: what is added must have the shape of the maps",
                       ww_shape_print(&in[X], x), ww_shape_print(&in[ADDED], added));
    *out = in[X];
    return WW_OK;
}

/* How the work is cut, by shapes alone: a piece is one channel in a block of samples, and pieces
 * follow each other as they lie in memory. */
enum { PIECE_FLOATS = 64, RUN = 64, RUNS = 16 }; /* pieces of a run are worked on as they lie */

struct cut {
    ww_maps m;
    int64_t samples, pieces; /* of a block; in all */
    int64_t run;             /* pieces of a run */
};

static struct cut cut_of(const ww_op_call *call)
{
    struct cut cut = {.m = ww_maps_of(&call->in_shape[X])};
    cut.samples = (PIECE_FLOATS + cut.m.s - 1) / cut.m.s;
    cut.pieces = (cut.m.n + cut.samples - 1) / cut.samples * cut.m.c;
    cut.run = cut.pieces > RUN * RUNS ? RUN : cut.pieces / RUNS + 1;
    return cut;
}

/* Saved: m and r of each channel. Scratch: two sums of each piece. */
static ww_status prepare(ww_op_call *call)
{
    struct cut cut = cut_of(call);
    call->saved_floats = 2 * (size_t)cut.m.c;
    call->scratch_floats = 2 * sizeof(double) / sizeof(float) * (size_t)cut.pieces;
    return WW_OK;
}

static double *sums_of(const ww_op_call *call, int64_t piece)
{
    return (double *)(void *)call->scratch + 2 * piece;
}

/* The sums of a channel over its pieces, in order, replace those of the first. */
static const double *total(const ww_op_call *call, const struct cut *cut, int64_t c)
{
    double *sum = sums_of(call, c);
    for (int64_t piece = c + cut->m.c; piece < cut->pieces; piece += cut->m.c)
        for (int k = 0; k < 2; k++)
            sum[k] += sums_of(call, piece)[k];
    return sum;
}

/* The rows of a channel in a block of samples, and where they begin. */
struct piece {
    int64_t i, c, at;
    ww_slab slab;
};

static struct piece piece_of(const struct cut *cut, int64_t i)
{
    const ww_maps *m = &cut->m;
    int64_t first = i / m->c * cut->samples, c = i % m->c, left = m->n - first;
    return (struct piece){
        i,
        c,
        (first * m->c + c) * m->s,
        {.rows = left < cut->samples ? left : cut->samples, .step = m->c * m->s, .n = m->s}};
}

static ww_scaling scaling_of(const ww_op_call *call, const struct cut *cut, int64_t c)
{
    return (ww_scaling){.centre = call->saved[c],
                        .scale = call->in[GAIN][c] * call->saved[cut->m.c + c],
                        .bias = call->in[BIAS][c],
                        .rectify = call->rectify};
}

typedef void piece_work(const ww_op_call *call, const struct cut *cut, const struct piece *piece);
typedef void channel_work(ww_op_call *call, const struct cut *cut, int64_t c);

static void work_on(const ww_op_call *call, const struct cut *cut, int64_t begin, int64_t end,
                    piece_work *work)
{
    struct piece piece = piece_of(cut, begin);
    while (piece.i < end) {
        work(call, cut, &piece);
        piece.i++, piece.c++, piece.at += cut->m.s;
        if (piece.c == cut->m.c && piece.i < end) /* only now: divisions are slow */
            piece = piece_of(cut, piece.i);
    }
}

static void work_run(const ww_op_call *call, const struct cut *cut, int64_t run, piece_work *work)
{
    int64_t begin = run * cut->run, end = begin + cut->run;
    work_on(call, cut, begin, end < cut->pieces ? end : cut->pieces, work);
}

/* Sums each piece, finishes each channel, and applies what comes out to the pieces: from the last
 * to the first, since the last are still near. */
static void each(ww_op_call *call, piece_work *sum, channel_work *finish, piece_work *apply)
{
    const struct cut cut = cut_of(call);
    if (cut.m.size <= WW_LIGHT) {
        work_on(call, &cut, 0, cut.pieces, sum);
        for (int64_t c = 0; c < cut.m.c; c++)
            finish(call, &cut, c);
        work_on(call, &cut, 0, cut.pieces, apply);
        return;
    }
    ww_shares sums, pieces;
    int64_t runs = (cut.pieces + cut.run - 1) / cut.run;
    ww_shares_begin(&sums, runs, ww_threads(), false);
    ww_shares_begin(&pieces, runs, ww_threads(), true);
#pragma omp parallel
    {
        for (int64_t run; (run = ww_shares_next(&sums)) >= 0;)
            work_run(call, &cut, run, sum);
#pragma omp barrier
#pragma omp for schedule(static)
        for (int64_t c = 0; c < cut.m.c; c++)
            finish(call, &cut, c);
        for (int64_t run; (run = ww_shares_next(&pieces)) >= 0;)
            work_run(call, &cut, run, apply);
    }
}

/* Sums relative to the channel's first number: a variance in one pass that loses no digits. */
static float shift_of(const ww_op_call *call, const struct cut *cut, int64_t c)
{
    return call->in[X][c * cut->m.s];
}

static void sum_forward(const ww_op_call *call, const struct cut *cut, const struct piece *piece)
{
    double *sum = sums_of(call, piece->i);
    sum[0] = sum[1] = 0;
    if (call->mode == WW_TRAIN)
        ww_loops_best()->moments(&piece->slab, call->in[X] + piece->at,
                                 shift_of(call, cut, piece->c), sum);
}

/* The states of a channel follow the batch, once a run. */
static void follow(ww_op_call *call, int64_t c, int64_t count, double mean, double variance)
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

static void finish_forward(ww_op_call *call, const struct cut *cut, int64_t c)
{
    double mean = (double)call->in[MEAN][c], variance = (double)call->in[VARIANCE][c];
    int64_t count = cut->m.n * cut->m.s;
    if (call->mode == WW_TRAIN) {
        const double *sum = total(call, cut, c);
        ww_moments(count, shift_of(call, cut, c), sum[0], sum[1], &mean, &variance);
        follow(call, c, count, mean, variance);
    }
    call->saved[c] = (float)mean;
    call->saved[cut->m.c + c] = (float)(1 / sqrt(variance + EPSILON));
}

static void apply_forward(const ww_op_call *call, const struct cut *cut, const struct piece *piece)
{
    int64_t at = piece->at;
    ww_scaling scaling = scaling_of(call, cut, piece->c);
    const float *other = call->n_in > ADDED ? call->in[ADDED] + at : NULL;
    ww_loops_best()->scale(&piece->slab, &scaling, call->in[X] + at, other, call->out + at);
}

static ww_status forward(ww_op_call *call)
{
    each(call, sum_forward, finish_forward, apply_forward);
    return WW_OK;
}

/* Where the gradient of what is added lies; that is dy as it has passed the rectification. */
static float *passed_of(const ww_op_call *call)
{
    return call->n_in > ADDED ? call->grad_in[ADDED] : NULL;
}

/* Without something added, x alone says what is rectified. */
static const float *out_of(const ww_op_call *call)
{
    return call->n_in > ADDED ? call->out : NULL;
}

static void sum_backward(const ww_op_call *call, const struct cut *cut, const struct piece *piece)
{
    int64_t at = piece->at;
    ww_scaling scaling = scaling_of(call, cut, piece->c);
    float *passed = passed_of(call);
    const float *out = out_of(call);
    double *sum = sums_of(call, piece->i);
    sum[0] = sum[1] = 0;
    if (call->grad_in[GAIN] != NULL || call->grad_in[BIAS] != NULL || call->mode == WW_TRAIN ||
        passed != NULL)
        ww_loops_best()->scale_sums(&piece->slab, &scaling, call->in[X] + at, call->grad_out + at,
                                    out != NULL ? out + at : NULL,
                                    passed != NULL ? passed + at : NULL, sum);
}

static void finish_backward(ww_op_call *call, const struct cut *cut, int64_t c)
{
    const double *sum = total(call, cut, c);
    if (call->grad_in[GAIN] != NULL)
        call->grad_in[GAIN][c] = (float)(sum[1] * (double)call->saved[cut->m.c + c]);
    if (call->grad_in[BIAS] != NULL)
        call->grad_in[BIAS][c] = (float)sum[0];
}

static void apply_backward(const ww_op_call *call, const struct cut *cut, const struct piece *piece)
{
    int64_t at = piece->at, c = piece->c;
    ww_scaling scaling = scaling_of(call, cut, c);
    const float *passed = passed_of(call), *out = out_of(call);
    double rate = (double)call->saved[cut->m.c + c];
    const double *sum = sums_of(call, c);
    if (call->grad_in[X] == NULL)
        return;
    if (call->mode == WW_TRAIN) {
        double share = (double)scaling.scale / (double)(cut->m.n * cut->m.s);
        scaling.level = (float)(share * sum[0]);
        scaling.slope = (float)(share * sum[1] * rate * rate);
    }
    scaling.rectify = scaling.rectify && passed == NULL;
    ww_loops_best()->scale_back(&piece->slab, &scaling, call->in[X] + at,
                                passed != NULL ? passed + at : call->grad_out + at,
                                out != NULL ? out + at : NULL, call->grad_in[X] + at);
}

static ww_status backward(ww_op_call *call)
{
    each(call, sum_backward, finish_backward, apply_backward);
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
                                       (double)call->in[BIAS][c] +
                                       (call->n_in > ADDED ? (double)call->in[ADDED][i] : 0));
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
        for (int64_t i = 0; i < m.size && passed_of(call) != NULL; i++)
            passed_of(call)[i] = call->grad_out[i];
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

#define CASE_ADDED(text, c, ...)                                                                   \
    {                                                                                              \
        text, NULL, N_IN + 1, {__VA_ARGS__, {1, {c}}, {1, {c}}, {1, {c}}, {1, {c}}, __VA_ARGS__},  \
            {WW_DRAW_NORMAL, WW_DRAW_NORMAL,   WW_DRAW_NORMAL,                                     \
             WW_DRAW_NORMAL, WW_DRAW_POSITIVE, WW_DRAW_NORMAL},                                    \
            0                                                                                      \
    }

static const struct batch_norm fast = {0.5};

static const ww_op_case cases[] = {CASE("maps", NULL, 3, {4, {WW_BATCH, 3, 5, 7}}),
                                   CASE("maps, momentum 0.5", &fast, 5, {4, {WW_BATCH, 5, 4, 4}}),
                                   CASE("one channel", NULL, 1, {4, {WW_BATCH, 1, 3, 3}}),
                                   CASE("few channels", NULL, 3, {4, {WW_BATCH, 3, 27, 27}}),
                                   CASE("many channels", NULL, 17, {4, {WW_BATCH, 17, 12, 11}}),
                                   CASE("vectors of five samples", NULL, 6, {2, {5, 6}}),
                                   CASE("sequences", NULL, 4, {3, {WW_BATCH, 4, 6}}),
                                   CASE_ADDED("added", 3, {4, {WW_BATCH, 3, 5, 7}}),
                                   CASE_ADDED("added, large", 2, {4, {WW_BATCH, 2, 33, 31}}),
                                   CASE_ADDED("added, vectors", 7, {2, {WW_BATCH, 7}}),
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
                                .max_in = N_IN + 1,
                                .infer = infer,
                                .prepare = prepare,
                                .forward = forward,
                                .backward = backward,
                                .forward_reference = forward_reference,
                                .backward_reference = backward_reference,
                                .keeps_in = WW_BIT(X) | WW_BIT(GAIN) | WW_BIT(BIAS),
                                .rectifies = WW_RECTIFIES_SUM_KEEPS_OUT,
                                .in_place = true,
                                .adds = true,
                                .linear_in = WW_BIT(GAIN) | WW_BIT(BIAS) | WW_BIT(ADDED),
                                .fixed_in = WW_BIT(MEAN) | WW_BIT(VARIANCE),
                                .cases = cases};

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
#include <string.h>

#include "engine/base/shares.h"
#include "engine/base/threads.h"
#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/backend/pieces.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/parts/batch_norm_inside.h"

extern const ww_op ww_op_batch_norm;

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

static ww_pieces pieces_of(const ww_op_call *call)
{
    return ww_pieces_of(&call->in_shape[X], call->blocked != 0 ? ww_block_channels() : 1);
}

static bool blocks(const ww_op_call *call, unsigned blocked)
{
    unsigned maps = WW_BIT(X) | WW_BLOCKED_OUT | (call->n_in > ADDED ? WW_BIT(ADDED) : 0);
    return blocked == maps && ww_block_channels() > 0;
}

/* Saved: m and r of each channel. The sums of all pieces lie in scratch; those of blocks, which
 * another operator may take, are saved too. */
static ww_status prepare(ww_op_call *call)
{
    const ww_pieces p = pieces_of(call);
    size_t sums = 2 * sizeof(double) / sizeof(float) * (size_t)(p.n * p.lanes);
    call->saved_floats = 2 * (size_t)p.m.c + (call->blocked != 0 ? sums : 0);
    call->scratch_floats = call->blocked != 0 ? 0 : sums;
    return WW_OK;
}

static double *sums_of(const ww_op_call *call, const ww_pieces *p, int64_t piece)
{
    float *sums = call->blocked != 0 ? call->saved + 2 * p->m.c : call->scratch;
    return (double *)(void *)sums + 2 * p->lanes * piece;
}

static ww_scaling scaling_of(const ww_op_call *call, const ww_pieces *p, int64_t c)
{
    return (ww_scaling){.centre = call->saved[c],
                        .scale = call->in[GAIN][c] * call->saved[p->m.c + c],
                        .bias = call->in[BIAS][c],
                        .rectify = call->rectify};
}

/* What the way back needs too, from the sums of a channel over all pieces. */
static void follow_back(const ww_op_call *call, const ww_pieces *p, int64_t c, double level,
                        double slope, ww_scaling *scaling)
{
    double rate = (double)call->saved[p->m.c + c];
    if (call->mode == WW_TRAIN) {
        double share = (double)scaling->scale / (double)(p->m.n * p->m.s);
        scaling->level = (float)(share * level);
        scaling->slope = (float)(share * slope * rate * rate);
    }
}

/* Of all channels of a piece in blocks, likewise; sum: NULL on the way forward. */
static void scalings_of(const ww_op_call *call, const ww_pieces *p, int64_t c, const double *sum,
                        ww_scalings *scalings)
{
    scalings->channels = (int)p->lanes;
    scalings->rectify = call->rectify;
    for (int64_t l = 0; l < p->lanes; l++) {
        ww_scaling one = scaling_of(call, p, c + l);
        if (sum != NULL)
            follow_back(call, p, c + l, sum[l], sum[p->lanes + l], &one);
        scalings->centre[l] = one.centre, scalings->scale[l] = one.scale;
        scalings->bias[l] = one.bias, scalings->level[l] = one.level;
        scalings->slope[l] = one.slope;
    }
}

typedef void piece_work(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece);
typedef void group_work(ww_op_call *call, const ww_pieces *p, int64_t group);

static void work_on(const ww_op_call *call, const ww_pieces *p, int64_t begin, int64_t end,
                    piece_work *work)
{
    for (ww_piece piece = ww_piece_of(p, begin); piece.i < end; ww_piece_next(p, end, &piece))
        work(call, p, &piece);
}

static void work_run(const ww_op_call *call, const ww_pieces *p, int64_t run, piece_work *work)
{
    int64_t begin = run * p->run, end = begin + p->run;
    work_on(call, p, begin, end < p->n ? end : p->n, work);
}

/* Sums each piece, finishes each group of channels, and applies what comes out to the pieces: from
 * the last to the first, since the last are still near. NULL: that is done elsewhere. */
static void each(ww_op_call *call, piece_work *sum, group_work *finish, piece_work *apply)
{
    const ww_pieces p = pieces_of(call);
    if (p.m.size <= WW_LIGHT || (sum == NULL && apply == NULL)) {
        if (sum != NULL)
            work_on(call, &p, 0, p.n, sum);
        for (int64_t group = 0; group < p.groups; group++)
            finish(call, &p, group);
        if (apply != NULL)
            work_on(call, &p, 0, p.n, apply);
        return;
    }
    ww_shares sums, pieces;
    int64_t runs = (p.n + p.run - 1) / p.run;
    ww_shares_begin(&sums, runs, ww_threads(), false);
    ww_shares_begin(&pieces, runs, ww_threads(), true);
#pragma omp parallel
    {
        for (int64_t run; sum != NULL && (run = ww_shares_next(&sums)) >= 0;)
            work_run(call, &p, run, sum);
#pragma omp barrier
#pragma omp for schedule(static)
        for (int64_t group = 0; group < p.groups; group++)
            finish(call, &p, group);
        for (int64_t run; apply != NULL && (run = ww_shares_next(&pieces)) >= 0;)
            work_run(call, &p, run, apply);
    }
}

/* Sums relative to the channel's first number: a variance in one pass that loses no digits. */
static const float *shift_of(const ww_op_call *call, const ww_pieces *p, int64_t c)
{
    return call->in[X] + c * p->m.s;
}

static void sum_forward(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece)
{
    double *sum = sums_of(call, p, piece->i);
    sum[0] = sum[1] = 0;
    if (call->mode == WW_TRAIN)
        ww_loops_best()->moments(&piece->slab, call->in[X] + piece->at,
                                 *shift_of(call, p, piece->c), sum);
}

/* Of blocks, the mean of each piece and its squared deviations from that, from sums relative to its
 * own first numbers. */
static void sum_blocks_forward(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece)
{
    double *sum = sums_of(call, p, piece->i), *square = sum + p->lanes;
    const float *x = call->in[X] + piece->at;
    const double count = (double)(piece->slab.rows * p->m.s);
    memset(sum, 0, 2 * (size_t)p->lanes * sizeof *sum);
    if (call->mode != WW_TRAIN)
        return;
    ww_loops_best()->block_moments(&piece->slab, (int)p->lanes, x, x, sum);
    for (int64_t l = 0; l < p->lanes; l++) {
        square[l] -= sum[l] * sum[l] / count;
        sum[l] = (double)x[l] + sum[l] / count;
    }
}

/* Those of all pieces of a group, put together (Chan, Golub & LeVeque 1983). */
static void merge(const ww_op_call *call, const ww_pieces *p, int64_t group, int64_t l,
                  double *mean, double *variance)
{
    const double all = (double)(p->m.n * p->m.s);
    double sum = 0, square = 0;
    for (int64_t i = group, first = 0; i < p->n; i += p->groups, first += p->samples) {
        int64_t left = p->m.n - first, samples = left < p->samples ? left : p->samples;
        sum += sums_of(call, p, i)[l] * (double)(samples * p->m.s) / all;
    }
    for (int64_t i = group, first = 0; i < p->n; i += p->groups, first += p->samples) {
        int64_t left = p->m.n - first, samples = left < p->samples ? left : p->samples;
        const double *piece = sums_of(call, p, i), away = piece[l] - sum;
        square += piece[p->lanes + l] + (double)(samples * p->m.s) * away * away;
    }
    *mean = sum;
    *variance = square > 0 ? square / all : 0;
}

static void finish_channel(ww_op_call *call, const ww_pieces *p, int64_t c, double mean,
                           double variance)
{
    if (call->mode == WW_TRAIN)
        ww_batch_norm_follow(call, c, p->m.n * p->m.s, mean, variance);
    call->saved[c] = (float)mean;
    call->saved[p->m.c + c] = (float)(1 / sqrt(variance + EPSILON));
}

static void finish_forward(ww_op_call *call, const ww_pieces *p, int64_t c)
{
    double mean = (double)call->in[MEAN][c], variance = (double)call->in[VARIANCE][c];
    if (call->mode == WW_TRAIN) {
        const double *sum = ww_pieces_total(p, sums_of(call, p, 0), c);
        ww_moments(p->m.n * p->m.s, *shift_of(call, p, c), sum[0], sum[1], &mean, &variance);
    }
    finish_channel(call, p, c, mean, variance);
}

static void finish_blocks_forward(ww_op_call *call, const ww_pieces *p, int64_t group)
{
    for (int64_t l = 0; l < p->lanes; l++) {
        int64_t c = group * p->lanes + l;
        double mean = (double)call->in[MEAN][c], variance = (double)call->in[VARIANCE][c];
        if (call->mode == WW_TRAIN)
            merge(call, p, group, l, &mean, &variance);
        finish_channel(call, p, c, mean, variance);
    }
}

static const float *other_of(const ww_op_call *call, int64_t at)
{
    return call->n_in > ADDED ? call->in[ADDED] + at : NULL;
}

static void apply_forward(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece)
{
    int64_t at = piece->at;
    ww_scaling scaling = scaling_of(call, p, piece->c);
    ww_loops_best()->scale(&piece->slab, &scaling, call->in[X] + at, other_of(call, at),
                           call->out + at);
}

static void apply_blocks_forward(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece)
{
    int64_t at = piece->at;
    ww_scalings scalings;
    scalings_of(call, p, piece->c, NULL, &scalings);
    ww_loops_best()->block_scale(&piece->slab, &scalings, call->in[X] + at, other_of(call, at),
                                 call->out + at);
}

/* A part of this call, unless another operator does it. */
static piece_work *here(const ww_op_call *call, ww_op_part part, piece_work *work)
{
    return (call->elsewhere & WW_BIT(part)) != 0 ? NULL : work;
}

static ww_status forward(ww_op_call *call)
{
    if (call->blocked != 0)
        each(call, here(call, WW_PART_SUMS, sum_blocks_forward), finish_blocks_forward,
             here(call, WW_PART_REST, apply_blocks_forward));
    else
        each(call, sum_forward, finish_forward, apply_forward);
    return WW_OK;
}

/* Where the gradient of what is added lies, from `at` on; that is dy as it has passed the
 * rectification. */
static float *passed_of(const ww_op_call *call, int64_t at)
{
    return call->n_in > ADDED && call->grad_in[ADDED] != NULL ? call->grad_in[ADDED] + at : NULL;
}

/* Without something added, x alone says what is rectified. */
static const float *out_of(const ww_op_call *call, int64_t at)
{
    return call->n_in > ADDED ? call->out + at : NULL;
}

static bool wants_sums(const ww_op_call *call)
{
    return call->grad_in[GAIN] != NULL || call->grad_in[BIAS] != NULL || call->mode == WW_TRAIN ||
           passed_of(call, 0) != NULL;
}

static void sum_backward(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece)
{
    int64_t at = piece->at;
    ww_scaling scaling = scaling_of(call, p, piece->c);
    double *sum = sums_of(call, p, piece->i);
    sum[0] = sum[1] = 0;
    if (wants_sums(call))
        ww_loops_best()->scale_sums(&piece->slab, &scaling, call->in[X] + at, call->grad_out + at,
                                    out_of(call, at), passed_of(call, at), sum);
}

static void sum_blocks_backward(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece)
{
    int64_t at = piece->at;
    ww_scalings scalings;
    scalings_of(call, p, piece->c, NULL, &scalings);
    double *sum = sums_of(call, p, piece->i);
    memset(sum, 0, 2 * (size_t)p->lanes * sizeof *sum);
    if (wants_sums(call))
        ww_loops_best()->block_scale_sums(&piece->slab, &scalings, call->in[X] + at,
                                          call->grad_out + at, out_of(call, at),
                                          passed_of(call, at), sum);
}

static void finish_backward(ww_op_call *call, const ww_pieces *p, int64_t group)
{
    const double *sum = ww_pieces_total(p, sums_of(call, p, 0), group);
    for (int64_t l = 0; l < p->lanes; l++) {
        int64_t c = group * p->lanes + l;
        if (call->grad_in[GAIN] != NULL)
            call->grad_in[GAIN][c] = (float)(sum[p->lanes + l] * (double)call->saved[p->m.c + c]);
        if (call->grad_in[BIAS] != NULL)
            call->grad_in[BIAS][c] = (float)sum[l];
    }
}

/* dy as it has passed the rectification, which then is done, if that has been kept. */
static const float *gradient_of(const ww_op_call *call, int64_t at, bool *rectify)
{
    const float *passed = passed_of(call, at);
    *rectify = call->rectify && passed == NULL;
    return passed != NULL ? passed : call->grad_out + at;
}

static void apply_backward(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece)
{
    if (call->grad_in[X] == NULL)
        return;
    int64_t at = piece->at;
    const double *sum = sums_of(call, p, piece->group);
    ww_scaling scaling = scaling_of(call, p, piece->c);
    follow_back(call, p, piece->c, sum[0], sum[1], &scaling);
    const float *dy = gradient_of(call, at, &scaling.rectify);
    ww_loops_best()->scale_back(&piece->slab, &scaling, call->in[X] + at, dy, out_of(call, at),
                                call->grad_in[X] + at);
}

static void apply_blocks_backward(const ww_op_call *call, const ww_pieces *p, const ww_piece *piece)
{
    if (call->grad_in[X] == NULL)
        return;
    int64_t at = piece->at;
    ww_scalings scalings;
    scalings_of(call, p, piece->c, sums_of(call, p, piece->group), &scalings);
    const float *dy = gradient_of(call, at, &scalings.rectify);
    ww_loops_best()->block_scale_back(&piece->slab, &scalings, call->in[X] + at, dy,
                                      out_of(call, at), call->grad_in[X] + at);
}

static ww_status backward(ww_op_call *call)
{
    if (call->blocked != 0)
        each(call, here(call, WW_PART_SUMS, sum_blocks_backward), finish_backward,
             here(call, WW_PART_REST, apply_blocks_backward));
    else
        each(call, sum_backward, finish_backward, apply_backward);
    return WW_OK;
}

/* Pieces of one sample alone are done elsewhere. */
static bool parts(const ww_op_call *call)
{
    return call->blocked != 0 && pieces_of(call).samples == 1;
}

static void part(ww_op_call *call, bool backward, ww_op_part which, int64_t first, int64_t last)
{
    static piece_work *const work[2][2] = {{sum_blocks_forward, apply_blocks_forward},
                                           {sum_blocks_backward, apply_blocks_backward}};
    const ww_pieces p = pieces_of(call);
    work_on(call, &p, first * p.groups, last * p.groups, work[backward][which]);
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
                                   CASE("a block", NULL, 16, {4, {WW_BATCH, 16, 5, 6}}),
                                   CASE("two blocks", NULL, 32, {4, {WW_BATCH, 32, 3, 3}}),
                                   CASE("pixels of 70 samples", NULL, 32, {4, {70, 32, 1, 1}}),
                                   CASE_ADDED("added, a block", 16, {4, {WW_BATCH, 16, 13, 11}}),
                                   CASE_ADDED("added, two blocks", 32, {4, {WW_BATCH, 32, 5, 3}}),
                                   CASE_ADDED("added, pixels", 16, {4, {70, 16, 1, 1}}),
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
                                .forward_reference = ww_batch_norm_forward_reference,
                                .backward_reference = ww_batch_norm_backward_reference,
                                .blocks = blocks,
                                .part = part,
                                .parts = parts,
                                .keeps_in = WW_BIT(X) | WW_BIT(GAIN) | WW_BIT(BIAS),
                                .rectifies = WW_RECTIFIES_SUM_KEEPS_OUT,
                                .in_place = true,
                                .adds = true,
                                .linear_in = WW_BIT(GAIN) | WW_BIT(BIAS) | WW_BIT(ADDED),
                                .fixed_in = WW_BIT(MEAN) | WW_BIT(VARIANCE),
                                .cases = cases};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bias: y[n, c, s] = x[n, c, s] + b[c] for every position s.
 *
 *     dx = dy,    db[c] = sum over n, s of dy[n, c, s]
 */
#include "engine/tensor/ops.h"

#include <string.h>

#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/backend/pieces.h"

extern const ww_op ww_op_bias;

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    WW_TRY(ww_maps_check_channels(&in[0], &in[1], "bias"));
    *out = in[0];
    return WW_OK;
}

static bool blocks(const ww_op_call *call, unsigned blocked)
{
    (void)call;
    return blocked == (WW_BIT(0) | WW_BLOCKED_OUT) && ww_block_channels() > 0;
}

static ww_pieces pieces_of(const ww_op_call *call)
{
    return ww_pieces_of(&call->in_shape[0], ww_block_channels());
}

/* Scratch: the sum over each map of each sample; of blocks, two over each piece. */
static ww_status prepare(ww_op_call *call)
{
    const ww_maps m = ww_maps_of(&call->in_shape[0]);
    int64_t sums = m.n * m.c;
    if (call->blocked != 0) {
        const ww_pieces p = pieces_of(call);
        sums = 2 * p.n * p.lanes;
    }
    call->scratch_floats = sizeof(double) / sizeof(float) * (size_t)sums;
    return WW_OK;
}

/* Vectors: y and x of one sample. */
static void forward_vector(const ww_op_call *call, int64_t c, const float *x, float *y)
{
    const float *bias = call->in[1];
#pragma omp simd
    for (int64_t i = 0; i < c; i++) {
        const float t = x[i] + bias[i];
        y[i] = call->rectify && t <= 0 ? 0 : t;
    }
}

/* ---- in blocks of channels: as a normalisation with a mean of 0 and a variance of 1 ---- */

static ww_scalings scalings_of(const ww_op_call *call, const ww_pieces *p, int64_t c)
{
    ww_scalings s = {.channels = (int)p->lanes, .rectify = call->rectify};
    for (int64_t l = 0; l < p->lanes; l++)
        s.scale[l] = 1, s.bias[l] = call->in[1][c + l];
    return s;
}

static ww_status forward_blocks(ww_op_call *call)
{
    const ww_pieces p = pieces_of(call);
#pragma omp parallel for schedule(static) if (p.m.size > WW_LIGHT)
    for (int64_t i = 0; i < p.n; i++) {
        const ww_piece piece = ww_piece_of(&p, i);
        const ww_scalings s = scalings_of(call, &p, piece.c);
        ww_loops_best()->block_scale(&piece.slab, &s, call->in[0] + piece.at, NULL,
                                     call->out + piece.at);
    }
    return WW_OK;
}

/* The second sums, of dy times anything, are not read. */
static ww_status backward_blocks(ww_op_call *call)
{
    const ww_pieces p = pieces_of(call);
    const float *dy = call->grad_out, *y = call->rectify ? call->out : dy;
    float *dx = call->grad_in[0] == dy && !call->rectify ? NULL : call->grad_in[0];
    double *sums = (double *)(void *)call->scratch;
    const ww_scalings s = {.channels = (int)p.lanes, .rectify = call->rectify};
#pragma omp parallel for schedule(static) if (p.m.size > WW_LIGHT)
    for (int64_t i = 0; i < p.n; i++) {
        const ww_piece piece = ww_piece_of(&p, i);
        double *sum = sums + 2 * p.lanes * i;
        memset(sum, 0, 2 * (size_t)p.lanes * sizeof *sum);
        ww_loops_best()->block_scale_sums(&piece.slab, &s, y + piece.at, dy + piece.at,
                                          y + piece.at, dx != NULL ? dx + piece.at : NULL, sum);
    }
    for (int64_t group = 0; group < (call->grad_in[1] != NULL ? p.groups : 0); group++) {
        const double *sum = ww_pieces_total(&p, sums, group);
        for (int64_t l = 0; l < p.lanes; l++)
            call->grad_in[1][group * p.lanes + l] = (float)sum[l];
    }
    return WW_OK;
}

/* ---- as they are ---- */

static ww_status forward(ww_op_call *call)
{
    const ww_maps m = ww_maps_of(&call->in_shape[0]);
    if (call->blocked != 0)
        return forward_blocks(call);
    const ww_slab map = {1, m.s, m.s};
    const int64_t rows = m.s == 1 ? m.n : m.n * m.c, step = m.size / rows;
#pragma omp parallel for if (m.size > WW_LIGHT)
    for (int64_t i = 0; i < rows; i++) {
        const float *x = call->in[0] + i * step;
        float *y = call->out + i * step;
        if (m.s == 1)
            forward_vector(call, m.c, x, y);
        else
            ww_loops_best()->add_number(&map, call->in[1][i % m.c], call->rectify, x, y);
    }
    return WW_OK;
}

enum { SHARE = 64 };

/* Vectors: channels first .. end-1 of all samples. */
static void backward_vectors(const ww_op_call *call, const ww_maps *m, int64_t first, int64_t end)
{
    float *dx = call->grad_in[0], *db = call->grad_in[1];
    double sum[SHARE] = {0};
    for (int64_t n = 0; n < m->n; n++)
        for (int64_t c = first; c < end; c++) {
            const int64_t i = n * m->c + c;
            const float d = !call->rectify || call->out[i] > 0 ? call->grad_out[i] : 0;
            sum[c - first] += (double)d;
            if (dx != NULL)
                dx[i] = d;
        }
    for (int64_t c = first; c < end && db != NULL; c++)
        db[c] = (float)sum[c - first];
}

static void backward_maps(const ww_op_call *call, const ww_maps *m)
{
    const ww_slab map = {1, m->s, m->s};
    const float *dy = call->grad_out, *y = call->rectify ? call->out : NULL;
    float *dx = call->grad_in[0] == dy && y == NULL ? NULL : call->grad_in[0];
    float *db = call->grad_in[1];
    double *sums = (double *)(void *)call->scratch;
#pragma omp parallel if (m->size > WW_LIGHT)
    {
#pragma omp for
        for (int64_t i = 0; i < m->n * m->c; i++)
            sums[i] = ww_loops_best()->sum(&map, dy + i * m->s, y ? y + i * m->s : NULL,
                                           dx ? dx + i * m->s : NULL);
#pragma omp for
        for (int64_t c = 0; c < (db != NULL ? m->c : 0); c++) {
            double sum = 0;
            for (int64_t n = 0; n < m->n; n++)
                sum += sums[n * m->c + c];
            db[c] = (float)sum;
        }
    }
}

/* With the rectification, dy counts where the output is above 0. */
static ww_status backward(ww_op_call *call)
{
    const ww_maps m = ww_maps_of(&call->in_shape[0]);
    float *dx = call->grad_in[0];
    if (call->grad_in[1] == NULL && !call->rectify) {
        if (dx != NULL && dx != call->grad_out)
            memcpy(dx, call->grad_out, (size_t)m.size * sizeof *dx);
    } else if (call->blocked != 0) {
        return backward_blocks(call);
    } else if (m.s > 1) {
        backward_maps(call, &m);
    } else {
#pragma omp parallel for if (m.size > WW_LIGHT)
        for (int64_t c = 0; c < m.c; c += SHARE)
            backward_vectors(call, &m, c, c + SHARE < m.c ? c + SHARE : m.c);
    }
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
    {"maps, many", NULL, 2, {{4, {WW_BATCH, 16, 12, 11}}, {1, {16}}}, {0}, 0},
    {"maps, a block", NULL, 2, {{4, {WW_BATCH, 16, 5, 6}}, {1, {16}}}, {0}, 0},
    {"maps, two blocks", NULL, 2, {{4, {WW_BATCH, 32, 12, 11}}, {1, {32}}}, {0}, 0},
    {"maps, pixels of 70 samples", NULL, 2, {{4, {70, 32, 1, 1}}, {1, {32}}}, {0}, 0},
    {"vectors", NULL, 2, {{2, {WW_BATCH, 11}}, {1, {11}}}, {0}, 0},
    {"vectors, many", NULL, 2, {{2, {WW_BATCH, 2100}}, {1, {2100}}}, {0}, 0},
    {"one channel", NULL, 2, {{4, {WW_BATCH, 1, 2, 2}}, {1, {1}}}, {0}, 0},
    {0}};

const ww_op ww_op_bias = {.item = {.name = "bias", .summary = "adds a number to each channel"},
                          .min_in = 2,
                          .max_in = 2,
                          .infer = infer,
                          .prepare = prepare,
                          .forward = forward,
                          .backward = backward,
                          .forward_reference = forward_reference,
                          .backward_reference = backward_reference,
                          .blocks = blocks,
                          .in_place = true,
                          .rectifies = WW_RECTIFIES_KEEPS_OUT,
                          .linear_in = WW_BIT(0) | WW_BIT(1),
                          .cases = cases};

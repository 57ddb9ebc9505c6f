/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Each whole map pooled to one number: maximum, average, or softmax-weighted average with beta = 1;
 * the equations stand in pool.c. For backward, the maximum saves the number of the pixel that won,
 * the softmax dy/dx of every pixel. */
#include <math.h>
#include <string.h>

#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/parts/exponential.h"

extern const ww_op ww_op_global_pool;

struct global_pool {
    int kind; /* ww_pool_kind */
};

static int kind_of(const ww_op_call *call)
{
    return ((const struct global_pool *)call->attr)->kind;
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    WW_TRY(ww_maps_check(&in[0], "the map"));
    *out = WW_SHAPE(in[0].dim[0], in[0].dim[1]);
    return WW_OK;
}

static ww_status prepare(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    if (call->mode != WW_INFER && kind_of(call) == WW_POOL_MAX)
        call->saved_floats = (size_t)(m.n * m.c);
    if (call->mode != WW_INFER && kind_of(call) == WW_POOL_SOFTMAX)
        call->saved_floats = (size_t)m.size;
    return WW_OK;
}

/* The pixel that won in each map. */
static int32_t *winners_of(const ww_op_call *call)
{
    return (int32_t *)(void *)call->saved;
}

enum { BLOCK = 64 };

static float largest(const float *x, int64_t n)
{
    float lane[8], top = x[0];
    for (int j = 0; j < 8; j++)
        lane[j] = x[0];
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            lane[j] = x[i + j] > lane[j] ? x[i + j] : lane[j];
    for (; i < n; i++)
        top = x[i] > top ? x[i] : top;
    for (int j = 0; j < 8; j++)
        top = lane[j] > top ? lane[j] : top;
    return top;
}

/* The first pixel that is the largest; the first of all if that is not a number. */
static int64_t winner(const float *x, int64_t n)
{
    const float top = largest(x, n);
    int64_t i = 0;
    for (; i + BLOCK <= n; i += BLOCK) {
        int found = 0;
        for (int64_t j = i; j < i + BLOCK; j++)
            found |= x[j] == top;
        if (found)
            break;
    }
    while (i < n && x[i] != top)
        i++;
    return i < n ? i : 0;
}

/* `slope` (unless NULL) becomes dy/dx. */
static float soft(const float *x, int64_t n, float *slope)
{
    float top = largest(x, n), share[BLOCK];
    double sum = 0, weighted = 0;
    for (int64_t first = 0; first < n; first += BLOCK) {
        int64_t size = n - first < BLOCK ? n - first : BLOCK;
        for (int64_t i = 0; i < size; i++)
            share[i] = ww_expf(x[first + i] - top);
        sum += ww_sum(share, size);
        weighted += ww_sum_products(share, x + first, size);
    }
    float y = (float)(weighted / sum), scale = (float)(1 / sum);
    for (int64_t i = 0; i < n && slope != NULL; i++)
        slope[i] = ww_expf(x[i] - top) * scale * (1 + (x[i] - y));
    return y;
}

/* ---- averages of maps in blocks of channels ---- */

static bool blocks(const ww_op_call *call, unsigned blocked)
{
    return blocked == WW_BIT(0) && kind_of(call) == WW_POOL_AVERAGE;
}

enum { MOST_LANES = 16 };

static void forward_blocks(ww_op_call *call)
{
    const ww_maps m = ww_maps_of(&call->in_shape[0]);
    const int64_t lanes = ww_block_channels();
#pragma omp parallel for if (m.size > WW_SERIAL)
    for (int64_t map = 0; map < m.n * m.c; map += lanes) {
        double sum[MOST_LANES];
        ww_loops_best()->sum_blocks(call->in[0] + map * m.s, lanes, m.s, sum);
        for (int64_t l = 0; l < lanes; l++)
            call->out[map + l] = (float)(sum[l] / (double)m.s);
    }
}

static void backward_blocks(ww_op_call *call)
{
    const ww_maps m = ww_maps_of(&call->in_shape[0]);
    const int64_t lanes = ww_block_channels();
#pragma omp parallel for if (m.size > WW_SERIAL)
    for (int64_t map = 0; map < m.n * m.c; map += lanes) {
        float each[MOST_LANES], *dx = call->grad_in[0] + map * m.s;
        for (int64_t l = 0; l < lanes; l++)
            each[l] = call->grad_out[map + l] / (float)m.s;
        for (int64_t i = 0; i < m.s; i++)
            ww_block_copy(dx + i * lanes, each, lanes);
    }
}

/* ---- as they are ---- */

static ww_status forward(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    int kind = kind_of(call);
    if (call->blocked != 0) {
        forward_blocks(call);
        return WW_OK;
    }
    bool save = call->mode != WW_INFER;
#pragma omp parallel for if (m.size > WW_SERIAL)
    for (int64_t map = 0; map < m.n * m.c; map++) {
        const float *x = call->in[0] + map * m.s;
        if (kind == WW_POOL_AVERAGE) {
            call->out[map] = (float)(ww_sum(x, m.s) / (double)m.s);
        } else if (kind == WW_POOL_SOFTMAX) {
            call->out[map] = soft(x, m.s, save ? call->saved + map * m.s : NULL);
        } else {
            int64_t pixel = winner(x, m.s);
            call->out[map] = x[pixel];
            if (save)
                winners_of(call)[map] = (int32_t)pixel;
        }
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    int kind = kind_of(call);
    if (call->grad_in[0] == NULL)
        return WW_OK;
    if (call->blocked != 0) {
        backward_blocks(call);
        return WW_OK;
    }
#pragma omp parallel for if (m.size > WW_SERIAL)
    for (int64_t map = 0; map < m.n * m.c; map++) {
        float *dx = call->grad_in[0] + map * m.s, dy = call->grad_out[map];
        const float *slope = kind == WW_POOL_SOFTMAX ? call->saved + map * m.s : NULL;
        const float each = kind == WW_POOL_AVERAGE ? dy / (float)m.s : 0;
        for (int64_t i = 0; i < m.s; i++)
            dx[i] = slope != NULL ? dy * slope[i] : each;
        if (kind == WW_POOL_MAX)
            dx[winners_of(call)[map]] = dy;
    }
    return WW_OK;
}

/* ---- reference ---- */

/* y of one map, and dy/dx_i. */
static double pooled(const float *x, int64_t n, int kind, int64_t i, double *slope)
{
    double top = (double)x[0], sum = 0, weighted = 0;
    for (int64_t j = 1; j < n; j++)
        top = fmax(top, (double)x[j]);
    for (int64_t j = 0; j < n; j++) {
        double share = kind == WW_POOL_SOFTMAX ? exp((double)x[j] - top) : 1;
        sum += share;
        weighted += share * (double)x[j];
    }
    double y = kind == WW_POOL_MAX ? top : weighted / sum;
    *slope = 1 / sum;
    if (kind == WW_POOL_SOFTMAX)
        *slope = exp((double)x[i] - top) / sum * (1 + (double)x[i] - y);
    if (kind == WW_POOL_MAX)
        *slope = (double)x[i] == top ? 1 : 0; /* no ties in the cases */
    return y;
}

static ww_status forward_reference(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    double slope;
    for (int64_t map = 0; map < m.n * m.c; map++)
        call->out[map] = (float)pooled(call->in[0] + map * m.s, m.s, kind_of(call), 0, &slope);
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    ww_maps m = ww_maps_of(&call->in_shape[0]);
    for (int64_t i = 0; i < m.size && call->grad_in[0] != NULL; i++) {
        double slope;
        pooled(call->in[0] + i / m.s * m.s, m.s, kind_of(call), i % m.s, &slope);
        call->grad_in[0][i] = (float)(slope * (double)call->grad_out[i / m.s]);
    }
    return WW_OK;
}

ww_var ww_global_pool(ww_graph *g, ww_var x, ww_pool_kind kind)
{
    struct global_pool attr = {kind};
    return ww_apply(g, &ww_op_global_pool, &attr, 1, &x);
}

static const struct global_pool maximum = {WW_POOL_MAX}, average = {WW_POOL_AVERAGE},
                                softmax = {WW_POOL_SOFTMAX};

static const ww_op_case cases[] = {
    {"maximum", &maximum, 1, {{4, {WW_BATCH, 3, 6, 5}}}, {WW_DRAW_DISTINCT}, 0},
    {"average", &average, 1, {{4, {WW_BATCH, 3, 9, 11}}}, {WW_DRAW_NORMAL}, 0},
    {"softmax", &softmax, 1, {{4, {WW_BATCH, 3, 9, 11}}}, {WW_DRAW_NORMAL}, 0},
    {"maximum of one pixel", &maximum, 1, {{4, {WW_BATCH, 4, 1, 1}}}, {WW_DRAW_DISTINCT}, 0},
    {"softmax of one pixel", &softmax, 1, {{4, {WW_BATCH, 4, 1, 1}}}, {WW_DRAW_NORMAL}, 0},
    {"average of 16 maps", &average, 1, {{4, {WW_BATCH, 16, 8, 8}}}, {WW_DRAW_NORMAL}, 0},
    {"average of 32 maps, odd", &average, 1, {{4, {WW_BATCH, 32, 5, 7}}}, {WW_DRAW_NORMAL}, 0},
    {"average of 16 pixels", &average, 1, {{4, {WW_BATCH, 16, 1, 1}}}, {WW_DRAW_NORMAL}, 0},
    {"maximum of 16 maps", &maximum, 1, {{4, {WW_BATCH, 16, 3, 4}}}, {WW_DRAW_DISTINCT}, 0},
    {NULL}};

static const char *const kinds[] = {"max", "average", "softmax", NULL};

static const ww_param params[] = {
    WW_CHOICE(struct global_pool, kind, 0, kinds, "what stands for a map", ""), WW_PARAM_END};

const ww_op ww_op_global_pool = {.item = {.name = "global_pool",
                                          .summary = "maximum, average or softmax over whole maps",
                                          .sources = "riesenhuber1999",
                                          .params = params,
                                          .params_size = sizeof(struct global_pool)},
                                 .attr_size = sizeof(struct global_pool),
                                 .min_in = 1,
                                 .max_in = 1,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .forward = forward,
                                 .backward = backward,
                                 .forward_reference = forward_reference,
                                 .backward_reference = backward_reference,
                                 .blocks = blocks,
                                 .cases = cases};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sum, mean or maximum over some axes, which disappear:
 *
 *     sum:  dx = dy at every place summed;  mean: dy / number of places
 *     maximum: dy at the first place that holds it, 0 elsewhere
 *
 * Sums are in double. What is not a number is the maximum of all that it meets. */
#include "engine/tensor/parts/broadcast.h"
#include "engine/tensor/parts/elementwise.h"

struct reduce {
    int kind, axes; /* bit k of axes: axis k */
};

extern const ww_op ww_op_reduce;

ww_var ww_reduce(ww_graph *g, ww_var x, ww_reduce_kind kind, unsigned axes)
{
    return ww_apply(g, &ww_op_reduce, &(struct reduce){(int)kind, (int)axes}, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const struct reduce *reduce = attr;
    char text[WW_SHAPE_TEXT];
    (void)n_in;
    if (reduce->kind < WW_SUM || reduce->kind > WW_MAX)
        return WW_FAIL(WW_EINVAL, "there is no reduction %d", reduce->kind);
    if (reduce->axes <= 0 || reduce->axes >> in[0].rank != 0)
        return WW_FAIL(WW_ESHAPE, "axes 0x%x are not some of %s", (unsigned)reduce->axes,
                       ww_shape_print(&in[0], text));
    *out = (ww_shape){0};
    for (int d = 0; d < in[0].rank; d++)
        if (!((unsigned)reduce->axes & WW_BIT(d)))
            out->dim[out->rank++] = in[0].dim[d];
    if (out->rank == 0)
        *out = WW_SHAPE(1);
    return WW_OK;
}

/* Saved: where each maximum stands. Scratch: the gradients of means, divided. */
static ww_status prepare(ww_op_call *call)
{
    const int kind = ((const struct reduce *)call->attr)->kind;
    call->saved_floats = kind == WW_MAX ? ww_call_size(call) : 0;
    call->scratch_floats = kind == WW_MEAN ? ww_call_size(call) : 0;
    return WW_OK;
}

/* Rows of the input; array b is the output. */
static ww_rows rows_of(const ww_op_call *call)
{
    ww_shape kept = call->in_shape[0];
    for (int d = 0; d < kept.rank; d++)
        if ((unsigned)((const struct reduce *)call->attr)->axes & WW_BIT(d))
            kept.dim[d] = 1;
    return ww_rows_of(&call->in_shape[0], &call->in_shape[0], &kept);
}

WW_ROW_FUNCTION(row_x, w[j])
WW_ROW_FUNCTION(row_dy, b)

static float divisor(const ww_op_call *call)
{
    return (float)ww_shape_size(&call->in_shape[0]) / (float)ww_call_size(call);
}

static void maximum(const ww_op_call *call, const ww_rows *rows)
{
    const float *x = call->in[0];
    float *y = call->out;
    uint32_t *winner = (uint32_t *)(void *)call->saved;
    const size_t step = !rows->stretched[1];
    for (size_t i = 0; i < ww_call_size(call); i++)
        y[i] = -INFINITY, winner[i] = UINT32_MAX;
    for (size_t row = 0; row < rows->outer.count; row++) {
        size_t at[3] = {0};
        ww_nest_at(&rows->outer, row, at);
        for (size_t j = 0, i = at[2]; j < rows->length; j++, i += step) {
            const float v = x[at[0] + j];
            if (v > y[i] || v != v || winner[i] == UINT32_MAX) {
                y[i] = y[i] != y[i] ? y[i] : v;
                winner[i] = (uint32_t)(at[0] + j);
            }
        }
    }
}

static ww_status forward(ww_op_call *call)
{
    const struct reduce *reduce = call->attr;
    const ww_rows rows = rows_of(call);
    float *y = call->out;
    if (reduce->kind == WW_MAX) {
        maximum(call, &rows);
        return WW_OK;
    }
    ww_broadcast_sum(&rows, 1, row_x, y, call->in[0], call->in[0], call->in[0]);
    if (reduce->kind == WW_MEAN) {
        const float n = divisor(call);
        WW_EACH(ww_call_size(call), y[i] /= n);
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const struct reduce *reduce = call->attr;
    const ww_rows rows = rows_of(call);
    const float *dy = call->grad_out;
    float *dx = call->grad_in[0];
    if (dx == NULL)
        return WW_OK;
    if (reduce->kind == WW_MAX) {
        const uint32_t *winner = (const uint32_t *)(const void *)call->saved;
        memset(dx, 0, ww_shape_size(&call->in_shape[0]) * sizeof *dx);
        for (size_t i = 0; i < ww_call_size(call); i++)
            dx[winner[i]] = dy[i];
        return WW_OK;
    }
    if (reduce->kind == WW_MEAN) {
        const float n = divisor(call);
        float *share = call->scratch;
        WW_EACH(ww_call_size(call), share[i] = dy[i] / n);
        dy = share;
    }
    ww_broadcast_map(&rows, row_dy, dx, dx, dx, dy);
    return WW_OK;
}

#define CASE(title, kind, axes, drawn, ...)                                                        \
    {                                                                                              \
        .name = title, .attr = &(const struct reduce){kind, axes}, .n_in = 1, .in = {__VA_ARGS__}, \
        .draw = {                                                                                  \
            drawn                                                                                  \
        }                                                                                          \
    }
static const ww_op_case cases[] = {
    CASE("sum of maps", WW_SUM, 0xc, WW_DRAW_NORMAL, {4, {WW_BATCH, 3, 5, 4}}),
    CASE("sum over the batch", WW_SUM, 0x1, WW_DRAW_NORMAL, {2, {WW_BATCH, 700}}),
    CASE("sum over outer axes", WW_SUM, 0x5, WW_DRAW_NORMAL, {4, {WW_BATCH, 3, 5, 4}}),
    CASE("sum of all", WW_SUM, 0x7, WW_DRAW_NORMAL, {3, {WW_BATCH, 3, 40}}),
    CASE("mean of maps", WW_MEAN, 0xc, WW_DRAW_NORMAL, {4, {WW_BATCH, 3, 5, 4}}),
    CASE("mean over channels", WW_MEAN, 0x2, WW_DRAW_NORMAL, {4, {WW_BATCH, 3, 5, 4}}),
    CASE("mean of long rows", WW_MEAN, 0x4, WW_DRAW_NORMAL, {3, {WW_BATCH, 3, 300}}),
    CASE("maximum of maps", WW_MAX, 0xc, WW_DRAW_DISTINCT, {4, {WW_BATCH, 3, 5, 4}}),
    CASE("maximum over outer axes", WW_MAX, 0x5, WW_DRAW_DISTINCT, {4, {WW_BATCH, 3, 5, 4}}),
    CASE("maximum of all", WW_MAX, 0x3, WW_DRAW_DISTINCT, {2, {WW_BATCH, 7}}),
    {0}};

static const char *const kinds[] = {"sum", "mean", "max", NULL};

static const ww_param params[] = {
    WW_CHOICE(struct reduce, kind, 0, kinds, "what stands for the elements", ""),
    WW_INT(struct reduce, axes, 0, 0, 63, "", "the axes, as the sum of 2^axis", ""), WW_PARAM_END};

const ww_op ww_op_reduce = {.item = {.name = "reduce",
                                     .summary = "sum, mean or maximum over some axes",
                                     .params = params,
                                     .params_size = sizeof(struct reduce)},
                            .attr_size = sizeof(struct reduce),
                            .min_in = 1,
                            .max_in = 1,
                            .infer = infer,
                            .prepare = prepare,
                            .forward = forward,
                            .backward = backward,
                            .cases = cases};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The way around a block of a residual net that makes maps smaller and more of them, without
 * weights (He et al. 2016, "Deep residual learning for image recognition", option A): every
 * stride-th pixel of each of C maps, and maps of zeros behind them,
 *
 *     y_c(v, u) = x_c(s v, s u) for c < C, else 0;   dx is dy at those pixels and 0 elsewhere. */
#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/maps.h"
#include "engine/tensor/parts/elementwise.h"

struct shortcut {
    int channels, stride;
};

extern const ww_op ww_op_shortcut;

ww_var ww_shortcut(ww_graph *g, ww_var x, int channels, int stride)
{
    return ww_apply(g, &ww_op_shortcut, &(struct shortcut){channels, stride}, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const struct shortcut *s = attr;
    char text[WW_SHAPE_TEXT];
    (void)n_in;
    WW_TRY(ww_maps_check(&in[0], "the map"));
    if (s->stride < 1)
        return WW_FAIL(WW_EINVAL, "stride %d must be positive", s->stride);
    if (s->channels < in[0].dim[1])
        return WW_FAIL(WW_ESHAPE, "%s has more than the %d channels it is to have",
                       ww_shape_print(&in[0], text), s->channels);
    *out = WW_SHAPE(in[0].dim[0], s->channels, (in[0].dim[2] + s->stride - 1) / s->stride,
                    (in[0].dim[3] + s->stride - 1) / s->stride);
    return WW_OK;
}

/* A stride of 2 has loops of its own, which become vectors. */
static void take_row(const float *x, int64_t n, int64_t stride, float *y)
{
    if (stride == 2)
        for (int64_t u = 0; u < n; u++)
            y[u] = x[2 * u];
    else
        for (int64_t u = 0; u < n; u++)
            y[u] = x[stride * u];
}

static void put_row(const float *dy, int64_t width, int64_t stride, float *dx)
{
    int64_t pairs = stride == 2 ? width / 2 : 0;
    for (int64_t u = 0; u < pairs; u++) {
        dx[2 * u] = dy[u];
        dx[2 * u + 1] = 0;
    }
    for (int64_t u = 2 * pairs; u < width; u++)
        dx[u] = u % stride == 0 ? dy[u / stride] : 0;
}

/* ---- in blocks of channels: pixels are copied as they are ---- */

static bool blocks(const ww_op_call *call, unsigned blocked)
{
    (void)call;
    return blocked == (WW_BIT(0) | WW_BLOCKED_OUT);
}

static ww_status forward_blocks(ww_op_call *call)
{
    const struct shortcut *s = call->attr;
    const ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    const int64_t lanes = ww_block_channels(), have = x.c / lanes, wanted = y.c / lanes;
#pragma omp parallel for schedule(static) if (y.size > WW_LIGHT)
    for (int64_t block = 0; block < y.n * wanted; block++) {
        const int64_t from = block / wanted * have + block % wanted;
        float *to = call->out + block * y.s * lanes;
        if (block % wanted >= have) {
            memset(to, 0, (size_t)(y.s * lanes) * sizeof *to);
            continue;
        }
        for (int64_t v = 0; v < y.h; v++) {
            const float *row = call->in[0] + (from * x.h + v * s->stride) * x.w * lanes;
            for (int64_t u = 0; u < y.w; u++, to += lanes)
                ww_block_copy(to, row + u * s->stride * lanes, lanes);
        }
    }
    return WW_OK;
}

static void put_pixels(const float *dy, int64_t width, int64_t stride, int64_t lanes, float *dx)
{
    for (int64_t u = 0; u < width; u += stride, dy += lanes) {
        const int64_t skipped = u + stride < width ? stride - 1 : width - u - 1;
        ww_block_copy(dx + u * lanes, dy, lanes);
        for (int64_t i = (u + 1) * lanes; i < (u + 1 + skipped) * lanes; i++)
            dx[i] = 0;
    }
}

static ww_status backward_blocks(ww_op_call *call)
{
    const struct shortcut *s = call->attr;
    const ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    const int64_t lanes = ww_block_channels(), have = x.c / lanes, wanted = y.c / lanes;
#pragma omp parallel for schedule(static) if (x.size > WW_LIGHT)
    for (int64_t block = 0; block < x.n * have; block++) {
        const int64_t from = block / have * wanted + block % have;
        float *to = call->grad_in[0] + block * x.s * lanes;
        for (int64_t row = 0; row < x.h; row++, to += x.w * lanes)
            if (row % s->stride == 0)
                put_pixels(call->grad_out + (from * y.h + row / s->stride) * y.w * lanes, x.w,
                           s->stride, lanes, to);
            else
                memset(to, 0, (size_t)(x.w * lanes) * sizeof *to);
    }
    return WW_OK;
}

/* ---- as they are ---- */

static ww_status forward(ww_op_call *call)
{
    const struct shortcut *s = call->attr;
    const ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    if (call->blocked != 0)
        return forward_blocks(call);
#pragma omp parallel for schedule(static) if (y.size > WW_LIGHT)
    for (int64_t sample = 0; sample < y.n; sample++) {
        const float *from = call->in[0] + sample * x.c * x.s;
        float *to = call->out + sample * y.c * y.s;
        for (int64_t row = 0; row < x.c * y.h; row++, to += y.w)
            take_row(from + (row / y.h * x.h + row % y.h * s->stride) * x.w, y.w, s->stride, to);
        memset(to, 0, (size_t)((y.c - x.c) * y.s) * sizeof *to);
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const struct shortcut *s = call->attr;
    const ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    if (call->grad_in[0] == NULL)
        return WW_OK;
    if (call->blocked != 0)
        return backward_blocks(call);
#pragma omp parallel for schedule(static) if (x.size > WW_LIGHT)
    for (int64_t sample = 0; sample < x.n; sample++) {
        const float *from = call->grad_out + sample * y.c * y.s;
        float *to = call->grad_in[0] + sample * x.c * x.s;
        for (int64_t row = 0; row < x.c * x.h; row++, to += x.w)
            if (row % x.h % s->stride == 0)
                put_row(from + (row / x.h * y.h + row % x.h / s->stride) * y.w, x.w, s->stride, to);
            else
                memset(to, 0, (size_t)x.w * sizeof *to);
    }
    return WW_OK;
}

/* ---- reference ---- */

/* The number of y that is number i of x, or -1. */
static int64_t taken_at(const struct shortcut *s, const ww_maps *x, const ww_maps *y, int64_t i)
{
    const int64_t row = i / x->w % x->h, column = i % x->w, map = i / x->s;
    if (row % s->stride != 0 || column % s->stride != 0)
        return -1;
    return (map / x->c * y->c + map % x->c) * y->s + row / s->stride * y->w + column / s->stride;
}

static ww_status forward_reference(ww_op_call *call)
{
    const ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    memset(call->out, 0, (size_t)y.size * sizeof *call->out);
    for (int64_t i = 0; i < x.size; i++) {
        const int64_t at = taken_at(call->attr, &x, &y, i);
        if (at >= 0)
            call->out[at] = call->in[0][i];
    }
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    const ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    for (int64_t i = 0; i < x.size && call->grad_in[0] != NULL; i++) {
        const int64_t at = taken_at(call->attr, &x, &y, i);
        call->grad_in[0][i] = at >= 0 ? call->grad_out[at] : 0;
    }
    return WW_OK;
}

#define CASE(text, c, h, w, ...)                                                                   \
    {                                                                                              \
        .name = text, .attr = &(const struct shortcut){__VA_ARGS__}, .n_in = 1, .in = {            \
            {4, {WW_BATCH, c, h, w}}                                                               \
        }                                                                                          \
    }

static const ww_op_case cases[] = {CASE("stride 2, twice the maps", 3, 12, 18, 6, 2),
                                   CASE("stride 2, odd sizes", 2, 9, 7, 5, 2),
                                   CASE("stride 3", 2, 10, 11, 3, 3),
                                   CASE("no stride, more maps", 2, 4, 5, 4, 1),
                                   CASE("no more maps", 3, 6, 6, 3, 2),
                                   CASE("16 maps, twice as many", 16, 6, 10, 32, 2),
                                   CASE("32 maps, odd sizes, stride 3", 32, 8, 11, 48, 3),
                                   CASE("16 maps, one row more", 16, 5, 3, 16, 2),
                                   CASE("16 maps, no stride", 16, 3, 4, 32, 1),
                                   {0}};

static const ww_param params[] = {
    WW_INT(struct shortcut, channels, 1, 1, 1 << 30, "", "maps in all; those behind are zeros", ""),
    WW_INT(struct shortcut, stride, 2, 1, 1 << 30, "px", "from one pixel taken to the next", ""),
    WW_PARAM_END};

const ww_op ww_op_shortcut = {.item = {.name = "shortcut",
                                       .summary = "every second pixel, and maps of zeros behind",
                                       .sources = "he2016",
                                       .params = params,
                                       .params_size = sizeof(struct shortcut)},
                              .attr_size = sizeof(struct shortcut),
                              .min_in = 1,
                              .max_in = 1,
                              .infer = infer,
                              .forward = forward,
                              .backward = backward,
                              .forward_reference = forward_reference,
                              .backward_reference = backward_reference,
                              .blocks = blocks,
                              .linear_in = WW_BIT(0),
                              .cases = cases};

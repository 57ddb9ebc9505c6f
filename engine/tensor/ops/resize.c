/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Maps at another size. Pixel i of H covers (i, i + 1) / H of the map, so the centre of output row
 * v lies at row (v + 1/2) H / H' - 1/2 of the input.
 *
 * Nearest: the pixel that holds that point. Bilinear: the two pixels around it, weighted by their
 * nearness, along each axis; points beyond the outermost centres take the outermost pixel. Both
 * are linear, y = A x along each axis, and the gradient is A' dy. */
#include <math.h>
#include <string.h>

#include "engine/tensor/backend/maps.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_resize;

struct resize {
    int height, width, kind;
};

/* Where one row or column comes from: (1 - part) of `first` and part of `second`. */
struct source {
    int64_t first, second;
    float part;
};

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)n_in;
    const struct resize *r = attr;
    char text[WW_SHAPE_TEXT];
    WW_TRY(ww_maps_check(&in[0], "the map"));
    if (r->height < 1 || r->width < 1)
        return WW_FAIL(WW_ESHAPE, "%s cannot become %d x %d", ww_shape_print(&in[0], text),
                       r->height, r->width);
    *out = WW_SHAPE(in[0].dim[0], in[0].dim[1], r->height, r->width);
    return WW_OK;
}

static struct source source_of(int64_t to, int64_t outputs, int64_t inputs, int kind)
{
    double at = ((double)to + 0.5) * (double)inputs / (double)outputs;
    if (kind == WW_NEAREST) {
        int64_t pixel = (int64_t)at < inputs ? (int64_t)at : inputs - 1;
        return (struct source){pixel, pixel, 0};
    }
    at = at - 0.5 < 0 ? 0 : at - 0.5;
    int64_t first = (int64_t)at < inputs ? (int64_t)at : inputs - 1;
    int64_t second = first + 1 < inputs ? first + 1 : first;
    return (struct source){first, second, (float)(at - (double)first)};
}

/* The sources of all columns stand at the beginning of scratch. */
static ww_status prepare(ww_op_call *call)
{
    size_t bytes = (size_t)call->out_shape.dim[3] * sizeof(struct source);
    call->scratch_floats = bytes / sizeof(float);
    return WW_OK;
}

static const struct source *columns_of(ww_op_call *call, const ww_maps *x, const ww_maps *y)
{
    const struct resize *r = call->attr;
    struct source *columns = (struct source *)(void *)call->scratch;
    for (int64_t u = 0; u < y->w; u++)
        columns[u] = source_of(u, y->w, x->w, r->kind);
    return columns;
}

static ww_status forward(ww_op_call *call)
{
    const struct resize *r = call->attr;
    ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    const struct source *columns = columns_of(call, &x, &y);
#pragma omp parallel for if (y.size > WW_SERIAL)
    for (int64_t row = 0; row < y.n * y.c * y.h; row++) {
        struct source s = source_of(row % y.h, y.h, x.h, r->kind);
        const float *a = call->in[0] + (row / y.h * x.h + s.first) * x.w;
        const float *b = call->in[0] + (row / y.h * x.h + s.second) * x.w;
        float *to = call->out + row * y.w;
        for (int64_t u = 0; u < y.w; u++) {
            struct source c = columns[u];
            float above = a[c.first] + c.part * (a[c.second] - a[c.first]);
            float below = b[c.first] + c.part * (b[c.second] - b[c.first]);
            to[u] = above + s.part * (below - above);
        }
    }
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const struct resize *r = call->attr;
    ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    if (call->grad_in[0] == NULL)
        return WW_OK;
    const struct source *columns = columns_of(call, &x, &y);
#pragma omp parallel for if (y.size > WW_SERIAL)
    for (int64_t map = 0; map < y.n * y.c; map++) {
        float *dx = call->grad_in[0] + map * x.s;
        memset(dx, 0, (size_t)x.s * sizeof *dx);
        for (int64_t v = 0; v < y.h; v++) {
            struct source s = source_of(v, y.h, x.h, r->kind);
            const float *dy = call->grad_out + (map * y.h + v) * y.w;
            float *a = dx + s.first * x.w, *b = dx + s.second * x.w;
            for (int64_t u = 0; u < y.w; u++) {
                struct source c = columns[u];
                float below = s.part * dy[u], above = dy[u] - below;
                a[c.first] += above - c.part * above;
                a[c.second] += c.part * above;
                b[c.first] += below - c.part * below;
                b[c.second] += c.part * below;
            }
        }
    }
    return WW_OK;
}

/* ---- reference: every output looks at every input, with a weight that is mostly 0 ---- */

static double weight(int64_t to, int64_t outputs, int64_t from, int64_t inputs, int kind)
{
    double at = ((double)to + 0.5) * (double)inputs / (double)outputs - 0.5;
    if (kind == WW_NEAREST)
        return floor(at + 0.5) == (double)from ? 1 : 0;
    at = fmin(fmax(at, 0), (double)inputs - 1);
    return fmax(0, 1 - fabs(at - (double)from));
}

/* to = A from, or to = A' from when `transposed`. */
static void apply(const ww_op_call *call, const float *from, float *to, bool transposed)
{
    const struct resize *r = call->attr;
    ww_maps x = ww_maps_of(&call->in_shape[0]), y = ww_maps_of(&call->out_shape);
    ww_maps p = transposed ? y : x, q = transposed ? x : y;
    for (int64_t i = 0; i < q.size; i++) {
        int64_t map = i / q.s, row = i / q.w % q.h, column = i % q.w;
        double sum = 0;
        for (int64_t j = 0; j < p.s; j++) {
            int64_t v = transposed ? j / p.w : row, u = transposed ? j % p.w : column;
            int64_t h = transposed ? row : j / p.w, w = transposed ? column : j % p.w;
            sum += weight(v, y.h, h, x.h, r->kind) * weight(u, y.w, w, x.w, r->kind) *
                   (double)from[map * p.s + j];
        }
        to[i] = (float)sum;
    }
}

static ww_status forward_reference(ww_op_call *call)
{
    apply(call, call->in[0], call->out, false);
    return WW_OK;
}

static ww_status backward_reference(ww_op_call *call)
{
    if (call->grad_in[0] != NULL)
        apply(call, call->grad_out, call->grad_in[0], true);
    return WW_OK;
}

ww_var ww_resize(ww_graph *g, ww_var x, int height, int width, ww_resize_kind kind)
{
    struct resize attr = {height, width, kind};
    return ww_apply(g, &ww_op_resize, &attr, 1, &x);
}

#define CASE(text, n, c, h, w, ...)                                                                \
    {                                                                                              \
        text, &(const struct resize){__VA_ARGS__}, 1, {{4, {n, c, h, w}}}, {WW_DRAW_NORMAL}, 0     \
    }

static const ww_op_case cases[] = {
    CASE("bilinear, larger", WW_BATCH, 3, 4, 5, 7, 11, WW_BILINEAR),
    CASE("bilinear, smaller", WW_BATCH, 2, 9, 8, 4, 3, WW_BILINEAR),
    CASE("bilinear, twice", WW_BATCH, 5, 6, 6, 12, 12, WW_BILINEAR),
    CASE("bilinear, the same", WW_BATCH, 1, 3, 3, 3, 3, WW_BILINEAR),
    CASE("bilinear, one pixel", WW_BATCH, 2, 1, 1, 3, 2, WW_BILINEAR),
    CASE("bilinear, to one pixel", WW_BATCH, 2, 4, 5, 1, 1, WW_BILINEAR),
    CASE("nearest, larger", WW_BATCH, 3, 4, 5, 7, 11, WW_NEAREST),
    CASE("nearest, smaller", WW_BATCH, 2, 9, 8, 4, 3, WW_NEAREST),
    CASE("nearest, twice", WW_BATCH, 5, 6, 6, 12, 12, WW_NEAREST),
    {NULL}};

static const char *const kinds[] = {"nearest", "bilinear", NULL};

static const ww_param params[] = {
    WW_INT(struct resize, height, 1, 1, 1 << 30, "px", "of the new maps", ""),
    WW_INT(struct resize, width, 1, 1, 1 << 30, "px", "of the new maps", ""),
    WW_CHOICE(struct resize, kind, 0, kinds, "what stands between pixels", ""), WW_PARAM_END};

const ww_op ww_op_resize = {.item = {.name = "resize",
                                     .summary = "maps at another size, nearest or bilinear",
                                     .params = params,
                                     .params_size = sizeof(struct resize)},
                            .attr_size = sizeof(struct resize),
                            .min_in = 1,
                            .max_in = 1,
                            .infer = infer,
                            .prepare = prepare,
                            .forward = forward,
                            .backward = backward,
                            .forward_reference = forward_reference,
                            .backward_reference = backward_reference,
                            .linear_in = WW_BIT(0),
                            .cases = cases};

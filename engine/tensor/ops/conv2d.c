/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Two-dimensional convolution (cross-correlation, as in all networks):
 *
 *     y[n, k, v, u] = sum over c, i, j of weight[k, c, i, j] x[n, c', s v + d i - p, s u + d j - p]
 *
 * with stride s, padding p, dilation d, and c' = c + the first channel of k's group. x is 0 outside
 * the map. It is linear in x and in weight, so its gradients are its transposes:
 *
 *     dx = the sum of weight dy over all (k, v, u) that a pixel enters,
 *     dweight[k, c, i, j] = sum over n, v, u of dy[n, k, v, u] x[n, c', s v + d i - p, s u + d j -
 * p]
 *
 * Several kernels compete for each of the three computations (backend/conv.h). */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/blocks.h"
#include "engine/tensor/backend/conv.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_conv2d;

enum { N_PASSES = 3 };

struct plan {
    ww_conv conv[N_PASSES];
    bool both; /* gradients at once */
};

static int64_t outputs(int64_t size, int64_t taps, const ww_conv2d_attr *a)
{
    int64_t room = size + 2 * a->pad - a->dilation * (taps - 1) - 1;
    return room < 0 ? 0 : room / a->stride + 1;
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)n_in;
    ww_conv2d_attr *a = attr;
    char x[WW_SHAPE_TEXT], w[WW_SHAPE_TEXT];
    ww_shape_print(&in[0], x);
    ww_shape_print(&in[1], w);
    a->stride = a->stride == 0 ? 1 : a->stride;
    a->dilation = a->dilation == 0 ? 1 : a->dilation;
    a->groups = a->groups == 0 ? 1 : a->groups;
    if (a->stride < 1 || a->dilation < 1 || a->groups < 1 || a->pad < 0)
        return WW_FAIL(WW_EINVAL, "stride %d, pad %d, dilation %d, groups %d: none may be negative",
                       a->stride, a->pad, a->dilation, a->groups);
    if (in[0].rank != 4 || in[1].rank != 4)
        return WW_FAIL(WW_ESHAPE,
                       "%s and %s: maps [N, C, H, W] and filters [K, C/groups, kh, kw] "
                       "are wanted",
                       x, w);
    if (in[0].dim[1] != in[1].dim[1] * a->groups || in[1].dim[0] % a->groups != 0)
        return WW_FAIL(WW_ESHAPE,
                       "%s and %s: %lld channels and %lld filters do not divide into %d group(s) "
                       "of %lld channels",
                       x, w, (long long)in[0].dim[1], (long long)in[1].dim[0], a->groups,
                       (long long)in[1].dim[1]);
    int64_t h = outputs(in[0].dim[2], in[1].dim[2], a);
    int64_t width = outputs(in[0].dim[3], in[1].dim[3], a);
    if (h < 1 || width < 1)
        return WW_FAIL(WW_ESHAPE, "%s and %s: the filter is larger than the map with its padding",
                       x, w);
    *out = WW_SHAPE(in[0].dim[0], in[1].dim[0], h, width);
    return WW_OK;
}

static ww_conv_size size_of(const ww_op_call *call)
{
    const ww_conv2d_attr *a = call->attr;
    const int64_t *x = call->in_shape[0].dim, *w = call->in_shape[1].dim;
    const int64_t *y = call->out_shape.dim;
    return (ww_conv_size){.n = x[0],
                          .c = x[1],
                          .h = x[2],
                          .w = x[3],
                          .k = w[0],
                          .kh = w[2],
                          .kw = w[3],
                          .oh = y[2],
                          .ow = y[3],
                          .stride = a->stride,
                          .pad = a->pad,
                          .dilation = a->dilation,
                          .groups = a->groups};
}

static void release(void *plan)
{
    struct plan *p = plan;
    for (int pass = 0; pass < N_PASSES; pass++)
        ww_conv_release(&p->conv[pass]);
    free(p);
}

static ww_conv_task task_of(const ww_op_call *call, unsigned blocked)
{
    int64_t lanes = ww_block_channels();
    return (ww_conv_task){.size = size_of(call),
                          .threads = ww_threads(),
                          .keep = call->mode != WW_TRAIN,
                          .x_lanes = (blocked & WW_BIT(0)) != 0 ? lanes : 0,
                          .y_lanes = (blocked & WW_BLOCKED_OUT) != 0 ? lanes : 0};
}

static bool runs(const ww_op_call *call, int pass)
{
    return pass == WW_CONV_FORWARD || (call->wants & WW_BIT(pass == WW_CONV_DATA ? 0 : 1)) != 0;
}

static bool blocks(const ww_op_call *call, unsigned blocked)
{
    ww_conv_task task = task_of(call, blocked);
    return ww_conv_blocks(&task);
}

static double estimate_s(const ww_op_call *call)
{
    ww_conv_task task = task_of(call, call->blocked);
    double sum = 0;
    for (int pass = 0; pass < N_PASSES; pass++) {
        task.pass = pass;
        sum += runs(call, pass) ? ww_conv_estimate_s(&task) : 0;
    }
    return sum;
}

static ww_status prepare(ww_op_call *call)
{
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    ww_conv_task task = task_of(call, call->blocked);
    call->scratch_floats = 0;
    for (int pass = 0; pass < N_PASSES; pass++) {
        if (!runs(call, pass))
            continue;
        task.pass = pass;
        ww_status status = ww_conv_prepare(&plan->conv[pass], &task);
        if (status != WW_OK) {
            release(plan);
            return status;
        }
        if (plan->conv[pass].scratch_floats > call->scratch_floats)
            call->scratch_floats = plan->conv[pass].scratch_floats;
    }
    if (runs(call, WW_CONV_DATA) && runs(call, WW_CONV_WEIGHTS)) {
        size_t floats =
            ww_conv_both_scratch(&plan->conv[WW_CONV_DATA], &plan->conv[WW_CONV_WEIGHTS]);
        plan->both = floats > 0;
        call->scratch_floats = floats > call->scratch_floats ? floats : call->scratch_floats;
    }
    if (runs(call, WW_CONV_DATA) && ww_conv_can_add(&plan->conv[WW_CONV_DATA]))
        call->can_add = WW_BIT(0);
    call->plan = plan;
    return WW_OK;
}

static ww_status run(ww_op_call *call, ww_conv_pass pass, float *x, float *weight, float *y)
{
    const struct plan *plan = call->plan;
    return ww_conv_run(&plan->conv[pass], x, weight, y, call->scratch);
}

static bool hosts(const ww_op_call *call, bool backward)
{
    const struct plan *plan = call->plan;
    return backward ? plan->both : ww_conv_can_around(&plan->conv[WW_CONV_FORWARD]);
}

static bool near(const ww_op_call *call)
{
    const struct plan *plan = call->plan;
    return plan->both && ww_conv_can_near(&plan->conv[WW_CONV_FORWARD], &plan->conv[WW_CONV_DATA],
                                          &plan->conv[WW_CONV_WEIGHTS]);
}

/* What it alone reads, maps or their gradient, may go elsewhere. */
static void run_guest(const void *what, int64_t first, int64_t last, float *to)
{
    const ww_guest *guest = what;
    ww_op_call call = *guest->call;
    float *grad_in[WW_OP_MAX_IN];
    const ww_shape *shape = guest->backward ? &call.in_shape[0] : &call.out_shape;
    if (to != NULL)
        to -= first * (int64_t)(ww_shape_size(shape) / (size_t)shape->dim[0]);
    if (to != NULL && guest->backward) {
        memcpy(grad_in, call.grad_in, (size_t)call.n_in * sizeof *grad_in);
        grad_in[0] = to;
        call.grad_in = grad_in;
    } else if (to != NULL) {
        call.out = to;
    }
    guest->op->part(&call, guest->backward, guest->part, first, last);
}

static ww_around around_of(const ww_op_call *call)
{
    return (ww_around){run_guest, call->before.call != NULL ? &call->before : NULL,
                       call->after.call != NULL ? &call->after : NULL, &call->remake};
}

static ww_status forward(ww_op_call *call)
{
    const ww_around around = around_of(call);
    const struct plan *plan = call->plan;
    if (around.before != NULL || around.after != NULL) {
        ww_conv_run_around(&plan->conv[WW_CONV_FORWARD], call->in[0], call->in[1], call->out,
                           call->scratch, &around);
        return WW_OK;
    }
    return run(call, WW_CONV_FORWARD, call->in[0], call->in[1], call->out);
}

static ww_status backward(ww_op_call *call)
{
    const struct plan *plan = call->plan;
    float *dy = (float *)call->grad_out; /* only read */
    if (plan->both && call->grad_in[0] != NULL && call->grad_in[1] != NULL) {
        const ww_around around = around_of(call);
        ww_conv_run_both(&plan->conv[WW_CONV_DATA], &plan->conv[WW_CONV_WEIGHTS], call->in[0],
                         call->in[1], dy, call->grad_in[0], call->grad_in[1], call->scratch,
                         call->add != 0, &around);
        return WW_OK;
    }
    assert(call->before.call == NULL); /* who hosts has both */
    if (call->grad_in[0] != NULL && call->add != 0)
        WW_TRY(ww_conv_run_add(&plan->conv[WW_CONV_DATA], call->grad_in[0], call->in[1], dy,
                               call->scratch));
    else if (call->grad_in[0] != NULL)
        WW_TRY(run(call, WW_CONV_DATA, call->grad_in[0], call->in[1], dy));
    if (call->grad_in[1] != NULL)
        WW_TRY(run(call, WW_CONV_WEIGHTS, call->in[0], call->grad_in[1], dy));
    return WW_OK;
}

/* ---- reference: one loop over everything; `use` gets the indices of each product ---- */

typedef void (*use_fn)(void *of, size_t x, size_t weight, size_t y);

static void each_product(const ww_conv_size *s, use_fn use, void *of)
{
    int64_t c_group = s->c / s->groups, k_group = s->k / s->groups;
    for (int64_t nk = 0; nk < s->n * s->k; nk++)
        for (int64_t vu = 0; vu < s->oh * s->ow; vu++)
            for (int64_t c = 0; c < c_group; c++)
                for (int64_t ij = 0; ij < s->kh * s->kw; ij++) {
                    int64_t n = nk / s->k, k = nk % s->k;
                    int64_t from = k / k_group * c_group + c;
                    int64_t row = vu / s->ow * s->stride + ij / s->kw * s->dilation - s->pad;
                    int64_t column = vu % s->ow * s->stride + ij % s->kw * s->dilation - s->pad;
                    if (row >= 0 && row < s->h && column >= 0 && column < s->w)
                        use(of, (size_t)(((n * s->c + from) * s->h + row) * s->w + column),
                            (size_t)((k * c_group + c) * s->kh * s->kw + ij),
                            (size_t)(nk * s->oh * s->ow + vu));
                }
}

/* Sums in double: what is computed, and from which two. */
struct sums {
    double *x, *weight, *y;
    const ww_op_call *call;
};

static void use_y(void *of, size_t x, size_t weight, size_t y)
{
    struct sums *s = of;
    s->y[y] += (double)s->call->in[0][x] * (double)s->call->in[1][weight];
}

static void use_x(void *of, size_t x, size_t weight, size_t y)
{
    struct sums *s = of;
    s->x[x] += (double)s->call->in[1][weight] * (double)s->call->grad_out[y];
}

static void use_weight(void *of, size_t x, size_t weight, size_t y)
{
    struct sums *s = of;
    s->weight[weight] += (double)s->call->in[0][x] * (double)s->call->grad_out[y];
}

static ww_status sum(const ww_op_call *call, use_fn use, const ww_shape *shape, float *result)
{
    if (result == NULL)
        return WW_OK;
    ww_conv_size size = size_of(call);
    size_t n = ww_shape_size(shape);
    double *all = calloc(n, sizeof *all);
    if (all == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    each_product(&size, use, &(struct sums){all, all, all, call});
    for (size_t i = 0; i < n; i++)
        result[i] = (float)all[i];
    free(all);
    return WW_OK;
}

static ww_status forward_reference(ww_op_call *call)
{
    return sum(call, use_y, &call->out_shape, call->out);
}

static ww_status backward_reference(ww_op_call *call)
{
    WW_TRY(sum(call, use_x, &call->in_shape[0], call->grad_in[0]));
    return sum(call, use_weight, &call->in_shape[1], call->grad_in[1]);
}

ww_var ww_conv2d(ww_graph *g, ww_var x, ww_var weight, ww_conv2d_attr attr)
{
    return ww_apply(g, &ww_op_conv2d, &attr, 2, (ww_var[]){x, weight});
}

#define CASE(text, n, c, h, w, k, cg, kh, kw, ...)                                                 \
    {                                                                                              \
        text, &(const ww_conv2d_attr){__VA_ARGS__}, 2, {{4, {n, c, h, w}}, {4, {k, cg, kh, kw}}},  \
            {WW_DRAW_NORMAL, WW_DRAW_NORMAL}, 0                                                    \
    }

static const ww_op_case cases[] = {
    CASE("3x3", WW_BATCH, 5, 7, 6, 4, 5, 3, 3, .pad = 1),
    CASE("3x3, whole blocks of channels", WW_BATCH, 16, 5, 5, 16, 16, 3, 3, .pad = 1),
    CASE("3x3, blocks, tiles that reach beyond", WW_BATCH, 16, 5, 3, 16, 16, 3, 3, .pad = 1),
    CASE("3x3, blocks, no padding", WW_BATCH, 16, 6, 10, 32, 16, 3, 3, .stride = 1),
    CASE("3x3, blocks, wide padding", WW_BATCH, 16, 4, 4, 16, 16, 3, 3, .pad = 2),
    CASE("3x3 stride 2, blocks", WW_BATCH, 16, 6, 7, 32, 16, 3, 3, .stride = 2, .pad = 1),
    CASE("3x3 of three channels to blocks", WW_BATCH, 3, 8, 9, 32, 3, 3, 3, .pad = 1),
    CASE("5x5, blocks", WW_BATCH, 16, 3, 4, 16, 16, 5, 5, .pad = 2),
    CASE("1x1, blocks", WW_BATCH, 32, 3, 3, 16, 32, 1, 1, .stride = 1),
    CASE("3x3, more than a block", WW_BATCH, 19, 4, 5, 18, 19, 3, 3, .pad = 1),
    CASE("3x3 stride 2, odd size", WW_BATCH, 3, 9, 11, 7, 3, 3, 3, .stride = 2, .pad = 1),
    CASE("3x3 stride 2, even size", WW_BATCH, 19, 8, 10, 18, 19, 3, 3, .stride = 2, .pad = 1),
    CASE("5x5 stride 2, no padding", WW_BATCH, 2, 9, 12, 9, 2, 5, 5, .stride = 2),
    CASE("2x3 stride 2", WW_BATCH, 3, 7, 8, 5, 3, 2, 3, .stride = 2, .pad = 1),
    CASE("7x7 stride 2 on a smaller map", WW_BATCH, 2, 3, 5, 3, 2, 7, 7, .stride = 2, .pad = 3),
    CASE("5x5 on a map of one pixel", WW_BATCH, 6, 1, 1, 5, 6, 5, 5, .pad = 2),
    CASE("2x3, no padding", WW_BATCH, 2, 5, 6, 3, 2, 2, 3, .stride = 1),
    CASE("1x1", WW_BATCH, 7, 4, 5, 9, 7, 1, 1, .stride = 1),
    CASE("1x1 stride 2", WW_BATCH, 6, 5, 5, 3, 6, 1, 1, .stride = 2),
    CASE("1x1, one channel, one pixel", WW_BATCH, 1, 1, 1, 1, 1, 1, 1, .stride = 1),
    CASE("7x7 stride 2, one channel", WW_BATCH, 1, 12, 13, 4, 1, 7, 7, .stride = 2, .pad = 3),
    CASE("11x11, wider than the map", WW_BATCH, 2, 6, 8, 3, 2, 11, 11, .pad = 5),
    CASE("3x3 dilated", WW_BATCH, 5, 9, 8, 4, 5, 3, 3, .pad = 2, .dilation = 2),
    CASE("3x3 dilated, stride 2", WW_BATCH, 3, 10, 9, 4, 3, 3, 3, .pad = 3, .dilation = 3,
         .stride = 2),
    CASE("two groups", WW_BATCH, 6, 5, 6, 4, 3, 3, 3, .pad = 1, .groups = 2),
    CASE("two groups of whole blocks", WW_BATCH, 32, 3, 3, 32, 16, 3, 3, .pad = 1, .groups = 2),
    CASE("1x1, three groups", WW_BATCH, 6, 4, 4, 9, 2, 1, 1, .groups = 3),
    CASE("depthwise", WW_BATCH, 5, 7, 6, 5, 1, 3, 3, .pad = 1, .groups = 5),
    CASE("depthwise 5x5, stride 2", WW_BATCH, 16, 7, 7, 16, 1, 5, 5, .pad = 2, .groups = 16,
         .stride = 2),
    CASE("depthwise, two filters a channel", WW_BATCH, 3, 6, 6, 6, 1, 3, 3, .pad = 1, .groups = 3),
    CASE("padding wider than the filter", WW_BATCH, 2, 3, 3, 2, 2, 2, 2, .pad = 4),
    {0}};

const ww_op ww_op_conv2d = {
    .item = {.name = "conv2d",
             .summary = "two-dimensional convolution, strided, dilated, "
                        "in groups",
             .sources = "chellapilla2006 cooley1965 good1958 mathieu2014 stockham1966"},
    .attr_size = sizeof(ww_conv2d_attr),
    .min_in = 2,
    .max_in = 2,
    .infer = infer,
    .blocks = blocks,
    .estimate_s = estimate_s,
    .hosts = hosts,
    .near = near,
    .prepare = prepare,
    .release = release,
    .forward = forward,
    .backward = backward,
    .forward_reference = forward_reference,
    .backward_reference = backward_reference,
    .keeps_in = WW_BIT(0) | WW_BIT(1),
    .linear_in = WW_BIT(0) | WW_BIT(1),
    .cases = cases};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cross-entropy of labels under softmax(x), with label smoothing s (Szegedy et al. 2016, Rethinking
 * the Inception architecture, section 7): the target is q = (1 - s) [k = label] + s / K and
 *
 *     loss = mean over known samples of (log sum_k exp x_k - sum_k q_k x_k)
 *     d loss / d x_k = (softmax(x)_k - q_k) / number of known samples
 *
 * A sample without a label (below 0, or not a number) counts nothing and gets no gradient. */
#include "engine/tensor/parts/elementwise.h"
#include "engine/tensor/parts/exponential.h"

struct cross_entropy {
    double smoothing;
};

extern const ww_op ww_op_cross_entropy;

ww_var ww_cross_entropy(ww_graph *g, ww_var logits, ww_var labels, double smoothing)
{
    return ww_apply(g, &ww_op_cross_entropy, &(struct cross_entropy){smoothing}, 2,
                    (const ww_var[]){logits, labels});
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const double s = ((const struct cross_entropy *)attr)->smoothing;
    char logits[WW_SHAPE_TEXT], labels[WW_SHAPE_TEXT];
    (void)n_in;
    if (in[0].rank != 2 || in[1].rank != 1 || in[0].dim[0] != in[1].dim[0])
        return WW_FAIL(WW_ESHAPE, "%s and %s: logits [N, K] and labels [N] are wanted",
                       ww_shape_print(&in[0], logits), ww_shape_print(&in[1], labels));
    if (!(s >= 0 && s < 1))
        return WW_FAIL(WW_EINVAL, "smoothing %g is outside 0 to 1 (1 excluded)", s);
    *out = WW_SHAPE(1);
    return WW_OK;
}

/* Saved: log sum exp of each sample, and 1 / number of known samples. */
static ww_status prepare(ww_op_call *call)
{
    call->saved_floats = (size_t)call->in_shape[0].dim[0] + 1;
    return WW_OK;
}

static double log_sum_exp(const float *x, size_t n)
{
    float top = x[0];
    double sum = 0;
    for (size_t k = 1; k < n; k++)
        top = x[k] > top ? x[k] : top;
#pragma omp simd reduction(+ : sum)
    for (size_t k = 0; k < n; k++)
        sum += (double)ww_expf(x[k] - top);
    return (double)top + log(sum);
}

static double target_mean(const float *x, size_t n, size_t label, double smoothing)
{
    double sum = 0;
    for (size_t k = 0; k < n && smoothing > 0; k++)
        sum += (double)x[k];
    return (1 - smoothing) * (double)x[label] + smoothing / (double)n * sum;
}

static ww_status forward(ww_op_call *call)
{
    const size_t samples = (size_t)call->in_shape[0].dim[0], n = (size_t)call->in_shape[0].dim[1];
    const double smoothing = ((const struct cross_entropy *)call->attr)->smoothing;
    const float *labels = call->in[1];
    double loss = 0;
    size_t known = 0;
    for (size_t i = 0; i < samples; i++) {
        const float *x = call->in[0] + i * n;
        if (!(labels[i] >= 0))
            continue;
        if (!(labels[i] < (float)n) || labels[i] != floorf(labels[i]))
            return WW_FAIL(
                WW_EINVAL,
                "label %g of sample %zu is not a whole number from 0 to %zu (-1: not known)",
                (double)labels[i], i, n - 1);
        const double total = log_sum_exp(x, n);
        call->saved[i] = (float)total;
        loss += total - target_mean(x, n, (size_t)labels[i], smoothing);
        known++;
    }
    call->saved[samples] = known == 0 ? 0 : 1 / (float)known;
    call->out[0] = known == 0 ? 0 : (float)(loss / (double)known);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    const size_t samples = (size_t)call->in_shape[0].dim[0], n = (size_t)call->in_shape[0].dim[1];
    const float smoothing = (float)((const struct cross_entropy *)call->attr)->smoothing;
    const float scale = call->grad_out[0] * call->saved[samples], *labels = call->in[1];
    for (size_t i = 0; i < samples && call->grad_in[0] != NULL; i++) {
        const float *x = call->in[0] + i * n, total = call->saved[i],
                    floor_q = smoothing / (float)n;
        float *dx = call->grad_in[0] + i * n;
        if (!(labels[i] >= 0)) {
            memset(dx, 0, n * sizeof *dx);
            continue;
        }
#pragma omp simd
        for (size_t k = 0; k < n; k++)
            dx[k] = scale * (ww_expf(x[k] - total) - floor_q);
        dx[(size_t)labels[i]] -= scale * (1 - smoothing);
    }
    return WW_OK;
}

static const ww_op_case cases[] = {{.name = "plain",
                                    .attr = &(const struct cross_entropy){0},
                                    .n_in = 2,
                                    .in = {{2, {WW_BATCH, 5}}, {1, {WW_BATCH}}},
                                    .draw = {WW_DRAW_NORMAL, WW_DRAW_LABEL},
                                    .label_classes = 5},
                                   {.name = "label smoothing",
                                    .attr = &(const struct cross_entropy){0.1},
                                    .n_in = 2,
                                    .in = {{2, {WW_BATCH, 9}}, {1, {WW_BATCH}}},
                                    .draw = {WW_DRAW_NORMAL, WW_DRAW_LABEL},
                                    .label_classes = 9},
                                   {0}};

static const ww_param params[] = {
    WW_REAL(struct cross_entropy, smoothing, 0, 0, 1, "", "label smoothing", "szegedy2016"),
    WW_PARAM_END};

const ww_op ww_op_cross_entropy = {
    .item = {.name = "cross_entropy",
             .summary = "-log softmax(logits)[label], the mean over samples with a label",
             .sources = "szegedy2016",
             .params = params,
             .params_size = sizeof(struct cross_entropy)},
    .attr_size = sizeof(struct cross_entropy),
    .min_in = 2,
    .max_in = 2,
    .infer = infer,
    .prepare = prepare,
    .forward = forward,
    .backward = backward,
    .keeps_in = WW_BIT(0) | WW_BIT(1),
    .fixed_in = WW_BIT(1),
    .cases = cases};

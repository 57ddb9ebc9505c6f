/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dropout (Srivastava et al. 2014), in WW_TRAIN; elsewhere the identity:
 *
 *     y = 0 with probability `rate`, else x / (1 - rate), so that the expectation stays;
 *     dx likewise, with the same draw
 *
 * Element 4 b + j is decided by the j-th word of random block b under the seed of the call, which
 * backward draws again instead of keeping a mask. */
#include "engine/base/random.h"
#include "engine/tensor/parts/elementwise.h"

struct dropout {
    double rate;
};

extern const ww_op ww_op_dropout;

ww_var ww_dropout(ww_graph *g, ww_var x, double rate)
{
    return ww_apply(g, &ww_op_dropout, &(struct dropout){rate}, 1, &x);
}

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    const double rate = ((const struct dropout *)attr)->rate;
    (void)n_in;
    if (!(rate >= 0 && rate < 1))
        return WW_FAIL(WW_EINVAL, "rate %g is outside 0 to 1 (1 excluded)", rate);
    *out = in[0];
    return WW_OK;
}

static void drop(const ww_op_call *call, const float *from, float *to)
{
    const double rate = ((const struct dropout *)call->attr)->rate;
    const size_t n = ww_call_size(call);
    const uint32_t limit = (uint32_t)(rate * 0x1p32);
    const float scale = (float)(1 / (1 - rate));
    if (call->mode != WW_TRAIN || rate == 0) {
        ww_copy(to, from, n);
        return;
    }
#pragma omp parallel for schedule(static) if (n > 8192)
    for (size_t block = 0; block < (n + 3) / 4; block++) {
        uint32_t word[4];
        ww_random_block(call->seed, 0, block, word);
        for (size_t j = 0, i = 4 * block; j < 4 && i < n; j++, i++)
            to[i] = word[j] < limit ? 0 : scale * from[i];
    }
}

static ww_status forward(ww_op_call *call)
{
    drop(call, call->in[0], call->out);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    if (call->grad_in[0] != NULL)
        drop(call, call->grad_out, call->grad_in[0]);
    return WW_OK;
}

static const ww_op_case cases[] = {
    {.name = "half of maps",
     .attr = &(const struct dropout){0.5},
     .n_in = 1,
     .in = {{4, {WW_BATCH, 11, 5, 3}}}},
    {.name = "a tenth of vectors",
     .attr = &(const struct dropout){0.1},
     .n_in = 1,
     .in = {{2, {WW_BATCH, 70}}}},
    {.name = "none", .attr = &(const struct dropout){0}, .n_in = 1, .in = {{2, {WW_BATCH, 7}}}},
    {0}};

static const ww_param params[] = {
    WW_REAL(struct dropout, rate, 0, 0, 1, "", "share of the elements set to 0", "srivastava2014"),
    WW_PARAM_END};

const ww_op ww_op_dropout = {.item = {.name = "dropout",
                                      .summary = "sets a share of the elements to 0 in training",
                                      .sources = "srivastava2014",
                                      .params = params,
                                      .params_size = sizeof(struct dropout)},
                             .attr_size = sizeof(struct dropout),
                             .min_in = 1,
                             .max_in = 1,
                             .infer = infer,
                             .forward = forward,
                             .backward = backward,
                             .in_place = true,
                             .linear_in = WW_BIT(0),
                             .random = true,
                             .cases = cases};

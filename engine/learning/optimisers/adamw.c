/* SPDX-License-Identifier: GPL-3.0-or-later */
/* AdamW (Loshchilov & Hutter 2019, algorithm 2): Adam with weight decay beside the gradient, not in
 * it.
 *
 *     w <- (1 - eta lambda) w - (Adam's move)
 *
 * An l2 penalty under Adam is divided by the root mean square like every gradient, so that weights
 * with large gradients hardly decay; here all decay alike. lambda is training.weight_decay, scaled
 * per parameter (0 for biases and gains). */
#include "engine/learning/optimisers/adam.h"

static const ww_param params[] = ADAM_PARAMS;

static void step(const void *params_, double rate, uint64_t step_, size_t n, float *parameter,
                 const float *gradient, const float *decay, float *const *slot)
{
    struct adam_step s = adam_step_of(params_, rate, step_);
    float eta = (float)rate, *mean = slot[0], *square = slot[1];
#pragma omp parallel for simd schedule(static) if (parallel : n > WW_OPTIMISER_PARALLEL)
    for (size_t i = 0; i < n; i++) {
        float w = parameter[i] - (decay ? eta * decay[i] * parameter[i] : 0);
        parameter[i] = w - adam_move(&s, gradient[i], &mean[i], &square[i]);
    }
}

const ww_optimiser ww_optimiser_adamw = {
    .item = {.name = "adamw",
             .summary = "adam with weight decay beside the gradient",
             .sources = "loshchilov2019 kingma2015",
             .example = "optimiser: adamw",
             .params = params,
             .params_size = sizeof(struct adam)},
    .slots = 2,
    .decouples = true,
    .step = step};

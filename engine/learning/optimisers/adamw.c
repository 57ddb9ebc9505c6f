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
    adam_step(params_, rate, step_, n, parameter, gradient, decay, slot);
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

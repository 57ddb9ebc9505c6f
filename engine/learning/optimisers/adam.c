/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Adam (Kingma & Ba 2015, algorithm 1): momentum over a running root mean square, both corrected
 * for having started at 0.
 *
 *     m <- beta1 m + (1 - beta1) g        s <- beta2 s + (1 - beta2) g^2
 *     w <- w - eta m / (1 - beta1^t) / (sqrt(s / (1 - beta2^t)) + epsilon)
 *
 * The first step is eta * sign(g) whatever the size of the gradient; no later one is longer than
 * eta * max(1, (1 - beta1) / sqrt(1 - beta2)). */
#include "engine/learning/optimisers/adam.h"

static const ww_param params[] = ADAM_PARAMS;

static void step(const void *params_, double rate, uint64_t step_, size_t n, float *parameter,
                 const float *gradient, const float *decay, float *const *slot)
{
    (void)decay;
    adam_step(params_, rate, step_, n, parameter, gradient, NULL, slot);
}

const ww_optimiser ww_optimiser_adam = {
    .item = {.name = "adam",
             .summary = "momentum over a running root mean square, without initial bias",
             .sources = "kingma2015",
             .example = "optimiser: adam",
             .params = params,
             .params_size = sizeof(struct adam)},
    .slots = 2,
    .step = step};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* RMSProp (Tieleman & Hinton 2012, lecture 6.5 of "Neural networks for machine learning"): each
 * gradient divided by a running root mean square of its own past.
 *
 *     s <- rho s + (1 - rho) g^2
 *     w <- w - eta g / (sqrt(s) + epsilon)
 *
 * s starts at 0 and is not corrected for it, so the first steps are 1 / sqrt(1 - rho) times as long
 * as the later ones. */
#include <math.h>

#include "engine/learning/optimiser.h"
#include "engine/tensor/backend/loops.h"

struct rmsprop {
    double rho, epsilon;
};

static const ww_param params[] = {
    WW_REAL(struct rmsprop, rho, 0.9, 0, 0.999999, "", "memory of the mean square", "tieleman2012"),
    WW_REAL(struct rmsprop, epsilon, 1e-8, 0, 1, "", "added to the root mean square", ""),
    WW_PARAM_END};

static void step(const void *params_, double rate, uint64_t step_, size_t n, float *parameter,
                 const float *gradient, const float *decay, float *const *slot)
{
    const struct rmsprop *p = params_;
    float eta = (float)rate, rho = (float)p->rho, fresh = (float)(1 - p->rho);
    float epsilon = (float)p->epsilon, *square = slot[0];
    (void)step_, (void)decay;
#pragma omp simd
    for (size_t i = 0; i < n; i++) {
        float g = gradient[i];
        float s = rho * square[i] + fresh * g * g;
        square[i] = s < WW_FADED_SQUARE ? 0 : s;
        parameter[i] -= eta * g / (sqrtf(s) + epsilon);
    }
}

const ww_optimiser ww_optimiser_rmsprop = {
    .item = {.name = "rmsprop",
             .summary = "gradients divided by their running root mean square",
             .sources = "tieleman2012",
             .example = "optimiser: rmsprop",
             .params = params,
             .params_size = sizeof(struct rmsprop)},
    .slots = 1,
    .step = step};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Stochastic gradient descent (Robbins & Monro 1951) with momentum (Polyak 1964; Nesterov 1983).
 *
 *     v <- mu v + g
 *     w <- w - eta v               (Polyak)
 *     w <- w - eta (g + mu v)      (Nesterov, in the form of Sutskever et al. 2013)
 *
 * mu = 0 is plain gradient descent. On a quadratic of curvature h it converges iff
 * eta < 2 (1 + mu) / h under Polyak's momentum. With independent gradient noise of variance
 * sigma^2 a sample and batches of B, plain descent stays around the minimum with the variance
 * eta sigma^2 / (B h (2 - eta h)): from Var(w) = (1 - eta h)^2 Var(w) + eta^2 sigma^2 / B.
 *
 * Weight decay is decoupled from the gradient (SGDW, Loshchilov & Hutter 2019): it does not enter
 * the velocity. */
#include "engine/learning/optimiser.h"
#include "engine/tensor/backend/loops.h"

struct sgd {
    double momentum;
    bool nesterov;
};

static const ww_param params[] = {
    WW_REAL(struct sgd, momentum, 0.9, 0, 0.999999, "",
            "share of the velocity kept from step to step", "polyak1964"),
    WW_BOOL(struct sgd, nesterov, false, "take the gradient a step ahead", "sutskever2013"),
    WW_PARAM_END};

static void step(const void *params_, double rate, uint64_t step_, size_t n, float *parameter,
                 const float *gradient, const float *decay, float *const *slot)
{
    const struct sgd *p = params_;
    const ww_momentum m = {.rate = (float)rate,
                           .kept = (float)p->momentum,
                           .direct = p->nesterov ? 1 : 0,
                           .carried = p->nesterov ? (float)p->momentum : 1};
    (void)step_;
    ww_loops_best()->momentum(&m, (int64_t)n, parameter, gradient, decay, slot[0]);
}

const ww_optimiser ww_optimiser_sgd = {
    .item = {.name = "sgd",
             .summary = "gradient descent with momentum (Polyak or Nesterov)",
             .sources = "robbins1951 polyak1964 sutskever2013 loshchilov2019",
             .example = "optimiser: sgd",
             .params = params,
             .params_size = sizeof(struct sgd)},
    .slots = 1,
    .decouples = true,
    .step = step};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_OPTIMISERS_ADAM_H
#define WW_ENGINE_LEARNING_OPTIMISERS_ADAM_H

/* What adam and adamw share: the parameters, and the step but for decay. */

#include <math.h>

#include "engine/learning/optimiser.h"
#include "engine/tensor/backend/loops.h"

struct adam {
    double beta1, beta2, epsilon;
};

#define ADAM_PARAMS                                                                                \
    {                                                                                              \
        WW_REAL(struct adam, beta1, 0.9, 0, 0.999999, "", "memory of the mean gradient",           \
                "kingma2015"),                                                                     \
            WW_REAL(struct adam, beta2, 0.999, 0, 0.999999, "", "memory of the mean square",       \
                    "kingma2015"),                                                                 \
            WW_REAL(struct adam, epsilon, 1e-8, 0, 1, "", "added to the root mean square", ""),    \
            WW_PARAM_END                                                                           \
    }

/* One step: rate / (1 - beta1^t) and 1 / sqrt(1 - beta2^t) undo the bias of moments that start at
 * 0. decay may be NULL. */
static inline void adam_step(const struct adam *p, double rate, uint64_t step, size_t n,
                             float *parameter, const float *gradient, const float *decay,
                             float *const *slot)
{
    const ww_adaptive a = {.rate = (float)(rate / (1 - pow(p->beta1, (double)step))),
                           .decay_rate = (float)rate,
                           .beta1 = (float)p->beta1,
                           .fresh1 = (float)(1 - p->beta1),
                           .beta2 = (float)p->beta2,
                           .fresh2 = (float)(1 - p->beta2),
                           .unbias2 = (float)(1 / sqrt(1 - pow(p->beta2, (double)step))),
                           .epsilon = (float)p->epsilon};
    ww_loops_best()->adaptive(&a, (int64_t)n, parameter, gradient, decay, slot[0], slot[1]);
}

#endif

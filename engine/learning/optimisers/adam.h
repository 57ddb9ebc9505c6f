/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_OPTIMISERS_ADAM_H
#define WW_ENGINE_LEARNING_OPTIMISERS_ADAM_H

/* What adam and adamw share: the parameters, and the move of one element. */

#include <math.h>

#include "engine/learning/optimiser.h"

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

/* The constants of one step: eta / (1 - beta1^t) and 1 / sqrt(1 - beta2^t) undo the bias of
 * moments that start at 0. */
struct adam_step {
    float beta1, fresh1, beta2, fresh2, epsilon, rate, unbias2;
};

static inline struct adam_step adam_step_of(const struct adam *p, double rate, uint64_t step)
{
    return (struct adam_step){.beta1 = (float)p->beta1,
                              .fresh1 = (float)(1 - p->beta1),
                              .beta2 = (float)p->beta2,
                              .fresh2 = (float)(1 - p->beta2),
                              .epsilon = (float)p->epsilon,
                              .rate = (float)(rate / (1 - pow(p->beta1, (double)step))),
                              .unbias2 = (float)(1 / sqrt(1 - pow(p->beta2, (double)step)))};
}

/* Updates the two moments by the gradient g and returns by how much the parameter moves down. */
static inline float adam_move(const struct adam_step *s, float g, float *mean, float *square)
{
    *mean = s->beta1 * *mean + s->fresh1 * g;
    *square = s->beta2 * *square + s->fresh2 * g * g;
    return s->rate * *mean / (sqrtf(*square) * s->unbias2 + s->epsilon);
}

#endif

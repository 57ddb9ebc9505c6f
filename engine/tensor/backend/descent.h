/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_DESCENT_H
#define WW_ENGINE_TENSOR_BACKEND_DESCENT_H

/* Steps of optimisers (loops.h says what each function does), on the vectors of simd.h. Included
 * once by each loops_*.c. */

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/scaling.h"

/* w less its own decay. */
TARGET INLINE vec decayed(float rate, const float *w, const float *decay, int64_t left)
{
    vec now = load_up_to(w, left);
    if (decay == NULL)
        return now;
    return SUB(now, MUL(MUL(ALL(rate), load_up_to(decay, left)), now));
}

/* Negative or positive, and what is not a number stays so. */
TARGET INLINE vec unless_faded(vec v)
{
    return UNLESS_BELOW(MORE(v, SUB(ALL(0), v)), WW_FADED, v);
}

TARGET static void momentum(const ww_momentum *m, int64_t n, float *w, const float *gradient,
                            const float *decay, float *velocity)
{
    for (int64_t i = 0; i < n; i += LANES) {
        vec g = load_up_to(gradient + i, n - i);
        vec v = ADD(MUL(ALL(m->kept), load_up_to(velocity + i, n - i)), g);
        vec move = ADD(MUL(ALL(m->direct), g), MUL(ALL(m->carried), v));
        vec now = decayed(m->rate, w + i, decay == NULL ? NULL : decay + i, n - i);
        store_up_to(velocity + i, unless_faded(v), n - i);
        store_up_to(w + i, SUB(now, MUL(ALL(m->rate), move)), n - i);
    }
}

TARGET static void adaptive(const ww_adaptive *a, int64_t n, float *w, const float *gradient,
                            const float *decay, float *mean, float *square)
{
    for (int64_t i = 0; i < n; i += LANES) {
        vec g = load_up_to(gradient + i, n - i);
        vec m = ADD(MUL(ALL(a->beta1), load_up_to(mean + i, n - i)), MUL(ALL(a->fresh1), g));
        vec s =
            ADD(MUL(ALL(a->beta2), load_up_to(square + i, n - i)), MUL(MUL(ALL(a->fresh2), g), g));
        vec size = ADD(MUL(ROOT(s), ALL(a->unbias2)), ALL(a->epsilon));
        vec now = decayed(a->decay_rate, w + i, decay == NULL ? NULL : decay + i, n - i);
        store_up_to(mean + i, unless_faded(m), n - i);
        store_up_to(square + i, UNLESS_BELOW(s, WW_FADED_SQUARE, s), n - i);
        vec move = DIV(MUL(ALL(a->rate), m), size);
        store_up_to(w + i, SUB(now, move), n - i);
    }
}

#endif

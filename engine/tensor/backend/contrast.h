/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_CONTRAST_H
#define WW_ENGINE_TENSOR_BACKEND_CONTRAST_H

/* What filters see, and the largest of what they answer (loops.h says what each function does). The
 * loops are plain C, made into vectors for each kind of processor by the compiler. */

#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/simd.h"

TARGET static void raise_row(const float *x, const float *scale, int64_t n, float *top)
{
    for (int64_t i = 0; i < n; i++) {
        float r = fabsf(x[i]) * scale[i];
        top[i] = r > top[i] ? r : top[i];
    }
}

/* By doubling: the greatest of 2 neighbours from those of 1, of 4 from those of 2; then those of
 * the first and of the last of a group, which meet or overlap. */
TARGET static void raise_groups(float *x, int64_t size, int64_t n, float *top)
{
    int64_t span = 1;
    for (; 2 * span <= size; span *= 2) {
        int64_t i = 0, last = n * size - span;
        for (; i + LANES <= last; i += LANES)
            STORE(x + i, MORE(LOAD(x + i + span), LOAD(x + i)));
        for (; i < last; i++)
            x[i] = x[i + span] > x[i] ? x[i + span] : x[i];
    }
    for (int64_t i = 0; i < n; i++) {
        float a = x[i * size], b = x[i * size + size - span];
        a = b > a ? b : a;
        top[i] = a > top[i] ? a : top[i];
    }
}

/* y += x; x may be y, further on. */
TARGET INLINE void add_row(const float *x, int64_t n, float *y)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        STORE(y + i, ADD(LOAD(y + i), LOAD(x + i)));
    for (; i < n; i++)
        y[i] += x[i];
}

TARGET static void sum_steps(float *x, int64_t step, int64_t k, int64_t n, float *y)
{
    int64_t left = n + (k - 1) * step;
    for (int64_t span = 1, done = 0; span <= k; span *= 2) {
        if (k & span) {
            if (done == 0)
                memcpy(y, x, (size_t)n * sizeof *y);
            else
                add_row(x + done * step, n, y);
            done += span;
        }
        left -= span * step;
        if (2 * span <= k)
            add_row(x + span * step, left, x);
    }
}

TARGET static void invert_squares(const float *square, int64_t n, float *y, float range[2])
{
    float least = range[0], most = range[1];
#pragma omp simd reduction(min : least) reduction(max : most)
    for (int64_t i = 0; i < n; i++) {
        bool nothing = !(square[i] >= FLT_MIN);
        float low = nothing ? INFINITY : square[i], high = nothing ? 0 : square[i];
        y[i] = low;
        least = low < least ? low : least;
        most = high > most ? high : most;
    }
    range[0] = least;
    range[1] = most;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        STORE(y + i, DIV(ALL(1), ROOT(LOAD(y + i))));
    for (; i < n; i++)
        y[i] = 1 / sqrtf(y[i]);
}

#endif

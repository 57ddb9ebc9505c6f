/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_CONTRAST_H
#define WW_ENGINE_TENSOR_BACKEND_CONTRAST_H

/* What filters see, and the largest of what they answer (loops.h says what each function does). The
 * loops are plain C, made into vectors for each kind of processor by the compiler. */

#include <float.h>
#include <math.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/simd.h"

TARGET static void raise_row(const float *x, const float *scale, int64_t n, float *top)
{
    for (int64_t i = 0; i < n; i++) {
        float r = fabsf(x[i]) * scale[i];
        top[i] = r > top[i] ? r : top[i];
    }
}

TARGET static void window_squares(const double *above, const double *below, const int32_t *over,
                                  const int32_t *under, int64_t k, int64_t n, float *square,
                                  float range[2])
{
    float least = range[0], most = range[1];
#pragma omp simd reduction(min : least) reduction(max : most)
    for (int64_t i = 0; i < n; i++) {
        float sum = (float)(below[i + k] - below[i] - above[i + k] + above[i]);
        int32_t lit = under[i + k] - under[i] - over[i + k] + over[i];
        bool nothing = lit == 0 || !(sum >= FLT_MIN);
        float low = nothing ? INFINITY : sum, high = nothing ? 0 : sum;
        square[i] = low;
        least = low < least ? low : least;
        most = high > most ? high : most;
    }
    range[0] = least;
    range[1] = most;
}

TARGET static void inverse_root(int64_t n, float *x)
{
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        STORE(x + i, DIV(ALL(1), ROOT(LOAD(x + i))));
    for (; i < n; i++)
        x[i] = 1 / sqrtf(x[i]);
}

#endif

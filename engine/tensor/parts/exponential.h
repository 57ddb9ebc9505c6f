/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_EXPONENTIAL_H
#define WW_ENGINE_TENSOR_PARTS_EXPONENTIAL_H

/* exp and its relatives in single precision without branches or calls, so that loops over them
 * become vector code. The polynomial is that of expf in Moshier's Cephes library. Errors are below
 * 1 (exp) and 3 (the others) units in the last place. What is not a number stays so. */

#include <math.h>
#include <stdint.h>
#include <string.h>

/** 2^k for whole -126 <= k <= 127. */
static inline float ww_power_of_two(int32_t k)
{
    uint32_t bits = (uint32_t)(k + 127) << 23;
    float power;
    memcpy(&power, &bits, sizeof power);
    return power;
}

/** exp(r) - 1 where x = k ln 2 + r and |r| <= ln 2 / 2. |x| is cut to `limit`, sign kept (so that
 * nothing becomes a constant, for which compilers would branch). */
static inline float ww_exp_remainder(float x, float limit, int32_t *k)
{
    const float shift = 0x1.8p23f; /* adding it rounds to a whole number, held in the last bits */
    float size = fabsf(x);
    x = copysignf(size > limit ? limit : size, x);
    float rounded = x * 1.44269504f + shift;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    *k = (int32_t)(bits - 0x4b400000u);
    float whole = rounded - shift;
    float r = x - whole * 0.693359375f + whole * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    return p * (r * r) + r;
}

/** exp(x); reaches 0 and infinity. */
static inline float ww_expf(float x)
{
    int32_t k;
    float e = ww_exp_remainder(x, 104, &k) + 1;
    /* in two steps: 2^k alone would leave the range of normal numbers too early */
    return e * ww_power_of_two(k >> 1) * ww_power_of_two(k - (k >> 1));
}

/** 1 / (1 + exp(-x)) */
static inline float ww_logisticf(float x)
{
    return 1 / (1 + ww_expf(-x));
}

/** tanh(x) = t / (t + 2) with t = exp(2 x) - 1, exact also near 0. */
static inline float ww_tanhf(float x)
{
    int32_t k;
    float e = ww_exp_remainder(2 * x, 40, &k), scale = ww_power_of_two(k);
    float t = scale * e + (scale - 1);
    return t / (t + 2);
}

#endif

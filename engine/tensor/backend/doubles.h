/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_DOUBLES_H
#define WW_ENGINE_TENSOR_BACKEND_DOUBLES_H

/* What simd.h lacks for loops: vectors of LANES / 2 doubles, sums in 16 of them, and selection by
 * size. */

#include "engine/tensor/backend/simd.h"

#if WW_LANES == 16

typedef __m512d dvec;
#define DALL(x)      _mm512_set1_pd(x)
#define DADD(a, b)   _mm512_add_pd(a, b)
#define DSUB(a, b)   _mm512_sub_pd(a, b)
#define DMUL(a, b)   _mm512_mul_pd(a, b)
#define DLOAD(p)     _mm512_cvtps_pd(_mm256_loadu_ps(p))
#define DLOW(v)      _mm512_cvtps_pd(_mm512_castps512_ps256(v))
#define DHIGH(v)     _mm512_cvtps_pd(_mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1)))
#define DSTORE(p, d) _mm512_storeu_pd(p, d)
/* v where t > 0, else 0; t where not t <= 0, else 0; and v where not t < least, else 0 */
#define WHERE_ABOVE(t, v)                                                                          \
    _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(t, _mm512_setzero_ps(), _CMP_GT_OQ), v)
#define RECTIFIED(t) _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(t, _mm512_setzero_ps(), _CMP_NLE_UQ), t)
#define UNLESS_BELOW(t, least, v)                                                                  \
    _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(t, ALL(least), _CMP_NLT_UQ), v)

#elif WW_LANES == 8

typedef __m256d dvec;
#define DALL(x)                   _mm256_set1_pd(x)
#define DADD(a, b)                _mm256_add_pd(a, b)
#define DSUB(a, b)                _mm256_sub_pd(a, b)
#define DMUL(a, b)                _mm256_mul_pd(a, b)
#define DLOAD(p)                  _mm256_cvtps_pd(_mm_loadu_ps(p))
#define DLOW(v)                   _mm256_cvtps_pd(_mm256_castps256_ps128(v))
#define DHIGH(v)                  _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))
#define DSTORE(p, d)              _mm256_storeu_pd(p, d)
#define WHERE_ABOVE(t, v)         _mm256_and_ps(_mm256_cmp_ps(t, _mm256_setzero_ps(), _CMP_GT_OQ), v)
#define RECTIFIED(t)              _mm256_and_ps(_mm256_cmp_ps(t, _mm256_setzero_ps(), _CMP_NLE_UQ), t)
#define UNLESS_BELOW(t, least, v) _mm256_and_ps(_mm256_cmp_ps(t, ALL(least), _CMP_NLT_UQ), v)

#else

typedef double dvec __attribute__((vector_size(16)));
typedef int32_t ivec __attribute__((vector_size(16)));
#define DALL(x)                   ((dvec){(x), (x)})
#define DADD(a, b)                ((a) + (b))
#define DSUB(a, b)                ((a) - (b))
#define DMUL(a, b)                ((a) * (b))
#define DLOAD(p)                  ((dvec){(double)(p)[0], (double)(p)[1]})
#define DLOW(v)                   ((dvec){(double)(v)[0], (double)(v)[1]})
#define DHIGH(v)                  ((dvec){(double)(v)[2], (double)(v)[3]})
#define DSTORE(p, d)              ((p)[0] = (d)[0], (p)[1] = (d)[1])
#define WHERE_ABOVE(t, v)         ((vec)((ivec)((t) > ALL(0)) & (ivec)(v)))
#define RECTIFIED(t)              ((vec)(~(ivec)((t) <= ALL(0)) & (ivec)(t)))
#define UNLESS_BELOW(t, least, v) ((vec)(~(ivec)((t) < ALL(least)) & (ivec)(v)))

#endif

enum { SUM_LANES = 16, SUM_VECS = 2 * SUM_LANES / LANES };

/* A sum over numbers of which number i goes to lane i mod 16. */
typedef struct lanes {
    dvec lane[SUM_VECS];
} lanes;

TARGET INLINE void lanes_clear(lanes *sum)
{
#pragma GCC unroll 8
    for (int k = 0; k < SUM_VECS; k++)
        sum->lane[k] = DALL(0);
}

/* In pairs: lanes j and j + 8, then j and j + 4, and so on. */
TARGET INLINE double lanes_total(const lanes *sum)
{
    double lane[SUM_LANES / 2];
#pragma GCC unroll 8
    for (int k = 0; k < SUM_VECS / 2; k++)
        DSTORE(lane + k * LANES / 2, DADD(sum->lane[k], sum->lane[k + SUM_VECS / 2]));
    for (int half = SUM_LANES / 4; half > 0; half /= 2)
        for (int j = 0; j < half; j++)
            lane[j] += lane[j + half];
    return lane[0];
}

/* Adds LANES numbers, the k-th such group of 16. */
TARGET INLINE void lanes_add(lanes *sum, int k, vec v)
{
    sum->lane[2 * k] = DADD(sum->lane[2 * k], DLOW(v));
    sum->lane[2 * k + 1] = DADD(sum->lane[2 * k + 1], DHIGH(v));
}

#endif

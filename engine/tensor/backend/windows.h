/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_WINDOWS_H
#define WW_ENGINE_TENSOR_BACKEND_WINDOWS_H

/* Pooling, a row of outputs at a time (loops.h says what each function does). With a stride of 2, a
 * window's columns 2k and 2k + 1 are the even and the odd numbers of two neighbouring vectors. */

#include <string.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/scaling.h"

#if WW_LANES == 16

typedef __m512i taps_vec;
#define NO_TAPS _mm512_setzero_si512()

TARGET INLINE void raise(vec x, int tap, vec *top, taps_vec *which)
{
    __mmask16 above = _mm512_cmp_ps_mask(x, *top, _CMP_GT_OQ);
    *top = _mm512_mask_mov_ps(*top, above, x);
    *which = _mm512_mask_mov_epi32(*which, above, _mm512_set1_epi32(tap));
}

TARGET INLINE void store_taps(uint8_t *p, taps_vec which, int64_t n)
{
    _mm512_mask_cvtepi32_storeu_epi8(p, between(0, n), which);
}

TARGET INLINE taps_vec load_taps(const uint8_t *p, int64_t n)
{
    uint8_t bytes[LANES] = {0};
    memcpy(bytes, p, n < LANES ? (size_t)n : LANES);
    return _mm512_cvtepu8_epi32(_mm_loadu_si128((const void *)bytes));
}

TARGET INLINE vec where_tap(taps_vec which, int tap, vec v)
{
    return _mm512_maskz_mov_ps(_mm512_cmpeq_epi32_mask(which, _mm512_set1_epi32(tap)), v);
}

#elif WW_LANES == 8

typedef __m256i taps_vec;
#define NO_TAPS _mm256_setzero_si256()

TARGET INLINE void raise(vec x, int tap, vec *top, taps_vec *which)
{
    vec above = _mm256_cmp_ps(x, *top, _CMP_GT_OQ);
    *top = _mm256_blendv_ps(*top, x, above);
    *which = _mm256_blendv_epi8(*which, _mm256_set1_epi32(tap), _mm256_castps_si256(above));
}

TARGET INLINE void store_taps(uint8_t *p, taps_vec which, int64_t n)
{
    __m128i words =
        _mm_packs_epi32(_mm256_castsi256_si128(which), _mm256_extracti128_si256(which, 1));
    uint8_t bytes[16];
    _mm_storeu_si128((void *)bytes, _mm_packus_epi16(words, words));
    memcpy(p, bytes, n < LANES ? (size_t)n : LANES);
}

TARGET INLINE taps_vec load_taps(const uint8_t *p, int64_t n)
{
    uint8_t bytes[16] = {0};
    memcpy(bytes, p, n < LANES ? (size_t)n : LANES);
    return _mm256_cvtepu8_epi32(_mm_loadu_si128((const void *)bytes));
}

TARGET INLINE vec where_tap(taps_vec which, int tap, vec v)
{
    return _mm256_and_ps(_mm256_castsi256_ps(_mm256_cmpeq_epi32(which, _mm256_set1_epi32(tap))), v);
}

#else

typedef ivec taps_vec;
#define NO_TAPS ((ivec){0})

INLINE void raise(vec x, int tap, vec *top, taps_vec *which)
{
    ivec above = (ivec)(x > *top);
    *top = (vec)((above & (ivec)x) | (~above & (ivec)*top));
    *which = (above & (ivec){tap, tap, tap, tap}) | (~above & *which);
}

INLINE void store_taps(uint8_t *p, taps_vec which, int64_t n)
{
    for (int i = 0; i < LANES && i < n; i++)
        p[i] = (uint8_t)which[i];
}

INLINE taps_vec load_taps(const uint8_t *p, int64_t n)
{
    taps_vec which = NO_TAPS;
    for (int i = 0; i < LANES && i < n; i++)
        which[i] = p[i];
    return which;
}

INLINE vec where_tap(taps_vec which, int tap, vec v)
{
    return (vec)((which == (ivec){tap, tap, tap, tap}) & (ivec)v);
}

#endif

/* Columns c and, with a stride of 2, c + 1 of the windows of LANES outputs: those that begin at p,
 * p + stride, ... Nothing is read from `end` on. */
TARGET INLINE void columns(const float *p, const float *end, int stride, vec *even, vec *odd)
{
    int64_t left = end - p;
    if (stride == 1)
        *even = load_up_to(p, left);
    else
        halves(load_up_to(p, left), load_up_to(left > LANES ? p + LANES : p, left - LANES), even,
               odd);
}

/* What lies a page further on than the pixels of LANES windows (scaling.h says why). */
TARGET INLINE void fetch_windows(const ww_window *w, const float *x, int stride)
{
    for (int row = 0; row < w->size; row++)
        for (int i = 0; i < stride; i++)
            fetch(x + row * w->step + i * LANES);
}

TARGET INLINE void max_row_of(const ww_window *w, const int stride, const float *x, int64_t n,
                              float *y, uint8_t *which)
{
    for (int64_t u = 0; u < n; u += LANES) {
        vec top = ALL(0), even, odd;
        taps_vec tap = NO_TAPS;
        fetch_windows(w, x + u * stride, stride);
        for (int row = 0; row < w->size; row++)
            for (int c = 0; c < w->size; c += stride) {
                columns(x + row * w->step + u * stride + c, w->end, stride, &even, &odd);
                if (row == 0 && c == 0)
                    top = even;
                else
                    raise(even, row * w->size + c, &top, &tap);
                if (stride == 2 && c + 1 < w->size)
                    raise(odd, row * w->size + c + 1, &top, &tap);
            }
        store_up_to(y + u, top, n - u);
        if (which != NULL)
            store_taps(which + u, tap, n - u);
    }
}

TARGET static void max_row(const ww_window *w, const float *x, int64_t n, float *y, uint8_t *which)
{
    if (w->stride == 1)
        max_row_of(w, 1, x, n, y, which);
    else
        max_row_of(w, 2, x, n, y, which);
}

TARGET INLINE void store_zipped(float *p, vec even, vec odd, int64_t pairs)
{
    vec a, b;
    zipped(even, odd, &a, &b);
    store_up_to(p, a, 2 * pairs);
    if (2 * pairs > LANES)
        store_up_to(p + LANES, b, 2 * pairs - LANES);
}

TARGET static void max_pairs_back(const float *dy, const uint8_t *which, int64_t n, float *dx,
                                  int64_t step)
{
    for (int64_t u = 0; u < n; u += LANES) {
        vec d = load_up_to(dy + u, n - u);
        taps_vec tap = load_taps(which + u, n - u);
        for (int row = 0; row < 2; row++)
            store_zipped(dx + row * step + 2 * u, where_tap(tap, 2 * row, d),
                         where_tap(tap, 2 * row + 1, d), n - u);
    }
}

TARGET static void sum_row(const ww_window *w, const float *x, int64_t n, float share, float *y)
{
    for (int64_t u = 0; u < n; u += LANES) {
        vec sum = ALL(0), even, odd;
        fetch_windows(w, x + u * 2, 2);
        for (int row = 0; row < w->size; row++)
            for (int c = 0; c < w->size; c += 2) {
                columns(x + row * w->step + u * 2 + c, w->end, 2, &even, &odd);
                sum = ADD(sum, even);
                sum = c + 1 < w->size ? ADD(sum, odd) : sum;
            }
        store_up_to(y + u, MUL(sum, ALL(share)), n - u);
    }
}

TARGET static void pairs_back(const float *dy, int64_t n, float even, float odd, float *dx)
{
    for (int64_t u = 0; u < n; u += LANES) {
        vec d = load_up_to(dy + u, n - u);
        store_zipped(dx + 2 * u, MUL(d, ALL(even)), MUL(d, ALL(odd)), n - u);
    }
}

TARGET static void sum_rows(const float *x, int64_t step, int64_t rows, int64_t n, float *y)
{
    for (int64_t u = 0; u < n; u += LANES) {
        vec sum = ALL(0);
        for (int64_t r = 0; r < rows; r++)
            sum = ADD(sum, load_up_to(x + r * step + u, n - u));
        store_up_to(y + u, sum, n - u);
    }
}

TARGET static void sum_shifts(const float *x, int64_t n_x, int64_t first, int64_t taps, int64_t n,
                              float *y)
{
    for (int64_t u = 0; u < n; u += LANES) {
        vec sum = ALL(0);
        for (int64_t at = u + first; at < u + first + taps; at++)
            sum = ADD(sum, at >= 0 && at + LANES <= n_x ? LOAD(x + at)
                                                        : load_between(x + at, -at, n_x - at));
        store_up_to(y + u, sum, n - u);
    }
}

#endif

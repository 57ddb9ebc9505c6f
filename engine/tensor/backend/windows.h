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

/* Few taps make a short loop, so it goes over several rows of sums at once. */
enum { ROWS_AT_ONCE = 4 };

/* y[k step + lane] = the sum of `taps` numbers x[k apart + lane], `next` from one to the next, for
 * k < rows and lanes below n. Reads no other lanes if `part`. */
TARGET INLINE void sum_taps(const int rows, const bool part, const float *x, int64_t apart,
                            int64_t taps, int64_t next, int64_t n, float *y, int64_t step)
{
    const lanes_mask some = PART(0, n);
    vec sum[ROWS_AT_ONCE];
#pragma GCC unroll 4
    for (int k = 0; k < rows; k++)
        sum[k] = ALL(0);
    for (int64_t tap = 0; tap < taps; tap++, x += next)
#pragma GCC unroll 4
        for (int k = 0; k < rows; k++)
            sum[k] = ADD(sum[k], part ? LOAD_PART(x + k * apart, some) : LOAD(x + k * apart));
#pragma GCC unroll 4
    for (int k = 0; k < rows; k++)
        store_up_to(y + k * step, sum[k], n);
}

TARGET INLINE void sum_columns_of(const int rows, const ww_slab *slab, int64_t stride, int64_t taps,
                                  const float *x, float *y, int64_t step)
{
    int64_t u = 0;
    for (; u + LANES <= slab->n; u += LANES)
        sum_taps(rows, false, x + u, stride * slab->step, taps, slab->step, LANES, y + u, step);
    if (u < slab->n)
        sum_taps(rows, true, x + u, stride * slab->step, taps, slab->step, slab->n - u, y + u,
                 step);
}

/* Runs wholly inside are taken together; of the others, the rows inside. */
TARGET static void sum_columns(const ww_slab *slab, const ww_runs *runs, const float *x, float *y,
                               int64_t step)
{
    const int64_t further = (ROWS_AT_ONCE - 1) * runs->stride;
    for (int64_t v = 0, rows; v < runs->n; v += rows, y += rows * step) {
        int64_t first = runs->first + v * runs->stride, end = first + runs->taps;
        bool inside = first >= 0 && end + further <= slab->rows;
        rows = inside && v + ROWS_AT_ONCE <= runs->n ? ROWS_AT_ONCE : 1;
        first = first < 0 ? 0 : first;
        end = end < slab->rows ? end : slab->rows;
        if (rows > 1)
            sum_columns_of(ROWS_AT_ONCE, slab, runs->stride, end - first, x + first * slab->step, y,
                           step);
        else
            sum_columns_of(1, slab, 0, end - first, x + first * slab->step, y, step);
    }
}

/* A vector that ends past its row reads on into the next one, but not past the last row: `left` are
 * the floats from the last of the rows at hand on. */
TARGET static void sum_shifts(const ww_slab *slab, int64_t taps, const float *x, float *y)
{
    const int64_t n = slab->n - taps + 1;
    for (int64_t r = 0, rows; r < slab->rows; r += rows, x += rows * slab->step, y += rows * n) {
        rows = slab->rows - r >= ROWS_AT_ONCE ? ROWS_AT_ONCE : 1;
        int64_t after = slab->rows - r - rows, left = after * slab->step + slab->n;
        for (int64_t u = 0; u < n; u += LANES)
            if (u + taps - 1 + LANES > left)
                for (int64_t k = 0; k < rows; k++)
                    sum_taps(1, true, x + k * slab->step + u, 0, taps, 1, n - u, y + k * n + u, n);
            else if (rows > 1)
                sum_taps(ROWS_AT_ONCE, false, x + u, slab->step, taps, 1, n - u, y + u, n);
            else
                sum_taps(1, false, x + u, 0, taps, 1, n - u, y + u, n);
    }
}

TARGET static void scale_both(const ww_slab *slab, const float *tall, const float *wide,
                              const float *x, float *y)
{
    for (int64_t r = 0; r < slab->rows; r++, x += slab->step, y += slab->step)
        for (int64_t u = 0; u < slab->n; u += LANES) {
            const int64_t n = slab->n - u;
            vec share = MUL(ALL(tall[r]), load_up_to(wide + u, n));
            store_up_to(y + u, MUL(load_up_to(x + u, n), share), n);
        }
}

#endif

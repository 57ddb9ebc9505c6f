/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_SIMD_H
#define WW_ENGINE_TENSOR_BACKEND_SIMD_H

/* Vectors of floats for one kind of processor, chosen by WW_LANES before this is included:
 *
 *     16  AVX-512     8  AVX2 with FMA     4 (or nothing)  plain C, on any processor
 *
 * Files of kernels are compiled once for each (kernels_*.c). A function that uses vectors is marked
 * TARGET, so that the other functions of the file still run on every processor; a header of kernels
 * compiles alone, hence `unused`. */

#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifndef WW_LANES
#define WW_LANES 4
#endif

#define INLINE static inline __attribute__((always_inline))
#define LANES  WW_LANES

#if WW_LANES == 16

#include <immintrin.h>
#define TARGET __attribute__((target("avx512f,avx2,fma"), unused))
typedef __m512 vec;
#define LOAD(p)           _mm512_loadu_ps(p)
#define STORE(p, v)       _mm512_storeu_ps(p, v)
#define ALL(x)            _mm512_set1_ps(x)
#define ADD(a, b)         _mm512_add_ps(a, b)
#define SUB(a, b)         _mm512_sub_ps(a, b)
#define MUL(a, b)         _mm512_mul_ps(a, b)
#define DIV(a, b)         _mm512_div_ps(a, b)
#define ROOT(a)           _mm512_sqrt_ps(a)
#define LESS(a, b)        _mm512_min_ps(a, b)       /* the lesser; b where either is NaN */
#define MORE(a, b)        _mm512_max_ps(a, b)       /* the greater, likewise */
#define FMA(a, b, c)      _mm512_fmadd_ps(a, b, c)  /* a b + c */
#define FNMA(a, b, c)     _mm512_fnmadd_ps(a, b, c) /* c - a b */
#define INTERLEAVE0(a, b) _mm512_unpacklo_ps(a, b)
#define INTERLEAVE1(a, b) _mm512_unpackhi_ps(a, b)
#define PAIRS0(a, b)      _mm512_shuffle_ps(a, b, 0x44)
#define PAIRS1(a, b)      _mm512_shuffle_ps(a, b, 0xee)

TARGET INLINE __mmask16 between(int64_t from, int64_t to)
{
    unsigned begin = from <= 0 ? 0 : from >= 16 ? 16 : (unsigned)from;
    unsigned end = to <= 0 ? 0 : to >= 16 ? 16 : (unsigned)to;
    return (__mmask16)(((1u << end) - 1) & ~((1u << begin) - 1));
}

/* Lanes from .. to-1 of p[0 .. 15], zero elsewhere; what lies elsewhere is not touched. */
TARGET INLINE vec load_between(const float *p, int64_t from, int64_t to)
{
    return _mm512_maskz_loadu_ps(between(from, to), p);
}

TARGET INLINE void store_first(float *p, vec v, int64_t n)
{
    _mm512_mask_storeu_ps(p, between(0, n), v);
}

/* Some lanes, found once for many loads and stores. */
typedef __mmask16 lanes_mask;
#define PART(from, to)      between(from, to)
#define LOAD_PART(p, m)     _mm512_maskz_loadu_ps(m, p)
#define STORE_PART(p, m, v) _mm512_mask_storeu_ps(p, m, v)

/* Four floats each at p + offset[0, 4, 8, 12], of which `run` (1, 2, 4) at a time lie side by side.
 */
TARGET INLINE vec load_fours(const float *p, const int32_t *offset, const int run)
{
    if (run == 4)
        return LOAD(p + offset[0]);
    if (run == 2) {
        __m512d v = _mm512_castps_pd(_mm512_castps256_ps512(_mm256_loadu_ps(p + offset[0])));
        __m256d w = _mm256_castps_pd(_mm256_loadu_ps(p + offset[8]));
        return _mm512_castpd_ps(_mm512_insertf64x4(v, w, 1));
    }
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p + offset[0]));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(p + offset[4]), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(p + offset[8]), 2);
    return _mm512_insertf32x4(v, _mm_loadu_ps(p + offset[12]), 3);
}

TARGET INLINE void store_fours(float *p, const int32_t *offset, const int run, vec v)
{
    if (run == 4) {
        STORE(p + offset[0], v);
    } else if (run == 2) {
        _mm256_storeu_ps(p + offset[0], _mm512_castps512_ps256(v));
        _mm256_storeu_pd((double *)(void *)(p + offset[8]),
                         _mm512_extractf64x4_pd(_mm512_castps_pd(v), 1));
    } else {
        _mm_storeu_ps(p + offset[0], _mm512_castps512_ps128(v));
        _mm_storeu_ps(p + offset[4], _mm512_extractf32x4_ps(v, 1));
        _mm_storeu_ps(p + offset[8], _mm512_extractf32x4_ps(v, 2));
        _mm_storeu_ps(p + offset[12], _mm512_extractf32x4_ps(v, 3));
    }
}

/* The even and the odd numbers of two neighbouring vectors; the inverse. */
TARGET INLINE void halves(vec a, vec b, vec *even, vec *odd)
{
    const __m512i to = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30);
    *even = _mm512_permutex2var_ps(a, to, b);
    *odd = _mm512_permutex2var_ps(a, _mm512_add_epi32(to, _mm512_set1_epi32(1)), b);
}

TARGET INLINE void zipped(vec even, vec odd, vec *a, vec *b)
{
    const __m512i to = _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    *a = _mm512_permutex2var_ps(even, to, odd);
    *b = _mm512_permutex2var_ps(even, _mm512_add_epi32(to, _mm512_set1_epi32(8)), odd);
}

#elif WW_LANES == 8

#include <immintrin.h>
#define TARGET              __attribute__((target("avx2,fma"), unused))
typedef __m256 vec;
#define LOAD(p)             _mm256_loadu_ps(p)
#define STORE(p, v)         _mm256_storeu_ps(p, v)
#define ALL(x)              _mm256_set1_ps(x)
#define ADD(a, b)           _mm256_add_ps(a, b)
#define SUB(a, b)           _mm256_sub_ps(a, b)
#define MUL(a, b)           _mm256_mul_ps(a, b)
#define DIV(a, b)           _mm256_div_ps(a, b)
#define ROOT(a)             _mm256_sqrt_ps(a)
#define LESS(a, b)          _mm256_min_ps(a, b)
#define MORE(a, b)          _mm256_max_ps(a, b)
#define FMA(a, b, c)        _mm256_fmadd_ps(a, b, c)
#define FNMA(a, b, c)       _mm256_fnmadd_ps(a, b, c)
#define INTERLEAVE0(a, b)   _mm256_unpacklo_ps(a, b)
#define INTERLEAVE1(a, b)   _mm256_unpackhi_ps(a, b)
#define PAIRS0(a, b)        _mm256_shuffle_ps(a, b, 0x44)
#define PAIRS1(a, b)        _mm256_shuffle_ps(a, b, 0xee)

TARGET INLINE __m256i between(int64_t from, int64_t to)
{
    int begin = from <= 0 ? 0 : from >= 8 ? 8 : (int)from;
    int end = to <= 0 ? 0 : to >= 8 ? 8 : (int)to;
    const __m256i lane = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
    return _mm256_andnot_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(begin), lane),
                               _mm256_cmpgt_epi32(_mm256_set1_epi32(end), lane));
}

TARGET INLINE vec load_between(const float *p, int64_t from, int64_t to)
{
    return _mm256_maskload_ps(p, between(from, to));
}

TARGET INLINE void store_first(float *p, vec v, int64_t n)
{
    _mm256_maskstore_ps(p, between(0, n), v);
}

typedef __m256i lanes_mask;
#define PART(from, to)      between(from, to)
#define LOAD_PART(p, m)     _mm256_maskload_ps(p, m)
#define STORE_PART(p, m, v) _mm256_maskstore_ps(p, m, v)

TARGET INLINE vec load_fours(const float *p, const int32_t *offset, const int run)
{
    if (run == 2)
        return LOAD(p + offset[0]);
    __m256 v = _mm256_castps128_ps256(_mm_loadu_ps(p + offset[0]));
    return _mm256_insertf128_ps(v, _mm_loadu_ps(p + offset[4]), 1);
}

TARGET INLINE void store_fours(float *p, const int32_t *offset, const int run, vec v)
{
    if (run == 2) {
        STORE(p + offset[0], v);
        return;
    }
    _mm_storeu_ps(p + offset[0], _mm256_castps256_ps128(v));
    _mm_storeu_ps(p + offset[4], _mm256_extractf128_ps(v, 1));
}

TARGET INLINE vec in_order(vec v)
{
    return _mm256_castpd_ps(_mm256_permute4x64_pd(_mm256_castps_pd(v), 0xd8));
}

TARGET INLINE void halves(vec a, vec b, vec *even, vec *odd)
{
    *even = in_order(_mm256_shuffle_ps(a, b, 0x88));
    *odd = in_order(_mm256_shuffle_ps(a, b, 0xdd));
}

TARGET INLINE void zipped(vec even, vec odd, vec *a, vec *b)
{
    vec low = _mm256_unpacklo_ps(even, odd), high = _mm256_unpackhi_ps(even, odd);
    *a = _mm256_permute2f128_ps(low, high, 0x20);
    *b = _mm256_permute2f128_ps(low, high, 0x31);
}

#else

#define TARGET              __attribute__((unused))
typedef float vec __attribute__((vector_size(16)));
#define ALL(x)              ((vec){(x), (x), (x), (x)})
#define ADD(a, b)           ((a) + (b))
#define SUB(a, b)           ((a) - (b))
#define MUL(a, b)           ((a) * (b))
#define DIV(a, b)           ((a) / (b))
#define ROOT(a)             root(a)
#define LESS(a, b)          less(a, b)
#define MORE(a, b)          more(a, b)
#define FMA(a, b, c)        ((a) * (b) + (c))
#define FNMA(a, b, c)       ((c) - (a) * (b))
#define INTERLEAVE0(a, b)   interleave(a, b, 0)
#define INTERLEAVE1(a, b)   interleave(a, b, 2)
#define PAIRS0(a, b)        pairs(a, b, 0)
#define PAIRS1(a, b)        pairs(a, b, 2)

INLINE vec root(vec a)
{
    return (vec){sqrtf(a[0]), sqrtf(a[1]), sqrtf(a[2]), sqrtf(a[3])};
}

INLINE vec less(vec a, vec b)
{
    vec v;
    for (int i = 0; i < 4; i++)
        v[i] = a[i] < b[i] ? a[i] : b[i];
    return v;
}

INLINE vec more(vec a, vec b)
{
    vec v;
    for (int i = 0; i < 4; i++)
        v[i] = a[i] > b[i] ? a[i] : b[i];
    return v;
}

INLINE vec LOAD(const float *p)
{
    vec v;
    memcpy(&v, p, sizeof v);
    return v;
}

INLINE void STORE(float *p, vec v)
{
    memcpy(p, &v, sizeof v);
}

INLINE vec interleave(vec a, vec b, int i)
{
    return (vec){a[i], b[i], a[i + 1], b[i + 1]};
}

INLINE vec pairs(vec a, vec b, int i)
{
    return (vec){a[i], a[i + 1], b[i], b[i + 1]};
}

INLINE vec load_between(const float *p, int64_t from, int64_t to)
{
    vec v = {0};
    for (int i = 0; i < 4; i++)
        if (i >= from && i < to)
            v[i] = p[i];
    return v;
}

INLINE void store_first(float *p, vec v, int64_t n)
{
    for (int i = 0; i < 4 && i < n; i++)
        p[i] = v[i];
}

typedef struct lanes_mask {
    int64_t from, to;
} lanes_mask;
#define PART(from, to)      ((lanes_mask){from, to})
#define LOAD_PART(p, m)     load_between(p, (m).from, (m).to)
#define STORE_PART(p, m, v) store_first(p, v, (m).to)

INLINE vec load_fours(const float *p, const int32_t *offset, const int run)
{
    (void)run;
    return LOAD(p + offset[0]);
}

INLINE void store_fours(float *p, const int32_t *offset, const int run, vec v)
{
    (void)run;
    STORE(p + offset[0], v);
}

INLINE void halves(vec a, vec b, vec *even, vec *odd)
{
    *even = (vec){a[0], a[2], b[0], b[2]};
    *odd = (vec){a[1], a[3], b[1], b[3]};
}

INLINE void zipped(vec even, vec odd, vec *a, vec *b)
{
    *a = INTERLEAVE0(even, odd);
    *b = INTERLEAVE1(even, odd);
}

#endif

/* Four rows of fours turned: columns 0 to n - 1 (2 or 4). */
TARGET INLINE void turn_fours(vec a, vec b, vec c, vec d, const int n, vec *column)
{
    vec ab0 = INTERLEAVE0(a, b), cd0 = INTERLEAVE0(c, d);
    column[0] = PAIRS0(ab0, cd0);
    column[1] = PAIRS1(ab0, cd0);
    if (n == 2)
        return;
    vec ab1 = INTERLEAVE1(a, b), cd1 = INTERLEAVE1(c, d);
    column[2] = PAIRS0(ab1, cd1);
    column[3] = PAIRS1(ab1, cd1);
}

/* The first n (2 or 4) columns of rows of four floats, one row a lane: column[j] lane l =
 * p[offset[l] + j]. Lanes l, l + 4, l + 8, ... lie side by side, `run` of them at a time. */
TARGET INLINE void load_columns(const float *p, const int32_t *offset, const int run, const int n,
                                vec *column)
{
    turn_fours(load_fours(p, offset, run), load_fours(p, offset + 1, run),
               load_fours(p, offset + 2, run), load_fours(p, offset + 3, run), n, column);
}

/* As many columns as there are lanes, of rows anywhere. A row's floats are read one after the
 * other, since sixteen rows that are a page apart do not stay in a first cache together. */
TARGET INLINE void load_square(const float *p, const int32_t *offset, vec *column)
{
    vec four[4][LANES / 4];
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < LANES / 4; j++)
            four[i][j] = load_fours(p + 4 * j, offset + i, 1);
    for (int j = 0; j < LANES / 4; j++)
        turn_fours(four[0][j], four[1][j], four[2][j], four[3][j], 4, column + 4 * j);
}

/* The inverse, of four columns; with `add`, added to what is there. All is read before any of it is
 * written: some lanes may be others once more. */
TARGET INLINE void store_columns(float *p, const int32_t *offset, const int run,
                                 const vec column[4], const bool add)
{
    vec ab0 = INTERLEAVE0(column[0], column[1]), ab1 = INTERLEAVE1(column[0], column[1]);
    vec cd0 = INTERLEAVE0(column[2], column[3]), cd1 = INTERLEAVE1(column[2], column[3]);
    vec row[4] = {PAIRS0(ab0, cd0), PAIRS1(ab0, cd0), PAIRS0(ab1, cd1), PAIRS1(ab1, cd1)};
    for (int i = 0; i < 4 && add; i++)
        row[i] = ADD(load_fours(p, offset + i, run), row[i]);
    for (int i = 0; i < 4; i++)
        store_fours(p, offset + i, run, row[i]);
}

/* Two floats each: p[offset[l]] and p[offset[l] + 1] are lane l of a and of b; likewise. */
TARGET INLINE void store_pairs(float *p, const int32_t *offset, vec a, vec b, const bool add)
{
    float pair[2][LANES];
    for (int l = 0; l < LANES && add; l++) {
        pair[0][l] = p[offset[l]];
        pair[1][l] = p[offset[l] + 1];
    }
    a = add ? ADD(LOAD(pair[0]), a) : a;
    b = add ? ADD(LOAD(pair[1]), b) : b;
    STORE(pair[0], INTERLEAVE0(a, b));
    STORE(pair[1], INTERLEAVE1(a, b));
    for (int l = 0; l < LANES; l++)
        memcpy(p + offset[l], &pair[l / 2 % 2][l / 4 * 4 + l % 2 * 2], 2 * sizeof *p);
}

/* All of a vector, or its first n floats and zeros. */
TARGET INLINE vec load_up_to(const float *p, int64_t n)
{
    return n >= LANES ? LOAD(p) : load_between(p, 0, n);
}

TARGET INLINE void store_up_to(float *p, vec v, int64_t n)
{
    if (n >= LANES)
        STORE(p, v);
    else
        store_first(p, v, n);
}

#endif

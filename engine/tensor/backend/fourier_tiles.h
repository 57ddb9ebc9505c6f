/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_FOURIER_TILES_H
#define WW_ENGINE_TENSOR_BACKEND_FOURIER_TILES_H

/* Fourier transforms, one a lane, and what is done with spectra, on the vectors of simd.h;
 * fourier.c says what for. Included once by each kernels_*.c. */

#include <stdbool.h>

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/simd.h"

typedef struct cvec {
    vec re, im;
} cvec;

TARGET INLINE cvec cadd(cvec a, cvec b)
{
    return (cvec){ADD(a.re, b.re), ADD(a.im, b.im)};
}

TARGET INLINE cvec csub(cvec a, cvec b)
{
    return (cvec){SUB(a.re, b.re), SUB(a.im, b.im)};
}

/* a + i s b, a - i s b */
TARGET INLINE cvec cadd_i(cvec a, vec s, cvec b)
{
    return (cvec){FNMA(s, b.im, a.re), FMA(s, b.re, a.im)};
}

TARGET INLINE cvec csub_i(cvec a, vec s, cvec b)
{
    return (cvec){FMA(s, b.im, a.re), FNMA(s, b.re, a.im)};
}

TARGET INLINE cvec ctimes(cvec a, vec re, vec im)
{
    return (cvec){FNMA(a.im, im, MUL(a.re, re)), FMA(a.re, im, MUL(a.im, re))};
}

/* ---- butterflies: b[j] = sum over l of a[l] exp(-2 pi i j l / radix) ---- */

TARGET INLINE void butterfly3(const cvec *a, cvec *b)
{
    vec half = ALL(0.5f), sine = ALL(0.866025403784438647f);
    cvec t = cadd(a[1], a[2]), d = csub(a[1], a[2]);
    cvec m = {FNMA(half, t.re, a[0].re), FNMA(half, t.im, a[0].im)};
    b[0] = cadd(a[0], t);
    b[1] = csub_i(m, sine, d);
    b[2] = cadd_i(m, sine, d);
}

TARGET INLINE void butterfly4(cvec a0, cvec a1, cvec a2, cvec a3, cvec *b, const int step)
{
    cvec s0 = cadd(a0, a2), s1 = csub(a0, a2), s2 = cadd(a1, a3), d = csub(a1, a3);
    b[0] = cadd(s0, s2);
    b[step] = (cvec){ADD(s1.re, d.im), SUB(s1.im, d.re)};
    b[2 * step] = csub(s0, s2);
    b[3 * step] = (cvec){SUB(s1.re, d.im), ADD(s1.im, d.re)};
}

TARGET INLINE void butterfly5(const cvec *a, cvec *b)
{
    vec c1 = ALL(0.309016994374947424f), c2 = ALL(-0.809016994374947424f);
    vec s1 = ALL(0.951056516295153572f), s2 = ALL(0.587785252292473129f), one = ALL(1.0f);
    cvec p = cadd(a[1], a[4]), q = cadd(a[2], a[3]), d = csub(a[1], a[4]), e = csub(a[2], a[3]);
    cvec m1 = {FMA(c2, q.re, FMA(c1, p.re, a[0].re)), FMA(c2, q.im, FMA(c1, p.im, a[0].im))};
    cvec m2 = {FMA(c1, q.re, FMA(c2, p.re, a[0].re)), FMA(c1, q.im, FMA(c2, p.im, a[0].im))};
    cvec r1 = {FMA(s1, d.re, MUL(s2, e.re)), FMA(s1, d.im, MUL(s2, e.im))};
    cvec r2 = {FNMA(s1, e.re, MUL(s2, d.re)), FNMA(s1, e.im, MUL(s2, d.im))};
    b[0] = cadd(a[0], cadd(p, q));
    b[1] = csub_i(m1, one, r1);
    b[2] = csub_i(m2, one, r2);
    b[3] = cadd_i(m2, one, r2);
    b[4] = cadd_i(m1, one, r1);
}

TARGET INLINE void butterfly8(const cvec *a, cvec *b)
{
    vec root = ALL(0.707106781186547524f);
    cvec d1 = csub(a[1], a[5]), d2 = csub(a[2], a[6]), d3 = csub(a[3], a[7]);
    cvec t5 = {MUL(root, ADD(d1.re, d1.im)), MUL(root, SUB(d1.im, d1.re))};
    cvec t6 = {d2.im, SUB(ALL(0), d2.re)};
    cvec t7 = {MUL(root, SUB(d3.im, d3.re)), MUL(ALL(-0.707106781186547524f), ADD(d3.re, d3.im))};
    butterfly4(cadd(a[0], a[4]), cadd(a[1], a[5]), cadd(a[2], a[6]), cadd(a[3], a[7]), b, 2);
    butterfly4(csub(a[0], a[4]), t5, t6, t7, b + 1, 2);
}

/* Two threes, in the order of Good 1958: no roots between. */
TARGET INLINE void butterfly6(const cvec *a, cvec *b)
{
    cvec even[3] = {a[0], a[2], a[4]}, odd[3] = {a[3], a[5], a[1]}, e[3], o[3];
    butterfly3(even, e);
    butterfly3(odd, o);
    for (int i = 0; i < 3; i++) {
        b[4 * i % 6] = cadd(e[i], o[i]);
        b[(3 + 4 * i) % 6] = csub(e[i], o[i]);
    }
}

TARGET INLINE void butterfly(const int radix, const cvec *a, cvec *b)
{
    if (radix == 3)
        butterfly3(a, b);
    else if (radix == 4)
        butterfly4(a[0], a[1], a[2], a[3], b, 1);
    else if (radix == 5)
        butterfly5(a, b);
    else if (radix == 6)
        butterfly6(a, b);
    else
        butterfly8(a, b);
}

/* ---- transforms ---- */

/* A pass: `m` butterflies of numbers m apart, for each of `s` interleaved transforms. */
struct dft_pass {
    const float *from, *twiddle;
    float *to;
    int64_t from_step, to_step, m, s, n_to, re, im;
};

TARGET INLINE void load_numbers(const int radix, const struct dft_pass *d, int64_t first, cvec *a)
{
    const float *from = d->from + first * d->from_step;
    int64_t step = d->s * d->m * d->from_step;
    for (int l = 0; l < radix; l++)
        a[l] = (cvec){LOAD(from + l * step + d->re), LOAD(from + l * step + d->im)};
}

TARGET INLINE void store_number(const struct dft_pass *d, int64_t i, cvec b)
{
    STORE(d->to + i * d->to_step + d->re, b.re);
    STORE(d->to + i * d->to_step + d->im, b.im);
}

TARGET INLINE void pass_of(const int radix, const struct dft_pass *d)
{
    cvec a[8], b[8];
    for (int64_t q = 0; q < d->s; q++) {
        load_numbers(radix, d, q, a);
        butterfly(radix, a, b);
        for (int j = 0; j < radix; j++)
            store_number(d, q + d->s * j, b[j]);
    }
    const float *w = d->twiddle;
    for (int64_t p = 1; p < d->m; p++) {
        w += 2 * (radix - 1);
        for (int64_t q = 0; q < d->s; q++) {
            load_numbers(radix, d, q + d->s * p, a);
            butterfly(radix, a, b);
            store_number(d, q + d->s * radix * p, b[0]);
            for (int j = 1; j < radix; j++)
                store_number(d, q + d->s * (radix * p + j),
                             ctimes(b[j], ALL(w[2 * j - 2]), ALL(w[2 * j - 1])));
        }
    }
}

TARGET INLINE void last_pass_of(const int radix, const struct dft_pass *d)
{
    cvec a[8], b[8];
    for (int64_t q = 0; q < d->s && q < d->n_to; q++) {
        load_numbers(radix, d, q, a);
        butterfly(radix, a, b);
        for (int j = 0; j < radix; j++)
            if (q + d->s * j < d->n_to)
                store_number(d, q + d->s * j, b[j]);
    }
}

TARGET INLINE void any_pass_of(const int radix, const struct dft_pass *d, bool last)
{
    if (last)
        last_pass_of(radix, d);
    else
        pass_of(radix, d);
}

/* Stockham's: what a pass leaves is in order for the next, so nothing is sorted. An inverse
 * transform is one with real and imaginary parts exchanged. */
TARGET static void dft(const ww_dft *dft, bool inverse, const float *from, int64_t from_step,
                       float *to, int64_t to_step, int64_t n_to, float *between)
{
    struct dft_pass d = {.from = from, .from_step = from_step, .m = dft->n, .s = 1, .n_to = n_to};
    d.re = inverse ? LANES : 0, d.im = LANES - d.re;
    for (int i = 0; i < dft->passes; i++) {
        bool last = i == dft->passes - 1;
        const int radix = dft->radix[i];
        d.twiddle = dft->twiddle[i];
        d.to = last ? to : between + i % 2 * dft->n * 2 * LANES;
        d.to_step = last ? to_step : 2 * LANES;
        d.m /= radix;
        if (radix == 3)
            any_pass_of(3, &d, last);
        else if (radix == 4)
            any_pass_of(4, &d, last);
        else if (radix == 5)
            any_pass_of(5, &d, last);
        else if (radix == 6)
            any_pass_of(6, &d, last);
        else
            any_pass_of(8, &d, last);
        d.from = d.to, d.from_step = d.to_step;
        d.s *= radix;
    }
}

/* ---- pixels ---- */

/* Exchanges rows and columns. */
TARGET INLINE void transpose(vec v[LANES])
{
    vec t[LANES];
    for (int i = 0; i < LANES; i += 4) {
        vec a0 = INTERLEAVE0(v[i], v[i + 1]), a1 = INTERLEAVE1(v[i], v[i + 1]);
        vec b0 = INTERLEAVE0(v[i + 2], v[i + 3]), b1 = INTERLEAVE1(v[i + 2], v[i + 3]);
        t[i] = PAIRS0(a0, b0), t[i + 1] = PAIRS1(a0, b0);
        t[i + 2] = PAIRS0(a1, b1), t[i + 3] = PAIRS1(a1, b1);
    }
#if WW_LANES == 16
    for (int i = 0; i < 4; i++) {
        vec a0 = _mm512_shuffle_f32x4(t[i], t[i + 4], 0x44);
        vec a1 = _mm512_shuffle_f32x4(t[i], t[i + 4], 0xee);
        vec b0 = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0x44);
        vec b1 = _mm512_shuffle_f32x4(t[i + 8], t[i + 12], 0xee);
        v[i] = _mm512_shuffle_f32x4(a0, b0, 0x88), v[i + 4] = _mm512_shuffle_f32x4(a0, b0, 0xdd);
        v[i + 8] = _mm512_shuffle_f32x4(a1, b1, 0x88);
        v[i + 12] = _mm512_shuffle_f32x4(a1, b1, 0xdd);
    }
#elif WW_LANES == 8
    for (int i = 0; i < 4; i++) {
        v[i] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x20);
        v[i + 4] = _mm256_permute2f128_ps(t[i], t[i + 4], 0x31);
    }
#else
    for (int i = 0; i < 4; i++)
        v[i] = t[i];
#endif
}

/* A vector that lies outside of its rectangle is not even touched: where there is no memory, that
 * is slow even if nothing is read or written. Where the next row of a rectangle is, or will go, is
 * fetched ahead: rows are far apart. */
TARGET static void pixels_in(const ww_rectangles *t, const float *maps, int64_t row, int64_t n,
                             float *to, int64_t step)
{
    for (int64_t x = 0; x < n; x += LANES) {
        vec v[LANES];
        for (int l = 0; l < LANES; l++) {
            int64_t left = t->left[l] - x, right = t->right[l] - x;
            bool some = row >= t->top[l] && row < t->bottom[l] && left < LANES && right > 0;
            const float *from = maps + (some ? t->at[l] + row * t->stride + x : 0);
            if (some)
                __builtin_prefetch(from + t->stride, 0, 3);
            v[l] = load_between(from, left, some ? right : 0);
        }
        transpose(v);
        for (int l = 0; l < LANES && x + l < n; l++)
            STORE(to + (x + l) * step, v[l]);
    }
}

TARGET static void pixels_out(const ww_rectangles *t, float *maps, int64_t row, int64_t n,
                              const float *from, int64_t step)
{
    for (int64_t x = 0; x < n; x += LANES) {
        vec v[LANES];
        for (int l = 0; l < LANES; l++)
            v[l] = x + l < n ? LOAD(from + (x + l) * step) : ALL(0);
        transpose(v);
        for (int l = 0; l < LANES; l++)
            if (row < t->bottom[l] && x < t->right[l]) {
                float *to = maps + t->at[l] + row * t->stride + x;
                __builtin_prefetch(to + t->stride, 1, 2);
                store_first(to, v[l], t->right[l] - x);
            }
    }
}

/* ---- spectra ---- */

TARGET INLINE void spectrum_sum(const int count, const bool both, const ww_spectra *s, int64_t i)
{
    cvec sum[2], turned[2];
    for (int j = 0; j < count; j++) {
        const float *z = s->z + j * s->z_apart + i * 2 * LANES;
        sum[j].re = !both && s->add ? LOAD(z) : ALL(0);
        sum[j].im = !both && s->add ? LOAD(z + LANES) : ALL(0);
        turned[j].re = turned[j].im = ALL(0);
    }
    const float *x = s->x + i * 2 * LANES;
    for (int64_t c = 0, at = i; c < s->channels; c++, x += s->x_step, at += s->a_step) {
        vec re = LOAD(x), im = LOAD(x + LANES);
        for (int j = 0; j < count; j++) {
            const float *a = s->a + j * s->a_apart + at;
            vec a_re = ALL(a[0]), a_im = ALL(a[s->n]);
            sum[j].re = FNMA(im, a_im, FMA(re, a_re, sum[j].re));
            sum[j].im = FMA(im, a_re, FMA(re, a_im, sum[j].im));
        }
        for (int j = 0; both && j < count; j++) {
            const float *b = s->b + j * s->a_apart + at;
            vec b_re = ALL(b[0]), b_im = ALL(b[s->n]);
            turned[j].re = FMA(im, b_im, FMA(re, b_re, turned[j].re));
            turned[j].im = FNMA(im, b_re, FMA(re, b_im, turned[j].im));
        }
    }
    for (int j = 0; j < count; j++) {
        int64_t at = j * s->z_apart + i * 2 * LANES;
        STORE(s->z + at, sum[j].re);
        STORE(s->z + at + LANES, sum[j].im);
        if (both) {
            STORE(s->w + at, turned[j].re);
            STORE(s->w + at + LANES, turned[j].im);
        }
    }
}

TARGET static void spectrum_product(const ww_spectra *s)
{
    for (int64_t i = 0; i < s->n; i++)
        if (s->b != NULL && s->count == 2)
            spectrum_sum(2, true, s, i);
        else if (s->b != NULL)
            spectrum_sum(1, true, s, i);
        else if (s->count == 2)
            spectrum_sum(2, false, s, i);
        else
            spectrum_sum(1, false, s, i);
}

/* Lane l = the sum of v[l]'s lanes. */
TARGET INLINE vec across(vec v[LANES])
{
    transpose(v);
    for (int half = LANES / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            v[i] = ADD(v[i], v[i + half]);
    return v[0];
}

TARGET static void spectrum_sums(int64_t n, const float *x, const float *y, float *sums, bool add)
{
    for (int64_t i = 0; i < n; i += LANES) {
        vec re[LANES], im[LANES];
        for (int j = 0; j < LANES; j++) {
            const float *a = x + (i + j) * 2 * LANES, *b = y + (i + j) * 2 * LANES;
            re[j] = im[j] = ALL(0);
            if (i + j >= n)
                continue;
            vec a_re = LOAD(a), a_im = LOAD(a + LANES), b_re = LOAD(b), b_im = LOAD(b + LANES);
            re[j] = FMA(a_re, b_re, MUL(a_im, b_im));
            im[j] = FNMA(a_re, b_im, MUL(a_im, b_re));
        }
        vec sum_re = across(re), sum_im = across(im);
        if (add) {
            sum_re = ADD(sum_re, load_between(sums + i, 0, n - i));
            sum_im = ADD(sum_im, load_between(sums + n + i, 0, n - i));
        }
        store_first(sums + i, sum_re, n - i);
        store_first(sums + n + i, sum_im, n - i);
    }
}

TARGET static void spectrum_least(int64_t n, const float *z, const float *a, const float *b,
                                  float *least)
{
    vec re = LOAD(least), im = re;
    for (int64_t i = 0; i < n; i++, z += 2 * LANES) {
        re = LESS(FNMA(ALL(2), LOAD(z), ALL(a[i])), re);
        im = LESS(FNMA(ALL(2), LOAD(z + LANES), ALL(b[i])), im);
    }
    STORE(least, LESS(re, im));
}

#endif

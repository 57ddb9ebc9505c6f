/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_DIGEST_H
#define WW_ENGINE_TENSOR_BACKEND_DIGEST_H

/* A digest of many numbers (loops.h). Each of STREAMS takes every STREAMS-th number into two states
 * of 32 bits, as xxHash's rounds do: exclusive or (or sum), rotation, product with an odd number.
 * Each step can be undone, so a single change always shows; the rotation takes signs and exponents
 * down to where products spread them, so that changes of many numbers do not cancel but by chance,
 * 1 in 2^64. */

#include <string.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/simd.h"

enum { STREAMS = 64 };

struct streams {
    uint32_t a[STREAMS], b[STREAMS];
};

TARGET INLINE uint32_t turned(uint32_t x, int by)
{
    return x << by | x >> (32 - by);
}

TARGET INLINE void take_word(struct streams *s, int j, uint32_t word)
{
    s->a[j] = turned(s->a[j] ^ word, 13) * UINT32_C(0x9e3779b1);
    s->b[j] = turned(s->b[j] + word, 17) * UINT32_C(0x85ebca77);
}

/* Of splitmix64 (Steele, Lea & Flood 2014). */
TARGET INLINE uint64_t mixed(uint64_t x)
{
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

TARGET static uint64_t digest(const float *x, int64_t n, uint64_t seed)
{
    struct streams s;
    uint64_t all = mixed(seed);
    int64_t i = 0;
    for (int j = 0; j < STREAMS; j++) {
        s.a[j] = (uint32_t)j;
        s.b[j] = ~(uint32_t)j;
    }
    for (; i + STREAMS <= n; i += STREAMS) {
        uint32_t word[STREAMS];
        memcpy(word, x + i, sizeof word);
#pragma omp simd
        for (int j = 0; j < STREAMS; j++)
            take_word(&s, j, word[j]);
    }
    for (int j = 0; i < n; i++, j++) {
        uint32_t word;
        memcpy(&word, x + i, sizeof word);
        take_word(&s, j, word);
    }
    for (int j = 0; j < STREAMS; j++)
        all = mixed(all + ((uint64_t)s.a[j] << 32 | s.b[j]));
    return all;
}

#endif

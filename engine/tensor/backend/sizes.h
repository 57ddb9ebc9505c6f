/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_SIZES_H
#define WW_ENGINE_TENSOR_BACKEND_SIZES_H

/* Arithmetic of sizes, for kernels. */

#include <stdint.h>

/** The least multiple of `to` that is not below n; neither is negative, `to` not 0. */
static inline int64_t ww_up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

/** The lesser of both. */
static inline int64_t ww_least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/** Of `count` numbers from, from + step, .., those first .. last-1 that lie among 0 .. size-1. */
static inline void ww_inside(int64_t from, int64_t step, int64_t count, int64_t size,
                             int64_t *first, int64_t *last)
{
    *first = from < 0 ? ww_least((step - 1 - from) / step, count) : 0;
    *last = size > from ? ww_least((size - from + step - 1) / step, count) : 0;
    *last = *last < *first ? *first : *last;
}

#endif

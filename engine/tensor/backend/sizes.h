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

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_CONV_COSTS_H
#define WW_ENGINE_TENSOR_BACKEND_CONV_COSTS_H

/* What the costs of convolutions are made of (conv_kernels.c). */

#include "engine/tensor/backend/conv.h"

/** Seconds: the sum of n terms, each times its factor in picoseconds. */
static inline double ww_cost_s(int n, const double *factor_ps, const double *term)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += factor_ps[i] * term[i];
    return 1e-12 * sum;
}

/** The least multiple of `to` that is not below n. */
static inline double ww_whole(int64_t n, int64_t to)
{
    return (double)((n + to - 1) / to * to);
}

/** Winograd's kernel (conv_winograd.c). */
extern const ww_conv_kernel ww_conv_winograd;
/** Seconds that it is thought to take for a task that it supports; estimate_s of ww_conv_kernel. */
double ww_conv_winograd_s(const ww_conv_task *task);

#endif

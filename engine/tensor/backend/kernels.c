/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/kernels.h"

const ww_kernels *ww_kernels_get(int kind)
{
    if (kind == WW_KERNELS_PLAIN)
        return &ww_kernels_plain;
#if defined(__x86_64__)
    if (kind == WW_KERNELS_AVX2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &ww_kernels_avx2;
    if (kind == WW_KERNELS_AVX512 && __builtin_cpu_supports("avx512f"))
        return &ww_kernels_avx512;
#endif
    return NULL;
}

const ww_kernels *ww_kernels_best(void)
{
    int kind = WW_N_KERNELS - 1;
    while (ww_kernels_get(kind) == NULL)
        kind--;
    return ww_kernels_get(kind);
}

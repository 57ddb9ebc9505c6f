/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/backend/loops.h"

#include <stddef.h>

const ww_loops *ww_loops_get(int kind)
{
    if (kind == WW_LOOPS_PLAIN)
        return &ww_loops_plain;
#if defined(__x86_64__)
    if (kind == WW_LOOPS_AVX2 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"))
        return &ww_loops_avx2;
    if (kind == WW_LOOPS_AVX512 && __builtin_cpu_supports("avx512f"))
        return &ww_loops_avx512;
#endif
    return NULL;
}

const ww_loops *ww_loops_best(void)
{
    int kind = WW_N_LOOPS - 1;
    while (ww_loops_get(kind) == NULL)
        kind--;
    return ww_loops_get(kind);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/threads.h"

#include <omp.h>
#include <unistd.h>

void ww_threads_set(int n)
{
    omp_set_dynamic(0);
    omp_set_num_threads(n < 1 ? ww_cores() : n);
}

int ww_threads(void)
{
    return omp_get_max_threads();
}

int ww_cores(void)
{
    return omp_get_num_procs();
}

long ww_second_cache(void)
{
    long bytes = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    bytes = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    return bytes > 0 ? bytes : 1 << 20;
}

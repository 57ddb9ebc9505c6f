/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_THREADS_H
#define WW_ENGINE_BASE_THREADS_H

/* One number of threads for everything: OpenMP, OpenBLAS (its OpenMP build) and oneDNN all follow
 * OpenMP's setting, so nothing oversubscribes. */

/** Sets the number of threads of the calling thread's parallel regions; n < 1 means all cores. */
void ww_threads_set(int n);

/** The number of threads in use. */
int ww_threads(void);

/** The number of cores that this process may use. */
int ww_cores(void);

/** Bytes of a core's second cache; 1 MiB where the system does not say. */
long ww_second_cache(void);

#endif

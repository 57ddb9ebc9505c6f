/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_SHARES_H
#define WW_ENGINE_BASE_SHARES_H

/* The turns of a loop, shared among the threads of a parallel region (shares.c has the theory):
 *
 *     ww_shares shares;
 *     ww_shares_begin(&shares, n, threads, false);
 *     #pragma omp parallel num_threads(threads)
 *     for (int64_t i; (i = ww_shares_next(&shares)) >= 0;)
 *         work(i);
 */

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { WW_SHARES_MOST = 32 };

/** What is left of the turns of one thread: begin .. end-1. */
typedef struct ww_share {
    _Alignas(64) _Atomic uint64_t left; /* end << 32 | begin */
} ww_share;

typedef struct ww_shares {
    int n;         /* shares: one a thread, as far as there are as many */
    bool backward; /* from the last turn of each to the first */
    ww_share share[WW_SHARES_MOST];
} ww_shares;

/** Shares turns 0 .. n-1 (n < 2^31) out among so many threads; before the parallel region. */
void ww_shares_begin(ww_shares *shares, int64_t n, int threads, bool backward);

/** A turn for the calling thread; -1 when none is left. Each turn is given once, whichever threads
 * ask. */
int64_t ww_shares_next(ww_shares *shares);

#endif

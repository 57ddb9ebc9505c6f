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
#include <stddef.h>
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

/** A loop of its own: n turns, on so many threads, each of which has `own_floats` of workspace, one
 * thread's after the other's from `own` on. `work` opens no parallel region. */
typedef struct ww_turns {
    int64_t n;
    int threads;
    void (*work)(const void *context, int64_t turn, float *own);
    const void *context;
    float *own;
    size_t own_floats;
} ww_turns;

/** Does all turns; of a loop on one thread that has offered its loops, some may be done by those
 * that help. */
void ww_turns_run(const ww_turns *turns);

/** Where a thread offers its loops; all 0 to begin with. */
typedef struct ww_offer {
    _Atomic(struct ww_open_turns *) open;
    atomic_int helpers;
    char apart[64 - sizeof(void *) - sizeof(int)]; /* lines of a cache are not shared */
} ww_offer;

/** Offers the calling thread's loops of one thread there from now on; NULL: no longer. */
void ww_turns_offer(ww_offer *offer);

/** Does one turn of the loop that is offered there, with workspace of so many floats, if there is
 * one that needs no more; whether it did. */
bool ww_turns_help(ww_offer *offer, float *own, size_t floats);

#endif

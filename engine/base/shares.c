/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops shared among threads by place, and evened out by stealing.
 *
 * One operator after another walks through the same samples. If each thread takes the same part of
 * them every time, it finds in its own cache what it has left there; with turns dealt out to
 * whoever comes, half of it lies in another core's. But cores are not equally fast at all times,
 * and with parts of fixed size all wait for the slowest. So each thread has a part of its own, and
 * who is done with that takes from the other end of what another has left (Blumofe & Leiserson
 * 1999, "Scheduling multithreaded computations by work stealing"). */
#include "engine/base/shares.h"

#include <omp.h>

static uint64_t packed(uint64_t begin, uint64_t end)
{
    return end << 32 | begin;
}

void ww_shares_begin(ww_shares *shares, int64_t n, int threads, bool backward)
{
    shares->n = threads < 1 ? 1 : threads > WW_SHARES_MOST ? WW_SHARES_MOST : threads;
    shares->backward = backward;
    for (int i = 0; i < shares->n; i++)
        atomic_init(&shares->share[i].left,
                    packed((uint64_t)(n * i / shares->n), (uint64_t)(n * (i + 1) / shares->n)));
}

/* The first or the last turn of a share; -1: none is left. */
static int64_t take(ww_share *share, bool last)
{
    uint64_t left = atomic_load_explicit(&share->left, memory_order_relaxed);
    for (;;) {
        uint64_t begin = left & UINT32_MAX, end = left >> 32;
        if (begin >= end)
            return -1;
        uint64_t rest = last ? packed(begin, end - 1) : packed(begin + 1, end);
        if (atomic_compare_exchange_weak_explicit(&share->left, &left, rest, memory_order_relaxed,
                                                  memory_order_relaxed))
            return (int64_t)(last ? end - 1 : begin);
    }
}

static uint64_t left_of(ww_share *share)
{
    uint64_t left = atomic_load_explicit(&share->left, memory_order_relaxed);
    uint64_t begin = left & UINT32_MAX, end = left >> 32;
    return begin < end ? end - begin : 0;
}

int64_t ww_shares_next(ww_shares *shares)
{
    int own = omp_get_thread_num();
    int64_t turn = own < shares->n ? take(&shares->share[own], shares->backward) : -1;
    while (turn < 0) {
        int most = 0;
        for (int i = 1; i < shares->n; i++)
            most = left_of(&shares->share[i]) > left_of(&shares->share[most]) ? i : most;
        if (left_of(&shares->share[most]) == 0)
            return -1;
        turn = take(&shares->share[most], !shares->backward);
    }
    return turn;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops shared among threads by place, and evened out by stealing.
 *
 * One operator after another walks through the same samples. If each thread takes the same part of
 * them every time, it finds in its own cache what it has left there; with turns dealt out to
 * whoever comes, half of it lies in another core's. But cores are not equally fast at all times,
 * and with parts of fixed size all wait for the slowest. So each thread has a part of its own, and
 * who is done with that takes from the other end of what another has left (Blumofe & Leiserson
 * 1999, "Scheduling multithreaded computations by work stealing").
 *
 * Where threads do different things, each loop on one of them, a thread that has nothing to do may
 * take turns of another's loop in the same way. That one has put the loop on offer; when no turn is
 * left it takes it back, and waits for those who still are at one. */
#include "engine/base/shares.h"

#include <omp.h>
#include <sched.h>

enum { PATIENCE = 256 };

/* A loop on offer. */
struct ww_open_turns {
    const ww_turns *turns;
    ww_shares shares;
};

static _Thread_local ww_offer *own_offer;

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

/* A turn for the thread that has share `own`, or none. */
static int64_t next(ww_shares *shares, int own)
{
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

int64_t ww_shares_next(ww_shares *shares)
{
    return next(shares, omp_get_thread_num());
}

static void run_together(const ww_turns *t)
{
    ww_shares shares;
    ww_shares_begin(&shares, t->n, t->threads, false);
#pragma omp parallel num_threads(t->threads)
    {
        float *own = t->own + (size_t)omp_get_thread_num() * t->own_floats;
        for (int64_t i; (i = ww_shares_next(&shares)) >= 0;)
            t->work(t->context, i, own);
    }
}

/* Who helps counts itself before it looks at what is on offer, so none can come after the count. */
static void run_offered(const ww_turns *t, ww_offer *offer)
{
    struct ww_open_turns open;
    open.turns = t;
    ww_shares_begin(&open.shares, t->n, 1, false);
    atomic_store(&offer->open, &open);
    for (int64_t i; (i = next(&open.shares, 0)) >= 0;)
        t->work(t->context, i, t->own);
    atomic_store(&offer->open, NULL);
    for (int idle = 0; atomic_load(&offer->helpers) > 0;)
        if (++idle > PATIENCE)
            sched_yield(); /* the cores may be shared with others */
}

void ww_turns_run(const ww_turns *turns)
{
    if (turns->threads > 1)
        run_together(turns);
    else if (own_offer != NULL && turns->n > 1)
        run_offered(turns, own_offer);
    else
        for (int64_t i = 0; i < turns->n; i++)
            turns->work(turns->context, i, turns->own);
}

void ww_turns_offer(ww_offer *offer)
{
    own_offer = offer;
}

bool ww_turns_help(ww_offer *offer, float *own, size_t floats)
{
    int64_t turn = -1;
    if (atomic_load_explicit(&offer->open, memory_order_relaxed) == NULL)
        return false;
    atomic_fetch_add(&offer->helpers, 1);
    struct ww_open_turns *open = atomic_load(&offer->open);
    if (open != NULL && open->turns->own_floats <= floats)
        turn = next(&open->shares, open->shares.n);
    if (turn >= 0)
        open->turns->work(open->turns->context, turn, own);
    atomic_fetch_sub(&offer->helpers, 1);
    return turn >= 0;
}

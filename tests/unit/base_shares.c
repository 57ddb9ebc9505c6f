/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops shared among threads: each turn once, one's own part first, and what others leave. */
#include <criterion/criterion.h>
#include <omp.h>
#include <stdlib.h>
#include <time.h>

#include "engine/base/shares.h"

enum { MOST = 3000 };

static void check_once(int64_t n, int threads, int region, bool backward)
{
    static _Atomic int given[MOST];
    for (int64_t i = 0; i < n; i++)
        atomic_store(&given[i], 0);
    ww_shares shares;
    ww_shares_begin(&shares, n, threads, backward);
#pragma omp parallel num_threads(region)
    for (int64_t i; (i = ww_shares_next(&shares)) >= 0;)
        atomic_fetch_add(&given[i], 1);
    for (int64_t i = 0; i < n; i++)
        cr_assert_eq(atomic_load(&given[i]), 1, "turn %d of %d, shares for %d, %d threads, %d",
                     (int)i, (int)n, threads, region, backward);
}

Test(base_shares, every_turn_is_given_once)
{
    const int64_t sizes[] = {0, 1, 2, 7, 64, MOST};
    for (int i = 0; i < 6; i++)
        for (int threads = 1; threads <= 40; threads += 13) /* more than there are shares, too */
            for (int region = 1; region <= 7; region += 3)  /* more or fewer threads than shares */
                for (int backward = 0; backward < 2; backward++)
                    check_once(sizes[i], threads, region, backward);
}

/* One thread alone: its own part from one end to the other, then the others' from behind. */
Test(base_shares, own_part_first_then_the_others_ends)
{
    const int64_t forward[] = {0, 1, 2, 5, 4, 3}, back[] = {2, 1, 0, 3, 4, 5};
    for (int backward = 0; backward < 2; backward++) {
        ww_shares shares;
        ww_shares_begin(&shares, 6, 2, backward);
        for (int i = 0; i < 6; i++)
            cr_assert_eq(ww_shares_next(&shares), backward ? back[i] : forward[i]);
        cr_assert_eq(ww_shares_next(&shares), -1);
    }
}

/* Threads that wait for each other before they begin have their own parts, whatever was before. */
Test(base_shares, each_thread_begins_with_its_own_part)
{
    for (int round = 0; round < 20; round++) {
        int64_t first[2] = {-1, -1};
        ww_shares shares;
        ww_shares_begin(&shares, 100, 2, false);
#pragma omp parallel num_threads(2)
        {
            int thread = omp_get_thread_num();
            first[thread] = ww_shares_next(&shares);
#pragma omp barrier
            while (ww_shares_next(&shares) >= 0)
                continue;
        }
        cr_assert(first[0] == 0 && first[1] == 50, "%d and %d", (int)first[0], (int)first[1]);
    }
}

/* ---- loops of their own ---- */

struct loop {
    _Atomic int given[MOST];
    _Atomic int by[2]; /* turns with the workspace of each of two threads */
    float *own[2];
    atomic_bool go; /* set by who helps when it begins the last turn but the first */
    bool waits;     /* until then, the loop's own thread stays at the first; that one takes long */
};

static void one_turn(const void *context, int64_t turn, float *own)
{
    struct loop *loop = *(struct loop *const *)context;
    int thread = own == loop->own[1];
    cr_assert(thread == 1 || own == loop->own[0]);
    while (loop->waits && thread == 0 && !atomic_load(&loop->go))
        continue;
    if (loop->waits && turn == 1) {
        atomic_store(&loop->go, true);
        nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    }
    *own += 1; /* what two threads use at once is found out by tools for that */
    atomic_fetch_add(&loop->given[turn], 1);
    atomic_fetch_add(&loop->by[thread], 1);
}

static void check_given(const struct loop *loop, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        cr_assert_eq(atomic_load(&loop->given[i]), 1, "turn %d of %d", (int)i, (int)n);
    cr_assert_eq(atomic_load(&loop->by[0]) + atomic_load(&loop->by[1]), n);
}

Test(base_shares, a_loop_gives_each_turn_once_with_the_workspace_of_its_thread)
{
    static struct loop loop, *const at = &loop;
    for (int threads = 1; threads <= 2; threads++)
        for (int64_t n = 0; n <= MOST; n = 3 * n + 1) {
            float own[2 * 16] = {0};
            loop = (struct loop){.own = {own, own + 16}};
            ww_turns_run(&(ww_turns){n, threads, one_turn, &at, own, 16});
            check_given(&loop, n);
        }
}

/* One thread runs a loop that it offers; another helps with so many floats. */
static void run_with_help(struct loop *loop, int64_t n, size_t floats, float *own)
{
    static ww_offer offer;
    struct loop *const at = loop;
    atomic_bool done = false;
    loop->own[0] = own, loop->own[1] = own + 16;
#pragma omp parallel num_threads(2)
    if (omp_get_thread_num() == 0) {
        ww_turns_offer(&offer);
        ww_turns_run(&(ww_turns){n, 1, one_turn, &at, own, 16});
        check_given(loop, n); /* now, not when the other is done */
        ww_turns_offer(NULL);
        atomic_store(&done, true);
    } else
        while (!atomic_load(&done))
            ww_turns_help(&offer, own + 16, floats);
    cr_assert(atomic_load(&offer.open) == NULL && atomic_load(&offer.helpers) == 0);
}

Test(base_shares, who_helps_takes_turns_of_a_loop_on_offer)
{
    static struct loop loop;
    float own[2 * 16] = {0};
    loop.waits = true;
    run_with_help(&loop, 100, 16, own);
    cr_assert_eq(atomic_load(&loop.by[1]), 99);
    for (int round = 0; round < 300; round++) { /* whoever comes */
        loop = (struct loop){.waits = false};
        run_with_help(&loop, 1 + round % 9, 16, own);
    }
}

Test(base_shares, no_help_from_who_has_too_little_workspace_or_where_nothing_is_on_offer)
{
    static struct loop loop;
    static ww_offer offer;
    float own[2 * 16] = {0};
    run_with_help(&loop, 100, 15, own);
    cr_assert_eq(atomic_load(&loop.by[1]), 0);
    cr_assert_not(ww_turns_help(&offer, own, 16));
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loops shared among threads: each turn once, one's own part first, and what others leave. */
#include <criterion/criterion.h>
#include <omp.h>
#include <stdlib.h>

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

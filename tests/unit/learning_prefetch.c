/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Batches fetched ahead: what is delivered, in which order, and how it ends. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "engine/learning/prefetch.h"

enum { SAMPLES = 23, BATCH = 4, STEPS = SAMPLES / BATCH };

struct numbers {
    atomic_int calls;
    int fails_at, slow_ms; /* the call that fails, counted from 1 */
};

/* x = 1000 epoch + index, y = (index, -index). */
static ww_status fetch(const ww_source *self, uint64_t epoch, const uint64_t *index, size_t n,
                       ww_feed *feed, size_t n_feeds)
{
    struct numbers *numbers = self->context;
    struct timespec pause = {0, numbers->slow_ms * 1000000L};
    nanosleep(&pause, NULL);
    if (atomic_fetch_add(&numbers->calls, 1) + 1 == numbers->fails_at)
        return WW_FAIL(WW_EIO, "faces/%d.png: no such file", (int)index[0]);
    for (size_t f = 0; f < n_feeds; f++)
        for (size_t i = 0; i < n; i++)
            for (size_t k = 0; k < feed[f].floats; k++) {
                float *x = &feed[f].data[i * feed[f].floats + k];
                *x = (float)index[i] * (k ? -1 : 1);
                if (strcmp(feed[f].name, "x") == 0)
                    *x = (float)(1000 * epoch + index[i]);
            }
    return WW_OK;
}

static struct numbers numbers;
static const ww_source source = {SAMPLES, fetch, &numbers, NULL};
static const ww_feed feeds[2] = {{"x", NULL, 1}, {"y", NULL, 2}};

static ww_prefetch *started(uint64_t first, uint64_t last)
{
    ww_prefetch *p;
    cr_assert_eq(ww_prefetch_start(&p, &source, 5, BATCH, feeds, 2, first, last), WW_OK);
    return p;
}

Test(prefetch, delivers_the_order_of_every_epoch_from_any_step_on)
{
    uint64_t order[SAMPLES];
    for (uint64_t first = 0; first < 3 * STEPS; first += 2) {
        ww_prefetch *p = started(first, 3 * STEPS);
        for (uint64_t step = first; step < 3 * STEPS; step++) {
            const ww_feed *feed;
            cr_assert_eq(ww_prefetch_next(p, &feed), WW_OK);
            ww_epoch_order(5, step / STEPS, order, SAMPLES);
            for (size_t i = 0; i < BATCH; i++) {
                double want = (double)order[step % STEPS * BATCH + i];
                cr_assert_eq((double)feed[0].data[i], 1000 * (double)(step / STEPS) + want);
                cr_assert_eq((double)feed[1].data[2 * i], want);
                cr_assert_eq((double)feed[1].data[2 * i + 1], -want);
            }
        }
        ww_prefetch_stop(p);
    }
}

Test(prefetch, order_is_a_permutation_that_differs_by_seed_and_epoch)
{
    uint64_t order[3][SAMPLES];
    ww_epoch_order(5, 0, order[0], SAMPLES);
    ww_epoch_order(5, 1, order[1], SAMPLES);
    ww_epoch_order(6, 0, order[2], SAMPLES);
    for (int k = 0; k < 3; k++) {
        unsigned seen = 0;
        for (int i = 0; i < SAMPLES; i++)
            seen |= 1u << order[k][i];
        cr_assert_eq(seen, (1u << SAMPLES) - 1);
        cr_assert(memcmp(order[k], order[(k + 1) % 3], sizeof order[0]) != 0);
    }
}

Test(prefetch, an_error_arrives_at_its_batch_as_it_was)
{
    uint64_t order[SAMPLES];
    char want[64];
    for (int at = 1; at <= STEPS; at++) {
        numbers = (struct numbers){.fails_at = at};
        ww_prefetch *p = started(0, STEPS);
        const ww_feed *feed;
        for (int step = 1; step < at; step++)
            cr_assert_eq(ww_prefetch_next(p, &feed), WW_OK);
        cr_assert_eq(ww_prefetch_next(p, &feed), WW_EIO);
        ww_epoch_order(5, 0, order, SAMPLES);
        snprintf(want, sizeof want, "faces/%d.png: no such file", (int)order[(at - 1) * BATCH]);
        cr_assert_str_eq(ww_error_message(), want);
        ww_prefetch_stop(p);
    }
}

Test(prefetch, fetches_at_most_two_ahead_and_counts_its_waiting)
{
    numbers = (struct numbers){.slow_ms = 2};
    ww_prefetch *p = started(0, 100 * STEPS);
    for (int step = 1; step <= 12; step++) {
        const ww_feed *feed;
        cr_assert_eq(ww_prefetch_next(p, &feed), WW_OK);
        cr_assert_leq(atomic_load(&numbers.calls), step + 1); /* one in use, one ahead */
    }
    cr_assert_gt(ww_prefetch_stall_s(p), 0.0);
    ww_prefetch_stop(p);
}

Test(prefetch, stops_at_any_moment)
{
    ww_prefetch_stop(NULL);
    for (int round = 0; round < 300; round++) {
        numbers = (struct numbers){.slow_ms = round % 40 == 0, .fails_at = round % 7};
        ww_prefetch *p = started(0, round % 3 == 0 ? 2 : 1000);
        for (int step = 0; step < round % 3; step++) {
            const ww_feed *feed;
            (void)ww_prefetch_next(p, &feed);
        }
        ww_prefetch_stop(p);
    }
    ww_prefetch_stop(started(7, 7)); /* nothing to fetch */
}

/* The mean of B of N numbers drawn without replacement varies by (1 - B/N) S^2 / B. */
Test(prefetch, variance_of_a_batch_falls_as_its_size)
{
    double population = 0; /* S^2 of 0 .. N-1 */
    numbers = (struct numbers){0};
    for (int i = 0; i < SAMPLES; i++)
        population += pow(i - 0.5 * (SAMPLES - 1), 2) / (SAMPLES - 1);
    for (size_t batch = 2; batch <= 16; batch *= 2) {
        enum { EPOCHS = 400 };
        uint64_t steps = SAMPLES / batch;
        ww_prefetch *p;
        cr_assert_eq(ww_prefetch_start(&p, &source, 9, batch, feeds + 1, 1, 0, EPOCHS * steps),
                     WW_OK);
        double square = 0;
        for (uint64_t step = 0; step < EPOCHS * steps; step++) {
            const ww_feed *feed;
            double mean = 0;
            cr_assert_eq(ww_prefetch_next(p, &feed), WW_OK);
            for (size_t i = 0; i < batch; i++)
                mean += (double)feed->data[2 * i] / (double)batch;
            square += pow(mean - 0.5 * (SAMPLES - 1), 2) / (double)(EPOCHS * steps);
        }
        ww_prefetch_stop(p);
        double b = (double)batch, want = (1 - b / SAMPLES) * population / b;
        cr_assert_float_eq(square / want, 1, 0.15, "batch %g: %g", b, square);
    }
}

/* ---- what a source prepares, and who helps ---- */

static atomic_int opened;
static atomic_bool early; /* whether anything was fetched before it was opened */

static ww_status open_numbers(const ww_source *self)
{
    struct timespec pause = {0, 2000000L};
    (void)self;
    nanosleep(&pause, NULL);
    atomic_fetch_add(&opened, 1);
    return WW_OK;
}

static ww_status fetch_opened(const ww_source *self, uint64_t epoch, const uint64_t *index,
                              size_t n, ww_feed *feed, size_t n_feeds)
{
    if (atomic_load(&opened) != 1)
        atomic_store(&early, true);
    return fetch(self, epoch, index, n, feed, n_feeds);
}

Test(prefetch, opens_the_source_once_before_the_first_fetch)
{
    ww_source with = {SAMPLES, fetch_opened, &numbers, open_numbers};
    ww_prefetch *p;
    const ww_feed *feed;
    cr_assert_eq(ww_prefetch_start(&p, &with, 5, BATCH, feeds, 2, 0, STEPS), WW_OK);
    for (int step = 0; step < STEPS; step++)
        cr_assert_eq(ww_prefetch_next(p, &feed), WW_OK);
    ww_prefetch_stop(p);
    cr_assert(atomic_load(&opened) == 1 && !atomic_load(&early));
}

static ww_status fail_to_open(const ww_source *self)
{
    (void)self;
    return WW_FAIL(WW_ENOTFOUND, "no font can write");
}

Test(prefetch, reports_a_source_that_cannot_be_opened_at_the_first_batch)
{
    ww_source with = {SAMPLES, fetch, &numbers, fail_to_open};
    ww_prefetch *p;
    const ww_feed *feed;
    cr_assert_eq(ww_prefetch_start(&p, &with, 5, BATCH, feeds, 2, 0, STEPS), WW_OK);
    cr_assert_eq(ww_prefetch_next(p, &feed), WW_ENOTFOUND);
    cr_assert_str_eq(ww_error_message(), "no font can write");
    ww_prefetch_stop(p);
    cr_assert_eq(atomic_load(&numbers.calls), 0);
}

enum { LARGE = 23 };

/* Sample 14 fails at once, sample 3 late. */
static ww_status fetch_bad(const ww_source *self, uint64_t epoch, const uint64_t *index, size_t n,
                           ww_feed *feed, size_t n_feeds)
{
    for (size_t i = 0; i < n; i++) {
        struct timespec pause = {0, index[i] == 3 ? 5000000L : 0};
        nanosleep(&pause, NULL);
        if (index[i] == 3 || index[i] == 14)
            return WW_FAIL(WW_EIO, "sample %d is bad", (int)index[i]);
    }
    return fetch(self, epoch, index, n, feed, n_feeds);
}

Test(prefetch, names_the_first_bad_sample_whoever_fetched_it)
{
    ww_source bad = {LARGE, fetch_bad, &numbers, NULL};
    uint64_t order[LARGE];
    ww_epoch_order(5, 0, order, LARGE);
    int first = 0;
    for (int i = LARGE; i-- > 0;)
        if (order[i] == 3 || order[i] == 14)
            first = (int)order[i];
    char wanted[32];
    snprintf(wanted, sizeof wanted, "sample %d is bad", first);
    for (int round = 0; round < 10; round++) {
        ww_prefetch *p;
        const ww_feed *feed;
        cr_assert_eq(ww_prefetch_start(&p, &bad, 5, LARGE, feeds, 2, 0, 1), WW_OK);
        cr_assert_eq(ww_prefetch_next(p, &feed), WW_EIO);
        cr_assert_str_eq(ww_error_message(), wanted);
        ww_prefetch_stop(p);
    }
}

static atomic_int inside, most_inside;

static ww_status fetch_slowly(const ww_source *self, uint64_t epoch, const uint64_t *index,
                              size_t n, ww_feed *feed, size_t n_feeds)
{
    struct timespec pause = {0, 5000000L};
    int now = atomic_fetch_add(&inside, 1) + 1, most = atomic_load(&most_inside);
    while (now > most && !atomic_compare_exchange_weak(&most_inside, &most, now))
        ;
    nanosleep(&pause, NULL);
    ww_status status = fetch(self, epoch, index, n, feed, n_feeds);
    atomic_fetch_sub(&inside, 1);
    return status;
}

Test(prefetch, who_waits_for_a_large_batch_helps)
{
    ww_source slow = {LARGE, fetch_slowly, &numbers, NULL};
    ww_prefetch *p;
    const ww_feed *feed;
    uint64_t order[LARGE];
    ww_epoch_order(5, 0, order, LARGE);
    cr_assert_eq(ww_prefetch_start(&p, &slow, 5, LARGE, feeds, 2, 0, 1), WW_OK);
    cr_assert_eq(ww_prefetch_next(p, &feed), WW_OK);
    for (size_t i = 0; i < LARGE; i++)
        cr_assert(feed[0].data[i] == (float)order[i] &&
                  feed[1].data[2 * i + 1] == -(float)order[i]);
    ww_prefetch_stop(p);
    cr_assert_geq(atomic_load(&most_inside), 2);
}

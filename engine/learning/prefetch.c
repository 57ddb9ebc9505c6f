/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One producer, one consumer, two slots.
 *
 * `made` and `taken` count batches; batch k lies in slot k mod 2. The worker waits while both slots
 * are full, the consumer while both are empty; a slot is given back when the next batch is asked
 * for. Under the lock there are only the counters: each slot belongs to one side at a time. */
#include "engine/learning/prefetch.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"

enum { SLOTS = 2, MESSAGE_BYTES = 1024 };

struct slot {
    ww_feed *feed;
    ww_status status;
    char message[MESSAGE_BYTES]; /* of the worker's thread, if status is not WW_OK */
};

struct ww_prefetch {
    ww_arena *arena;
    const ww_source *source;
    uint64_t seed, first, last, steps_per_epoch;
    size_t batch, n_feeds;
    uint64_t *order, ordered_epoch; /* the order of the samples, and of which epoch */
    struct slot slot[SLOTS];
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t made, taken;
    bool holding, stop; /* the consumer reads the slot of `taken`; the worker is to end */
    double stall_s;
};

void ww_epoch_order(uint64_t seed, uint64_t epoch, uint64_t *order, size_t samples)
{
    ww_random random = ww_random_stream(seed, "training/order", epoch);
    ww_random_permutation(&random, order, samples);
}

static void fetch(ww_prefetch *p, uint64_t step, struct slot *slot)
{
    uint64_t epoch = step / p->steps_per_epoch, batch = step % p->steps_per_epoch;
    if (epoch != p->ordered_epoch || step == p->first)
        ww_epoch_order(p->seed, epoch, p->order, p->source->samples);
    p->ordered_epoch = epoch;
    slot->status = p->source->fetch(p->source, epoch, p->order + batch * p->batch, p->batch,
                                    slot->feed, p->n_feeds);
    if (slot->status != WW_OK) {
        strncpy(slot->message, ww_error_message(), MESSAGE_BYTES - 1);
        ww_error_clear();
    }
}

static void *work(void *prefetch)
{
    ww_prefetch *p = prefetch;
    ww_threads_set(1); /* the cores belong to the step that is being learnt */
    pthread_mutex_lock(&p->lock);
    while (!p->stop && p->first + p->made < p->last) {
        if (p->made - p->taken == SLOTS) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        struct slot *slot = &p->slot[p->made % SLOTS];
        uint64_t step = p->first + p->made;
        pthread_mutex_unlock(&p->lock);
        fetch(p, step, slot);
        pthread_mutex_lock(&p->lock);
        p->made++;
        pthread_cond_signal(&p->changed);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

static ww_status allocate(ww_prefetch *p, const ww_feed *feed)
{
    p->order = ww_arena_array(p->arena, p->source->samples, sizeof *p->order);
    if (p->order == NULL)
        return WW_ENOMEM;
    for (int s = 0; s < SLOTS; s++) {
        p->slot[s].feed = ww_arena_array(p->arena, p->n_feeds, sizeof *feed);
        if (p->slot[s].feed == NULL)
            return WW_ENOMEM;
        for (size_t i = 0; i < p->n_feeds; i++) {
            p->slot[s].feed[i] = feed[i];
            p->slot[s].feed[i].data =
                ww_arena_array(p->arena, p->batch * feed[i].floats, sizeof(float));
            if (p->slot[s].feed[i].data == NULL)
                return WW_ENOMEM;
        }
    }
    return WW_OK;
}

/* Signals are the main thread's: the worker is born with all of them blocked. */
static ww_status start_thread(ww_prefetch *p)
{
    sigset_t all, old;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &old);
    int error = pthread_create(&p->thread, NULL, work, p);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (error != 0)
        return WW_FAIL(WW_ENOMEM, "no thread to fetch batches: %s", strerror(error));
    return WW_OK;
}

ww_status ww_prefetch_start(ww_prefetch **out, const ww_source *source, uint64_t seed, size_t batch,
                            const ww_feed *feed, size_t n_feeds, uint64_t first, uint64_t last)
{
    assert(batch >= 1 && batch <= source->samples);
    *out = NULL;
    ww_arena *arena = ww_arena_create();
    ww_prefetch *p = arena == NULL ? NULL : ww_arena_alloc(arena, sizeof *p);
    if (p == NULL) {
        ww_arena_free(arena);
        return WW_ENOMEM;
    }
    *p = (ww_prefetch){.arena = arena,
                       .source = source,
                       .seed = seed,
                       .first = first,
                       .last = last,
                       .steps_per_epoch = source->samples / batch,
                       .batch = batch,
                       .n_feeds = n_feeds};
    ww_status status = allocate(p, feed);
    if (status == WW_OK) {
        pthread_mutex_init(&p->lock, NULL);
        pthread_cond_init(&p->changed, NULL);
        status = start_thread(p);
    }
    if (status != WW_OK)
        ww_arena_free(arena);
    else
        *out = p;
    return status;
}

ww_status ww_prefetch_next(ww_prefetch *p, const ww_feed **feed)
{
    pthread_mutex_lock(&p->lock);
    if (p->holding) {
        p->taken++;
        pthread_cond_signal(&p->changed);
    }
    p->holding = true;
    assert(p->first + p->taken < p->last);
    if (p->made == p->taken) {
        double since = ww_clock_s();
        while (p->made == p->taken)
            pthread_cond_wait(&p->changed, &p->lock);
        p->stall_s += ww_clock_s() - since;
    }
    pthread_mutex_unlock(&p->lock);
    const struct slot *slot = &p->slot[p->taken % SLOTS];
    if (slot->status != WW_OK)
        return WW_FAIL(slot->status, "%s", slot->message);
    *feed = slot->feed;
    return WW_OK;
}

double ww_prefetch_stall_s(const ww_prefetch *p)
{
    return p->stall_s;
}

void ww_prefetch_stop(ww_prefetch *p)
{
    if (p == NULL)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    ww_arena_free(p->arena);
}

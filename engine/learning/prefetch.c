/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One worker, one consumer, two slots.
 *
 * `made` and `taken` count batches; batch k lies in slot k mod 2. The worker waits while both slots
 * are full; a slot is given back when the next batch is asked for. A batch is fetched in lots of a
 * few samples, which are handed out under the lock. The consumer that finds both slots empty does
 * not stand by: it and the threads of its steps, which have nothing else to do, take lots of the
 * batch that they wait for. Who fetches a sample makes no difference to it. */
#include "engine/learning/prefetch.h"

#include <assert.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"

enum { SLOTS = 2, LOT = 4, MESSAGE_BYTES = 1024 };

struct slot {
    ww_feed *feed; /* [n_feeds], of the whole batch, and [lots][n_feeds] of each lot */
    ww_feed *lot;
    uint64_t epoch;
    const uint64_t *index; /* of its samples */
    size_t begun, done;    /* samples */
    ww_status status;
    size_t failed;               /* the first sample of the first lot that failed */
    char message[MESSAGE_BYTES]; /* of the thread that fetched it, if status is not WW_OK */
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

ww_status ww_feeds_of(const ww_graph *graph, ww_feed **feed, size_t *n, ww_arena *arena)
{
    size_t nodes = ww_graph_nodes(graph);
    bool *needed = ww_arena_array(arena, nodes, sizeof *needed);
    *n = 0;
    *feed = ww_arena_array(arena, nodes, sizeof **feed);
    if (needed == NULL || *feed == NULL)
        return WW_ENOMEM;
    ww_graph_needed(graph, needed);
    for (size_t i = 0; i < nodes; i++) {
        const ww_node *node = ww_graph_node(graph, i);
        if (needed[i] && node->kind == WW_NODE_INPUT)
            (*feed)[(*n)++] = (ww_feed){node->name, NULL, ww_shape_size(&node->shape)};
    }
    return WW_OK;
}

void ww_epoch_order(uint64_t seed, uint64_t epoch, uint64_t *order, size_t samples)
{
    ww_random random = ww_random_stream(seed, "training/order", epoch);
    ww_random_permutation(&random, order, samples);
}

/* What became of the lot that begins with `first`; the same one is told whoever was faster. */
static void take_status(struct slot *slot, size_t first, ww_status status)
{
    if (status == WW_OK)
        return;
    if (slot->status == WW_OK || first < slot->failed) {
        slot->status = status;
        slot->failed = first;
        strncpy(slot->message, ww_error_message(), MESSAGE_BYTES - 1);
    }
    ww_error_clear();
}

/* Fetches lots until all are begun; with the lock held, but not meanwhile. */
static void take_lots(ww_prefetch *p, struct slot *slot)
{
    while (slot->begun < p->batch && !p->stop) {
        size_t first = slot->begun, left = p->batch - first, n = left < LOT ? left : LOT;
        slot->begun += n;
        pthread_mutex_unlock(&p->lock);
        ww_status status = p->source->fetch(p->source, slot->epoch, slot->index + first, n,
                                            slot->lot + first / LOT * p->n_feeds, p->n_feeds);
        pthread_mutex_lock(&p->lock);
        take_status(slot, first, status);
        slot->done += n;
        if (slot->done == p->batch) {
            p->made++;
            pthread_cond_broadcast(&p->changed);
        }
    }
}

/* Offers the lots of the next batch. The order of an epoch is replaced only when no batch of the
 * epoch before is under way. */
static void offer(ww_prefetch *p)
{
    struct slot *slot = &p->slot[p->made % SLOTS];
    uint64_t step = p->first + p->made;
    uint64_t epoch = step / p->steps_per_epoch, batch = step % p->steps_per_epoch;
    if (epoch != p->ordered_epoch || step == p->first)
        ww_epoch_order(p->seed, epoch, p->order, p->source->samples);
    p->ordered_epoch = epoch;
    slot->epoch = epoch;
    slot->index = p->order + batch * p->batch;
    slot->status = WW_OK;
    slot->begun = slot->done = 0;
    pthread_cond_broadcast(&p->changed);
}

static void *work(void *prefetch)
{
    ww_prefetch *p = prefetch;
    ww_threads_set(1); /* the cores belong to the step that is being learnt */
    ww_status opened = p->source->open != NULL ? p->source->open(p->source) : WW_OK;
    pthread_mutex_lock(&p->lock);
    if (opened != WW_OK) {
        take_status(&p->slot[0], 0, opened);
        p->made = 1;
        p->last = p->first + 1; /* none follows */
        pthread_cond_broadcast(&p->changed);
    }
    while (opened == WW_OK && !p->stop && p->first + p->made < p->last) {
        uint64_t making = p->made;
        if (p->made - p->taken == SLOTS) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        offer(p);
        take_lots(p, &p->slot[making % SLOTS]);
        while (p->made == making && !p->stop)
            pthread_cond_wait(&p->changed, &p->lock);
    }
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* Not in the arena, which would clear them: the worker writes them first. */
static void free_slots(ww_prefetch *p)
{
    for (int s = 0; s < SLOTS; s++)
        for (size_t i = 0; p->slot[s].feed != NULL && i < p->n_feeds; i++)
            free(p->slot[s].feed[i].data);
}

static ww_status allocate_slot(ww_prefetch *p, struct slot *slot, const ww_feed *feed)
{
    size_t lots = (p->batch + LOT - 1) / LOT;
    slot->begun = p->batch; /* there is nothing to take yet */
    slot->feed = ww_arena_array(p->arena, p->n_feeds, sizeof *feed);
    slot->lot = ww_arena_array(p->arena, lots * p->n_feeds, sizeof *feed);
    if (slot->feed == NULL || slot->lot == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < p->n_feeds; i++) {
        size_t floats = feed[i].floats;
        float *data = malloc(p->batch * floats * sizeof *data);
        if (data == NULL)
            return WW_FAIL(WW_ENOMEM, "no memory for batches of %zu samples", p->batch);
        slot->feed[i] = (ww_feed){feed[i].name, data, floats};
        for (size_t l = 0; l < lots; l++)
            slot->lot[l * p->n_feeds + i] =
                (ww_feed){feed[i].name, data + l * LOT * floats, floats};
    }
    return WW_OK;
}

static ww_status allocate(ww_prefetch *p, const ww_feed *feed)
{
    p->order = ww_arena_array(p->arena, p->source->samples, sizeof *p->order);
    if (p->order == NULL)
        return WW_ENOMEM;
    for (int s = 0; s < SLOTS; s++)
        WW_TRY(allocate_slot(p, &p->slot[s], feed));
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
    if (status != WW_OK) {
        free_slots(p);
        ww_arena_free(arena);
    } else {
        *out = p;
    }
    return status;
}

/* Until the next batch is made; with the lock held, but not meanwhile. */
static void wait_and_help(ww_prefetch *p)
{
    struct slot *slot = &p->slot[p->taken % SLOTS];
    uint64_t wanted = p->taken;
    while (p->made == wanted) {
        if (slot->begun == p->batch) {
            pthread_cond_wait(&p->changed, &p->lock);
            continue;
        }
        pthread_mutex_unlock(&p->lock);
#pragma omp parallel
        {
            pthread_mutex_lock(&p->lock);
            if (p->made == wanted)
                take_lots(p, slot);
            pthread_mutex_unlock(&p->lock);
        }
        pthread_mutex_lock(&p->lock);
    }
}

ww_status ww_prefetch_next(ww_prefetch *p, const ww_feed **feed)
{
    pthread_mutex_lock(&p->lock);
    if (p->holding) {
        p->taken++;
        pthread_cond_broadcast(&p->changed);
    }
    p->holding = true;
    assert(p->first + p->taken < p->last);
    if (p->made == p->taken) {
        double since = ww_clock_s();
        wait_and_help(p);
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
    pthread_cond_broadcast(&p->changed);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    pthread_cond_destroy(&p->changed);
    pthread_mutex_destroy(&p->lock);
    free_slots(p);
    ww_arena_free(p->arena);
}

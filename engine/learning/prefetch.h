/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_PREFETCH_H
#define WW_ENGINE_LEARNING_PREFETCH_H

/* Batches fetched ahead: while one is learnt, a worker thread fills the next; who waits for it
 * helps. What is delivered does not depend on who is faster, and a failing fetch is reported at the
 * batch that it was for.
 */

#include "engine/learning/train.h"

typedef struct ww_prefetch ww_prefetch;

/** Writes the order of the samples of `epoch`, a permutation of 0 .. samples-1, to `order`. */
void ww_epoch_order(uint64_t seed, uint64_t epoch, uint64_t *order, size_t samples);

/** The inputs that `graph` needs to be fed, their names and floats, in `arena`. */
ww_status ww_feeds_of(const ww_graph *graph, ww_feed **feed, size_t *n, ww_arena *arena);

/** Starts fetching the batches of steps first .. last-1; step s is batch s mod B of epoch s / B,
 * B = samples / batch. `feed` says names and floats; its arrays are not used. `source` must
 * outlive the prefetch. Stop with ww_prefetch_stop. */
ww_status ww_prefetch_start(ww_prefetch **out, const ww_source *source, uint64_t seed, size_t batch,
                            const ww_feed *feed, size_t n_feeds, uint64_t first, uint64_t last);

/** Waits for the next batch, at most last - first times: the feeds, filled, in the order given to
 * start, valid until the next call. Errors: those of the source, untouched; of its `open`, at the
 * first. */
ww_status ww_prefetch_next(ww_prefetch *prefetch, const ww_feed **feed);

/** Seconds that ww_prefetch_next has waited, or helped with what it waited for. */
double ww_prefetch_stall_s(const ww_prefetch *prefetch);

/** Waits for the fetch under way, ends the worker and frees all; NULL is allowed. */
void ww_prefetch_stop(ww_prefetch *prefetch);

#endif

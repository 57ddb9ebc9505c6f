/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_RANDOM_H
#define WW_ENGINE_BASE_RANDOM_H

/* Counter-based random numbers: a pure function of (seed, stream, index).
 *
 * Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3")
 * through Random123. There is no hidden state to share, so any number of threads or machines draw
 * the same numbers, and a resumed run continues exactly where it stopped.
 *
 * A ww_random is a small value: copy it freely. Give each purpose its own stream
 * (`ww_random_stream(seed, "stimuli/faces", sample)`), never share one between two loops. */

#include <stddef.h>
#include <stdint.h>

typedef struct ww_random {
    uint64_t seed, stream; /* the key, and the high half of the counter */
    uint64_t index;        /* the low half of the counter: blocks of four words drawn so far */
    uint32_t word[4];      /* the current block */
    unsigned left;         /* words of it not yet used */
    double spare_normal;   /* the second number of the last Box-Muller pair */
    int has_spare;
} ww_random;

/** A generator at the beginning of `stream` under `seed`. */
ww_random ww_random_at(uint64_t seed, uint64_t stream);

/** A generator for `purpose` (any text) and `index` (sample, step, trial) under `seed`. */
ww_random ww_random_stream(uint64_t seed, const char *purpose, uint64_t index);

/** Four random words of block `index`: the stateless core. */
void ww_random_block(uint64_t seed, uint64_t stream, uint64_t index, uint32_t word[4]);

/** The next 32 random bits. */
uint32_t ww_random_u32(ww_random *random);
/** The next 64 random bits. */
uint64_t ww_random_u64(ww_random *random);

/** Uniform on [0, 1), 53 bits. */
double ww_random_uniform(ww_random *random);

/** Uniform on [low, high). */
double ww_random_range(ww_random *random, double low, double high);

/** Uniform on 0 .. n-1 without modulo bias; n > 0. */
uint64_t ww_random_below(ww_random *random, uint64_t n);

/** Standard normal (Box & Muller 1958). */
double ww_random_normal(ww_random *random);

/** A random order of 0 .. n-1 (Fisher & Yates), written to `order`. */
void ww_random_permutation(ww_random *random, uint64_t *order, size_t n);

/** 64-bit FNV-1a hash of a text: turns names into stream numbers and keys. */
uint64_t ww_hash_text(const char *text);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_ARENA_H
#define WW_ENGINE_BASE_ARENA_H

/* Arenas: memory with one lifetime (a model, a step, one call), released as a whole.
 *
 * An arena grows by blocks; what it hands out is zeroed, aligned to 64 bytes (a cache line, and
 * enough for any vector register) and never moves. Nothing is freed alone, so there are no
 * clean-up ladders. Not thread safe: one arena, one thread. */

#include <stdarg.h>
#include <stddef.h>

#include "engine/base/status.h"

typedef struct ww_arena ww_arena;

enum { WW_ALIGNMENT = 64 };

/** A place in an arena to which ww_arena_release returns. */
typedef struct ww_arena_mark {
    void *block;
    size_t used;
} ww_arena_mark;

/** Creates an empty arena; free it with ww_arena_free. NULL when out of memory. */
ww_arena *ww_arena_create(void);

/** Frees the arena and all that it handed out; NULL is allowed. */
void ww_arena_free(ww_arena *arena);

/** `bytes` zeroed bytes, aligned to WW_ALIGNMENT; NULL (with a message) when out of memory. */
void *ww_arena_alloc(ww_arena *arena, size_t bytes);

/** `count` zeroed items of `size` bytes; NULL on overflow or when out of memory. */
void *ww_arena_array(ww_arena *arena, size_t count, size_t size);

/** A copy of `text` in the arena; NULL when out of memory or when text is NULL. */
char *ww_arena_strdup(ww_arena *arena, const char *text);

/** A formatted string in the arena; NULL when out of memory. */
char *ww_arena_printf(ww_arena *arena, const char *format, ...) WW_PRINTF(2, 3);

/** Where the arena stands now. */
ww_arena_mark ww_arena_mark_here(const ww_arena *arena);

/** Gives back all that was handed out since `mark`; earlier pointers stay valid. */
void ww_arena_release(ww_arena *arena, ww_arena_mark mark);

/** Bytes of memory that this machine has. More is often granted, and then the machine stands still
 * or the process is killed: what may grow large is held against this first. */
double ww_machine_bytes(void);

/** Bytes handed out so far, alignment included. */
size_t ww_arena_used(const ww_arena *arena);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/arena.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FIRST_BLOCK_BYTES = 16 * 1024, LARGEST_BLOCK_BYTES = 4 * 1024 * 1024 };

struct block {
    struct block *previous;
    size_t size, used; /* of the payload, which starts one alignment after the header */
};

struct ww_arena {
    struct block *top;
    size_t next_size;
};

_Static_assert(sizeof(struct block) <= WW_ALIGNMENT, "the header must fit before the payload");

static size_t round_up(size_t bytes)
{
    return (bytes + WW_ALIGNMENT - 1) / WW_ALIGNMENT * WW_ALIGNMENT;
}

ww_arena *ww_arena_create(void)
{
    ww_arena *arena = calloc(1, sizeof *arena);
    if (arena == NULL) {
        (void)WW_FAIL(WW_ENOMEM, "out of memory");
        return NULL;
    }
    arena->next_size = FIRST_BLOCK_BYTES;
    return arena;
}

void ww_arena_free(ww_arena *arena)
{
    if (arena == NULL)
        return;
    ww_arena_release(arena, (ww_arena_mark){NULL, 0});
    free(arena);
}

static struct block *push_block(ww_arena *arena, size_t bytes)
{
    size_t size = bytes > arena->next_size ? bytes : arena->next_size;
    struct block *block = aligned_alloc(WW_ALIGNMENT, WW_ALIGNMENT + size);
    if (block == NULL)
        return NULL;
    *block = (struct block){.previous = arena->top, .size = size, .used = 0};
    arena->top = block;
    if (arena->next_size < LARGEST_BLOCK_BYTES)
        arena->next_size *= 2;
    return block;
}

void *ww_arena_alloc(ww_arena *arena, size_t bytes)
{
    if (bytes > SIZE_MAX - 4 * WW_ALIGNMENT) {
        (void)WW_FAIL(WW_ENOMEM, "out of memory: %zu bytes asked for", bytes);
        return NULL;
    }
    size_t size = round_up(bytes == 0 ? 1 : bytes);
    struct block *block = arena->top;
    if (block == NULL || block->size - block->used < size)
        block = push_block(arena, size);
    if (block == NULL) {
        (void)WW_FAIL(WW_ENOMEM, "out of memory: %zu bytes asked for", bytes);
        return NULL;
    }
    char *memory = (char *)block + WW_ALIGNMENT + block->used;
    block->used += size;
    memset(memory, 0, size);
    return memory;
}

void *ww_arena_array(ww_arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size) {
        (void)WW_FAIL(WW_ENOMEM, "out of memory: %zu items of %zu bytes asked for", count, size);
        return NULL;
    }
    return ww_arena_alloc(arena, count * size);
}

char *ww_arena_strdup(ww_arena *arena, const char *text)
{
    if (text == NULL)
        return NULL;
    size_t bytes = strlen(text) + 1;
    char *copy = ww_arena_alloc(arena, bytes);
    if (copy != NULL)
        memcpy(copy, text, bytes);
    return copy;
}

char *ww_arena_printf(ww_arena *arena, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    va_end(args);
    char *text = length < 0 ? NULL : ww_arena_alloc(arena, (size_t)length + 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    return text;
}

ww_arena_mark ww_arena_mark_here(const ww_arena *arena)
{
    return (ww_arena_mark){arena->top, arena->top == NULL ? 0 : arena->top->used};
}

void ww_arena_release(ww_arena *arena, ww_arena_mark mark)
{
    while (arena->top != NULL && arena->top != mark.block) {
        struct block *previous = arena->top->previous;
        free(arena->top);
        arena->top = previous;
    }
    if (arena->top != NULL)
        arena->top->used = mark.used;
}

double ww_machine_bytes(void)
{
    return (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

size_t ww_arena_used(const ww_arena *arena)
{
    size_t used = 0;
    for (const struct block *block = arena->top; block != NULL; block = block->previous)
        used += block->used;
    return used;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Where buffers lie, by liveness.
 *
 * A buffer lives from the first write to the last read. Two buffers may share memory if their lives
 * do not overlap. The smallest arrangement is hard to find (dynamic storage allocation), but
 * placing the largest buffer first, each into the smallest gap that is free over its whole life,
 * comes close to the lower bound (Pisarchyk & Lee 2020, "Efficient memory management for deep
 * neural net inference", greedy by size). */

#include "engine/tensor/layout.h"

#include <stdint.h>
#include <stdlib.h>

enum { LINE_FLOATS = WW_ALIGNMENT / sizeof(float) };

static size_t padded(const ww_buffer *buffer, size_t guard)
{
    return (buffer->floats + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS + 2 * guard;
}

/* Larger first; among equals the one that was listed first, so that the plan repeats. */
static int by_size(const void *a, const void *b)
{
    const ww_buffer *x = *(ww_buffer *const *)a, *y = *(ww_buffer *const *)b;
    if (x->floats != y->floats)
        return x->floats > y->floats ? -1 : 1;
    return x < y ? -1 : x > y;
}

/* The begin of the smallest gap of `size` floats between those of `placed` (sorted by offset) that
 * live at the same time as `buffer`. Offsets include the guard here. */
static size_t best_gap(const ww_buffer *buffer, size_t size, ww_buffer *const *placed, size_t n,
                       size_t guard)
{
    size_t best = SIZE_MAX, best_size = SIZE_MAX, end = 0;
    for (size_t i = 0; i < n; i++) {
        const ww_buffer *other = placed[i];
        if (other->last < buffer->first || other->first > buffer->last)
            continue;
        size_t begin = other->offset - guard;
        if (begin > end && begin - end >= size && begin - end < best_size) {
            best = end;
            best_size = begin - end;
        }
        size_t other_end = begin + padded(other, guard);
        if (other_end > end)
            end = other_end;
    }
    return best == SIZE_MAX ? end : best;
}

static void insert(ww_buffer **placed, size_t n, ww_buffer *buffer)
{
    for (; n > 0 && placed[n - 1]->offset > buffer->offset; n--)
        placed[n] = placed[n - 1];
    placed[n] = buffer;
}

ww_status ww_layout_plan(ww_buffer *buffers, size_t n, bool share, size_t guard_floats,
                         ww_arena *arena, size_t *total)
{
    ww_buffer **order = ww_arena_array(arena, n, sizeof *order);
    ww_buffer **placed = ww_arena_array(arena, n, sizeof *placed);
    if (order == NULL || placed == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < n; i++)
        order[i] = &buffers[i];
    if (share)
        qsort(order, n, sizeof *order, by_size);
    *total = 0;
    for (size_t i = 0; i < n; i++) {
        size_t size = padded(order[i], guard_floats);
        size_t begin = share ? best_gap(order[i], size, placed, i, guard_floats) : *total;
        order[i]->offset = begin + guard_floats;
        insert(placed, i, order[i]);
        if (begin + size > *total)
            *total = begin + size;
    }
    return WW_OK;
}

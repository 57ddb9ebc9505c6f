/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/shape.h"

#include <stdio.h>

size_t ww_shape_size(const ww_shape *shape)
{
    size_t size = 1;
    for (int i = 0; i < shape->rank; i++)
        size *= shape->dim[i] == WW_BATCH ? 1 : (size_t)shape->dim[i];
    return size;
}

bool ww_shape_equal(const ww_shape *a, const ww_shape *b)
{
    if (a->rank != b->rank)
        return false;
    for (int i = 0; i < a->rank; i++)
        if (a->dim[i] != b->dim[i])
            return false;
    return true;
}

ww_shape ww_shape_at_batch(const ww_shape *shape, int64_t batch)
{
    ww_shape fixed = *shape;
    for (int i = 0; i < fixed.rank; i++)
        if (fixed.dim[i] == WW_BATCH)
            fixed.dim[i] = batch;
    return fixed;
}

char *ww_shape_print(const ww_shape *shape, char *text)
{
    size_t used = (size_t)snprintf(text, WW_SHAPE_TEXT, "[");
    for (int i = 0; i < shape->rank && used < WW_SHAPE_TEXT; i++) {
        const char *gap = i > 0 ? ", " : "";
        if (shape->dim[i] == WW_BATCH)
            used += (size_t)snprintf(text + used, WW_SHAPE_TEXT - used, "%sN", gap);
        else
            used += (size_t)snprintf(text + used, WW_SHAPE_TEXT - used, "%s%lld", gap,
                                     (long long)shape->dim[i]);
    }
    if (used < WW_SHAPE_TEXT)
        snprintf(text + used, WW_SHAPE_TEXT - used, "]");
    return text;
}

bool ww_shape_broadcast(const ww_shape *a, const ww_shape *b, ww_shape *out)
{
    ww_shape result = {.rank = a->rank > b->rank ? a->rank : b->rank};
    for (int i = 1; i <= result.rank; i++) {
        int64_t x = i <= a->rank ? a->dim[a->rank - i] : 1;
        int64_t y = i <= b->rank ? b->dim[b->rank - i] : 1;
        if (x != y && x != 1 && y != 1)
            return false;
        result.dim[result.rank - i] = x == 1 ? y : x;
    }
    *out = result;
    return true;
}

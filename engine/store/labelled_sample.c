/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A stratified sample: the pictures in the order of their classes, those of a class in an order
 * drawn under the seed, and of this list every (count / n)th. So each class has its share to within
 * one picture. */
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/store/labelled.h"

typedef struct drawn {
    int label;
    uint64_t key;
    size_t index;
} drawn;

static int by_class(const void *a_, const void *b_)
{
    const drawn *a = a_, *b = b_;
    if (a->label != b->label)
        return a->label < b->label ? -1 : 1;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static int by_index(const void *a_, const void *b_)
{
    const drawn *a = a_, *b = b_;
    return (a->index > b->index) - (a->index < b->index);
}

/* The pictures that are taken, the first n of the list, in the order of the set. */
static drawn *draw(const ww_labelled *set, size_t n, uint64_t seed, ww_arena *arena)
{
    drawn *list = ww_arena_array(arena, set->count, sizeof *list);
    ww_random random = ww_random_stream(seed, "pictures", 0);
    for (size_t i = 0; list != NULL && i < set->count; i++)
        list[i] = (drawn){set->label[i], ww_random_u64(&random), i};
    if (list == NULL)
        return NULL;
    qsort(list, set->count, sizeof *list, by_class);
    for (size_t i = 0; i < n; i++)
        list[i] = list[(2 * i + 1) * set->count / (2 * n)];
    qsort(list, n, sizeof *list, by_index);
    return list;
}

ww_status ww_labelled_sample(ww_labelled **out, const ww_labelled *set, size_t n, uint64_t seed,
                             ww_arena *arena)
{
    size_t bytes = (size_t)set->channels * (size_t)set->height * (size_t)set->width;
    n = n < set->count ? n : set->count;
    ww_labelled *sample = ww_arena_alloc(arena, sizeof *sample);
    const drawn *list = draw(set, n, seed, arena);
    unsigned char *pixel = ww_arena_array(arena, n, bytes);
    int *label = ww_arena_array(arena, n, sizeof *label);
    const char **file = ww_arena_array(arena, n, sizeof *file);
    if (sample == NULL || list == NULL || pixel == NULL || label == NULL || file == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < n; i++) {
        memcpy(pixel + i * bytes, set->pixel + list[i].index * bytes, bytes);
        label[i] = list[i].label;
        file[i] = set->file != NULL ? set->file[list[i].index] : NULL;
    }
    *sample = *set;
    sample->count = n;
    sample->pixel = pixel;
    sample->label = label;
    if (set->file != NULL) {
        sample->file = sample->source = file;
        sample->sources = n;
    }
    *out = sample;
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connectome/imprint.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"

/* A prototype that is still to be imprinted. */
struct piece {
    float *to; /* [channels][size][size] */
    int channels, size;
    size_t picture;
    double v, u; /* where, as shares of the free range */
};

struct ww_imprint {
    struct piece *piece;
    size_t n;
    char source[128];
};

/* Whether an array holds prototypes of that area. */
static bool is_prototypes(const ww_value *value, const char *area)
{
    size_t n = strlen(area);
    return value->kind == WW_NODE_PARAM && strncmp(value->name, area, n) == 0 &&
           strncmp(value->name + n, "/prototype.", 11) == 0;
}

static ww_status add_pieces(ww_imprint *imprint, ww_value *value, size_t pictures, uint64_t seed)
{
    size_t count = (size_t)value->shape.dim[0], each = value->size / count;
    struct piece *more = realloc(imprint->piece, (imprint->n + count) * sizeof *more);
    if (more == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for prototypes");
    imprint->piece = more;
    for (size_t k = 0; k < count; k++) {
        ww_random random = ww_random_stream(seed, value->name, k);
        struct piece *piece = &more[imprint->n++];
        piece->to = value->data + k * each;
        piece->channels = (int)value->shape.dim[1];
        piece->size = (int)value->shape.dim[2];
        piece->picture = (size_t)ww_random_below(&random, pictures);
        piece->v = ww_random_uniform(&random);
        piece->u = ww_random_uniform(&random);
    }
    return WW_OK;
}

/* The prototypes of one area, and what it reads. */
static ww_status add_area(ww_imprint *imprint, ww_model *model, int area, size_t pictures,
                          uint64_t seed)
{
    const ww_brain *brain = model->brain;
    for (int p = 0; p < brain->n_paths && imprint->source[0] == '\0'; p++)
        if (brain->path[p].to == area)
            snprintf(imprint->source, sizeof imprint->source, "area/%s",
                     brain->area[brain->path[p].from].name);
    for (size_t i = 0; i < ww_values_count(model->values); i++) {
        ww_value *value = ww_values_at(model->values, i);
        if (is_prototypes(value, brain->area[area].name))
            WW_TRY(add_pieces(imprint, value, pictures, seed));
    }
    return WW_OK;
}

ww_status ww_imprint_open(ww_imprint **out, ww_model *model, size_t pictures, uint64_t seed)
{
    const ww_brain *brain = model->brain;
    ww_imprint *imprint = *out = calloc(1, sizeof *imprint);
    if (imprint == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for prototypes");
    ww_status status = WW_OK;
    for (int a = 0; a < brain->n_areas && status == WW_OK; a++)
        if (brain->area[a].type->imprinted)
            status = add_area(imprint, model, a, pictures, seed);
    if (status == WW_OK && imprint->n == 0)
        status =
            WW_FAIL(WW_EINVAL, "brain %s has no prototypes to imprint (type hmax-c2)", brain->name);
    if (status != WW_OK) {
        ww_imprint_free(imprint);
        *out = NULL;
    }
    return status;
}

void ww_imprint_free(ww_imprint *imprint)
{
    if (imprint == NULL)
        return;
    free(imprint->piece);
    free(imprint);
}

const char *ww_imprint_source(const ww_imprint *imprint)
{
    return imprint->source;
}

bool ww_imprint_wants(const ww_imprint *imprint, size_t picture)
{
    for (size_t i = 0; i < imprint->n; i++)
        if (imprint->piece[i].picture == picture)
            return true;
    return false;
}

ww_status ww_imprint_take(const ww_imprint *imprint, size_t picture, const float *map, int height,
                          int width)
{
    for (size_t i = 0; i < imprint->n; i++) {
        const struct piece *p = &imprint->piece[i];
        if (p->picture != picture)
            continue;
        if (p->size > height || p->size > width)
            return WW_FAIL(WW_ESHAPE, "%d x %d cells of C1 are too few for a prototype of %d x %d",
                           width, height, p->size, p->size);
        int v = (int)(p->v * (height - p->size + 1)), u = (int)(p->u * (width - p->size + 1));
        for (int c = 0; c < p->channels; c++)
            for (int row = 0; row < p->size; row++)
                memcpy(p->to + (c * p->size + row) * p->size,
                       map + (c * height + v + row) * width + u, (size_t)p->size * sizeof *map);
    }
    return WW_OK;
}

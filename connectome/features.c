/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connectome/features.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/imprint.h"
#include "connectome/model_parts.h"

struct ww_features {
    ww_model *base;  /* holds the numbers */
    ww_model *sized; /* the same brain at the size of the last picture */
    ww_program *program;
    int height, width;
    int area;
    size_t count; /* of features, 0: not known yet */
};

static ww_status open_base(ww_features *f, const char *brain, const char *const *set,
                           const char *area, uint64_t seed)
{
    if (ww_model_is_checkpoint(brain))
        WW_TRY(ww_model_open(&f->base, brain));
    else
        WW_TRY(ww_model_create(&f->base, brain, set, seed));
    const ww_brain *b = f->base->brain;
    f->area = area != NULL ? ww_brain_area_find(b, area) : b->n_areas - 1;
    if (f->area < 0)
        return WW_FAIL(WW_ENOTFOUND, "brain %s has no area '%s'", b->name, area);
    return WW_OK;
}

ww_status ww_features_open(ww_features **out, const char *brain, const char *const *set,
                           const char *area, uint64_t seed)
{
    *out = NULL;
    ww_features *f = calloc(1, sizeof *f);
    if (f == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = open_base(f, brain, set, area, seed);
    if (status == WW_OK)
        *out = f;
    else
        ww_features_close(f);
    return status;
}

static void close_sized(ww_features *f)
{
    ww_program_free(f->program);
    ww_model_free(f->sized);
    f->program = NULL;
    f->sized = NULL;
}

void ww_features_close(ww_features *f)
{
    if (f == NULL)
        return;
    close_sized(f);
    ww_model_free(f->base);
    free(f);
}

const ww_brain *ww_features_brain(const ww_features *f)
{
    return f->base->brain;
}

const char *ww_features_area(const ww_features *f)
{
    return f->base->brain->area[f->area].name;
}

/* The numbers of all arrays that do not follow from the size of the view. */
static ww_status copy_values(ww_values *to, ww_values *from)
{
    for (size_t i = 0; i < ww_values_count(to); i++) {
        ww_value *value = ww_values_at(to, i), *source = ww_values_find(from, value->name);
        if (value->kind != WW_NODE_PARAM && value->kind != WW_NODE_STATE)
            continue;
        if (source == NULL || source->size != value->size)
            return WW_FAIL(WW_ESHAPE, "%s has another size for pictures of this size", value->name);
        memcpy(value->data, source->data, value->size * sizeof *value->data);
    }
    return WW_OK;
}

/* The brain at the size of a picture. */
static ww_status resize(ww_features *f, int height, int width)
{
    const ww_brain *brain = f->base->brain;
    ww_brain *at_size = NULL;
    if (f->sized != NULL && height == f->height && width == f->width)
        return WW_OK;
    close_sized(f);
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    const char *set[] = {ww_arena_printf(arena, "view.height_px=%d", height),
                         ww_arena_printf(arena, "view.width_px=%d", width), "view.frames=1", NULL};
    ww_status status = ww_brain_parse(&at_size, brain->yaml, brain->file, set, arena);
    if (status != WW_OK) {
        ww_arena_free(arena);
        return status;
    }
    WW_TRY(ww_model_on(&f->sized, arena, at_size, f->base->seed));
    WW_TRY(copy_values(f->sized->values, f->base->values));
    ww_compile_options options = {.batch = 1, .mode = WW_INFER, .seed = f->base->seed};
    WW_TRY(ww_compile(&f->program, f->sized->graph, f->sized->values, options));
    f->height = height;
    f->width = width;
    return WW_OK;
}

static ww_status show(ww_features *f, const ww_picture *p)
{
    size_t plane = (size_t)p->height * (size_t)p->width, floats;
    for (size_t i = 0; i < (size_t)p->channels * plane; i++)
        if (!isfinite(p->pixel[i]))
            return WW_FAIL(WW_ENUMERIC, "the pixel at row %zu, column %zu is not a number",
                           i % plane / (size_t)p->width + 1, i % (size_t)p->width + 1);
    WW_TRY(resize(f, p->height, p->width));
    float *movie = ww_program_input(f->program, "movie", &floats);
    if (movie == NULL)
        return WW_FAIL(WW_EINVAL, "no area of brain %s sees", f->base->brain->name);
    for (size_t c = 0; c < 3; c++)
        memcpy(movie + c * plane, p->pixel + (p->channels == 3 ? c * plane : 0),
               plane * sizeof *movie);
    return ww_program_run(f->program, 0);
}

static ww_status take(ww_features *f, const float **out, size_t *count, double *megabytes)
{
    char name[128];
    ww_shape shape;
    size_t planned, unshared;
    snprintf(name, sizeof name, "area/%s", ww_features_area(f));
    *out = ww_program_output(f->program, name, &shape);
    *count = ww_shape_size(&shape);
    if (f->count > 0 && *count != f->count)
        return WW_FAIL(WW_ESHAPE,
                       "%s has %zu units at %d x %d px, but %zu before; pictures of one size are "
                       "wanted for it",
                       ww_features_area(f), *count, f->width, f->height, f->count);
    f->count = *count;
    ww_program_memory(f->program, &planned, &unshared);
    if (megabytes != NULL)
        *megabytes = (double)planned / 1e6;
    return WW_OK;
}

ww_status ww_features_of(ww_features *f, const ww_picture *picture, const char *name,
                         const float **out, size_t *count, double *megabytes)
{
    ww_status status = show(f, picture);
    if (status == WW_OK)
        status = take(f, out, count, megabytes);
    if (status != WW_OK)
        ww_error_prefix("%s: ", name);
    return status;
}

/* ---- imprinting ---- */

static ww_status imprint_file(ww_features *f, const ww_imprint *imprint, const char *const *file,
                              size_t which)
{
    ww_picture picture;
    ww_shape shape;
    WW_TRY(ww_picture_read(&picture, file[which]));
    ww_status status = show(f, &picture);
    ww_picture_free(&picture);
    if (status == WW_OK) {
        const float *map = ww_program_output(f->program, ww_imprint_source(imprint), &shape);
        status = ww_imprint_take(imprint, which, map, (int)shape.dim[2], (int)shape.dim[3]);
    }
    if (status != WW_OK)
        ww_error_prefix("%s: ", file[which]);
    return status;
}

ww_status ww_features_imprint(ww_features *f, const char *const *file, size_t n, uint64_t seed,
                              ww_progress *progress)
{
    ww_imprint *imprint;
    WW_TRY(ww_imprint_open(&imprint, f->base, n, seed));
    ww_status status = WW_OK;
    for (size_t i = 0; i < n && status == WW_OK; i++) {
        ww_progress_step(progress, "imprinting", (double)i, (double)n, file[i]);
        if (ww_imprint_wants(imprint, i))
            status = imprint_file(f, imprint, file, i);
        if (status == WW_OK && ww_interrupted())
            status = WW_FAIL(WW_EINTERRUPTED, "interrupted");
    }
    close_sized(f); /* it has the old numbers */
    ww_imprint_free(imprint);
    return status;
}

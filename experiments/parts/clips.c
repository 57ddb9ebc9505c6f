/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/clips.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/progress.h"
#include "engine/base/random.h"
#include "engine/tensor/program.h"

enum { BATCH = 8, SEGMENTS = 7 };

static ww_status find_areas(ww_clip_bench *b)
{
    const ww_brain *brain = b->model->brain;
    b->units_area = b->features_area = -1;
    for (int a = 0; a < brain->n_areas; a++)
        if (strcmp(brain->area[a].type->item.name, "view-tuned") == 0)
            b->units_area = a;
    if (b->units_area < 0)
        return WW_FAIL(WW_EINVAL, "brain %s has no area of type view-tuned", brain->name);
    for (int p = 0; p < brain->n_paths; p++)
        if (brain->path[p].to == b->units_area) {
            if (b->features_area >= 0)
                return WW_FAIL(WW_EINVAL, "brain %s: the view-tuned units read more than one area",
                               brain->name);
            b->features_area = brain->path[p].from;
        }
    if (brain->view.frames != 1)
        return WW_FAIL(WW_EINVAL, "brain %s: clips are shown as one frame, not as %d", brain->name,
                       brain->view.frames);
    return WW_OK;
}

static const float *output(const ww_clip_bench *b, int area, int *size)
{
    char name[128];
    ww_shape shape;
    snprintf(name, sizeof name, "area/%s", b->model->brain->area[area].name);
    const float *out = ww_program_output(b->program, name, &shape);
    *size = (int)(ww_shape_size(&shape) / BATCH);
    return out;
}

ww_status ww_clip_bench_open(ww_clip_bench *b, ww_model *model, uint64_t set)
{
    *b = (ww_clip_bench){.model = model, .set = set};
    WW_TRY(find_areas(b));
    ww_compile_options options = {.batch = BATCH, .mode = WW_INFER, .seed = model->seed};
    WW_TRY(ww_compile(&b->program, model->graph, model->values, options));
    output(b, b->units_area, &b->units);
    output(b, b->features_area, &b->features);
    return WW_OK;
}

void ww_clip_bench_close(ww_clip_bench *b)
{
    ww_program_free(b->program);
    b->program = NULL;
}

ww_clip_display ww_clip_learned(int clip)
{
    ww_paperclip_pose pose = {.size_deg = 2, .thickness = 0.06};
    return (ww_clip_display){.clip = clip, .pose = pose, .other = -1};
}

/* Shuffles the tiles of the square around a clip; the order follows from set, clip and number of
 * tiles. */
static void shuffle_tiles(const ww_clip_display *d, uint64_t set, const ww_view *view, float *plane,
                          float *spare)
{
    int t = d->tiles, width = view->width_px, height = view->height_px;
    int side = (int)(d->pose.size_deg / view->deg_per_px + 0.5) / (t > 0 ? t : 1);
    int left = (width - t * side) / 2, top = (height - t * side) / 2;
    uint64_t order[256];
    if (t < 2 || t > 16 || left < 0 || top < 0)
        return;
    ww_random random = ww_random_stream(set, "clips/tiles", (uint64_t)(d->clip * 256 + t));
    ww_random_permutation(&random, order, (size_t)(t * t));
    memcpy(spare, plane, (size_t)(width * height) * sizeof *plane);
    for (int i = 0; i < t * t; i++)
        for (int row = 0; row < side; row++)
            memcpy(plane + (top + i / t * side + row) * width + left + i % t * side,
                   spare + (top + (int)order[i] / t * side + row) * width + left +
                       (int)order[i] % t * side,
                   (size_t)side * sizeof *plane);
}

/* One picture, in all three colours. */
static void draw(const ww_clip_bench *b, const ww_clip_display *d, float *movie)
{
    const ww_view *view = &b->model->brain->view;
    size_t plane = (size_t)view->width_px * (size_t)view->height_px;
    ww_paperclip clip = ww_paperclip_make(b->set, d->clip, SEGMENTS);
    memset(movie, 0, 3 * plane * sizeof *movie);
    ww_paperclip_draw(&clip, &d->pose, view, 1, movie, NULL);
    if (d->other >= 0) {
        clip = ww_paperclip_make(b->set, d->other, SEGMENTS);
        ww_paperclip_draw(&clip, &d->other_pose, view, 1, movie, NULL);
    }
    shuffle_tiles(d, b->set, view, movie, movie + plane);
    memcpy(movie + plane, movie, plane * sizeof *movie);
    memcpy(movie + 2 * plane, movie, plane * sizeof *movie);
}

ww_status ww_clip_show(ww_clip_bench *b, const ww_clip_display *display, size_t n, float *units,
                       float *features)
{
    size_t floats;
    int size;
    float *movie = ww_program_input(b->program, "movie", &floats);
    for (size_t first = 0; first < n; first += BATCH) {
        size_t now = n - first < BATCH ? n - first : BATCH;
#pragma omp parallel for schedule(dynamic, 1)
        for (size_t i = 0; i < now; i++)
            draw(b, &display[first + i], movie + i * (floats / BATCH));
        WW_TRY(ww_program_run(b->program, first));
        const float *out = output(b, b->units_area, &size);
        if (units != NULL)
            memcpy(units + first * (size_t)size, out, now * (size_t)size * sizeof *out);
        out = output(b, b->features_area, &size);
        if (features != NULL)
            memcpy(features + first * (size_t)size, out, now * (size_t)size * sizeof *out);
        if (ww_interrupted())
            return WW_FAIL(WW_EINTERRUPTED, "interrupted; what is done is kept");
    }
    return WW_OK;
}

static const float *sorted_features;

static int stronger(const void *a, const void *b)
{
    float x = sorted_features[*(const int *)a], y = sorted_features[*(const int *)b];
    return x != y ? (x < y ? 1 : -1) : *(const int *)a - *(const int *)b;
}

ww_status ww_clip_learn(ww_clip_bench *b, int afferents)
{
    const char *area = b->model->brain->area[b->units_area].name;
    char name[128];
    snprintf(name, sizeof name, "%s/centre", area);
    ww_value *centre = ww_values_find(b->model->values, name);
    snprintf(name, sizeof name, "%s/afferent", area);
    ww_value *heard = ww_values_find(b->model->values, name);
    if (centre == NULL || heard == NULL)
        return WW_FAIL(WW_EINVAL, "brain %s: %s has no centres", b->model->brain->name, area);
    ww_clip_display *display = calloc((size_t)b->units, sizeof *display);
    int *order = calloc((size_t)b->features, sizeof *order);
    ww_status status = display != NULL && order != NULL
                           ? WW_OK
                           : WW_FAIL(WW_ENOMEM, "out of memory for view-tuned units");
    for (int k = 0; k < b->units && status == WW_OK; k++)
        display[k] = ww_clip_learned(k);
    if (status == WW_OK)
        status = ww_clip_show(b, display, (size_t)b->units, NULL, centre->data);
    for (int k = 0; k < b->units && status == WW_OK; k++) {
        size_t row = (size_t)k * (size_t)b->features;
        for (int f = 0; f < b->features; f++)
            order[f] = f;
        sorted_features = centre->data + row;
        qsort(order, (size_t)b->features, sizeof *order, stronger);
        for (int f = 0; f < b->features; f++)
            heard->data[row + (size_t)order[f]] = f < afferents;
    }
    free(display);
    free(order);
    return status;
}

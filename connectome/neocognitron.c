/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "connectome/neocognitron.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/neocognitron.h"
#include "connectome/neocognitron_parts.h"
#include "engine/base/progress.h"
#include "engine/tensor/program.h"

enum { BATCH = 25 };

static bool is_a(const ww_model *model, int area, const char *type)
{
    return strcmp(model->brain->area[area].type->item.name, type) == 0;
}

/* The area of the top; -1: none. */
static int find_top(const ww_model *model)
{
    for (int a = 0; a < model->brain->n_areas; a++)
        if (is_a(model, a, "neocognitron-top"))
            return a;
    return -1;
}

/* Which area another one reads. */
static int source_of(const ww_brain *brain, int area)
{
    for (int p = 0; p < brain->n_paths; p++)
        if (brain->path[p].to == area)
            return brain->path[p].from;
    return area;
}

static ww_value *array_of(const ww_model *model, int area, const char *what)
{
    char name[128];
    snprintf(name, sizeof name, "%s/%s", model->brain->area[area].name, what);
    return ww_values_find(model->values, name);
}

/* ---- showing ---- */

ww_status ww_neo_bench_open(ww_neo_bench *b, ww_model *model, int area)
{
    *b = (ww_neo_bench){.area = area >= 0 ? area : find_top(model)};
    if (b->area < 0)
        return WW_FAIL(WW_EINVAL, "brain %s has no area of type neocognitron-top",
                       model->brain->name);
    if (model->brain->view.frames != 1)
        return WW_FAIL(WW_EINVAL, "brain %s: pictures are shown as one frame, not as %d",
                       model->brain->name, model->brain->view.frames);
    if ((b->graph = ww_graph_create()) == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    WW_TRY(ww_brain_build_probe(b->graph, model->brain, b->area));
    ww_compile_options options = {.batch = BATCH, .mode = WW_INFER, .seed = model->seed};
    WW_TRY(ww_compile(&b->program, b->graph, model->values, options));
    size_t floats;
    ww_program_input(b->program, "probe", &floats);
    b->units = floats / BATCH;
    return WW_OK;
}

void ww_neo_bench_close(ww_neo_bench *b)
{
    ww_program_free(b->program);
    ww_graph_free(b->graph);
    *b = (ww_neo_bench){0};
}

static void to_unit(float *x, size_t n)
{
    double power = 0;
    for (size_t i = 0; i < n; i++)
        power += (double)x[i] * (double)x[i];
    for (size_t i = 0; i < n && power > 0; i++)
        x[i] = (float)((double)x[i] / sqrt(power));
}

ww_status ww_neo_show(ww_neo_bench *b, const ww_model *model, const float *picture, size_t count,
                      bool unit, float *maps)
{
    const ww_view *view = &model->brain->view;
    size_t plane = (size_t)view->height_px * (size_t)view->width_px, floats;
    char name[128];
    ww_shape shape;
    float *movie = ww_program_input(b->program, "movie", &floats);
    snprintf(name, sizeof name, "area/%s", model->brain->area[b->area].name);
    for (size_t first = 0; first < count; first += BATCH) {
        size_t now = count - first < BATCH ? count - first : BATCH;
        for (size_t i = 0; i < 3 * now; i++)
            memcpy(movie + i * plane, picture + (first + i / 3) * plane, plane * sizeof *movie);
        WW_TRY(ww_program_run(b->program, first));
        memcpy(maps + first * b->units, ww_program_output(b->program, name, &shape),
               now * b->units * sizeof *maps);
        for (size_t i = 0; i < now && unit; i++)
            to_unit(maps + (first + i) * b->units, b->units);
        if (ww_interrupted())
            return WW_FAIL(WW_EINTERRUPTED, "interrupted; what is done is kept");
    }
    return WW_OK;
}

ww_status ww_neo_answer(ww_neo_bench *b, const ww_model *model, const float *picture, size_t count,
                        int *label)
{
    float *answer = malloc(count * b->units * sizeof *answer + 1);
    if (answer == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for %zu answers", count);
    ww_status status = ww_neo_show(b, model, picture, count, false, answer);
    for (size_t i = 0; i < count && status == WW_OK; i++) {
        const float *a = answer + i * b->units;
        size_t best = 0;
        for (size_t k = 1; k < b->units; k++)
            best = a[k] > a[best] ? k : best;
        label[i] = a[best] > 0 ? (int)best : -1;
    }
    free(answer);
    return status;
}

/* ---- learning ---- */

/* Shows the first n pictures to the planes, some at a time. */
static ww_status see_all(ww_neo_planes *planes, ww_neo_bench *b, const ww_model *model,
                         const ww_neo_lesson *lesson, size_t n)
{
    size_t plane = (size_t)model->brain->view.height_px * (size_t)model->brain->view.width_px;
    float *maps = malloc(BATCH * b->units * sizeof *maps);
    ww_status status = maps != NULL ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory for maps");
    for (size_t first = 0; first < n && status == WW_OK; first += BATCH) {
        size_t now = n - first < BATCH ? n - first : BATCH;
        status = ww_neo_show(b, model, lesson->picture + first * plane, now, false, maps);
        for (size_t i = 0; i < now && status == WW_OK; i++)
            ww_neo_planes_see(planes, maps + i * b->units);
    }
    free(maps);
    return status;
}

static ww_status learn_stage(ww_model *model, int area, const ww_neo_lesson *lesson, int *count)
{
    const ww_neo_stage *p = model->brain->area[area].params;
    int source = source_of(model->brain, area);
    ww_value *weight = array_of(model, area, "weight"), *window = array_of(model, area, "window");
    const ww_brain_area *below = &model->brain->area[source];
    ww_neo_rules rules = {.channels = (int)weight->shape.dim[1],
                          .height = below->height,
                          .width = below->width,
                          .kernel = p->s.kernel,
                          .window = window->data,
                          .most = p->common.channels,
                          .theta = p->theta_learning,
                          .gain = p->s.gain,
                          .quiet = p->quiet,
                          .compete = p->compete};
    ww_neo_planes *planes = NULL;
    ww_neo_bench bench;
    size_t n = lesson->unlabelled < lesson->count ? lesson->unlabelled : lesson->count;
    ww_status status = ww_neo_bench_open(&bench, model, source);
    if (status == WW_OK)
        status = ww_neo_planes_create(&planes, &rules);
    if (status == WW_OK)
        status = see_all(planes, &bench, model, lesson, n);
    if (status == WW_OK) {
        ww_neo_planes_weights(planes, weight->data);
        *count = ww_neo_planes_count(planes);
    }
    if (status == WW_OK && *count == 0)
        status = WW_FAIL(WW_EINVAL, "area %s: no picture says anything to it",
                         model->brain->area[area].name);
    ww_neo_planes_free(planes);
    ww_neo_bench_close(&bench);
    return status;
}

static ww_status learn_top(ww_model *model, int area, const ww_neo_lesson *lesson,
                           ww_neo_learned *out)
{
    const ww_neo_top *p = model->brain->area[area].params;
    ww_neo_bench bench;
    ww_status status = ww_neo_bench_open(&bench, model, source_of(model->brain, area));
    float *maps = status == WW_OK ? malloc(lesson->count * bench.units * sizeof *maps + 1) : NULL;
    if (status == WW_OK && maps == NULL)
        status = WW_FAIL(WW_ENOMEM, "out of memory for %zu pictures", lesson->count);
    if (status == WW_OK)
        status = ww_neo_show(&bench, model, lesson->picture, lesson->count, true, maps);
    if (status == WW_OK)
        status = ww_neo_label(maps, lesson->label, lesson->count, bench.units, p->common.channels,
                              p->per_class, p->theta_learning, lesson->passes,
                              array_of(model, area, "weight")->data, &out->cells, &out->wrong);
    free(maps);
    ww_neo_bench_close(&bench);
    return status;
}

static ww_status check(const ww_model *model, int top, const ww_neo_lesson *lesson)
{
    if (top < 0)
        return WW_FAIL(WW_EINVAL, "brain %s has no area of type neocognitron-top",
                       model->brain->name);
    const ww_neo_top *p = model->brain->area[top].params;
    for (size_t i = 0; i < lesson->count; i++)
        if (lesson->label[i] < 0 || lesson->label[i] >= p->common.channels)
            return WW_FAIL(WW_EINVAL, "area %s: a picture of class %d, but it has %d classes",
                           model->brain->area[top].name, lesson->label[i] + 1, p->common.channels);
    if (lesson->count == 0)
        return WW_FAIL(WW_EINVAL, "brain %s: there is no picture to learn from",
                       model->brain->name);
    return WW_OK;
}

ww_status ww_neo_learn(ww_model *model, const ww_neo_lesson *lesson, ww_neo_learned *out)
{
    int top = find_top(model);
    *out = (ww_neo_learned){0};
    WW_TRY(check(model, top, lesson));
    for (int a = 0; a < model->brain->n_areas; a++) {
        if (!is_a(model, a, "neocognitron-stage"))
            continue;
        if (out->stages == WW_NEO_STAGES)
            return WW_FAIL(WW_EINVAL, "brain %s has more than %d stages", model->brain->name,
                           WW_NEO_STAGES);
        WW_TRY(learn_stage(model, a, lesson, &out->planes[out->stages++]));
    }
    return learn_top(model, top, lesson, out);
}

/* The rows of a matrix that are not 0. */
static int rows_known(const ww_value *weight)
{
    size_t rows = (size_t)weight->shape.dim[0], columns = weight->size / rows;
    int known = 0;
    for (size_t r = 0; r < rows; r++) {
        size_t c = 0;
        while (c < columns && weight->data[r * columns + c] == 0)
            c++;
        known += c < columns;
    }
    return known;
}

void ww_neo_known(const ww_model *model, ww_neo_learned *out)
{
    *out = (ww_neo_learned){0};
    for (int a = 0; a < model->brain->n_areas; a++)
        if (is_a(model, a, "neocognitron-stage") && out->stages < WW_NEO_STAGES)
            out->planes[out->stages++] = rows_known(array_of(model, a, "weight"));
        else if (is_a(model, a, "neocognitron-top"))
            out->cells = rows_known(array_of(model, a, "weight"));
}

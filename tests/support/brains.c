/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/brains.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "engine/base/text.h"

static const ww_area *type_of(const char *name)
{
    for (size_t i = 0; i < ww_areas_count; i++) {
        const ww_item *item = &ww_areas[i]->item;
        if (strcmp(item->name, name) == 0 ||
            (item->members != NULL && ww_text_in_list(name, item->members)))
            return ww_areas[i];
    }
    cr_assert_fail("no area %s", name);
    return NULL;
}

/* Splits at blanks; returns the number of words. */
static int words(const char *text, const char **word, int most, ww_arena *arena)
{
    char *copy = ww_arena_strdup(arena, text), *rest = NULL;
    int n = 0;
    for (char *w = strtok_r(copy, " ", &rest); w != NULL && n < most;
         w = strtok_r(NULL, " ", &rest))
        word[n++] = w;
    return n;
}

static int add_paths(ww_brain *brain, const char *text, ww_brain_path *path, ww_arena *arena)
{
    const char *word[64];
    int n = words(text, word, 64, arena), count = 0;
    for (int to = 0; to < brain->n_areas; to++)
        for (int i = 0; i < n; i++) {
            size_t length = strcspn(word[i], ">");
            if (strcmp(word[i] + length + 1, brain->area[to].name) != 0)
                continue;
            int from = -1;
            for (int a = 0; a < brain->n_areas; a++)
                if (strncmp(word[i], brain->area[a].name, length) == 0 &&
                    brain->area[a].name[length] == '\0')
                    from = a;
            cr_assert(from >= 0, "no area %s", word[i]);
            path[count++] = (ww_brain_path){
                .name = word[i],
                .from = from,
                .to = to,
                .kind = from < to ? WW_PATH_ASCENDING
                                  : (from == to ? WW_PATH_LATERAL : WW_PATH_FEEDBACK),
                .span = to - from};
        }
    cr_assert_eq(count, n, "unknown target in %s", text);
    return count;
}

ww_brain *ww_test_brain(const char *areas, const char *paths, const ww_view *view, int steps,
                        ww_arena *arena)
{
    const char *name[64];
    ww_brain *brain = ww_arena_alloc(arena, sizeof *brain);
    ww_brain_area *area = ww_arena_array(arena, 64, sizeof *area);
    ww_brain_path *path = ww_arena_array(arena, 64, sizeof *path);
    *brain = (ww_brain){.name = "test", .view = *view, .steps = steps, .area = area, .path = path};
    brain->n_areas = words(areas, name, 64, arena);
    int width = view->width_px;
    for (int i = 0; i < brain->n_areas; i++) {
        const ww_area *type = type_of(name[i]);
        void *params = ww_arena_alloc(arena, type->item.params_size);
        ww_params_defaults(type->item.params, params);
        if (i > 1 && width >= 16)
            width /= 2;
        ((ww_area_common *)params)->grid = width;
        area[i] = (ww_brain_area){.name = name[i],
                                  .type = type,
                                  .params = params,
                                  .stream = type->stream,
                                  .level = i,
                                  .surface_mm2 = NAN,
                                  .rf_deg = NAN,
                                  .height = (width * view->height_px + view->width_px / 2) /
                                            view->width_px,
                                  .width = width};
        if (type->sampling != NULL)
            type->sampling(params, view, &area[i].height, &area[i].width);
    }
    brain->n_paths = add_paths(brain, paths, path, arena);
    return brain;
}

void ww_test_task(ww_brain *brain, const char *name, ww_label label, ww_readout_kind readout,
                  int classes, ww_arena *arena)
{
    ww_task *task = ww_arena_array(arena, (size_t)brain->n_tasks + 1, sizeof *task);
    int *reads = ww_arena_array(arena, 1, sizeof *reads);
    if (brain->n_tasks > 0)
        memcpy(task, brain->task, (size_t)brain->n_tasks * sizeof *task);
    reads[0] = brain->n_areas - 1;
    task[brain->n_tasks++] = (ww_task){.name = name,
                                       .n_reads = 1,
                                       .reads = reads,
                                       .label = label,
                                       .classes = classes,
                                       .readout = readout,
                                       .weight = 1};
    brain->task = task;
}

ww_test_run ww_test_compile(const ww_brain *brain, ww_mode mode, int batch)
{
    ww_test_run run = {.graph = ww_graph_create()};
    cr_assert_eq(ww_brain_build(run.graph, brain), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_values_create(&run.values, run.graph, 5), WW_OK);
    ww_compile_options options = {.batch = batch, .mode = mode, .seed = 3};
    cr_assert_eq(ww_compile(&run.program, run.graph, run.values, options), WW_OK, "%s",
                 ww_error_message());
    return run;
}

void ww_test_run_free(ww_test_run *run)
{
    ww_program_free(run->program);
    ww_values_free(run->values);
    ww_graph_free(run->graph);
}

ww_value *ww_test_value(ww_test_run *run, const char *name)
{
    ww_value *value = ww_values_find(run->values, name);
    cr_assert(value != NULL, "no array %s", name);
    return value;
}

void ww_test_fill(ww_test_run *run, const char *name, float value)
{
    ww_value *array = ww_test_value(run, name);
    for (size_t i = 0; i < array->size; i++)
        array->data[i] = value;
}

const float *ww_test_output(const ww_test_run *run, const char *name, ww_shape *shape)
{
    const float *out = ww_program_output(run->program, name, shape);
    cr_assert(out != NULL, "no output %s", name);
    return out;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every area promises, on top of retina, LGN, V1 and V2. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/text.h"
#include "tests/support/brains.h"

static const ww_view views[] = {
    {32, 32, 4, 0.25, 50}, {48, 32, 3, 0.2, 40}, {64, 64, 1, 0.125, 50}};
enum { VIEWS = 3, BATCH = 2 };

/* The area on the stem that feeds it: V1 and V2 through skip pathways of several spans. */
static ww_brain *brain_of(const char *area, const ww_view *view, ww_arena *arena)
{
    static const char *const stem[] = {"retina", "LGN", "V1", "V2"};
    char areas[128] = "", paths[256] = "";
    for (size_t i = 0; i < ww_areas_count; i++)
        if (strcmp(ww_areas[i]->item.name, area) == 0 && ww_areas[i]->reads != NULL) {
            int first = (int)strcspn(ww_areas[i]->reads, " ");
            snprintf(areas, sizeof areas, "%.*s %s", first, ww_areas[i]->reads, area);
            snprintf(paths, sizeof paths, "%.*s>%s", first, ww_areas[i]->reads, area);
            return ww_test_brain(areas, paths, view, 1, arena);
        }
    for (int i = 0; i < 4; i++) {
        snprintf(areas + strlen(areas), sizeof areas - strlen(areas), "%s%s", i ? " " : "",
                 stem[i]);
        if (i > 0)
            snprintf(paths + strlen(paths), sizeof paths - strlen(paths), "%s%s>%s",
                     i > 1 ? " " : "", stem[i - 1], stem[i]);
        if (strcmp(stem[i], area) == 0)
            return ww_test_brain(areas, paths, view, 1, arena);
    }
    snprintf(areas + strlen(areas), sizeof areas - strlen(areas), " %s", area);
    snprintf(paths + strlen(paths), sizeof paths - strlen(paths), " V1>%s V2>%s", area, area);
    return ww_test_brain(areas, paths, view, 1, arena);
}

static void show_noise(ww_test_run *run, uint64_t seed)
{
    size_t n;
    float *movie = ww_program_input(run->program, "movie", &n);
    ww_random random = ww_random_stream(seed, "movie", 0);
    for (size_t i = 0; i < n; i++)
        movie[i] = (float)ww_random_uniform(&random);
}

/* Calls `check` for every name that every registered area serves. */
static void each_area(void (*check)(const char *name))
{
    for (size_t i = 0; i < ww_areas_count; i++) {
        const ww_item *item = &ww_areas[i]->item;
        char list[256], *rest = NULL;
        snprintf(list, sizeof list, "%s", item->members ? item->members : item->name);
        for (char *name = strtok_r(list, " ", &rest); name; name = strtok_r(NULL, " ", &rest))
            check(name);
    }
}

static void check_finite(const char *name)
{
    for (int v = 0; v < VIEWS; v++) {
        ww_arena *arena = ww_arena_create();
        ww_brain *brain = brain_of(name, &views[v], arena);
        char output[64];
        snprintf(output, sizeof output, "area/%s", name);
        float *first = NULL;
        for (int twice = 0; twice < (v == 0 ? 2 : 1); twice++) {
            ww_shape shape;
            ww_test_run run = ww_test_compile(brain, WW_INFER, BATCH);
            show_noise(&run, 1);
            cr_assert_eq(ww_program_run(run.program, 0), WW_OK, "%s: %s", name, ww_error_message());
            const float *out = ww_test_output(&run, output, &shape);
            size_t n = ww_shape_size(&shape), different = 0;
            cr_assert(shape.rank == 4 && shape.dim[0] == BATCH &&
                          shape.dim[2] == brain->area[brain->n_areas - 1].height &&
                          shape.dim[3] == brain->area[brain->n_areas - 1].width,
                      "%s: its first port is not on its grid", name);
            for (size_t i = 0; i < n; i++) {
                cr_assert(isfinite(out[i]), "%s: view %d: unit %zu is %g", name, v, i, out[i]);
                different += out[i] != out[0];
            }
            cr_assert(different > 0, "%s: view %d: all units say the same", name, v);
            if (first == NULL) {
                first = malloc(n * sizeof *first);
                memcpy(first, out, n * sizeof *first);
            } else
                cr_assert_eq(memcmp(first, out, n * sizeof *first), 0, "%s: not the same twice",
                             name);
            ww_test_run_free(&run);
        }
        free(first);
        ww_arena_free(arena);
    }
}

Test(areas, build_at_every_view_finite_and_the_same_twice)
{
    each_area(check_finite);
}

/* Sets all controls of an area whose name ends so. */
static int set_gates(ww_test_run *run, const char *area, const char *ending, float value)
{
    int n = 0;
    char start[64];
    snprintf(start, sizeof start, "%s/gate", area);
    for (size_t i = 0; i < ww_values_count(run->values); i++) {
        ww_value *control = ww_values_at(run->values, i);
        size_t length = strlen(control->name), end = strlen(ending);
        if (control->kind != WW_NODE_CONTROL || strncmp(control->name, start, strlen(start)) != 0 ||
            length < end || strcmp(control->name + length - end, ending) != 0)
            continue;
        for (size_t k = 0; k < control->size; k++)
            control->data[k] = value;
        n++;
    }
    return n;
}

static void check_gates(const char *name)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = brain_of(name, &views[0], arena);
    ww_test_run run = ww_test_compile(brain, WW_INFER, BATCH);
    char output[64];
    ww_shape shape;
    snprintf(output, sizeof output, "area/%s", name);
    show_noise(&run, 1);
    cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
    const float *out = ww_test_output(&run, output, &shape);
    size_t n = ww_shape_size(&shape);
    float *intact = malloc(n * sizeof *intact);
    memcpy(intact, out, n * sizeof *intact);

    cr_assert(set_gates(&run, name, "/gain", 0) > 0, "%s has no gate", name);
    cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
    out = ww_test_output(&run, output, &shape);
    for (size_t i = 0; i < n; i++)
        cr_assert(out[i] == 0, "%s: silenced, unit %zu says %g", name, i, out[i]);

    set_gates(&run, name, "/gain", 1);
    set_gates(&run, name, "/noise", 0.5f);
    cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
    out = ww_test_output(&run, output, &shape);
    cr_assert_neq(memcmp(intact, out, n * sizeof *intact), 0, "%s: noise does nothing", name);

    set_gates(&run, name, "/noise", 0);
    cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
    out = ww_test_output(&run, output, &shape);
    cr_assert_eq(memcmp(intact, out, n * sizeof *intact), 0, "%s: healed, but not the same", name);
    free(intact);
    ww_test_run_free(&run);
    ww_arena_free(arena);
}

Test(areas, gates_silence_exactly_and_leave_every_bit)
{
    each_area(check_gates);
}

static void check_classes(const char *name)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = brain_of(name, &views[0], arena);
    const char *classes = brain->area[brain->n_areas - 1].type->classes;
    if (classes != NULL) {
        ww_test_run run = ww_test_compile(brain, WW_INFER, BATCH);
        char list[128], *rest = NULL;
        snprintf(list, sizeof list, "%s", classes);
        for (char *c = strtok_r(list, " ", &rest); c; c = strtok_r(NULL, " ", &rest)) {
            char gate[128];
            snprintf(gate, sizeof gate, "%s/gate.%s/gain", name, c);
            ww_value *value = ww_values_find(run.values, gate);
            cr_assert(value != NULL && value->kind == WW_NODE_CONTROL && value->shape.rank == 3,
                      "%s: no gate of class %s", name, c);
        }
        ww_test_run_free(&run);
    }
    ww_arena_free(arena);
}

Test(areas, every_unit_class_has_its_gate)
{
    each_area(check_classes);
}

static void check_decay(const char *name)
{
    if (strcmp(name, "retina") == 0 || strcmp(name, "LGN") == 0)
        return; /* nothing there has weights to lose */
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = brain_of(name, &views[0], arena);
    ww_test_run run = ww_test_compile(brain, WW_INFER, BATCH);
    char decay[64], output[64];
    ww_shape shape;
    snprintf(decay, sizeof decay, "%s/decay", name);
    snprintf(output, sizeof output, "area/%s", name);
    show_noise(&run, 1);
    ww_test_fill(&run, decay, 0);
    cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
    const float *out = ww_test_output(&run, output, &shape);
    for (size_t i = 0; i < ww_shape_size(&shape); i++)
        cr_assert(out[i] == 0, "%s: without weights unit %zu says %g", name, i, out[i]);
    ww_test_run_free(&run);
    ww_arena_free(arena);
}

Test(areas, without_weights_nothing_is_said)
{
    each_area(check_decay);
}

/* Builds the area with one parameter changed: it works, or the graph says why not. */
static void try_value(const char *name, const ww_param *row, const char *text)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = brain_of(name, &views[0], arena);
    ww_brain_area *area = (ww_brain_area *)&brain->area[brain->n_areas - 1];
    cr_assert_eq(ww_params_set(row, area->params, row->name, text, "", arena), WW_OK, "%s: %s",
                 name, ww_error_message());
    ww_graph *graph = ww_graph_create();
    ww_error_clear();
    ww_status status = ww_brain_build(graph, brain);
    cr_assert((status == WW_OK) == (ww_error_message()[0] == '\0'), "%s: %s = %s: '%s'", name,
              row->name, text, ww_error_message());
    if (status != WW_OK)
        cr_assert(strstr(ww_error_message(), name) != NULL, "%s: %s = %s: '%s'", name, row->name,
                  text, ww_error_message());
    ww_graph_free(graph);
    ww_arena_free(arena);
}

static void check_params(const char *name)
{
    ww_arena *arena = ww_arena_create();
    const ww_brain *brain = brain_of(name, &views[0], arena);
    const ww_param *table = brain->area[brain->n_areas - 1].type->item.params;
    for (size_t i = 0; i < ww_params_count(table); i++) {
        char text[64];
        const ww_param *row = &table[i];
        if (strcmp(row->name, "grid") == 0)
            continue; /* the brain turns it into a height and a width */
        if (row->type == WW_PARAM_BOOL) {
            try_value(name, row, "yes");
            try_value(name, row, "no");
            continue;
        }
        if (row->type == WW_PARAM_CHOICE) {
            for (int k = 0; row->choices[k] != NULL; k++)
                try_value(name, row, row->choices[k]);
            continue;
        }
        for (int high = 0; high < 2; high++) {
            snprintf(text, sizeof text, "%.17g", high ? row->high : row->low);
            try_value(name, row, text);
        }
    }
    ww_arena_free(arena);
}

Test(areas, every_parameter_builds_at_the_ends_of_its_range_or_says_why_not)
{
    each_area(check_params);
}

static void check_learns(const char *name)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = brain_of(name, &views[0], arena);
    ww_test_task(brain, "what", WW_LABEL_CLASS, WW_READ_FLAT, 3, arena);
    ww_test_run run = ww_test_compile(brain, WW_TRAIN, BATCH);
    size_t n;
    show_noise(&run, 1);
    float *label = ww_program_input(run.program, "label/what", &n);
    label[0] = 0;
    label[1] = 2;
    cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
    cr_assert(isfinite(ww_program_loss(run.program)));
    const float *gradient = ww_program_gradients(run.program, &n);
    for (size_t i = 0; i < n; i++)
        cr_assert(isfinite(gradient[i]), "%s", name);
    char start[64];
    snprintf(start, sizeof start, "%s/", name);
    for (size_t i = 0; i < ww_values_count(run.values); i++) {
        const ww_value *value = ww_values_at(run.values, i);
        if (value->kind != WW_NODE_PARAM || strncmp(value->name, start, strlen(start)) != 0 ||
            strstr(value->name, "weight") == NULL)
            continue;
        if (strcmp(name, "V1") == 0 || strcmp(name, "V2") == 0)
            continue; /* other ports than the one that is read have weights too */
        double power = 0;
        for (size_t k = 0; k < value->size; k++)
            power += fabs(gradient[value->offset + k]);
        cr_assert(power > 0, "%s does not learn", value->name);
    }
    ww_test_run_free(&run);
    ww_arena_free(arena);
}

Test(areas, all_weights_learn)
{
    each_area(check_learns);
}

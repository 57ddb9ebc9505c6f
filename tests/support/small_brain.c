/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/small_brain.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "engine/tensor/graph.h"

static const char *lgn_port(const void *params, const char *target)
{
    (void)params;
    return strcmp(target, "V1") == 0 ? "P M K" : "K";
}

static const char *v1_port(const void *params, const char *target)
{
    (void)params;
    return strcmp(target, "MT") == 0 ? "4B" : "interblob blob 4B";
}

static const ww_area lgn = {.item = {.name = "LGN"}, .port_to = lgn_port, .classes = "P M K"};
static const ww_area v1 = {
    .item = {.name = "V1"}, .port_to = v1_port, .classes = "simple complex blob 4B"};
static const ww_area plain = {.item = {.name = "plain"}};

#define AREA(n, t, l, h, w)                                                                        \
    {                                                                                              \
        .name = n, .type = t, .level = l, .height = h, .width = w                                  \
    }
static const ww_brain_area areas[] = {
    AREA("LGN", &lgn, 1, 8, 8),    AREA("V1", &v1, 2, 8, 8),      AREA("V2", &plain, 3, 5, 5),
    AREA("MT", &plain, 6, 4, 4),   AREA("V4", &plain, 6, 6, 6),   AREA("PITd", &plain, 8, 3, 3),
    AREA("PITv", &plain, 8, 3, 3), AREA("CITv", &plain, 9, 2, 2), AREA("FFA", &plain, 9, 1, 1),
    AREA("LIP", &plain, 8, 7, 7),  AREA("7a", &plain, 9, 4, 4),   AREA("VIP", &plain, 8, 1, 1)};

#define PATH(n, f, t, k)                                                                           \
    {                                                                                              \
        .name = n, .from = f, .to = t, .kind = k, .source = ""                                     \
    }
static const ww_brain_path paths[] = {
    PATH("LGN>V1", 0, 1, WW_PATH_ASCENDING), PATH("V1>V2", 1, 2, WW_PATH_ASCENDING),
    PATH("V2>V1", 2, 1, WW_PATH_FEEDBACK),   PATH("V1>MT", 1, 3, WW_PATH_ASCENDING),
    PATH("V2>MT", 2, 3, WW_PATH_ASCENDING),  PATH("MT>V4", 3, 4, WW_PATH_LATERAL),
    PATH("MT>LIP", 3, 9, WW_PATH_ASCENDING)};

static const ww_brain brain = {.name = "small",
                               .view = {64, 64, 1, 0.125, 50},
                               .n_areas = sizeof areas / sizeof areas[0],
                               .n_paths = sizeof paths / sizeof paths[0],
                               .area = areas,
                               .path = paths};

const ww_brain *small_brain(void)
{
    return &brain;
}

static void gate(ww_graph *g, const char *name, ww_shape shape)
{
    char text[64];
    snprintf(text, sizeof text, "%s/gain", name);
    ww_control(g, text, shape, 1);
    snprintf(text, sizeof text, "%s/noise", name);
    ww_control(g, text, shape, 0);
}

ww_graph *small_brain_graph(ww_values **values)
{
    ww_graph *g = ww_graph_create();
    for (int i = 0; i < brain.n_areas; i++) {
        const ww_brain_area *a = &areas[i];
        ww_shape shape = WW_SHAPE(4, a->height, a->width), coarse = WW_SHAPE(2, 4, 4);
        ww_graph_scope(g, a->name);
        if (strcmp(a->name, "LGN") == 0) {
            gate(g, "gate.P", shape);
            gate(g, "gate.M", coarse);
            gate(g, "gate.K", coarse);
        } else if (strcmp(a->name, "V1") == 0) {
            gate(g, "gate.simple", shape);
            gate(g, "gate.complex", shape);
            gate(g, "gate.interblob", shape);
            gate(g, "gate.4B", shape);
            gate(g, "gate.blob", WW_SHAPE(2, a->height, a->width));
        } else
            gate(g, "gate", shape);
        ww_control(g, "decay", WW_SHAPE(1), 1);
    }
    for (int i = 0; i < brain.n_paths; i++) {
        const ww_brain_area *to = &areas[paths[i].to];
        ww_graph_scope(g, NULL);
        gate(g, paths[i].name, WW_SHAPE(3, to->height, to->width));
    }
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 1));
    ww_graph_output(g, "y", x);
    cr_assert_eq(ww_graph_end(g), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_values_create(values, g, 1), WW_OK, "%s", ww_error_message());
    return g;
}

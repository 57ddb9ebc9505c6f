/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/values.h"

#include <math.h>
#include <string.h>

#include "engine/base/random.h"

enum { LINE_FLOATS = WW_ALIGNMENT / sizeof(float) };

struct ww_values {
    ww_arena *arena;
    ww_value *items;
    size_t count;
    float *parameters;
    size_t n_parameters;
};

static size_t padded(size_t floats)
{
    return (floats + LINE_FLOATS - 1) / LINE_FLOATS * LINE_FLOATS;
}

static void initialise(ww_value *value, const ww_init *init, uint64_t seed)
{
    ww_random random = ww_random_stream(seed, value->name, 0);
    double sd = init->value;
    if (init->kind == WW_INIT_HE) {
        double fan_in = init->fan_in;
        if (init->fan_in == 0)
            fan_in = (double)value->size / (double)value->shape.dim[0];
        sd = init->value * sqrt(2 / fan_in);
    }
    for (size_t i = 0; i < value->size; i++)
        switch (init->kind) {
        case WW_INIT_CONSTANT:
            value->data[i] = (float)init->value;
            break;
        case WW_INIT_NORMAL:
        case WW_INIT_HE:
            value->data[i] = (float)(sd * ww_random_normal(&random));
            break;
        case WW_INIT_UNIFORM:
            value->data[i] = (float)ww_random_range(&random, -init->value, init->value);
            break;
        case WW_INIT_POSITIVE:
            value->data[i] = (float)fabs(ww_random_range(&random, -init->value, init->value));
            break;
        case WW_INIT_DATA:
            value->data[i] = init->data[i];
            break;
        }
}

/* Lists the named arrays and gives every trained one its place in the common array. */
static ww_status list_arrays(ww_values *values, const ww_graph *graph)
{
    size_t nodes = ww_graph_nodes(graph);
    values->items = ww_arena_array(values->arena, nodes, sizeof *values->items);
    if (values->items == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < nodes; i++) {
        const ww_node *node = ww_graph_node(graph, i);
        if (node->kind == WW_NODE_OP || node->kind == WW_NODE_INPUT)
            continue;
        ww_value *value = &values->items[values->count++];
        *value = (ww_value){.name = node->name,
                            .kind = node->kind,
                            .shape = node->shape,
                            .node = (int)i,
                            .decay = node->decay,
                            .size = ww_shape_size(&node->shape)};
        if (node->kind == WW_NODE_PARAM) {
            value->offset = values->n_parameters;
            values->n_parameters += padded(value->size);
        }
    }
    return WW_OK;
}

static ww_status allocate(ww_values *values, const ww_graph *graph, uint64_t seed)
{
    WW_TRY(list_arrays(values, graph));
    values->parameters = ww_arena_array(values->arena, values->n_parameters, sizeof(float));
    if (values->parameters == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < values->count; i++) {
        ww_value *value = &values->items[i];
        if (value->kind == WW_NODE_PARAM)
            value->data = values->parameters + value->offset;
        else
            value->data = ww_arena_array(values->arena, value->size, sizeof(float));
        if (value->data == NULL)
            return WW_ENOMEM;
    }
#pragma omp parallel for schedule(dynamic) /* each has random numbers of its own */
    for (size_t i = 0; i < values->count; i++) {
        ww_value *value = &values->items[i];
        initialise(value, &ww_graph_node(graph, (size_t)value->node)->init, seed);
    }
    return WW_OK;
}

ww_status ww_values_create(ww_values **out, const ww_graph *graph, uint64_t seed)
{
    *out = NULL;
    ww_arena *arena = ww_arena_create();
    ww_values *values = arena == NULL ? NULL : ww_arena_alloc(arena, sizeof *values);
    if (values == NULL) {
        ww_arena_free(arena);
        return WW_ENOMEM;
    }
    values->arena = arena;
    ww_status status = allocate(values, graph, seed);
    if (status != WW_OK) {
        ww_arena_free(arena);
        return status;
    }
    *out = values;
    return WW_OK;
}

void ww_values_free(ww_values *values)
{
    if (values != NULL)
        ww_arena_free(values->arena);
}

size_t ww_values_count(const ww_values *values)
{
    return values->count;
}

ww_value *ww_values_at(ww_values *values, size_t i)
{
    return &values->items[i];
}

ww_value *ww_values_find(ww_values *values, const char *name)
{
    for (size_t i = 0; i < values->count; i++)
        if (strcmp(values->items[i].name, name) == 0)
            return &values->items[i];
    return NULL;
}

float *ww_values_parameters(ww_values *values, size_t *count)
{
    *count = values->n_parameters;
    return values->parameters;
}

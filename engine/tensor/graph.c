/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/graph.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

struct ww_graph {
    ww_arena *arena;
    ww_node *nodes;
    size_t count, room;
    ww_graph_result *results;
    size_t n_results, results_room;
    const char *scope;
    ww_status status;
    char message[1024]; /* of the first failure */
    bool sealed;
};

static const ww_var NO_VAR = {-1};

ww_graph *ww_graph_create(void)
{
    ww_arena *arena = ww_arena_create();
    ww_graph *graph = arena == NULL ? NULL : ww_arena_alloc(arena, sizeof *graph);
    if (graph == NULL) {
        ww_arena_free(arena);
        return NULL;
    }
    graph->arena = arena;
    return graph;
}

void ww_graph_free(ww_graph *graph)
{
    if (graph != NULL)
        ww_arena_free(graph->arena);
}

void ww_graph_scope(ww_graph *graph, const char *scope)
{
    graph->scope = ww_arena_strdup(graph->arena, scope);
}

/* Keeps the message of the first failure; later ones follow from it. */
static ww_var stick(ww_graph *graph, ww_status status)
{
    if (graph->status == WW_OK && status != WW_OK) {
        graph->status = status;
        snprintf(graph->message, sizeof graph->message, "%s", ww_error_message());
    }
    return NO_VAR;
}

/* One more zeroed item at the end of an array that lives in the arena; NULL when out of memory. */
static void *append(ww_graph *graph, void *items, size_t count, size_t *room, size_t size,
                    void **moved)
{
    if (count == *room) {
        size_t larger = *room == 0 ? 64 : 2 * *room;
        void *copy = ww_arena_array(graph->arena, larger, size);
        if (copy == NULL)
            return NULL;
        if (count > 0)
            memcpy(copy, items, count * size);
        items = copy;
        *room = larger;
    }
    *moved = items;
    return (char *)items + count * size;
}

static ww_node *add_node(ww_graph *graph)
{
    void *moved = NULL;
    ww_node *node = append(graph, graph->nodes, graph->count, &graph->room, sizeof *node, &moved);
    if (node == NULL)
        return NULL;
    graph->nodes = moved;
    graph->count++;
    return node;
}

static const char *full_name(ww_graph *graph, const char *name)
{
    if (graph->scope == NULL)
        return ww_arena_strdup(graph->arena, name);
    return ww_arena_printf(graph->arena, "%s/%s", graph->scope, name);
}

static ww_status check_shape(const char *name, const ww_shape *shape, bool batched)
{
    char text[WW_SHAPE_TEXT];
    if (shape->rank < 1 || shape->rank > WW_MAX_RANK)
        return WW_FAIL(WW_ESHAPE, "%s: rank %d is outside 1 to %d", name, shape->rank, WW_MAX_RANK);
    for (int i = 0; i < shape->rank; i++) {
        bool open = shape->dim[i] == WW_BATCH;
        if (open ? !(batched && i == 0) : shape->dim[i] < 1)
            return WW_FAIL(WW_ESHAPE, "%s: shape %s has a dimension that is not positive", name,
                           ww_shape_print(shape, text));
    }
    return WW_OK;
}

static int find_named(const ww_graph *graph, const char *name)
{
    for (size_t i = 0; i < graph->count; i++)
        if (graph->nodes[i].kind != WW_NODE_OP && strcmp(graph->nodes[i].name, name) == 0)
            return (int)i;
    return -1;
}

static const char *const kind_words[] = {[WW_NODE_INPUT] = "an input",
                                         [WW_NODE_PARAM] = "a parameter",
                                         [WW_NODE_STATE] = "a state",
                                         [WW_NODE_CONTROL] = "a control",
                                         [WW_NODE_FIXED] = "a fixed array"};

/* An existing array of this name is the same array, if kind and shape agree. */
static ww_var reuse(ww_graph *graph, int id, ww_node_kind kind, const ww_shape *shape)
{
    const ww_node *node = &graph->nodes[id];
    char old[WW_SHAPE_TEXT], new[WW_SHAPE_TEXT];
    if (node->kind == kind && ww_shape_equal(&node->shape, shape))
        return (ww_var){id};
    if (node->kind != kind)
        return stick(graph, WW_FAIL(WW_ESHAPE, "%s: %s was declared before as %s", node->name,
                                    kind_words[kind], kind_words[node->kind]));
    return stick(graph, WW_FAIL(WW_ESHAPE, "%s: %s was declared before as %s", node->name,
                                ww_shape_print(shape, new), ww_shape_print(&node->shape, old)));
}

static ww_var declare(ww_graph *graph, ww_node_kind kind, const char *name, ww_shape shape,
                      ww_init init, double decay)
{
    if (graph->status != WW_OK)
        return NO_VAR;
    const char *full = full_name(graph, name);
    if (full == NULL)
        return stick(graph, WW_ENOMEM);
    ww_status status = check_shape(full, &shape, kind == WW_NODE_INPUT);
    if (status != WW_OK)
        return stick(graph, status);
    int old = find_named(graph, full);
    if (old >= 0)
        return reuse(graph, old, kind, &shape);
    if (init.kind == WW_INIT_DATA) {
        if (init.data == NULL)
            return stick(graph, WW_FAIL(WW_EINVAL, "%s: no numbers are given for it", full));
        size_t bytes = ww_shape_size(&shape) * sizeof(float);
        float *copy = ww_arena_alloc(graph->arena, bytes);
        if (copy == NULL)
            return stick(graph, WW_ENOMEM);
        memcpy(copy, init.data, bytes);
        init.data = copy;
    }
    ww_node *node = add_node(graph);
    if (node == NULL)
        return stick(graph, WW_ENOMEM);
    *node = (ww_node){.kind = kind, .name = full, .shape = shape, .init = init, .decay = decay};
    return (ww_var){(int)graph->count - 1};
}

ww_var ww_input(ww_graph *graph, const char *name, ww_shape shape)
{
    const char *scope = graph->scope; /* inputs belong to the whole graph */
    graph->scope = NULL;
    ww_var var = declare(graph, WW_NODE_INPUT, name, shape, (ww_init){0}, 0);
    graph->scope = scope;
    return var;
}

ww_var ww_parameter(ww_graph *graph, const char *name, ww_shape shape, ww_init init, double decay)
{
    return declare(graph, WW_NODE_PARAM, name, shape, init, decay);
}

ww_var ww_state(ww_graph *graph, const char *name, ww_shape shape, double value)
{
    return declare(graph, WW_NODE_STATE, name, shape, (ww_init){.value = value}, 0);
}

ww_var ww_control(ww_graph *graph, const char *name, ww_shape shape, double value)
{
    return declare(graph, WW_NODE_CONTROL, name, shape, (ww_init){.value = value}, 0);
}

ww_var ww_fixed(ww_graph *graph, const char *name, ww_shape shape, const float *data)
{
    return declare(graph, WW_NODE_FIXED, name, shape, (ww_init){.kind = WW_INIT_DATA, .data = data},
                   0);
}

static ww_status check_count(const ww_op *op, int n_in)
{
    const char *given = n_in == 1 ? "input" : "inputs";
    if (n_in >= op->min_in && n_in <= op->max_in && n_in <= WW_OP_MAX_IN)
        return WW_OK;
    if (op->min_in == op->max_in)
        return WW_FAIL(WW_EINVAL, "%d %s given, %d wanted", n_in, given, op->min_in);
    return WW_FAIL(WW_EINVAL, "%d %s given, %d to %d wanted", n_in, given, op->min_in, op->max_in);
}

/* Copies inputs and attributes into the arena and asks the operator for the shape. */
static ww_status apply(ww_graph *graph, const ww_op *op, const void *attr, int n_in,
                       const ww_var *in)
{
    WW_TRY(check_count(op, n_in));
    ww_shape shapes[WW_OP_MAX_IN], out;
    int *ids = ww_arena_array(graph->arena, (size_t)n_in, sizeof *ids);
    void *copy = ww_arena_alloc(graph->arena, op->attr_size);
    const char *name = full_name(graph, op->item.name);
    if (ids == NULL || copy == NULL || name == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < n_in; i++) {
        if (in[i].id < 0 || (size_t)in[i].id >= graph->count)
            return WW_FAIL(WW_EINVAL, "input %d is no variable of this graph", i + 1);
        ids[i] = in[i].id;
        shapes[i] = graph->nodes[in[i].id].shape;
    }
    if (attr != NULL)
        memcpy(copy, attr, op->attr_size);
    WW_TRY(op->infer(copy, n_in, shapes, &out));
    WW_TRY(check_shape("the result", &out, true));
    ww_node *node = add_node(graph);
    if (node == NULL)
        return WW_ENOMEM;
    *node = (ww_node){.kind = WW_NODE_OP,
                      .name = name,
                      .op = op,
                      .attr = copy,
                      .n_in = n_in,
                      .in = ids,
                      .shape = out};
    return WW_OK;
}

ww_var ww_apply(ww_graph *graph, const ww_op *op, const void *attr, int n_in, const ww_var *in)
{
    if (graph->status != WW_OK)
        return NO_VAR;
    ww_status status = apply(graph, op, attr, n_in, in);
    if (status != WW_OK) {
        ww_error_prefix("%s%s%s: ", graph->scope ? graph->scope : "", graph->scope ? ": " : "",
                        op->item.name);
        return stick(graph, status);
    }
    return (ww_var){(int)graph->count - 1};
}

static void add_result(ww_graph *graph, const char *name, ww_var var, double weight)
{
    if (graph->status != WW_OK)
        return;
    if (var.id < 0 || (size_t)var.id >= graph->count) {
        stick(graph, WW_FAIL(WW_EINVAL, "output '%s' is no variable of this graph", name));
        return;
    }
    for (size_t i = 0; i < graph->n_results; i++)
        if (strcmp(graph->results[i].name, name) == 0) {
            stick(graph, WW_FAIL(WW_EINVAL, "there are two outputs called '%s'", name));
            return;
        }
    void *moved = NULL;
    ww_graph_result *result = append(graph, graph->results, graph->n_results, &graph->results_room,
                                     sizeof *result, &moved);
    const char *copy = ww_arena_strdup(graph->arena, name);
    if (result == NULL || copy == NULL) {
        stick(graph, WW_ENOMEM);
        return;
    }
    *result = (ww_graph_result){copy, var.id, weight};
    graph->results = moved;
    graph->n_results++;
}

void ww_graph_output(ww_graph *graph, const char *name, ww_var var)
{
    add_result(graph, name, var, 0);
}

void ww_graph_loss(ww_graph *graph, const char *name, ww_var var, double weight)
{
    ww_shape shape = ww_var_shape(graph, var);
    char text[WW_SHAPE_TEXT];
    if (graph->status == WW_OK && (ww_shape_size(&shape) != 1 || shape.dim[0] == WW_BATCH))
        stick(graph, WW_FAIL(WW_ESHAPE, "loss '%s': one number is wanted, not %s", name,
                             ww_shape_print(&shape, text)));
    else if (graph->status == WW_OK && !isfinite(weight))
        stick(graph, WW_FAIL(WW_EINVAL, "loss '%s': its weight is not a finite number", name));
    else
        add_result(graph, name, var, weight);
}

ww_status ww_graph_end(ww_graph *graph)
{
    if (graph->status != WW_OK)
        return WW_FAIL(graph->status, "%s", graph->message);
    if (graph->n_results == 0)
        return WW_FAIL(WW_EINVAL, "the graph has no output");
    graph->sealed = true;
    return WW_OK;
}

bool ww_graph_sealed(const ww_graph *graph)
{
    return graph->sealed;
}

ww_var ww_graph_fail(ww_graph *graph, ww_status code, const char *format, ...)
{
    if (graph->status != WW_OK)
        return NO_VAR;
    va_list args;
    va_start(args, format);
    vsnprintf(graph->message, sizeof graph->message, format, args);
    va_end(args);
    graph->status = code;
    return NO_VAR;
}

ww_shape ww_var_shape(const ww_graph *graph, ww_var var)
{
    if (var.id < 0 || (size_t)var.id >= graph->count)
        return (ww_shape){0};
    return graph->nodes[var.id].shape;
}

size_t ww_graph_nodes(const ww_graph *graph)
{
    return graph->count;
}

const ww_node *ww_graph_node(const ww_graph *graph, size_t id)
{
    return &graph->nodes[id];
}

size_t ww_graph_results(const ww_graph *graph, const ww_graph_result **results)
{
    *results = graph->results;
    return graph->n_results;
}

void ww_graph_needed(const ww_graph *graph, bool *needed)
{
    memset(needed, 0, ww_graph_nodes(graph) * sizeof *needed);
    for (size_t r = 0; r < graph->n_results; r++)
        needed[graph->results[r].id] = true;
    for (size_t i = ww_graph_nodes(graph); i-- > 0;) {
        const ww_node *node = ww_graph_node(graph, i);
        for (int k = 0; needed[i] && k < node->n_in; k++)
            needed[node->in[k]] = true;
    }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A graph in JSON, so that another framework can build the same net: nodes in order of execution,
 * operators with their attributes by name, results, inputs and named arrays. */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "tests/bench/parts/runner.h"

static const ww_param conv2d[] = {
    WW_INT(ww_conv2d_attr, stride, 1, 1, 1 << 30, "px", "between positions", ""),
    WW_INT(ww_conv2d_attr, pad, 0, 0, 1 << 30, "px", "zeros around the map", ""),
    WW_INT(ww_conv2d_attr, dilation, 1, 1, 1 << 30, "px", "between taps", ""),
    WW_INT(ww_conv2d_attr, groups, 1, 1, 1 << 30, "", "groups of channels", ""), WW_PARAM_END};

static const char *const poolings[] = {"max", "average", "softmax", NULL};

static const ww_param filter_pool[] = {
    WW_CHOICE(ww_filter_pool_attr, kind, 0, poolings, "how responses are pooled", ""),
    WW_INT(ww_filter_pool_attr, size, 1, 1, 1 << 30, "px", "of neighbourhoods", ""),
    WW_INT(ww_filter_pool_attr, stride, 1, 1, 1 << 30, "px", "between them", ""),
    WW_BOOL(ww_filter_pool_attr, inside, false, "filters lie within the picture", ""),
    WW_PARAM_END};

static const ww_param *rows_of(const ww_op *op)
{
    return strcmp(op->item.name, "conv2d") == 0        ? conv2d
           : strcmp(op->item.name, "filter_pool") == 0 ? filter_pool
                                                       : op->item.params;
}

static json_t *attributes(const ww_node *node)
{
    json_t *out = json_object();
    const ww_param *row = rows_of(node->op);
    for (; row != NULL && row->name != NULL; row++) {
        const char *at = (const char *)node->attr + row->offset;
        json_t *value = NULL;
        if (row->type == WW_PARAM_INT)
            value = json_integer(*(const int *)(const void *)at);
        else if (row->type == WW_PARAM_REAL)
            value = json_real(*(const double *)(const void *)at);
        else if (row->type == WW_PARAM_BOOL)
            value = json_boolean(*(const bool *)(const void *)at);
        else if (row->type == WW_PARAM_CHOICE)
            value = json_string(row->choices[*(const int *)(const void *)at]);
        json_object_set_new(out, row->name, value);
    }
    return out;
}

static json_t *shape_of(const ww_shape *shape)
{
    json_t *out = json_array();
    for (int d = 0; d < shape->rank; d++)
        json_array_append_new(out, json_integer(shape->dim[d]));
    return out;
}

static json_t *node_of(const ww_node *node)
{
    static const char *const kinds[] = {"input", "parameter", "state", "control", "fixed", "op"};
    json_t *in = json_array();
    for (int k = 0; k < node->n_in; k++)
        json_array_append_new(in, json_integer(node->in[k]));
    json_t *out =
        json_pack("{s:s, s:s, s:o, s:o, s:f}", "kind", kinds[node->kind], "name", node->name,
                  "shape", shape_of(&node->shape), "in", in, "decay", node->decay);
    if (node->kind == WW_NODE_OP) {
        json_object_set_new(out, "op", json_string(node->op->item.name));
        json_object_set_new(out, "attributes", attributes(node));
    }
    return out;
}

static json_t *results_of(const ww_graph *g)
{
    const ww_graph_result *results;
    size_t n = ww_graph_results(g, &results);
    json_t *out = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(out, json_pack("{s:s, s:i, s:f}", "name", results[i].name, "id",
                                             results[i].id, "weight", results[i].weight));
    return out;
}

static json_t *inputs_of(const ww_runner *r)
{
    const ww_node *node;
    size_t floats;
    int64_t classes;
    json_t *out = json_array();
    for (int i = 0; ww_runner_input(r, i, &node, &floats, &classes) != NULL; i++)
        json_array_append_new(out, json_pack("{s:s, s:I, s:I}", "name", node->name, "floats",
                                             (json_int_t)floats, "classes", (json_int_t)classes));
    return out;
}

static ww_status write_json(const ww_runner *r, const char *prefix)
{
    json_t *nodes = json_array(), *values = json_array();
    for (size_t i = 0; i < ww_graph_nodes(r->graph); i++)
        json_array_append_new(nodes, node_of(ww_graph_node(r->graph, i)));
    for (size_t i = 0; i < ww_values_count(r->values); i++)
        json_array_append_new(values, json_string(ww_values_at(r->values, i)->name));
    json_t *root =
        json_pack("{s:o, s:o, s:o, s:o, s:i, s:s, s:f, s:f}", "nodes", nodes, "results",
                  results_of(r->graph), "inputs", inputs_of(r), "values", values, "batch",
                  r->cell.batch, "optimiser", r->net->optimiser != NULL ? r->net->optimiser : "",
                  "rate", r->net->rate, "weight_decay", r->net->weight_decay);
    const char *path = ww_arena_printf(r->arena, "%s.json", prefix);
    int failed = path == NULL || json_dump_file(root, path, JSON_INDENT(1)) != 0;
    json_decref(root);
    return failed ? WW_FAIL(WW_EIO, "%s.json: cannot be written", prefix) : WW_OK;
}

static ww_status start(FILE **out, const ww_runner *r, const char *prefix, const char *what)
{
    const char *path = ww_arena_printf(r->arena, "%s.%s", prefix, what);
    *out = path != NULL ? fopen(path, "wb") : NULL;
    return *out != NULL ? WW_OK : WW_FAIL(WW_EIO, "%s.%s: cannot be written", prefix, what);
}

static ww_status finish(FILE *file, const char *prefix)
{
    bool failed = ferror(file) != 0;
    failed = fclose(file) != 0 || failed;
    return failed ? WW_FAIL(WW_EIO, "%s: cannot be written", prefix) : WW_OK;
}

ww_status ww_runner_export(ww_runner *r, const char *prefix, int batches)
{
    FILE *file;
    const ww_node *node;
    size_t floats;
    int64_t classes;
    const float *x;
    WW_TRY(write_json(r, prefix));
    WW_TRY(start(&file, r, prefix, "values"));
    for (size_t i = 0; i < ww_values_count(r->values); i++) {
        const ww_value *value = ww_values_at(r->values, i);
        fwrite(value->data, sizeof(float), value->size, file);
    }
    WW_TRY(finish(file, prefix));
    WW_TRY(start(&file, r, prefix, "data"));
    for (int b = 0; b < batches; b++) {
        ww_runner_fill(r, (uint64_t)b);
        for (int i = 0; (x = ww_runner_input(r, i, &node, &floats, &classes)) != NULL; i++)
            fwrite(x, sizeof(float), floats, file);
    }
    ww_runner_fill(r, 0);
    return finish(file, prefix);
}

ww_status ww_runner_export_gradients(ww_runner *r, const char *prefix)
{
    FILE *file;
    WW_TRY(ww_program_run(r->program, r->steps));
    const float *gradient = ww_program_gradients(r->program, NULL);
    WW_TRY(start(&file, r, prefix, "gradients"));
    for (size_t i = 0; i < ww_values_count(r->values); i++) {
        const ww_value *value = ww_values_at(r->values, i);
        if (value->kind == WW_NODE_PARAM)
            fwrite(gradient + value->offset, sizeof(float), value->size, file);
    }
    return finish(file, prefix);
}

ww_status ww_runner_export_outputs(ww_runner *r, const char *prefix)
{
    FILE *file;
    const ww_graph_result *results;
    size_t n = ww_graph_results(r->graph, &results);
    WW_TRY(ww_program_run(r->program, r->steps));
    WW_TRY(start(&file, r, prefix, "outputs"));
    for (size_t i = 0; i < n; i++) {
        ww_shape shape;
        const float *y = ww_program_output(r->program, results[i].name, &shape);
        if (results[i].weight == 0)
            fwrite(y, sizeof(float), ww_shape_size(&shape), file);
    }
    return finish(file, prefix);
}

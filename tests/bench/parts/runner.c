/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/parts/runner.h"

#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/learning/descent.h"

enum { SEED = 1 };

ww_status ww_runner_net(const ww_net **out, const char *name)
{
    for (size_t i = 0; i < ww_nets_count; i++)
        if (strcmp(ww_nets[i]->item.name, name) == 0) {
            *out = ww_nets[i];
            return WW_OK;
        }
    return WW_FAIL(WW_ENOTFOUND, "there is no net '%s'", name);
}

static ww_status choose_optimiser(ww_runner *r)
{
    const ww_family *family;
    size_t index, n;
    WW_TRY(ww_family_find(&family, "optimisers"));
    WW_TRY(ww_item_find(&index, family, r->net->optimiser));
    r->optimiser = ww_optimisers[index];
    r->optimiser_params = ww_arena_alloc(r->arena, r->optimiser->item.params_size);
    if (r->optimiser_params == NULL)
        return WW_ENOMEM;
    ww_params_defaults(r->optimiser->item.params, r->optimiser_params);
    ww_values_parameters(r->values, &n);
    for (int k = 0; k < r->optimiser->slots; k++)
        if ((r->slot[k] = ww_arena_array(r->arena, n, sizeof(float))) == NULL)
            return WW_ENOMEM;
    if (r->net->weight_decay == 0)
        return WW_OK;
    if ((r->decay = ww_arena_array(r->arena, n, sizeof(float))) == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < ww_values_count(r->values); i++) {
        const ww_value *v = ww_values_at(r->values, i);
        for (size_t k = 0; v->kind == WW_NODE_PARAM && k < v->size; k++)
            r->decay[v->offset + k] = (float)(r->net->weight_decay * v->decay);
    }
    return WW_OK;
}

static ww_status open(ww_runner *r)
{
    bool trains = r->cell.pass != WW_NET_INFER;
    if ((r->graph = ww_graph_create()) == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_net_smooth = r->cell.pass == WW_NET_SMOOTH;
    WW_TRY(r->net->build(r->graph, r->cell.side_px));
    WW_TRY(ww_values_create(&r->values, r->graph, SEED));
    WW_TRY(ww_compile(&r->program, r->graph, r->values,
                      (ww_compile_options){.batch = r->cell.batch,
                                           .mode = trains ? WW_TRAIN : WW_INFER,
                                           .late = true,
                                           .seed = SEED}));
    if (trains)
        WW_TRY(choose_optimiser(r));
    ww_runner_fill(r, 0);
    return WW_OK;
}

ww_status ww_runner_open(ww_runner **out, const ww_net *net, ww_net_cell cell)
{
    *out = NULL;
    ww_arena *arena = ww_arena_create();
    ww_runner *r = arena != NULL ? ww_arena_alloc(arena, sizeof *r) : NULL;
    if (r == NULL) {
        ww_arena_free(arena);
        return WW_FAIL(WW_ENOMEM, "out of memory");
    }
    *r = (ww_runner){.arena = arena, .net = net, .cell = cell};
    ww_status status = open(r);
    if (status != WW_OK) {
        ww_runner_close(r);
        return status;
    }
    *out = r;
    return WW_OK;
}

void ww_runner_close(ww_runner *r)
{
    if (r == NULL)
        return;
    ww_program_free(r->program);
    ww_values_free(r->values);
    ww_graph_free(r->graph);
    ww_arena_free(r->arena);
}

/* The number of classes of the labels `id`, 0 if it holds none. */
static int64_t classes_of(const ww_graph *g, int id)
{
    for (size_t i = 0; i < ww_graph_nodes(g); i++) {
        const ww_node *node = ww_graph_node(g, i);
        if (node->kind == WW_NODE_OP && strcmp(node->op->item.name, "cross_entropy") == 0 &&
            node->in[1] == id)
            return ww_graph_node(g, (size_t)node->in[0])->shape.dim[1];
    }
    return 0;
}

float *ww_runner_input(const ww_runner *r, int i, const ww_node **node, size_t *floats,
                       int64_t *classes)
{
    for (size_t id = 0; id < ww_graph_nodes(r->graph); id++) {
        *node = ww_graph_node(r->graph, id);
        if ((*node)->kind != WW_NODE_INPUT)
            continue;
        float *data = ww_program_input(r->program, (*node)->name, floats);
        if (data == NULL || i-- > 0)
            continue;
        *classes = classes_of(r->graph, (int)id);
        return data;
    }
    return NULL;
}

void ww_runner_fill(ww_runner *r, uint64_t number)
{
    const ww_node *node;
    size_t floats;
    int64_t classes;
    float *x;
    for (int i = 0; (x = ww_runner_input(r, i, &node, &floats, &classes)) != NULL; i++) {
        ww_random random = ww_random_stream(SEED, node->name, number);
        for (size_t k = 0; k < floats; k++)
            x[k] = classes > 0 ? (float)ww_random_below(&random, (uint64_t)classes)
                               : (float)ww_random_normal(&random);
    }
}

ww_status ww_runner_step(ww_runner *r, double rate)
{
    WW_TRY(ww_program_run(r->program, r->steps++));
    if (r->optimiser == NULL)
        return WW_OK;
    double norm = ww_gradient_norm(r->program);
    if (!isfinite(ww_program_loss(r->program)) || !isfinite(norm))
        return ww_program_check_finite(r->program, r->steps - 1);
    const ww_descent descent = {.optimiser = r->optimiser,
                                .params = r->optimiser_params,
                                .decay = r->decay,
                                .slots = r->slot};
    ww_descend(&descent, r->program, r->values, norm, rate * r->net->rate, r->steps);
    return WW_OK;
}

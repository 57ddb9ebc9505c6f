/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a brain to a graph.
 *
 * Time is unrolled: in each step the areas are built in the order of the hierarchy. What ascends
 * reaches its target in the same step, what is lateral or descends in the next one. The same movie
 * is seen in every step. An area none of whose inputs has changed since the step before (retina
 * and LGN as a rule) is not built again: its maps are the same.
 *
 * A pathway takes the maps of its source's ports to the grid of its target (pooled or
 * interpolated, once for all pathways that want the same) and through its own lesion gate. */
#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "connectome/brain.h"
#include "connectome/readout.h"
#include "engine/base/text.h"

enum { MOST_AFFERENTS = WW_OP_MAX_IN, NAME_BYTES = 96 };

/* The maps of one area in one step, and from which maps of others they come. */
struct built {
    int n_ports, n_sources;
    struct {
        const char *name;
        ww_var map;
    } port[WW_AREA_PORTS];
    int source[MOST_AFFERENTS];
};

/* A map on another grid. */
struct regridded {
    int from, height, width, kind;
    ww_var map;
};

struct builder {
    ww_graph *graph;
    const ww_brain *brain;
    ww_arena *arena;
    ww_var movie;
    struct built *now, *before; /* [n_areas] */
    struct regridded *regridded;
    int n_regridded, room;
    int n_costs, costs_room;
    struct {
        ww_var weights;
        double cost;
    } * cost;
};

static void *grown(struct builder *b, void *items, int count, int *room, size_t size)
{
    if (count < *room)
        return items;
    int larger = *room == 0 ? 64 : 2 * *room;
    void *copy = ww_arena_array(b->arena, (size_t)larger, size);
    if (copy != NULL && count > 0)
        memcpy(copy, items, (size_t)count * size);
    if (copy == NULL)
        ww_graph_fail(b->graph, WW_ENOMEM, "out of memory");
    else
        *room = larger;
    return copy;
}

static ww_var regrid(struct builder *b, ww_var map, int height, int width, ww_pool_kind kind)
{
    for (int i = 0; i < b->n_regridded; i++) {
        const struct regridded *r = &b->regridded[i];
        if (r->from == map.id && r->height == height && r->width == width && r->kind == (int)kind)
            return r->map;
    }
    ww_var moved = ww_area_regrid(b->graph, map, height, width, kind);
    b->regridded = grown(b, b->regridded, b->n_regridded, &b->room, sizeof *b->regridded);
    if (b->regridded != NULL)
        b->regridded[b->n_regridded++] =
            (struct regridded){map.id, height, width, (int)kind, moved};
    return moved;
}

static ww_var gate(struct builder *b, const ww_brain_path *path, const char *port, ww_var map)
{
    char scope[NAME_BYTES];
    ww_shape shape = ww_var_shape(b->graph, map);
    if (shape.rank != 4)
        return map;
    snprintf(scope, sizeof scope, "%s%s%s", path->name, port[0] ? "." : "", port);
    ww_graph_scope(b->graph, scope);
    ww_shape units = WW_SHAPE(shape.dim[1], shape.dim[2], shape.dim[3]);
    return ww_gate(b->graph, map, ww_control(b->graph, "gain", units, 1),
                   ww_control(b->graph, "noise", units, 0));
}

/* The ports of its source that a pathway carries, as far as they were built; their number. */
static int ports_of(const struct builder *b, const ww_brain_path *path, const struct built *from,
                    int *ports, bool *several)
{
    const ww_brain_area *source = &b->brain->area[path->from];
    const char *target = b->brain->area[path->to].name, *wanted = NULL;
    int n = 0;
    if (source->type->port_to != NULL)
        wanted = source->type->port_to(source->params, target);
    *several = wanted != NULL && strchr(wanted, ' ') != NULL;
    if (wanted == NULL && from->n_ports > 0)
        ports[n++] = 0;
    for (int i = 0; wanted != NULL && i < from->n_ports; i++)
        if (ww_text_in_list(from->port[i].name, wanted))
            ports[n++] = i;
    return n;
}

/* One map that arrives, before it is brought to its target. */
struct arrival {
    const ww_brain_path *path;
    const char *port, *gate_port;
    ww_var map;
};

/* Lists what arrives at an area in this step; returns the number. */
static int collect(struct builder *b, int area, int step, struct arrival *arrivals)
{
    int n = 0, ports[WW_AREA_PORTS];
    for (int i = 0; i < b->brain->n_paths; i++) {
        const ww_brain_path *path = &b->brain->path[i];
        bool ascending = path->kind == WW_PATH_ASCENDING, several;
        if (path->to != area || (!ascending && step == 0))
            continue;
        const struct built *from = ascending ? &b->now[path->from] : &b->before[path->from];
        int n_ports = ports_of(b, path, from, ports, &several);
        for (int k = 0; k < n_ports; k++) {
            const char *port = from->port[ports[k]].name;
            if (n == MOST_AFFERENTS) {
                ww_graph_fail(b->graph, WW_EINVAL, "area %s: more than %d maps reach it",
                              b->brain->area[area].name, MOST_AFFERENTS);
                return n;
            }
            arrivals[n++] =
                (struct arrival){path, port, several ? port : "", from->port[ports[k]].map};
        }
    }
    return n;
}

/* Whether the same maps arrived in the step before, when the area was built. */
static bool unchanged(const struct built *before, const struct arrival *arrivals, int n)
{
    if (before->n_ports == 0 || before->n_sources != n)
        return false;
    for (int i = 0; i < n; i++)
        if (before->source[i] != arrivals[i].map.id)
            return false;
    return true;
}

/* Notes what the wire of weights costs, once for each. */
static void charge(struct builder *b, ww_var weights, double cost)
{
    for (int k = 0; k < b->n_costs; k++)
        if (b->cost[k].weights.id == weights.id)
            return;
    if (cost == 0)
        return;
    b->cost = grown(b, b->cost, b->n_costs, &b->costs_room, sizeof *b->cost);
    if (b->cost == NULL)
        return;
    b->cost[b->n_costs].weights = weights;
    b->cost[b->n_costs++].cost = cost;
}

static void build_area(struct builder *b, int area, int step, const struct arrival *arrivals, int n)
{
    const ww_brain_area *a = &b->brain->area[area];
    ww_afferent afferent[MOST_AFFERENTS];
    for (int i = 0; i < n; i++) {
        const struct arrival *arrival = &arrivals[i];
        ww_var map = arrival->map;
        if (!a->type->native)
            map = regrid(b, map, a->height, a->width, a->type->convergence);
        afferent[i] = (ww_afferent){.source = b->brain->area[arrival->path->from].name,
                                    .port = arrival->port,
                                    .map = gate(b, arrival->path, arrival->gate_port, map),
                                    .span = arrival->path->span,
                                    .cost = arrival->path->cost};
    }
    ww_area_site site = {.graph = b->graph,
                         .name = a->name,
                         .view = &b->brain->view,
                         .height = a->height,
                         .width = a->width,
                         .rf_deg = isfinite(a->rf_deg) ? a->rf_deg : 0,
                         .level = a->level,
                         .step = step,
                         .steps = b->brain->steps,
                         .n_afferents = n,
                         .afferent = afferent,
                         .movie = b->movie};
    ww_graph_scope(b->graph, a->name);
    a->type->build(&site, a->params);
    ww_graph_scope(b->graph, NULL);
    for (int i = 0; i < site.n_costs; i++)
        charge(b, site.cost[i].weights, site.cost[i].cost);
    struct built *now = &b->now[area];
    now->n_ports = site.n_ports;
    now->n_sources = n;
    for (int i = 0; i < site.n_ports; i++) {
        now->port[i].name = site.port[i].name;
        now->port[i].map = site.port[i].map;
    }
    for (int i = 0; i < n; i++)
        now->source[i] = arrivals[i].map.id;
}

static bool has_paths(const ww_brain *brain, int area)
{
    for (int i = 0; i < brain->n_paths; i++)
        if (brain->path[i].to == area)
            return true;
    return false;
}

static void build_step(struct builder *b, int step)
{
    struct arrival arrivals[MOST_AFFERENTS];
    for (int area = 0; area < b->brain->n_areas; area++) {
        int n = collect(b, area, step, arrivals);
        if (step > 0 && unchanged(&b->before[area], arrivals, n)) {
            b->now[area] = b->before[area];
            continue;
        }
        if (n == 0 && has_paths(b->brain, area)) {
            if (step + 1 == b->brain->steps)
                ww_graph_fail(b->graph, WW_EINVAL,
                              "area %s: nothing reaches it within %d step%s; what descends takes a "
                              "step more",
                              b->brain->area[area].name, b->brain->steps,
                              b->brain->steps > 1 ? "s" : "");
            b->now[area] = (struct built){0};
            continue;
        }
        build_area(b, area, step, arrivals, n);
    }
}

/* The sum over pathways, those to the read-outs included, of cost * sum |weights|. */
static void build_costs(struct builder *b)
{
    ww_graph *g = b->graph;
    ww_var total = {-1};
    for (int i = 0; i < b->n_costs; i++) {
        ww_var weights = b->cost[i].weights;
        unsigned all = (1u << ww_var_shape(g, weights).rank) - 1;
        ww_var one =
            ww_affine(g, ww_reduce(g, ww_abs(g, weights), WW_SUM, all), b->cost[i].cost, 0);
        total = i == 0 ? one : ww_add(g, total, one);
    }
    if (b->n_costs > 0)
        ww_graph_loss(g, "loss/wiring", total, 1);
}

static void build_outputs(struct builder *b)
{
    const ww_brain *brain = b->brain;
    char name[NAME_BYTES];
    for (int i = 0; i < brain->n_areas; i++)
        if (b->now[i].n_ports > 0) {
            snprintf(name, sizeof name, "area/%s", brain->area[i].name);
            ww_graph_output(b->graph, name, b->now[i].port[0].map);
        }
    for (int t = 0; t < brain->n_tasks; t++) {
        ww_var maps[MOST_AFFERENTS], weights[MOST_AFFERENTS] = {{0}};
        const ww_task *task = &brain->task[t];
        assert(task->n_reads <= MOST_AFFERENTS);
        for (int i = 0; i < task->n_reads; i++) {
            const struct built *read = &b->now[task->reads[i]];
            maps[i] = read->n_ports > 0 ? read->port[0].map : (ww_var){-1};
        }
        ww_readout_build(b->graph, brain, task, maps, weights);
        for (int i = 0; i < task->n_reads; i++)
            charge(b, weights[i], brain->wiring_cost);
    }
    build_costs(b);
}

/* The input "probe" and the sum of its product with what an area says. */
static void build_probe(struct builder *b, int area)
{
    ww_graph *g = b->graph;
    if (b->now[area].n_ports == 0)
        return;
    char name[NAME_BYTES];
    ww_var map = b->now[area].port[0].map;
    snprintf(name, sizeof name, "area/%s", b->brain->area[area].name);
    ww_graph_output(g, name, map);
    ww_var probe = ww_input(g, "probe", ww_var_shape(g, map));
    unsigned all = (1u << ww_var_shape(g, map).rank) - 1;
    ww_graph_loss(g, "loss/probe", ww_reduce(g, ww_mul(g, map, probe), WW_SUM, all), 1);
}

static ww_status build(ww_graph *graph, const ww_brain *brain, int probed)
{
    const ww_view *view = &brain->view;
    struct builder b = {.graph = graph, .brain = brain, .arena = ww_arena_create()};
    if (b.arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    size_t n = (size_t)brain->n_areas;
    b.now = ww_arena_array(b.arena, n, sizeof *b.now);
    b.before = ww_arena_array(b.arena, n, sizeof *b.before);
    if (b.now == NULL || b.before == NULL) {
        ww_arena_free(b.arena);
        return WW_ENOMEM;
    }
    b.movie = ww_input(graph, "movie",
                       WW_SHAPE(WW_BATCH, 3 * view->frames, view->height_px, view->width_px));
    for (int step = 0; step < brain->steps; step++) {
        memcpy(b.before, b.now, n * sizeof *b.now);
        build_step(&b, step);
    }
    if (probed < 0)
        build_outputs(&b);
    else
        build_probe(&b, probed);
    ww_arena_free(b.arena);
    return ww_graph_end(graph);
}

ww_status ww_brain_build(ww_graph *graph, const ww_brain *brain)
{
    return build(graph, brain, -1);
}

ww_status ww_brain_build_probe(ww_graph *graph, const ww_brain *brain, int area)
{
    return build(graph, brain, area);
}

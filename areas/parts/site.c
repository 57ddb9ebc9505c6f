/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <assert.h>
#include <stdio.h>

#include "areas/area.h"

const char *const ww_stream_names[] = {"early", "ventral", "dorsal", "frontal", "limbic", NULL};

ww_var ww_area_gate(ww_area_site *site, const char *unit_class, ww_var map)
{
    ww_graph *g = site->graph;
    ww_shape shape = ww_var_shape(g, map);
    char gain[64], noise[64];
    const char *dot = unit_class[0] ? "." : "";
    snprintf(gain, sizeof gain, "gate%s%s/gain", dot, unit_class);
    snprintf(noise, sizeof noise, "gate%s%s/noise", dot, unit_class);
    if (shape.rank != 4)
        return ww_graph_fail(g, WW_ESHAPE, "area %s: a gate stands on maps of channels",
                             site->name);
    ww_shape units = WW_SHAPE(shape.dim[1], shape.dim[2], shape.dim[3]);
    return ww_gate(g, map, ww_control(g, gain, units, 1), ww_control(g, noise, units, 0));
}

void ww_area_emit(ww_area_site *site, const char *port, ww_var map)
{
    assert(site->n_ports < WW_AREA_PORTS);
    site->port[site->n_ports].name = port;
    site->port[site->n_ports].map = ww_area_gate(site, port, map);
    site->n_ports++;
}

void ww_area_cost(ww_area_site *site, ww_var weights, double cost)
{
    if (cost == 0)
        return;
    assert(site->n_costs < WW_AREA_COSTS);
    site->cost[site->n_costs].weights = weights;
    site->cost[site->n_costs++].cost = cost;
}

ww_var ww_area_luminance(ww_area_site *site)
{
    static const float weight[3] = {0.2126f, 0.7152f, 0.0722f};
    ww_graph *g = site->graph;
    int frames = site->view->frames;
    ww_var last = frames == 1 ? site->movie
                              : ww_slice(g, site->movie, 1, 3 * (frames - 1), 3 * (int64_t)frames);
    return ww_conv2d(g, last, ww_fixed(g, "luminance", WW_SHAPE(1, 3, 1, 1), weight),
                     (ww_conv2d_attr){0});
}

ww_var ww_area_regrid(ww_graph *graph, ww_var map, int height, int width, ww_pool_kind kind)
{
    ww_shape shape = ww_var_shape(graph, map);
    if (shape.rank != 4 || (shape.dim[2] == height && shape.dim[3] == width))
        return map;
    int factor = (int)(shape.dim[2] / height);
    if (factor >= 1 && shape.dim[2] == factor * height && shape.dim[3] == factor * width)
        return ww_pool(graph, map, (ww_pool_attr){.kind = (int)kind, .size = factor});
    return ww_resize(graph, map, height, width, WW_BILINEAR);
}

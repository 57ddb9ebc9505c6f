/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Read-outs. A label is read linearly: from all units (flat), from the mean of each map (average)
 * or from its maximum (max: is the feature anywhere?), each area through weights of its own.
 *
 * A place is read as a population vector (Georgopoulos et al. 1986; Jazayeri & Movshon 2006): a
 * weighted sum of channels gives a map of evidence, its exponential is normalised over the field,
 * and the answer is the mean of the places under it. Units that are lost on one side of the map
 * take the evidence for that side away; nothing else knows about sides. */
#include "connectome/readout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_BYTES = 96 };

static ww_var weight_of(ww_graph *g, const ww_brain *brain, const ww_task *task, int i,
                        ww_shape shape)
{
    char name[NAME_BYTES];
    snprintf(name, sizeof name, "weight.%s", brain->area[task->reads[i]].name);
    int fan_in = 0;
    for (int k = 1; k < shape.rank; k++)
        fan_in += (int)shape.dim[k];
    return ww_parameter(
        g, name, shape,
        (ww_init){.kind = WW_INIT_HE, .value = 0.5, .fan_in = fan_in * task->n_reads}, 1);
}

static ww_var features(ww_graph *g, ww_var map, int readout)
{
    ww_shape shape = ww_var_shape(g, map);
    if (readout == WW_READ_AVERAGE)
        return ww_global_pool(g, map, WW_POOL_AVERAGE);
    if (readout == WW_READ_MAX)
        return ww_global_pool(g, map, WW_POOL_MAX);
    return ww_reshape(g, map, WW_SHAPE(WW_BATCH, shape.dim[1] * shape.dim[2] * shape.dim[3]));
}

static ww_var label(ww_graph *g, const ww_brain *brain, const ww_task *task, const ww_var *maps,
                    ww_var *weights)
{
    ww_var sum = {-1};
    for (int i = 0; i < task->n_reads; i++) {
        ww_var x = features(g, maps[i], task->readout);
        if (task->dropout > 0)
            x = ww_dropout(g, x, task->dropout);
        ww_shape shape = WW_SHAPE(task->classes, ww_var_shape(g, x).dim[1]);
        weights[i] = weight_of(g, brain, task, i, shape);
        ww_var part = ww_linear(g, x, weights[i]);
        sum = i == 0 ? part : ww_add(g, sum, part);
    }
    ww_init zero = {.kind = WW_INIT_CONSTANT};
    return ww_bias(g, sum, ww_parameter(g, "bias", WW_SHAPE(task->classes), zero, 0));
}

/* x and y of the centres of the units, in half widths and heights of the view: [2, H W]. */
static ww_var places(ww_graph *g, int height, int width)
{
    size_t n = (size_t)height * (size_t)width;
    float *place = calloc(2 * n, sizeof *place);
    if (place == NULL)
        return ww_graph_fail(g, WW_ENOMEM, "out of memory");
    for (size_t i = 0; i < n; i++) {
        place[i] = (2 * (float)(i % (size_t)width) + 1) / (float)width - 1;
        place[n + i] = 1 - (2 * (float)(i / (size_t)width) + 1) / (float)height;
    }
    ww_var var = ww_fixed(g, "places", WW_SHAPE(2, height * width), place);
    free(place);
    return var;
}

static ww_var place(ww_graph *g, const ww_brain *brain, const ww_task *task, const ww_var *maps,
                    ww_var *weights)
{
    int64_t height = 0, width = 0;
    for (int i = 0; i < task->n_reads; i++) {
        ww_shape shape = ww_var_shape(g, maps[i]);
        height = shape.dim[2] > height ? shape.dim[2] : height;
        width = shape.dim[3] > width ? shape.dim[3] : width;
    }
    ww_var sum = {-1};
    for (int i = 0; i < task->n_reads; i++) {
        ww_shape shape = WW_SHAPE(1, ww_var_shape(g, maps[i]).dim[1], 1, 1);
        weights[i] = weight_of(g, brain, task, i, shape);
        ww_var part = ww_conv2d(g, maps[i], weights[i], (ww_conv2d_attr){0});
        part = ww_area_regrid(g, part, (int)height, (int)width, WW_POOL_AVERAGE);
        sum = i == 0 ? part : ww_add(g, sum, part);
    }
    ww_var field = ww_reshape(g, sum, WW_SHAPE(WW_BATCH, height * width));
    return ww_linear(g, ww_softmax(g, field, 1), places(g, (int)height, (int)width));
}

void ww_readout_build(ww_graph *graph, const ww_brain *brain, const ww_task *task,
                      const ww_var *maps, ww_var *weights)
{
    char name[NAME_BYTES];
    ww_var weight[WW_OP_MAX_IN];
    bool two = task->label == WW_LABEL_POSITION;
    ww_graph_scope(graph, task->name);
    for (int i = 0; i < task->n_reads; i++)
        if (ww_var_shape(graph, maps[i]).rank != 4) {
            ww_graph_fail(graph, WW_EINVAL, "task %s: area %s has no output to read", task->name,
                          brain->area[task->reads[i]].name);
            return;
        }
    ww_var answer = task->readout == WW_READ_PLACE ? place(graph, brain, task, maps, weight)
                                                   : label(graph, brain, task, maps, weight);
    snprintf(name, sizeof name, "label/%s", task->name);
    ww_var truth = ww_input(graph, name, two ? WW_SHAPE(WW_BATCH, 2) : WW_SHAPE(WW_BATCH));
    ww_var loss = two ? ww_mean_squared_error(graph, answer, truth)
                      : ww_cross_entropy(graph, answer, truth, 0);
    ww_graph_scope(graph, NULL);
    ww_graph_output(graph, task->name, answer);
    snprintf(name, sizeof name, "loss/%s", task->name);
    ww_graph_loss(graph, name, loss, task->weight);
    if (weights != NULL)
        memcpy(weights, weight, (size_t)task->n_reads * sizeof *weights);
}

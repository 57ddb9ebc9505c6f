/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_VALUES_H
#define WW_ENGINE_TENSOR_VALUES_H

/* Values: the numbers behind the named arrays of a graph (parameters, state, controls, fixed).
 *
 * Kept apart from programs, so that a training program (batch 32) and a testing one (batch 256)
 * share them. All trained parameters lie in one piece of memory, one after the other: an optimiser
 * updates them in one pass, and a checkpoint is a copy. */

#include "engine/tensor/graph.h"

typedef struct ww_values ww_values;

typedef struct ww_value {
    const char *name;
    ww_node_kind kind;
    ww_shape shape;
    int node;
    double decay;
    size_t size;   /* floats */
    size_t offset; /* PARAM: first float within ww_values_parameters */
    float *data;
} ww_value;

/** Allocates and initialises all named arrays of a sealed graph. Same seed, same numbers; each
 * array draws from its own name, so adding an area does not change the others. Free with
 * ww_values_free. `graph` must outlive the values. */
ww_status ww_values_create(ww_values **out, const ww_graph *graph, uint64_t seed);
/** Frees the values and all their arrays; NULL is allowed. */
void ww_values_free(ww_values *values);

/** The number of arrays. */
size_t ww_values_count(const ww_values *values);
/** The i-th of them (i below that number), which stays the values'. */
ww_value *ww_values_at(ww_values *values, size_t i);

/** The array called `name`, NULL if there is none. */
ww_value *ww_values_find(ww_values *values, const char *name);

/** All trained parameters as one array of *count floats (padding between arrays is zero). */
float *ww_values_parameters(ww_values *values, size_t *count);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_GRAPH_H
#define WW_ENGINE_TENSOR_GRAPH_H

/* Graphs: what is computed, without sizes of batches, kernels or memory.
 *
 * Status is sticky (as Cairo's): after the first failure constructors do nothing and return an
 * invalid variable, and ww_graph_end reports. So an area reads as equations:
 *
 *     ww_var energy = ww_sqrt(g, ww_add(g, ww_square(g, even), ww_square(g, odd)));
 *
 * Nodes live in the graph's arena. Order of creation is order of execution. */

#include "engine/base/arena.h"
#include "engine/tensor/op.h"

typedef struct ww_graph ww_graph;

/** A value of a graph; a small handle, copied freely. id < 0: invalid. */
typedef struct ww_var {
    int id;
} ww_var;

typedef enum ww_node_kind {
    WW_NODE_INPUT,   /* fed at every run */
    WW_NODE_PARAM,   /* trained */
    WW_NODE_STATE,   /* kept across runs, written by operators (running statistics) */
    WW_NODE_CONTROL, /* set from outside between runs, without recompiling (lesion gates) */
    WW_NODE_FIXED,   /* constant numbers (filter banks) */
    WW_NODE_OP
} ww_node_kind;

/** How a parameter starts. */
typedef enum ww_init_kind {
    WW_INIT_CONSTANT, /* all `value` */
    WW_INIT_NORMAL,   /* normal with sd `value` */
    WW_INIT_HE,       /* normal with sd value * sqrt(2 / fan_in) (He et al. 2015); value 1 usual */
    WW_INIT_UNIFORM,  /* uniform -value .. value */
    WW_INIT_POSITIVE, /* the magnitudes of these: uniform 0 .. value */
    WW_INIT_DATA      /* copied from `data` */
} ww_init_kind;

typedef struct ww_init {
    ww_init_kind kind;
    double value;
    int fan_in;        /* HE: 0 means the product of all dimensions but the first */
    const float *data; /* DATA: as many floats as the shape has; copied by the constructor */
} ww_init;

typedef struct ww_node {
    ww_node_kind kind;
    const char *name; /* "V1/weight"; operators: scope and operator */
    const ww_op *op;
    void *attr;
    int n_in;
    const int *in; /* [n_in] ids */
    ww_shape shape;
    ww_init init;
    double decay; /* scale of the penalties on this parameter: 1, or 0 for biases and gains */
} ww_node;

/** A new, empty graph; free with ww_graph_free. NULL when out of memory. */
ww_graph *ww_graph_create(void);
/** NULL is allowed. */
void ww_graph_free(ww_graph *graph);

/** Names what follows ("V4"): it prefixes node names and errors. NULL ends the scope. */
void ww_graph_scope(ww_graph *graph, const char *scope);

/** An array fed at every run; shape with WW_BATCH first. */
ww_var ww_input(ww_graph *graph, const char *name, ww_shape shape);

/** A trained parameter "scope/name"; the same name again gives the same parameter (recurrence),
 * and the shapes must agree. `decay` scales the penalties on it. */
ww_var ww_parameter(ww_graph *graph, const char *name, ww_shape shape, ww_init init, double decay);

/** State: an array that operators write to from run to run (running statistics); all `value` at
 * first. Named like a parameter, never trained. */
ww_var ww_state(ww_graph *graph, const char *name, ww_shape shape, double value);
/** A control: an array that is set between runs (gains of lesions); all `value` at first. Named
 * like a parameter, never trained. */
ww_var ww_control(ww_graph *graph, const char *name, ww_shape shape, double value);
/** A fixed array, which keeps the numbers of `data` (as many as the shape has; copied). Named like
 * a parameter, never trained. */
ww_var ww_fixed(ww_graph *graph, const char *name, ww_shape shape, const float *data);

/** Applies an operator; `attr` (op->attr_size bytes, or NULL) is copied. The constructors in ops/
 * call this. Errors name scope, operator and shapes. */
ww_var ww_apply(ww_graph *graph, const ww_op *op, const void *attr, int n_in, const ww_var *in);

/** Makes `var` readable after a run under `name`. */
void ww_graph_output(ww_graph *graph, const char *name, ww_var var);

/** Adds weight * var to the loss; var has one element. Also readable as an output. */
void ww_graph_loss(ww_graph *graph, const char *name, ww_var var, double weight);

/** Reports the first failure of all that was built; WW_OK seals the graph. */
ww_status ww_graph_end(ww_graph *graph);

/** Whether ww_graph_end has sealed the graph. */
bool ww_graph_sealed(const ww_graph *graph);

/** Fails the graph from outside (an area that finds its inputs unfit). Returns an invalid var. */
ww_var ww_graph_fail(ww_graph *graph, ww_status code, const char *format, ...) WW_PRINTF(3, 4);

/** The shape of a variable (rank 0 if invalid). */
ww_shape ww_var_shape(const ww_graph *graph, ww_var var);

/** How many nodes there are. */
size_t ww_graph_nodes(const ww_graph *graph);
/** The node `id` < ww_graph_nodes, in the order in which they were built; it belongs to the graph.
 */
const ww_node *ww_graph_node(const ww_graph *graph, size_t id);

/** A named output: its variable and the weight with which it enters the loss (0: not a loss). */
typedef struct ww_graph_result {
    const char *name;
    int id;
    double weight;
} ww_graph_result;
/** How many outputs and losses there are; *results is all of them, which belong to the graph. */
size_t ww_graph_results(const ww_graph *graph, const ww_graph_result **results);

/** Whether each node is a result or is read on the way to one: needed[ww_graph_nodes]. */
void ww_graph_needed(const ww_graph *graph, bool *needed);

#endif

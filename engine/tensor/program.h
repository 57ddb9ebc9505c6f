/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PROGRAM_H
#define WW_ENGINE_TENSOR_PROGRAM_H

/* Programs: a graph compiled for one batch size and one mode, to be run many times.
 *
 * The compiler drops nodes that reach no output, derives the backward pass by reverse mode, plans
 * all buffers once by liveness (arrays that never live at the same time share memory; element-wise
 * operators work in place), lets operators do the addition and the rectification that follow them
 * and add to gradients that others have begun, and prepares every node's kernel. Running allocates
 * nothing. With several threads, a program of many small nodes lets each thread take whole nodes
 * that do not wait for each other; one of few large nodes shares each among all threads. Programs
 * that are profiled or recompute always do the latter.
 *
 * Named arrays are read in place from the values: a control changed between two runs acts in the
 * second. An operator without a backward function stops the gradient. */

#include "engine/tensor/values.h"

typedef struct ww_program ww_program;

typedef struct ww_compile_options {
    int64_t batch; /* samples a run, >= 1 */
    ww_mode mode;
    bool reference; /* plain-C reference kernels instead of the fast ones */
    uint64_t seed;  /* of dropout and noise */
    bool profile;   /* time every node (ww_program_time) */
    bool recompute; /* less memory: most activations are forgotten and computed again for the
                       backward pass, by the same kernels, to the same bits */
    bool late;      /* training: gradients of large weights, of few samples, are left as factors
                       (ww_program_late) */
    bool unshared;  /* every array in memory of its own, nothing in place: for finding bugs */
} ww_compile_options;

/** Compiles a sealed graph onto `values` (found by name); both must outlive the program. Free with
 * ww_program_free. Errors: WW_EINVAL for a graph that is not sealed, a batch below 1, a training
 * mode without a loss, values that lack an array; WW_ESHAPE where its shape differs; WW_ENOMEM;
 * those of the operators, with the name of the node before them. */
ww_status ww_compile(ww_program **out, const ww_graph *graph, ww_values *values,
                     ww_compile_options options);
/** Frees the program and its memory, not the graph or the values; NULL is allowed. */
void ww_program_free(ww_program *program);

/** The buffer of an input, to be filled before a run: [batch, ...]. It starts as zeros and keeps
 * what was written over any number of runs. NULL if the program does not need an input of this
 * name. */
float *ww_program_input(ww_program *program, const char *name, size_t *floats);

/** Runs forward, and backward unless mode is WW_INFER. `step` numbers the run: it keys dropout
 * and noise, so a resumed training draws the same. Errors of the operators have the name of the
 * node before them. */
ww_status ww_program_run(ww_program *program, uint64_t step);

/** An output of the last run; NULL if there is none of this name. Valid until the next run. */
const float *ww_program_output(const ww_program *program, const char *name, ww_shape *shape);

/** The weighted sum of all losses of the last run. */
double ww_program_loss(const ww_program *program);

/** d loss / d parameters, laid out as ww_values_parameters; NULL in WW_INFER. Parameters on which
 * no loss depends have gradient 0. With options.late it has to be called after each run: it
 * multiplies late gradients out. */
float *ww_program_gradients(ww_program *program, size_t *floats);

/** The same array, but what it holds of late gradients means nothing. */
float *ww_program_early_gradients(ww_program *program, size_t *floats);

/** A gradient [rows, columns] that is left as factors: element (r, c) is the sum over all n of
 * left[n][r] right[n][c]. */
typedef struct ww_factors {
    size_t offset; /* of its first element in ww_values_parameters */
    int64_t samples, rows, columns;
    const float *left;  /* [samples][rows] */
    const float *right; /* [samples][columns] */
} ww_factors;

/** The i-th late gradient of the last run, in the order of their offsets; false past the last. The
 * factors are the program's, and valid until its next run. Gradients are late only where
 * options.late asks for it, in WW_TRAIN without `recompute`, of weights that are read once. */
bool ww_program_late(const ww_program *program, size_t i, ww_factors *factors);

/** A piece of such a gradient: whole rows, or part of one row. */
typedef struct ww_block {
    int64_t count; /* blocks of the gradient */
    int64_t row, rows, column, columns;
} ww_block;

/** The i-th of the blocks, of no more than `most` elements each, that a gradient is cut into; they
 * follow one another in memory. */
ww_block ww_factors_block(const ww_factors *factors, int64_t most, int64_t i);

/** out[rows][columns] = that block of the gradient. On the calling thread; the same bits on any. */
void ww_factors_multiply(const ww_factors *factors, const ww_block *block, float *out);

/** d loss / d input, in WW_GRADIENT; else NULL. Also NULL where no loss depends on the input in a
 * way that is differentiated (labels). */
const float *ww_program_input_gradient(const ww_program *program, const char *name);

/** Bytes of activations, gradients and workspaces, as planned and as they would be unshared. */
void ww_program_memory(const ww_program *program, size_t *planned, size_t *unshared);

/** Whether the losses and the gradients of the last run, which was `step`, are finite. If not,
 * repeats the run and says which array was the first to go wrong: WW_ENUMERIC, "V4/exp: the output
 * is infinite" or "gradient of V4/weight is not a number". (Where the run is repeated, running
 * statistics move once more.) */
ww_status ww_program_check_finite(ww_program *program, uint64_t step);

/** Whether the program holds sentinels that some kernel has overwritten: a bug of a kernel.
 * Sentinels stand around every buffer when WW_SENTINELS=1 is set at compile (which also unshares
 * the buffers). WW_EBACKEND names the node. */
ww_status ww_program_check_sentinels(const ww_program *program);

/** What one node cost: time over all runs, multiply-adds and memory of one. The names are the
 * graph's and the program's. */
typedef struct ww_node_time {
    const char *name; /* "V4/conv2d" */
    const char *op;   /* "conv2d", "bias+relu" */
    ww_shape shape;   /* of its output */
    double forward_s, backward_s;
    double forward_products, backward_products; /* of sums of products (filters, matrices) */
    size_t bytes; /* of its output, that one's gradient, and workspace, as if nothing were shared */
    uint64_t runs;
} ww_node_time;

/** The i-th node in order of execution; false past the last one. Times are 0 unless compiled with
 * `profile`. */
bool ww_program_time(const ww_program *program, size_t i, ww_node_time *time);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PROGRAM_H
#define WW_ENGINE_TENSOR_PROGRAM_H

/* Programs: a graph compiled for one batch size and one mode, to be run many times.
 *
 * The compiler drops nodes that reach no output, derives the backward pass by reverse mode, plans
 * all buffers once by liveness (arrays that never live at the same time share memory; element-wise
 * operators work in place) and prepares every node's kernel. Running allocates nothing. */

#include "engine/tensor/values.h"

typedef struct ww_program ww_program;

typedef struct ww_compile_options {
    int64_t batch; /* samples a run, >= 1 */
    ww_mode mode;
    bool reference; /* plain-C reference kernels instead of the fast ones */
    uint64_t seed;  /* of dropout and noise */
} ww_compile_options;

/** Compiles a sealed graph onto `values`; both must outlive the program. Free with
 * ww_program_free. Errors: WW_EINVAL for a training mode without a loss. */
ww_status ww_compile(ww_program **out, const ww_graph *graph, ww_values *values,
                     ww_compile_options options);
void ww_program_free(ww_program *program);

/** The buffer of an input, to be filled before a run: [batch, ...]. NULL if the program does not
 * need an input of this name. */
float *ww_program_input(ww_program *program, const char *name, size_t *floats);

/** Runs forward, and backward unless mode is WW_INFER. `step` numbers the run: it keys dropout
 * and noise, so a resumed training draws the same. */
ww_status ww_program_run(ww_program *program, uint64_t step);

/** An output of the last run; NULL if there is none of this name. Valid until the next run. */
const float *ww_program_output(const ww_program *program, const char *name, ww_shape *shape);

/** The weighted sum of all losses of the last run. */
double ww_program_loss(const ww_program *program);

/** d loss / d parameters, laid out as ww_values_parameters; NULL in WW_INFER. */
float *ww_program_gradients(ww_program *program, size_t *floats);

/** d loss / d input, in WW_GRADIENT; else NULL. */
const float *ww_program_input_gradient(const ww_program *program, const char *name);

/** Bytes of activations, gradients and workspaces, as planned and as they would be unshared. */
void ww_program_memory(const ww_program *program, size_t *planned, size_t *unshared);

/** Whether the program holds sentinels that some kernel has overwritten: a bug of a kernel.
 * Sentinels stand around every buffer when WW_SENTINELS=1 is set at compile. */
ww_status ww_program_check_sentinels(const ww_program *program);

#endif

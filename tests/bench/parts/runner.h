/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_BENCH_PARTS_RUNNER_H
#define WW_TESTS_BENCH_PARTS_RUNNER_H

/* A net compiled for one cell, with random data, ready to be run again and again. */

#include "engine/learning/optimiser.h"
#include "engine/tensor/program.h"
#include "tests/bench/net.h"

typedef struct ww_runner {
    ww_arena *arena;
    const ww_net *net;
    ww_net_cell cell;
    ww_graph *graph;
    ww_values *values;
    ww_program *program;
    const ww_optimiser *optimiser;
    void *optimiser_params;
    float *slot[2], *decay;
    uint64_t steps;
} ww_runner;

/** The net called `name`; WW_ENOTFOUND if there is none. */
ww_status ww_runner_net(const ww_net **out, const char *name);

/** Builds, compiles and fills the inputs with batch 0. Free with ww_runner_close. */
ww_status ww_runner_open(ww_runner **out, const ww_net *net, ww_net_cell cell);
/** NULL is allowed. */
void ww_runner_close(ww_runner *runner);

/** Input number i of the program in order of the graph: its node and numbers; NULL past the last.
 * *classes: how many if it holds labels, else 0. */
float *ww_runner_input(const ww_runner *runner, int i, const ww_node **node, size_t *floats,
                       int64_t *classes);

/** Fills all inputs with batch `number`: a pure function of the cell and the number. */
void ww_runner_fill(ww_runner *runner, uint64_t number);

/** One training step as engine/learning takes it (run, norm of the gradient, optimiser) at `rate`
 * times the net's learning rate, or one inference. */
ww_status ww_runner_step(ww_runner *runner, double rate);

/** Of a training that takes its batches from a prefetch: the wait for the first one, the time from
 * then on, and the waiting in that. */
typedef struct ww_pipeline_times {
    double first_s, seconds, stall_s;
} ww_pipeline_times;

/** Takes `steps` training steps on labelled pictures that a worker thread prepares ahead, as
 * `whatwhere train` does (parts/pipeline.c). WW_EINVAL if the net learns something else. */
ww_status ww_runner_pipeline(ww_runner *runner, int steps, ww_pipeline_times *out);

/** Writes PREFIX.json (the graph), PREFIX.values (all named arrays) and PREFIX.data (`batches`
 * batches of all inputs), floats in the order that the JSON gives. */
ww_status ww_runner_export(ww_runner *runner, const char *prefix, int batches);

/** Runs once and writes PREFIX.gradients: d loss / d parameters in the order of the JSON. */
ww_status ww_runner_export_gradients(ww_runner *runner, const char *prefix);
/** Runs once and writes PREFIX.outputs: all outputs that are no losses, in the graph's order. */
ww_status ww_runner_export_outputs(ww_runner *runner, const char *prefix);

#endif

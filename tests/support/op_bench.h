/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_OP_BENCH_H
#define WW_TESTS_SUPPORT_OP_BENCH_H

/* A bench runs a small graph as a program: build on g, finish, feed, run, free. */

#include <criterion/criterion.h>

#include "engine/tensor/ops.h"
#include "engine/tensor/program.h"

#define OK(call)  cr_assert_eq((call), WW_OK, "%s", ww_error_message())
#define LENGTH(a) (sizeof(a) / sizeof *(a))

typedef struct ww_bench {
    ww_graph *g;
    ww_values *values;
    ww_program *program;
} ww_bench;

/** A bench with an empty graph; free with ww_bench_free. */
ww_bench ww_bench_create(void);
void ww_bench_free(ww_bench *bench);

/** Compiles the graph with y as output "y"; the loss is y if it is one number, else its sum. */
void ww_bench_finish(ww_bench *bench, ww_var y, int64_t batch, ww_mode mode);

/** Fills input or named array `name` with exactly n floats. */
void ww_bench_feed(ww_bench *bench, const char *name, const float *x, size_t n);

/** Runs; returns y. */
const float *ww_bench_run(ww_bench *bench, uint64_t step);

/** The gradient of input "x" or, where that is a parameter, of all parameters. */
const float *ww_bench_gradient(ww_bench *bench);

/** n normal numbers with sd 2. */
void ww_bench_random(float *x, size_t n, uint64_t seed);

#endif

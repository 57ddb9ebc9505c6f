/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory: plans by liveness, and that sharing memory and working in place change no bit. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/layout.h"
#include "engine/tensor/program.h"
#include "tests/support/count_malloc.h"
#include "tests/support/toy_ops.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

/* ---- the planner ---- */

enum { MOST = 80, TIMES = 40, LINE = WW_ALIGNMENT / sizeof(float) };

static size_t padded(const ww_buffer *buffer, size_t guard)
{
    return (buffer->floats + LINE - 1) / LINE * LINE + 2 * guard;
}

static void check_apart(const ww_buffer *b, size_t n, bool share, size_t guard, size_t total)
{
    for (size_t i = 0; i < n; i++) {
        size_t begin = b[i].offset - guard, end = begin + padded(&b[i], guard);
        cr_assert(b[i].offset >= guard && end <= total && b[i].offset % LINE == 0);
        for (size_t j = 0; j < i; j++) {
            size_t other = b[j].offset - guard, other_end = other + padded(&b[j], guard);
            bool meet = !share || (b[i].first <= b[j].last && b[j].first <= b[i].last);
            cr_assert(!meet || end <= other || other_end <= begin, "%zu and %zu overlap", i, j);
        }
    }
}

/* The most that lives at any one time: no plan can do with less. */
static size_t lower_bound(const ww_buffer *b, size_t n)
{
    size_t most = 0;
    for (int t = 0; t < TIMES; t++) {
        size_t alive = 0;
        for (size_t i = 0; i < n; i++)
            if (b[i].first <= t && t <= b[i].last)
                alive += padded(&b[i], 0);
        if (alive > most)
            most = alive;
    }
    return most;
}

Test(tensor_layout, plans_of_random_lives)
{
    ww_random random = ww_random_at(7, 0);
    double waste = 0;
    for (int repeat = 0; repeat < 300; repeat++) {
        ww_arena *arena = ww_arena_create();
        ww_buffer b[MOST], again[MOST];
        size_t n = ww_random_below(&random, MOST + 1), total, same, sum = 0;
        size_t guard = repeat % 3 == 0 ? LINE : 0;
        bool share = repeat % 5 != 0;
        for (size_t i = 0; i < n; i++) {
            int first = (int)ww_random_below(&random, TIMES);
            int last = first + (int)ww_random_below(&random, (uint64_t)(TIMES - first));
            b[i] = (ww_buffer){1 + ww_random_below(&random, 5000), first, last, 0, "", ""};
            again[i] = b[i];
            sum += padded(&b[i], guard);
        }
        OK(ww_layout_plan(b, n, share, guard, arena, &total));
        OK(ww_layout_plan(again, n, share, guard, arena, &same));
        cr_assert(total == same && memcmp(b, again, n * sizeof b[0]) == 0);
        check_apart(b, n, share, guard, total);
        if (!share)
            cr_assert_eq(total, sum);
        else if (guard == 0 && n > 0)
            waste = fmax(waste, (double)total / (double)lower_bound(b, n) - 1);
        ww_arena_free(arena);
    }
    cr_expect_lt(waste, 0.25, "%g more than the lower bound", waste);
}

/* ---- programs: chains in closed form ---- */

/* A chain of 20 operators on x[N, 64]; reports planned and unshared arrays of [N, 64]. */
static void chain_arrays(const ww_op *op, ww_mode mode, double *planned, double *unshared)
{
    enum { LENGTH = 20, BATCH = 16, FEATURES = 64 };
    ww_graph *g = ww_graph_create();
    ww_var y = ww_input(g, "x", WW_SHAPE(WW_BATCH, FEATURES));
    ww_var w = ww_parameter(g, "w", WW_SHAPE(FEATURES, FEATURES), (ww_init){0}, 1);
    for (int i = 0; i < LENGTH; i++)
        y = op->min_in == 2 ? toy2(g, op, y, w) : toy1(g, op, y);
    ww_graph_output(g, "y", y);
    ww_graph_loss(g, "sum", toy1(g, &toy_sum, y), 1);
    OK(ww_graph_end(g));
    ww_values *values;
    ww_program *program;
    OK(ww_values_create(&values, g, 1));
    OK(ww_compile(&program, g, values, (ww_compile_options){.batch = BATCH, .mode = mode}));
    size_t bytes[2], array = BATCH * FEATURES * sizeof(float);
    ww_program_memory(program, &bytes[0], &bytes[1]);
    *planned = (double)bytes[0] / (double)array;
    *unshared = (double)bytes[1] / (double)array;
    ww_program_free(program);
    ww_values_free(values);
    ww_graph_free(g);
}

/* Small change (the sum, the scratch of toy_linear) is below a quarter of an array. The
 * gradient of w is 64 x 64 = 4 arrays; there is none where nothing depends on w. */
Test(tensor_layout, memory_of_chains)
{
    double planned, unshared;
    chain_arrays(&toy_linear, WW_INFER, &planned, &unshared); /* x, and two that take turns */
    cr_expect(planned >= 3 && planned < 3.25, "%g", planned);
    cr_expect(unshared > 21 && unshared < 23, "%g", unshared);
    chain_arrays(&toy_scale, WW_INFER, &planned, &unshared); /* x, and one in place */
    cr_expect(planned >= 2 && planned < 2.25, "%g", planned);
    cr_expect(unshared > 21 && unshared < 21.25, "%g", unshared);
    chain_arrays(&toy_scale, WW_GRADIENT, &planned, &unshared); /* and one gradient in place */
    cr_expect(planned >= 4 + 3 && planned < 4 + 3.25, "%g", planned);
    chain_arrays(&toy_tanh, WW_GRADIENT, &planned, &unshared); /* all outputs are kept */
    cr_expect(planned >= 4 + 22 && planned < 4 + 22.25, "%g", planned);
    chain_arrays(&toy_linear, WW_GRADIENT, &planned, &unshared);
    /* When the last but one goes backward: the gradient of w and a second contribution to it, x and
     * 19 outputs, two gradients. */
    cr_expect(planned >= 4 + 4 + 20 + 2 && planned < 4 + 4 + 20 + 2.25, "%g", planned);
    cr_expect(unshared > 21 + 20 * 5 && unshared < 21 + 20 * 5 + 6, "%g", unshared);
}

/* ---- programs: random graphs ---- */

enum { FEATURES = 5, BATCH = 4, RUNS = 3, RESULTS = 3 };

static ww_var pick(ww_random *random, const ww_var *vars, int n)
{
    int recent = n < 4 ? n : 4; /* mostly deep, sometimes wide */
    if (ww_random_below(random, 3) > 0)
        return vars[n - 1 - (int)ww_random_below(random, (uint64_t)recent)];
    return vars[ww_random_below(random, (uint64_t)n)];
}

static ww_var grow(ww_graph *g, ww_random *random, bool smooth, const ww_var *vars, int n)
{
    static const ww_op *const ops[] = {&toy_linear, &toy_add,    &toy_mul,  &toy_tanh,
                                       &toy_square, &toy_scale,  &toy_gate, &toy_dropout,
                                       &toy_centre, &toy_linear, &toy_tanh, &toy_add,
                                       &toy_tanh,   &toy_scale,  &toy_turn, &toy_stop};
    const ww_op *op = ops[ww_random_below(random, sizeof ops / sizeof ops[0] - smooth)];
    char name[16];
    snprintf(name, sizeof name, "p%d", (int)ww_random_below(random, 3));
    ww_var in[4];
    for (int k = 0; k < 4; k++)
        in[k] = pick(random, vars, n);
    if (op == &toy_linear)
        in[1] = ww_parameter(g, name, WW_SHAPE(FEATURES, FEATURES),
                             (ww_init){WW_INIT_HE, 0.5, 0, NULL}, 1);
    if (op == &toy_gate)
        in[1] = ww_control(g, "gain", WW_SHAPE(FEATURES), 0.75);
    if (op == &toy_centre)
        in[1] = ww_state(g, "mean", WW_SHAPE(FEATURES), 0.1);
    int n_in = op == &toy_add ? 1 + (int)ww_random_below(random, 4) : op->min_in;
    return ww_apply(g, op, NULL, n_in, in);
}

/* Up to 30 random operators, and results on any of the values, which are mostly needed later too.
 * With `smooth` the gradient is the slope: nothing stops it. */
static ww_graph *random_graph(uint64_t seed, bool smooth)
{
    ww_random random = ww_random_at(seed, 0);
    ww_graph *g = ww_graph_create();
    ww_init he = {WW_INIT_HE, 1, 0, NULL};
    ww_var vars[40];
    int n = 0, size = 3 + (int)ww_random_below(&random, 28);
    vars[n++] = ww_input(g, "x", WW_SHAPE(WW_BATCH, FEATURES));
    vars[n] =
        toy2(g, &toy_linear, vars[0], ww_parameter(g, "w", WW_SHAPE(FEATURES, FEATURES), he, 1));
    n++;
    for (int i = 0; i < size; i++, n++)
        vars[n] = grow(g, &random, smooth, vars, n);
    ww_graph_loss(g, "r0", toy1(g, &toy_sum, toy1(g, &toy_tanh, vars[n - 1])), 0.7);
    ww_var any = toy1(g, &toy_tanh, vars[ww_random_below(&random, (uint64_t)n)]);
    ww_var target = smooth ? ww_input(g, "target", WW_SHAPE(WW_BATCH, FEATURES))
                           : vars[ww_random_below(&random, (uint64_t)n)];
    ww_graph_loss(g, "r1", toy2(g, &toy_error, any, target), -0.2);
    ww_graph_output(g, "r2", vars[ww_random_below(&random, (uint64_t)n)]);
    OK(ww_graph_end(g));
    return g;
}

/* All that three runs leave behind, one after the other. */
static size_t record(const ww_graph *g, ww_compile_options options, float *all)
{
    ww_values *values;
    ww_program *program;
    OK(ww_values_create(&values, g, 1));
    OK(ww_compile(&program, g, values, options));
    float *x = ww_program_input(program, "x", NULL), *to = all;
    ww_random random = ww_random_at(3, 0);
    for (int i = 0; x != NULL && i < BATCH * FEATURES; i++)
        x[i] = (float)ww_random_normal(&random);
    for (int run = 0; run < RUNS; run++) {
        OK(ww_program_run(program, (uint64_t)run));
        for (int r = 0; r < RESULTS; r++) {
            ww_shape shape;
            const float *data =
                ww_program_output(program, (const char *[]){"r0", "r1", "r2"}[r], &shape);
            memcpy(to, data, ww_shape_size(&shape) * sizeof(float));
            to += ww_shape_size(&shape);
        }
        size_t n;
        const float *gradients = ww_program_gradients(program, &n);
        if (gradients != NULL)
            memcpy(to, gradients, n * sizeof(float));
        to += n;
        const float *by_x = ww_program_input_gradient(program, "x");
        if (by_x != NULL)
            memcpy(to, by_x, BATCH * FEATURES * sizeof(float));
        to += by_x != NULL ? BATCH * FEATURES : 0;
        const ww_value *state = ww_values_find(values, "mean");
        if (state != NULL)
            memcpy(to, state->data, FEATURES * sizeof(float));
        to += state != NULL ? FEATURES : 0;
    }
    OK(ww_program_check_sentinels(program));
    ww_program_free(program);
    ww_values_free(values);
    return (size_t)(to - all);
}

Test(tensor_layout, sharing_and_working_in_place_change_no_bit)
{
    static float shared[4096], again[4096], unshared[4096], guarded[4096];
    for (uint64_t seed = 0; seed < 200; seed++) {
        ww_graph *g = random_graph(seed, false);
        for (int mode = WW_INFER; mode <= WW_GRADIENT; mode++) {
            ww_compile_options options = {.batch = BATCH, .mode = (ww_mode)mode, .seed = 9};
            size_t n = record(g, options, shared);
            cr_assert_leq(n, 4096);
            cr_assert_eq(record(g, options, again), n);
            options.unshared = true;
            cr_assert_eq(record(g, options, unshared), n);
            options.unshared = false;
            setenv("WW_SENTINELS", "1", 1);
            cr_assert_eq(record(g, options, guarded), n);
            unsetenv("WW_SENTINELS");
            cr_assert_arr_eq(shared, again, n * sizeof(float), "graph %d", (int)seed);
            cr_assert_arr_eq(shared, unshared, n * sizeof(float), "graph %d", (int)seed);
            cr_assert_arr_eq(shared, guarded, n * sizeof(float), "graph %d", (int)seed);
        }
        ww_graph_free(g);
    }
}

/* A move along random signs, in units of the step of the differences. */
static void step(float *x, const float *signs, size_t n, float factor)
{
    for (size_t i = 0; i < n; i++)
        x[i] += factor * 0x1p-8f * signs[i];
}

static double draw_signs(ww_random *random, float *signs, const float *gradient, size_t n)
{
    double slope = 0;
    for (size_t i = 0; i < n; i++) {
        signs[i] = (ww_random_u32(random) & 1) != 0 ? 1 : -1;
        slope += gradient == NULL ? 0 : (double)gradient[i] * (double)signs[i];
    }
    return slope;
}

/* The slope of the loss along a random direction in all parameters and inputs, against the
 * difference over four points; false where the loss bends too much for that. */
static bool slope_agrees(const ww_graph *g, uint64_t seed)
{
    static float signs[1024], x_signs[BATCH * FEATURES];
    ww_values *values;
    ww_program *program;
    OK(ww_values_create(&values, g, 1));
    OK(ww_compile(&program, g, values, (ww_compile_options){.batch = BATCH, .mode = WW_GRADIENT}));
    ww_random random = ww_random_at(seed, 1);
    float none[BATCH * FEATURES], *x = ww_program_input(program, "x", NULL);
    x = x == NULL ? none : x;
    for (int i = 0; i < BATCH * FEATURES; i++)
        x[i] = 0.5f * (float)ww_random_normal(&random);
    OK(ww_program_run(program, 0));
    size_t n;
    float *w = ww_values_parameters(values, &n);
    cr_assert_leq(n, 1024);
    double slope =
        draw_signs(&random, signs, ww_program_gradients(program, NULL), n) +
        draw_signs(&random, x_signs, ww_program_input_gradient(program, "x"), BATCH * FEATURES);
    double loss[5], h = 0x1p-8;
    step(w, signs, n, -2), step(x, x_signs, BATCH * FEATURES, -2);
    for (int i = 0; i < 5; i++) {
        OK(ww_program_run(program, 0));
        loss[i] = ww_program_loss(program);
        step(w, signs, n, 1), step(x, x_signs, BATCH * FEATURES, 1);
    }
    double near = (loss[3] - loss[1]) / (2 * h), far = (loss[4] - loss[0]) / (4 * h);
    double numeric = (4 * near - far) / 3, scale = fabs(numeric) + fabs(loss[2]) + 0.1;
    ww_program_free(program);
    ww_values_free(values);
    if (!(fabs(near - far) < 0.005 * scale))
        return false;
    cr_assert_float_eq(slope, numeric, 0.003 * scale, "graph %d: slope %g, by differences %g",
                       (int)seed, slope, numeric);
    return true;
}

Test(tensor_layout, random_graphs_by_finite_differences)
{
    int compared = 0;
    for (uint64_t seed = 0; seed < 300; seed++) {
        ww_graph *g = random_graph(seed, true);
        compared += slope_agrees(g, seed);
        ww_graph_free(g);
    }
    cr_expect_geq(compared, 200);
}

/* ---- a run ---- */

/* Large enough for the parallel sum of contributions. */
static void run_large(int threads, float *gradients, unsigned long *allocations)
{
    enum { WIDTH = 20000 };
    ww_threads_set(threads);
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, WIDTH));
    ww_var y = ww_apply(g, &toy_add, NULL, 3, (ww_var[]){x, toy1(g, &toy_square, x), x});
    y = toy2(g, &toy_mul, toy1(g, &toy_dropout, y), toy1(g, &toy_tanh, y));
    ww_graph_loss(g, "sum", toy1(g, &toy_sum, y), 1);
    OK(ww_graph_end(g));
    ww_values *values;
    ww_program *program;
    OK(ww_values_create(&values, g, 1));
    OK(ww_compile(&program, g, values, (ww_compile_options){.batch = 2, .mode = WW_GRADIENT}));
    float *data = ww_program_input(program, "x", NULL);
    for (int i = 0; i < 2 * WIDTH; i++)
        data[i] = sinf((float)i);
    OK(ww_program_run(program, 0)); /* OpenMP makes its threads at the first */
    unsigned long before = ww_count_malloc();
    for (uint64_t step = 0; step < 10; step++)
        OK(ww_program_run(program, step));
    *allocations = ww_count_malloc() - before;
    memcpy(gradients, ww_program_input_gradient(program, "x"), 2 * WIDTH * sizeof *gradients);
    ww_program_free(program);
    ww_values_free(values);
    ww_graph_free(g);
    ww_threads_set(0);
}

Test(tensor_layout, a_run_allocates_nothing_and_threads_change_no_bit)
{
    static float one[40000], two[40000];
    unsigned long allocations[2];
    run_large(1, one, &allocations[0]);
    run_large(2, two, &allocations[1]);
#ifndef __clang__ /* whose OpenMP allocates in every parallel region */
    cr_expect_eq(allocations[0], 0);
    cr_expect_eq(allocations[1], 0);
#endif
    cr_expect_arr_eq(one, two, sizeof one);
    for (int i = 0; i < 40000; i++) { /* y tanh y with y = 2 x + x^2 */
        double x = sinf((float)i), y = 2 * x + x * x, t = tanh(y);
        cr_assert_float_eq(one[i], (t + y * (1 - t * t)) * (2 + 2 * x), 1e-5, "%d", i);
    }
}

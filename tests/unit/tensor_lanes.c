/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Steps side by side: the same bits as one after another, in every order that the plan allows; a
 * chain is not cut into lanes; the message of a step that fails reaches the caller. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/lanes.h"
#include "engine/tensor/ops.h"
#include "tests/support/made.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

enum { BATCH = 3, SIDE = 10, CHANNELS = 6, BRANCHES = 6, STEPS = 3, ORDERS = 25, CLASSES = 4 };

static const ww_init ones = {.kind = WW_INIT_CONSTANT, .value = 1};
static const ww_init he = {.kind = WW_INIT_HE, .value = 1};

static ww_var filtered(ww_graph *g, ww_var x, const char *name, int size)
{
    ww_shape shape = WW_SHAPE(CHANNELS, ww_var_shape(g, x).dim[1], size, size);
    return ww_conv2d(g, x, ww_parameter(g, name, shape, he, 1), (ww_conv2d_attr){.pad = size / 2});
}

/* Filters, normalisation with states, dropout, work in place. */
static ww_var area(ww_graph *g, int i, ww_var x)
{
    static ww_var mean, variance;
    char name[16];
    ww_shape n = WW_SHAPE(CHANNELS);
    snprintf(name, sizeof name, "V%d", i);
    ww_graph_scope(g, name);
    x = filtered(g, x, "filters", i % 2 == 0 ? 3 : 5);
    if (i != 1) { /* that one moves the states of V0 */
        mean = ww_state(g, "mean", n, 0);
        variance = ww_state(g, "variance", n, 1);
    }
    x = ww_batch_norm(g, x, ww_parameter(g, "gain", n, ones, 1),
                      ww_parameter(g, "bias", n, ones, 1), mean, variance, 0);
    return ww_dropout(g, ww_tanh(g, x), 0.2);
}

/* Areas beside each other; each also reads its neighbour's first layer, so every map has several
 * readers and its gradient several contributions. A chain has one area after the other. */
static ww_graph *graph_of(bool chain)
{
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 2, SIDE, SIDE)), low[BRANCHES], high[BRANCHES];
    for (int i = 0; i < BRANCHES; i++)
        low[i] = area(g, i, chain && i > 0 ? low[i - 1] : x);
    ww_var y = low[BRANCHES - 1];
    if (!chain) {
        for (int i = 0; i < BRANCHES; i++) {
            ww_var next = low[(i + 1) % BRANCHES];
            high[i] = area(g, BRANCHES + i, ww_concat(g, 2, (ww_var[]){low[i], next}, 1));
            high[i] = ww_add(g, high[i], low[i]);
        }
        y = ww_concat(g, BRANCHES, high, 1);
        ww_graph_output(g, "seen", high[1]);
    }
    ww_graph_scope(g, "end");
    y = ww_global_pool(g, y, WW_POOL_AVERAGE);
    ww_shape weights = WW_SHAPE(CLASSES, ww_var_shape(g, y).dim[1]);
    y = ww_linear(g, y, ww_parameter(g, "weights", weights, he, 1));
    ww_graph_output(g, "y", y);
    ww_var label = ww_input(g, "label", WW_SHAPE(WW_BATCH));
    ww_graph_loss(g, "error", ww_cross_entropy(g, y, label, 0), 1);
    OK(ww_graph_end(g));
    return g;
}

static ww_made make(bool chain, int threads, ww_mode mode)
{
    int before = ww_threads();
    ww_threads_set(threads);
    ww_made made = ww_made_of(graph_of(chain), (ww_compile_options){.batch = BATCH, .mode = mode});
    ww_threads_set(before);
    return made;
}

/* All named arrays (running statistics among them), gradients, and what was seen. */
static void check_same(const ww_made *a, const ww_made *b, const char *what)
{
    size_t n = 0, m = 0;
    ww_shape shape;
    for (size_t i = 0; i < ww_values_count(a->values); i++) {
        const ww_value *v = ww_values_at(a->values, i), *w = ww_values_at(b->values, i);
        cr_assert_arr_eq(v->data, w->data, v->size * sizeof(float), "%s: %s", what, v->name);
    }
    const float *gradients = ww_program_gradients(a->program, &n);
    const float *others = ww_program_gradients(b->program, &m);
    cr_assert_eq(n, m);
    if (gradients != NULL)
        cr_assert_arr_eq(gradients, others, n * sizeof(float), "%s: gradients", what);
    const float *seen = ww_program_output(a->program, "seen", &shape);
    cr_assert_arr_eq(seen, ww_program_output(b->program, "seen", NULL),
                     ww_shape_size(&shape) * sizeof(float), "%s: seen", what);
}

/* One run in an order drawn from all those that the plan allows. */
static void run_in_some_order(ww_program *program, uint64_t step, ww_random *random)
{
    const ww_lanes *lanes = program->beside;
    int n = (int)program->n_steps, n_ready = 0;
    int *left = calloc((size_t)n, sizeof *left), *ready = calloc((size_t)n, sizeof *ready);
    ww_program_key(program, step);
    for (int s = 0; s < n; s++)
        if ((left[s] = lanes->step[s].waits) == 0)
            ready[n_ready++] = s;
    int done = 0;
    for (; n_ready > 0; done++) {
        int pick = (int)ww_random_below(random, (uint64_t)n_ready), s = ready[pick];
        ready[pick] = ready[--n_ready];
        if (program->steps[s].call != NULL)
            program->steps[s].call->scratch = ww_lane_scratch(program, done % program->lanes);
        OK(ww_step_do(&program->steps[s]));
        for (const ww_lane_link *l = lanes->step[s].after; l != NULL; l = l->next)
            if (--left[l->step] == 0)
                ready[n_ready++] = l->step;
    }
    cr_assert_eq(done, n, "%d of %d steps can be done", done, n);
    free(left), free(ready);
}

Test(tensor_lanes, any_order_that_the_plan_allows_gives_the_same_bits)
{
    const ww_mode modes[] = {WW_TRAIN, WW_INFER, WW_GRADIENT};
    ww_threads_set(1);
    for (int m = 0; m < 3; m++) {
        ww_made serial = make(false, 1, modes[m]), lanes = make(false, 3, modes[m]);
        ww_random random = ww_random_at(7, (uint64_t)m);
        cr_assert_eq(serial.program->lanes, 1);
        cr_assert_eq(lanes.program->lanes, 3);
        for (uint64_t step = 0; step < ORDERS; step++) {
            OK(ww_program_run(serial.program, step));
            run_in_some_order(lanes.program, step, &random);
            check_same(&serial, &lanes, "in some order");
        }
        ww_made_free(&serial), ww_made_free(&lanes);
    }
}

Test(tensor_lanes, lanes_give_the_bits_of_one_thread)
{
    ww_made serial = make(false, 1, WW_TRAIN), two = make(false, 2, WW_TRAIN);
    ww_made many = make(false, 5, WW_TRAIN);
    for (uint64_t step = 0; step < STEPS; step++) {
        ww_threads_set(1);
        OK(ww_program_run(serial.program, step));
        ww_threads_set(4);
        OK(ww_program_run(two.program, step));
        OK(ww_program_run(many.program, step));
        cr_assert_eq(ww_threads(), 4, "the caller's number of threads has changed");
        check_same(&serial, &two, "two lanes");
        check_same(&serial, &many, "five lanes");
    }
    OK(ww_program_check_finite(two.program, STEPS - 1));
    ww_made_free(&serial), ww_made_free(&two), ww_made_free(&many);
}

/* Filters of such numbers of channels side by side, each millions of products; then in a row. */
static int lanes_of(int n, const int *channels, bool chain, int threads)
{
    enum { WIDE = 40, TAPS = 3 };
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 16, WIDE, WIDE)), y[8];
    int before = ww_threads();
    for (int i = 0; i < n; i++) {
        char name[16];
        ww_var from = chain && i > 0 ? y[i - 1] : x;
        snprintf(name, sizeof name, "V%d", i);
        ww_shape shape = WW_SHAPE(channels[i], ww_var_shape(g, from).dim[1], TAPS, TAPS);
        y[i] = ww_conv2d(g, from, ww_parameter(g, name, shape, he, 1), (ww_conv2d_attr){.pad = 1});
        ww_graph_output(g, name, y[i]);
    }
    OK(ww_graph_end(g));
    ww_threads_set(threads);
    ww_made made = ww_made_of(g, (ww_compile_options){.batch = 16, .mode = WW_INFER});
    ww_threads_set(before);
    int lanes = made.program->lanes;
    ww_made_free(&made);
    return lanes;
}

/* Large steps that share out evenly go side by side: no thread waits within them. */
Test(tensor_lanes, large_steps_go_side_by_side_if_they_share_out_evenly)
{
    static const int even[] = {32, 32, 32, 32}, pairs[] = {96, 64, 32, 64};
    static const int one_large[] = {256, 16, 16, 16}, odd[] = {64, 64, 64};
    cr_assert_eq(lanes_of(4, even, false, 2), 2);
    cr_assert_eq(lanes_of(4, pairs, false, 2), 2);
    cr_assert_eq(lanes_of(4, even, true, 2), 1);
    cr_assert_eq(lanes_of(4, one_large, false, 2), 1);
    cr_assert_eq(lanes_of(3, odd, false, 2), 1);
    cr_assert_eq(lanes_of(3, odd, false, 3), 3);
}

Test(tensor_lanes, a_chain_has_no_lanes)
{
    ww_made chain = make(true, 2, WW_TRAIN);
    cr_assert_eq(chain.program->lanes, 1);
    ww_made_free(&chain);
}

Test(tensor_lanes, a_failing_step_is_reported)
{
    char serial[256];
    for (int threads = 1; threads <= 2; threads++) {
        ww_made made = make(false, threads, WW_TRAIN);
        ww_program_input(made.program, "label", NULL)[1] = CLASSES;
        cr_assert_eq(ww_program_run(made.program, 0), WW_EINVAL);
        if (threads == 1)
            snprintf(serial, sizeof serial, "%s", ww_error_message());
        else
            cr_assert_str_eq(ww_error_message(), serial);
        ww_program_input(made.program, "label", NULL)[1] = 0;
        OK(ww_program_run(made.program, 0));
        ww_made_free(&made);
    }
}

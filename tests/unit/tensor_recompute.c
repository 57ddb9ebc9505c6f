/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Activations computed again for the backward pass: the same bits everywhere, from less memory, and
 * states that move once a step. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/ops.h"
#include "tests/support/made.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

enum { BATCH = 4, SIDE = 12, CHANNELS = 8, STEPS = 3 };

static const ww_init ones = {.kind = WW_INIT_CONSTANT, .value = 1};
static const ww_init he = {.kind = WW_INIT_HE, .value = 1};

/* A filter, batch normalisation, rectification or tanh, dropout: everything that a second forward
 * pass could get wrong. */
static ww_var layer(ww_graph *g, int i, ww_var x)
{
    char name[16];
    snprintf(name, sizeof name, "V%d", i);
    ww_graph_scope(g, name);
    ww_shape filters = WW_SHAPE(CHANNELS, ww_var_shape(g, x).dim[1], 3, 3), n = WW_SHAPE(CHANNELS);
    x = ww_conv2d(g, x, ww_parameter(g, "filters", filters, he, 1), (ww_conv2d_attr){.pad = 1});
    x = ww_batch_norm(g, x, ww_parameter(g, "gain", n, ones, 1),
                      ww_parameter(g, "bias", n, ones, 1), ww_state(g, "mean", n, 0),
                      ww_state(g, "variance", n, 1), 0);
    return ww_dropout(g, i % 3 == 2 ? ww_tanh(g, x) : ww_relu(g, x), 0.2);
}

/* A chain of `layers`; `skips`: every third one is also read four layers on, and one is an output.
 */
static ww_graph *graph_of(int layers, bool skips)
{
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 2, SIDE, SIDE)), kept = {0};
    for (int i = 0; i < layers; i++) {
        x = layer(g, i, x);
        if (skips && i % 6 == 1)
            kept = x;
        if (skips && i % 6 == 5)
            x = ww_add(g, x, kept);
        if (skips && i == 4)
            ww_graph_output(g, "seen", x);
    }
    ww_graph_scope(g, "end");
    ww_graph_output(g, "y", x);
    ww_var target = ww_input(g, "target", WW_SHAPE(WW_BATCH, CHANNELS, SIDE, SIDE));
    ww_graph_loss(g, "error", ww_mean_squared_error(g, x, target), 1);
    OK(ww_graph_end(g));
    return g;
}

static ww_made make(int layers, bool skips, ww_compile_options options)
{
    options.batch = BATCH;
    ww_made made = ww_made_of(graph_of(layers, skips), options);
    for (uint64_t step = 0; step < STEPS; step++)
        OK(ww_program_run(made.program, step));
    OK(ww_program_check_sentinels(made.program));
    OK(ww_program_check_finite(made.program, STEPS - 1));
    return made;
}

static void same(const float *a, const float *b, size_t n, const char *what)
{
    cr_assert(a != NULL && b != NULL && memcmp(a, b, n * sizeof *a) == 0, "%s differs", what);
}

static void compare(const ww_made *a, const ww_made *b, ww_mode mode)
{
    size_t n;
    ww_shape shape;
    const float *gradients = ww_program_gradients(a->program, &n);
    same(gradients, ww_program_gradients(b->program, &n), n, "a gradient");
    const float *y = ww_program_output(a->program, "y", &shape);
    same(y, ww_program_output(b->program, "y", NULL), ww_shape_size(&shape), "the output");
    for (size_t i = 0; i < ww_values_count(a->values); i++) {
        const ww_value *value = ww_values_at(a->values, i);
        same(value->data, ww_values_at(b->values, i)->data, value->size, value->name);
    }
    if (mode == WW_GRADIENT)
        same(ww_program_input_gradient(a->program, "x"), ww_program_input_gradient(b->program, "x"),
             BATCH * 2 * SIDE * SIDE, "the gradient of the input");
}

Test(tensor_recompute, same_bits_from_less_memory)
{
    static const ww_mode modes[] = {WW_TRAIN, WW_GRADIENT};
    for (int i = 0; i < 8; i++) {
        ww_mode mode = modes[i % 2];
        bool skips = i / 2 % 2 == 1, reference = i / 4 == 1;
        ww_compile_options options = {.mode = mode, .reference = reference};
        ww_made kept = make(12, skips, options);
        options.recompute = true;
        ww_made again = make(12, skips, options);
        compare(&kept, &again, mode);
        size_t before, after, unshared;
        ww_program_memory(kept.program, &before, &unshared);
        ww_program_memory(again.program, &after, &unshared);
        cr_assert(after < before * (skips ? 0.75 : 0.65), "case %d: %zu bytes, %zu before", i,
                  after, before);
        ww_made_free(&kept);
        ww_made_free(&again);
    }
}

/* Memory of a chain grows as the root of its length. */
Test(tensor_recompute, memory_grows_slowly)
{
    size_t bytes[2], unshared;
    for (int i = 0; i < 2; i++) {
        ww_made made =
            make(i == 0 ? 8 : 32, false, (ww_compile_options){.mode = WW_TRAIN, .recompute = true});
        ww_program_memory(made.program, &bytes[i], &unshared);
        ww_made_free(&made);
    }
    cr_assert(bytes[1] < 2.6 * (double)bytes[0], "%zu and %zu bytes", bytes[0], bytes[1]);
}

Test(tensor_recompute, between_sentinels)
{
    setenv("WW_SENTINELS", "1", 1);
    ww_made again = make(12, true, (ww_compile_options){.mode = WW_TRAIN, .recompute = true});
    unsetenv("WW_SENTINELS");
    ww_made kept = make(12, true, (ww_compile_options){.mode = WW_TRAIN});
    compare(&kept, &again, WW_TRAIN);
    ww_made_free(&kept);
    ww_made_free(&again);
}

Test(tensor_recompute, nothing_to_recompute)
{
    ww_made one = make(1, false, (ww_compile_options){.mode = WW_TRAIN, .recompute = true});
    ww_made infer = make(5, true, (ww_compile_options){.mode = WW_INFER, .recompute = true});
    cr_assert(ww_program_output(infer.program, "seen", NULL) != NULL);
    ww_made_free(&one);
    ww_made_free(&infer);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rectifications that operators do in their own loops: the same bits as beside them, and only where
 * nothing else reads what would stand between the two. A second reader of that, here an output,
 * keeps the two apart and changes nothing else. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/ops.h"
#include "tests/support/made.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

enum { BATCH = 3, CHANNELS = 5, HOSTS = 5 };

static const char *const names[HOSTS] = {"batch_norm", "group_norm", "bias", "add", "none"};
static const ww_init ones = {.kind = WW_INIT_CONSTANT, .value = 1};

static ww_var number_per_channel(ww_graph *g, const char *name)
{
    return ww_parameter(g, name, WW_SHAPE(CHANNELS), ones, 1);
}

static ww_var host(ww_graph *g, int kind, ww_var x)
{
    ww_graph_scope(g, "V1");
    ww_var b = number_per_channel(g, "b");
    if (kind == 0)
        return ww_batch_norm(g, x, number_per_channel(g, "gain"), b,
                             ww_state(g, "mean", WW_SHAPE(CHANNELS), 0.1),
                             ww_state(g, "variance", WW_SHAPE(CHANNELS), 1), 0);
    if (kind == 1)
        return ww_group_norm(g, x, number_per_channel(g, "gain"), b, 1);
    if (kind == 2)
        return ww_bias(g, x, b);
    if (kind == 3)
        return ww_add(g, x, ww_tanh(g, x));
    return ww_tanh(g, x);
}

enum apart { FUSED, OUTPUT, TWO_READERS, LOSS };

/* A filter, the operator, the rectification, dropout, and what follows. */
static ww_graph *graph_of(int kind, enum apart apart)
{
    ww_graph *g = ww_graph_create();
    ww_init he = {.kind = WW_INIT_HE, .value = 1};
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 2, 6, 5));
    ww_graph_scope(g, "LGN");
    ww_var filters = ww_parameter(g, "filters", WW_SHAPE(CHANNELS, 2, 3, 3), he, 1);
    ww_var between = host(g, kind, ww_conv2d(g, x, filters, (ww_conv2d_attr){.pad = 1}));
    ww_var y = ww_dropout(g, ww_relu(g, between), 0.25);
    ww_graph_scope(g, "end");
    ww_graph_output(g, "y", y);
    if (apart == OUTPUT)
        ww_graph_output(g, "between", between);
    if (apart == TWO_READERS)
        y = ww_mul(g, y, between);
    if (apart == LOSS)
        ww_graph_loss(g, "size", ww_mean_squared_error(g, between, ww_affine(g, between, 0, 0)), 1);
    ww_var target = ww_input(g, "target", WW_SHAPE(WW_BATCH, CHANNELS, 6, 5));
    ww_graph_loss(g, "error", ww_mean_squared_error(g, y, target), 1);
    OK(ww_graph_end(g));
    return g;
}

static ww_made make(int kind, enum apart apart, ww_compile_options options)
{
    options.batch = BATCH;
    ww_made made = ww_made_of(graph_of(kind, apart), options);
    for (uint64_t step = 0; step < 2; step++)
        OK(ww_program_run(made.program, step));
    OK(ww_program_check_sentinels(made.program));
    return made;
}

/* How many nodes do this. */
static int count(const ww_program *program, const char *op)
{
    ww_node_time time;
    int n = 0;
    for (size_t i = 0; ww_program_time(program, i, &time); i++)
        n += strcmp(time.op, op) == 0;
    return n;
}

static bool is_fused(const ww_program *program, int kind)
{
    char op[64];
    snprintf(op, sizeof op, "%s+relu", names[kind]);
    bool fused = count(program, op) == 1;
    cr_assert_eq(count(program, "relu"), fused ? 0 : 1, "%s", names[kind]);
    return fused;
}

static void same(const float *a, const float *b, size_t n, double limit, const char *where)
{
    for (size_t i = 0; i < n; i++)
        cr_assert(limit > 0 ? fabs((double)a[i] - (double)b[i]) < limit
                            : memcmp(a + i, b + i, sizeof *a) == 0,
                  "%s: element %zu: %.9g and %.9g", where, i, (double)a[i], (double)b[i]);
}

static void compare(const ww_made *a, const ww_made *b, double limit, const char *where)
{
    ww_shape shape;
    size_t n = 0, m = 0;
    const float *y = ww_program_output(a->program, "y", &shape);
    same(y, ww_program_output(b->program, "y", NULL), ww_shape_size(&shape), limit, where);
    const float *gradient = ww_program_gradients(a->program, &n);
    if (gradient != NULL)
        same(gradient, ww_program_gradients(b->program, &m), n, limit, where);
    const float *by_x = ww_program_input_gradient(a->program, "x");
    if (by_x != NULL)
        same(by_x, ww_program_input_gradient(b->program, "x"), BATCH * 2 * 6 * 5, limit, where);
    for (size_t k = 0; k < ww_values_count(a->values); k++) {
        const ww_value *v = ww_values_at(a->values, k);
        same(v->data, ww_values_find(b->values, v->name)->data, v->size, limit, v->name);
    }
}

Test(tensor_fusion, gives_the_bits_of_two_nodes_in_every_mode)
{
    for (int kind = 0; kind < HOSTS; kind++)
        for (ww_mode mode = WW_INFER; mode <= WW_GRADIENT; mode++) {
            ww_compile_options options = {.mode = mode, .seed = 5};
            ww_made fused = make(kind, FUSED, options), two = make(kind, OUTPUT, options);
            cr_assert_eq(is_fused(fused.program, kind), kind < 4, "%s", names[kind]);
            cr_assert(!is_fused(two.program, kind), "%s", names[kind]);
            compare(&fused, &two, 0, names[kind]);
            options.reference = true;
            ww_made reference = make(kind, FUSED, options);
            cr_assert(!is_fused(reference.program, kind), "%s", names[kind]);
            compare(&fused, &reference, 1e-5, names[kind]);
            ww_made_free(&fused), ww_made_free(&two), ww_made_free(&reference);
        }
}

Test(tensor_fusion, keeps_apart_what_something_else_reads)
{
    for (int kind = 0; kind < HOSTS; kind++)
        for (enum apart apart = OUTPUT; apart <= LOSS; apart++) {
            ww_made made = make(kind, apart, (ww_compile_options){.mode = WW_TRAIN});
            cr_assert(!is_fused(made.program, kind), "%s, %d", names[kind], apart);
            ww_made_free(&made);
        }
}

Test(tensor_fusion, holds_in_memory_of_its_own_between_sentinels)
{
    for (int kind = 0; kind < HOSTS; kind++) {
        ww_compile_options options = {.mode = WW_TRAIN, .seed = 5};
        ww_made shared = make(kind, FUSED, options);
        setenv("WW_SENTINELS", "1", 1);
        ww_made own = make(kind, FUSED, options);
        unsetenv("WW_SENTINELS");
        compare(&shared, &own, 0, names[kind]);
        ww_made_free(&shared), ww_made_free(&own);
    }
}

Test(tensor_fusion, a_fault_is_the_operator_s)
{
    ww_made made = make(2, FUSED, (ww_compile_options){.mode = WW_TRAIN});
    ww_values_find(made.values, "V1/b")->data[1] = NAN;
    OK(ww_program_run(made.program, 1));
    cr_assert_eq(ww_program_check_finite(made.program, 1), WW_ENUMERIC);
    cr_assert_str_eq(ww_error_message(), "V1/bias: the output is not a number because V1/b is not "
                                         "a number");
    ww_made_free(&made);
}

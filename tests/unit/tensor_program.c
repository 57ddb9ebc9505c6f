/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Programs: what they compute, against finite differences and closed forms. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/program.h"
#include "tests/support/toy_ops.h"

enum { BATCH = 3 };

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

static ww_program *compile(const ww_graph *g, ww_values *values, ww_mode mode)
{
    ww_program *program;
    OK(ww_compile(&program, g, values,
                  (ww_compile_options){.batch = BATCH, .mode = mode, .seed = 5}));
    return program;
}

static void fill(ww_program *program, const char *name, uint64_t seed)
{
    size_t n;
    float *x = ww_program_input(program, name, &n);
    cr_assert_not_null(x, "%s", name);
    ww_random random = ww_random_at(seed, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)ww_random_normal(&random);
}

/* Two layers, with a bias-free tanh between, and two losses. */
static ww_graph *two_layers(void)
{
    ww_graph *g = ww_graph_create();
    ww_init he = {.kind = WW_INIT_HE, .value = 1};
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 5));
    ww_var target = ww_input(g, "target", WW_SHAPE(WW_BATCH, 2));
    ww_graph_scope(g, "V1");
    ww_var w = ww_parameter(g, "weight", WW_SHAPE(7, 5), he, 1);
    ww_var hidden = toy1(g, &toy_tanh, toy2(g, &toy_linear, x, w));
    ww_graph_scope(g, "V2");
    ww_var y = toy2(g, &toy_linear, hidden, ww_parameter(g, "weight", WW_SHAPE(2, 7), he, 1));
    ww_graph_output(g, "y", y);
    ww_graph_loss(g, "error", toy2(g, &toy_error, y, target), 0.5);
    ww_graph_loss(g, "size", toy1(g, &toy_sum, toy1(g, &toy_square, hidden)), 0.25);
    OK(ww_graph_end(g));
    return g;
}

/* Central differences of the loss with respect to every element of `x` against `gradient`. */
static void check_differences(ww_program *program, float *x, const float *gradient, size_t n,
                              const char *what)
{
    const float h = 0x1p-6f;
    ww_program_run(program, 0);
    float kept[64];
    cr_assert_leq(n, 64);
    memcpy(kept, gradient, n * sizeof(float));
    for (size_t i = 0; i < n; i++) {
        float x0 = x[i];
        x[i] = x0 + h;
        OK(ww_program_run(program, 0));
        double up = ww_program_loss(program);
        x[i] = x0 - h;
        OK(ww_program_run(program, 0));
        double slope = (up - ww_program_loss(program)) / (2.0 * h);
        x[i] = x0;
        cr_assert_float_eq(kept[i], slope, 2e-3 * (1 + fabs(slope)), "%s[%zu]: %g is not %g", what,
                           i, (double)kept[i], slope);
    }
}

Test(tensor_program, two_layers_by_finite_differences)
{
    ww_graph *g = two_layers();
    ww_values *values;
    OK(ww_values_create(&values, g, 1));
    for (int mode = WW_TRAIN; mode <= WW_GRADIENT; mode++) {
        ww_program *program = compile(g, values, (ww_mode)mode);
        fill(program, "x", 1);
        fill(program, "target", 2);
        size_t n;
        float *gradients = ww_program_gradients(program, &n);
        for (size_t v = 0; v < ww_values_count(values); v++) {
            ww_value *value = ww_values_at(values, v);
            check_differences(program, value->data, gradients + value->offset, value->size,
                              value->name);
        }
        const float *by_x = ww_program_input_gradient(program, "x");
        cr_assert_eq(by_x == NULL, mode == WW_TRAIN);
        if (by_x != NULL)
            check_differences(program, ww_program_input(program, "x", &n), by_x, BATCH * 5, "x");
        cr_assert_null(ww_program_input_gradient(program, "target"));
        OK(ww_program_check_finite(program, 0));
        ww_program_free(program);
    }
    ww_values_free(values);
    ww_graph_free(g);
}

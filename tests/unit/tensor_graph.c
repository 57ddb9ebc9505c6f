/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Graphs: the sticky status and its messages; values: names, places and first numbers. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/tensor/values.h"
#include "tests/support/toy_ops.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

static const ww_init zero = {0};

/* Each builds a graph that must fail; the graph stands in scope V4 with x[N, 3, 8, 8]. */
struct mistake {
    ww_var (*make)(ww_graph *g, ww_var x);
    ww_status code;
    const char *message;
};

static ww_var misfit(ww_graph *g, ww_var x)
{
    return toy2(g, &toy_linear, x, ww_parameter(g, "weight", WW_SHAPE(16, 4, 3, 3), zero, 1));
}

static ww_var two_misfits(ww_graph *g, ww_var x)
{
    misfit(g, x);
    ww_graph_scope(g, "MT");
    return toy2(g, &toy_add, x, ww_state(g, "mean", WW_SHAPE(3), 0));
}

static ww_var outside_areas(ww_graph *g, ww_var x)
{
    ww_graph_scope(g, NULL);
    return toy2(g, &toy_add, x, ww_parameter(g, "w", WW_SHAPE(2), zero, 1));
}

static ww_var redeclared(ww_graph *g, ww_var x)
{
    ww_parameter(g, "weight", WW_SHAPE(16, 3), zero, 1);
    ww_parameter(g, "weight", WW_SHAPE(3, 16), zero, 1);
    return x;
}

static ww_var other_kind(ww_graph *g, ww_var x)
{
    ww_control(g, "gain", WW_SHAPE(3), 1);
    ww_state(g, "gain", WW_SHAPE(3), 1);
    return x;
}

static ww_var two_few(ww_graph *g, ww_var x)
{
    return toy1(g, &toy_mul, x);
}

static ww_var invalid(ww_graph *g, ww_var x)
{
    return toy2(g, &toy_mul, x, (ww_var){-1});
}

static ww_var from_the_future(ww_graph *g, ww_var x)
{
    return toy2(g, &toy_mul, x, (ww_var){7});
}

static ww_var open_parameter(ww_graph *g, ww_var x)
{
    ww_parameter(g, "weight", WW_SHAPE(WW_BATCH, 3), zero, 1);
    return x;
}

static ww_var empty(ww_graph *g, ww_var x)
{
    ww_fixed(g, "bank", WW_SHAPE(4, 0), NULL);
    return x;
}

static ww_var no_numbers(ww_graph *g, ww_var x)
{
    ww_fixed(g, "bank", WW_SHAPE(4), NULL);
    return x;
}

static ww_var no_rank(ww_graph *g, ww_var x)
{
    ww_state(g, "mean", (ww_shape){0}, 0);
    return x;
}

static ww_var large_loss(ww_graph *g, ww_var x)
{
    ww_graph_loss(g, "error", x, 1);
    return x;
}

static ww_var loss_a_sample(ww_graph *g, ww_var x)
{
    ww_graph_loss(g, "error", ww_input(g, "one", WW_SHAPE(WW_BATCH)), 1);
    return x;
}

static ww_var infinite_weight(ww_graph *g, ww_var x)
{
    ww_graph_loss(g, "error", toy1(g, &toy_sum, x), INFINITY);
    return x;
}

static ww_var two_outputs(ww_graph *g, ww_var x)
{
    ww_graph_output(g, "y", x);
    ww_graph_output(g, "y", x);
    return x;
}

static ww_var bad_output(ww_graph *g, ww_var x)
{
    ww_graph_output(g, "z", (ww_var){-1});
    return x;
}

static ww_var outside(ww_graph *g, ww_var x)
{
    (void)x;
    return ww_graph_fail(g, WW_ENOTFOUND, "area %s: no input called '%s'", "V4", "V2");
}

static const struct mistake mistakes[] = {
    {misfit, WW_ESHAPE,
     "V4: toy_linear: [N, 3, 8, 8] and [16, 4, 3, 3]: the last dimensions differ"},
    {two_misfits, WW_ESHAPE,
     "V4: toy_linear: [N, 3, 8, 8] and [16, 4, 3, 3]: the last dimensions differ"},
    {outside_areas, WW_ESHAPE, "toy_add: [N, 3, 8, 8] and [2]: shapes differ"},
    {redeclared, WW_ESHAPE, "V4/weight: [3, 16] was declared before as [16, 3]"},
    {other_kind, WW_ESHAPE, "V4/gain: a state was declared before as a control"},
    {two_few, WW_EINVAL, "V4: toy_mul: 1 input given, 2 wanted"},
    {invalid, WW_EINVAL, "V4: toy_mul: input 2 is no variable of this graph"},
    {from_the_future, WW_EINVAL, "V4: toy_mul: input 2 is no variable of this graph"},
    {open_parameter, WW_ESHAPE, "V4/weight: shape [N, 3] has a dimension that is not positive"},
    {empty, WW_ESHAPE, "V4/bank: shape [4, 0] has a dimension that is not positive"},
    {no_numbers, WW_EINVAL, "V4/bank: no numbers are given for it"},
    {no_rank, WW_ESHAPE, "V4/mean: rank 0 is outside 1 to 6"},
    {large_loss, WW_ESHAPE, "loss 'error': one number is wanted, not [N, 3, 8, 8]"},
    {loss_a_sample, WW_ESHAPE, "loss 'error': one number is wanted, not [N]"},
    {infinite_weight, WW_EINVAL, "loss 'error': its weight is not a finite number"},
    {two_outputs, WW_EINVAL, "there are two outputs called 'y'"},
    {bad_output, WW_EINVAL, "output 'z' is no variable of this graph"},
    {outside, WW_ENOTFOUND, "area V4: no input called 'V2'"},
};

Test(tensor_graph, mistakes_are_named_and_stick)
{
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        ww_graph *g = ww_graph_create();
        ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 3, 8, 8));
        ww_graph_scope(g, "V4");
        mistakes[i].make(g, x);
        size_t nodes = ww_graph_nodes(g);
        ww_var after = toy1(g, &toy_scale, x);
        ww_parameter(g, "late", WW_SHAPE(3), zero, 1);
        ww_graph_output(g, "late", x);
        ww_graph_fail(g, WW_EIO, "later");
        cr_expect_lt(after.id, 0);
        cr_expect_eq(ww_graph_nodes(g), nodes);
        for (int again = 0; again < 2; again++) {
            ww_error_clear();
            cr_expect_eq(ww_graph_end(g), mistakes[i].code, "%s", mistakes[i].message);
            cr_expect_str_eq(ww_error_message(), mistakes[i].message);
        }
        cr_expect_not(ww_graph_sealed(g));
        ww_graph_free(g);
    }
}

Test(tensor_graph, an_empty_graph_is_refused)
{
    ww_graph *g = ww_graph_create();
    ww_input(g, "x", WW_SHAPE(WW_BATCH, 3));
    cr_expect_eq(ww_graph_end(g), WW_EINVAL);
    cr_expect_str_eq(ww_error_message(), "the graph has no output");
    ww_graph_free(g);
    ww_graph_free(NULL);
}

/* Many nodes, so that the arrays of the graph grow. */
Test(tensor_graph, names_shapes_and_order)
{
    ww_graph *g = ww_graph_create();
    ww_graph_scope(g, "V4");
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 3));
    ww_var first = x, w = ww_parameter(g, "weight", WW_SHAPE(3, 3), zero, 0.5);
    for (int i = 0; i < 300; i++) {
        ww_var again = ww_parameter(g, "weight", WW_SHAPE(3, 3), zero, 0.5);
        cr_assert_eq(again.id, w.id);
        x = toy2(g, &toy_linear, x, again);
        char name[16];
        snprintf(name, sizeof name, "y%d", i);
        ww_graph_output(g, name, x);
    }
    ww_graph_scope(g, NULL);
    cr_expect_eq(ww_input(g, "x", WW_SHAPE(WW_BATCH, 3)).id, first.id);
    cr_expect_neq(ww_parameter(g, "weight", WW_SHAPE(3, 3), zero, 1).id, w.id);
    OK(ww_graph_end(g));
    cr_assert(ww_graph_sealed(g));
    cr_assert_eq(ww_graph_nodes(g), 303);
    const ww_graph_result *results;
    cr_assert_eq(ww_graph_results(g, &results), 300);
    for (int i = 0; i < 300; i++) {
        const ww_node *node = ww_graph_node(g, (size_t)i + 2);
        cr_assert_str_eq(node->name, "V4/toy_linear");
        cr_assert_eq(node->in[0], i == 0 ? first.id : i + 1);
        cr_assert_eq(node->in[1], w.id);
        cr_assert_eq(results[i].id, i + 2);
    }
    cr_assert_str_eq(results[299].name, "y299");
    ww_shape expected = WW_SHAPE(WW_BATCH, 3), shape = ww_var_shape(g, x);
    cr_expect(ww_shape_equal(&shape, &expected));
    cr_expect_eq(ww_var_shape(g, (ww_var){-1}).rank, 0);
    cr_expect_str_eq(ww_graph_node(g, 1)->name, "V4/weight");
    cr_expect_str_eq(ww_graph_node(g, 0)->name, "x");
    cr_expect_float_eq(ww_graph_node(g, 1)->decay, 0.5, 0);
    ww_graph_free(g);
}

/* ---- values ---- */

enum { ROWS = 64, COLUMNS = 100 };
static float bank[6] = {1, -2, 3, -4, 5, -6};

static ww_graph *named_arrays(bool with_another)
{
    ww_graph *g = ww_graph_create();
    ww_shape shape = WW_SHAPE(ROWS, COLUMNS);
    if (with_another)
        ww_parameter(g, "another", WW_SHAPE(17), (ww_init){WW_INIT_NORMAL, 1, 0, NULL}, 1);
    ww_graph_scope(g, "V1");
    ww_parameter(g, "odd", WW_SHAPE(3), (ww_init){.value = 0.25}, 0);
    ww_parameter(g, "normal", shape, (ww_init){WW_INIT_NORMAL, 0.5, 0, NULL}, 1);
    ww_parameter(g, "he", shape, (ww_init){WW_INIT_HE, 1, 0, NULL}, 1);
    ww_parameter(g, "he8", shape, (ww_init){WW_INIT_HE, 2, 8, NULL}, 1);
    ww_parameter(g, "uniform", shape, (ww_init){WW_INIT_UNIFORM, 0.3, 0, NULL}, 1);
    ww_parameter(g, "positive", shape, (ww_init){WW_INIT_POSITIVE, 0.3, 0, NULL}, 1);
    ww_parameter(g, "data", WW_SHAPE(2, 3), (ww_init){WW_INIT_DATA, 0, 0, bank}, 1);
    ww_state(g, "mean", WW_SHAPE(4), 2);
    ww_control(g, "gain", WW_SHAPE(5), 1);
    ww_fixed(g, "bank", WW_SHAPE(6), bank);
    ww_graph_output(g, "x", ww_input(g, "x", WW_SHAPE(WW_BATCH, 1)));
    OK(ww_graph_end(g));
    return g;
}

/* Mean and sd, with tolerances of 5 standard errors. */
static void check_moments(ww_values *values, const char *name, double sd, double excess)
{
    const ww_value *value = ww_values_find(values, name);
    cr_assert_not_null(value, "%s", name);
    double n = (double)value->size, mean = 0, square = 0;
    for (size_t i = 0; i < value->size; i++) {
        mean += (double)value->data[i] / n;
        square += pow((double)value->data[i], 2) / n;
    }
    cr_expect_float_eq(mean, 0, 5 * sd / sqrt(n), "%s: mean %g", name, mean);
    cr_expect_float_eq(square, sd * sd, 5 * sd * sd * sqrt((2 + excess) / n), "%s: sd %g, not %g",
                       name, sqrt(square), sd);
}

Test(tensor_graph, first_values)
{
    ww_graph *g = named_arrays(false);
    bank[0] = 100; /* the graph has copied it */
    ww_values *values;
    OK(ww_values_create(&values, g, 3));
    check_moments(values, "V1/normal", 0.5, 0);
    check_moments(values, "V1/he", sqrt(2.0 / COLUMNS), 0);
    check_moments(values, "V1/he8", 2 * sqrt(2.0 / 8), 0);
    check_moments(values, "V1/uniform", 0.3 / sqrt(3), -1.2);
    const ww_value *uniform = ww_values_find(values, "V1/uniform");
    for (size_t i = 0; i < uniform->size; i++)
        cr_assert_leq(fabsf(uniform->data[i]), 0.3f);
    double mean = 0;
    const ww_value *positive = ww_values_find(values, "V1/positive");
    for (size_t i = 0; i < positive->size; i++) {
        cr_assert(positive->data[i] >= 0 && positive->data[i] <= 0.3f);
        mean += (double)positive->data[i] / (double)positive->size;
    }
    double error = 0.3 / sqrt(12 * (double)positive->size);
    cr_assert_float_eq(mean, 0.15, 5 * error, "%g", mean);
    static const struct {
        const char *name;
        float first;
        ww_node_kind kind;
    } constant[] = {{"V1/odd", 0.25f, WW_NODE_PARAM},
                    {"V1/mean", 2, WW_NODE_STATE},
                    {"V1/gain", 1, WW_NODE_CONTROL}};
    for (int c = 0; c < 3; c++) {
        const ww_value *value = ww_values_find(values, constant[c].name);
        cr_expect_eq(value->kind, constant[c].kind);
        for (size_t i = 0; i < value->size; i++)
            cr_expect_float_eq(value->data[i], constant[c].first, 0);
    }
    for (int i = 0; i < 6; i++) {
        cr_expect_float_eq(ww_values_find(values, "V1/data")->data[i], i == 0 ? 1 : bank[i], 0);
        cr_expect_float_eq(ww_values_find(values, "V1/bank")->data[i], i == 0 ? 1 : bank[i], 0);
    }
    cr_expect_null(ww_values_find(values, "x"));
    cr_expect_null(ww_values_find(values, "V1"));
    ww_values_free(values);
    ww_values_free(NULL);
    ww_graph_free(g);
}

Test(tensor_graph, parameters_lie_in_one_array)
{
    ww_graph *g = named_arrays(false);
    ww_values *values;
    OK(ww_values_create(&values, g, 3));
    size_t total, next = 0, padding = 0;
    float *all = ww_values_parameters(values, &total);
    cr_assert_eq(ww_values_count(values), 10);
    for (size_t v = 0; v < 10; v++) {
        const ww_value *value = ww_values_at(values, v);
        cr_expect_eq((uintptr_t)value->data % WW_ALIGNMENT, 0);
        cr_expect_eq(value->size, ww_shape_size(&value->shape));
        cr_expect_str_eq(ww_graph_node(g, (size_t)value->node)->name, value->name);
        if (value->kind != WW_NODE_PARAM)
            continue;
        cr_expect_eq(value->data, all + value->offset);
        for (; next < value->offset; next++, padding++)
            cr_expect_float_eq(all[next], 0, 0);
        next += value->size;
    }
    for (; next < total; next++, padding++)
        cr_expect_float_eq(all[next], 0, 0);
    cr_expect_eq(padding, 13 + 10);
    ww_values_free(values);
    ww_graph_free(g);
}

static bool same_numbers(ww_values *a, ww_values *b, const char *name)
{
    const ww_value *x = ww_values_find(a, name), *y = ww_values_find(b, name);
    return memcmp(x->data, y->data, x->size * sizeof(float)) == 0;
}

Test(tensor_graph, numbers_hang_on_seed_and_name_alone)
{
    ww_graph *g = named_arrays(false), *larger = named_arrays(true);
    ww_values *a, *b, *c;
    OK(ww_values_create(&a, g, 3));
    OK(ww_values_create(&b, larger, 3));
    OK(ww_values_create(&c, g, 4));
    static const char *const drawn[] = {"V1/normal", "V1/he", "V1/uniform"};
    for (int i = 0; i < 3; i++) {
        cr_expect(same_numbers(a, b, drawn[i]), "%s", drawn[i]);
        cr_expect_not(same_numbers(a, c, drawn[i]), "%s", drawn[i]);
    }
    cr_expect_float_neq(ww_values_find(a, "V1/normal")->data[0] / 0.5f,
                        ww_values_find(a, "V1/he")->data[0] * 7.0710678f, 1e-3);
    ww_values_free(a), ww_values_free(b), ww_values_free(c);
    ww_graph_free(g), ww_graph_free(larger);
}

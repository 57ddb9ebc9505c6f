/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Penalties, norms, clipping, and values that are not finite. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/learning/penalty.h"

static ww_graph *graph;
static ww_values *values;
static float gradient[4096];
static size_t n;

/* V4/weight [7, 5] with decay 1, V4/bias [7] with 0, IT/weight [3, 37] with 0.5, and a state. */
static void setup(void)
{
    ww_init normal = {.kind = WW_INIT_NORMAL, .value = 0.8};
    graph = ww_graph_create();
    ww_graph_scope(graph, "V4");
    ww_parameter(graph, "weight", WW_SHAPE(7, 5), normal, 1);
    ww_parameter(graph, "bias", WW_SHAPE(7), normal, 0);
    ww_graph_scope(graph, "IT");
    ww_graph_output(graph, "weight", ww_parameter(graph, "weight", WW_SHAPE(3, 37), normal, 0.5));
    ww_state(graph, "mean", WW_SHAPE(5), 0.3);
    ww_graph_scope(graph, NULL);
    cr_assert_eq(ww_graph_end(graph), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_values_create(&values, graph, 11), WW_OK);
    ww_values_parameters(values, &n);
    cr_assert_leq(n, sizeof gradient / sizeof *gradient);
    ww_values_find(values, "V4/weight")->data[3] = 0; /* the kink of |w| */
    memset(gradient, 0, sizeof gradient);
}

static void teardown(void)
{
    ww_values_free(values);
    ww_graph_free(graph);
}

TestSuite(penalty, .init = setup, .fini = teardown);

Test(penalty, is_the_sum_that_it_says_and_its_derivative)
{
    static const double grid[3][2] = {{0.37, 0}, {0, 0.61}, {0.37, 0.61}};
    for (int k = 0; k < 3; k++) {
        double l1 = grid[k][0], l2 = grid[k][1], want = 0;
        for (size_t i = 0; i < n; i++)
            gradient[i] = 0.25f;
        double sum = ww_penalty_add(values, l1, l2, gradient);
        for (size_t v = 0; v < ww_values_count(values); v++) {
            const ww_value *value = ww_values_at(values, v);
            for (size_t i = 0; value->kind == WW_NODE_PARAM && i < value->size; i++) {
                double w = (double)value->data[i];
                want += value->decay * (l1 * fabs(w) + l2 / 2 * w * w);
                double slope = value->decay * (l1 * ((w > 0) - (w < 0)) + l2 * w);
                cr_assert_float_eq((double)gradient[value->offset + i], 0.25 + slope, 1e-6);
            }
        }
        cr_assert_float_eq(sum, want, 1e-9 * want);
    }
}

Test(penalty, of_nothing_is_nothing)
{
    cr_assert_eq(ww_penalty_add(values, 0, 0, gradient), 0.0);
    for (size_t i = 0; i < n; i++)
        cr_assert(gradient[i] == 0);
}

Test(penalty, norm_is_euclidean_for_every_length_and_any_number_of_threads)
{
    static float x[300000];
    ww_random random = ww_random_stream(3, "test/norm", 0);
    for (size_t i = 0; i < sizeof x / sizeof *x; i++)
        x[i] = (float)ww_random_normal(&random);
    static const size_t length[] = {0, 1, 2, 255, 256, 257, 1000, 65537, 300000};
    for (size_t k = 0; k < sizeof length / sizeof *length; k++) {
        double sum = 0;
        for (size_t i = 0; i < length[k]; i++)
            sum += (double)x[i] * (double)x[i];
        ww_threads_set(1);
        double one = ww_norm(x, length[k]);
        ww_threads_set(3);
        cr_assert_eq(one, ww_norm(x, length[k]));
        cr_assert_float_eq(one, sqrt(sum), 1e-10 * (1 + sqrt(sum)));
    }
}

Test(penalty, names_the_value_that_is_not_finite)
{
    cr_assert_eq(ww_check_values(values, 412), WW_OK);
    ww_values_find(values, "IT/mean")->data[4] = NAN;
    cr_assert_eq(ww_check_values(values, 77), WW_ENUMERIC);
    cr_assert_str_eq(ww_error_message(), "step 77: area IT: IT/mean is not a number");
    ww_values_find(values, "V4/weight")->data[34] = INFINITY;
    cr_assert_eq(ww_check_values(values, 412), WW_ENUMERIC);
    cr_assert_str_eq(ww_error_message(), "step 412: area V4: V4/weight is infinite");
}

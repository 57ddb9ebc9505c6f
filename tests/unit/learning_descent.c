/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Late gradients against those that are multiplied out: the same steps by every optimiser, the same
 * faults found, and late only where they may be. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/learning/descent.h"
#include "engine/learning/penalty.h"
#include "engine/learning/train.h"
#include "engine/tensor/ops.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

enum { INPUTS = 501, FIRST = 200, LOW = 420, HIGH = 300, OUT = 3, STEPS = 4 };

static const ww_init he = {.kind = WW_INIT_HE, .value = 1};

static ww_var layer(ww_graph *g, const char *name, ww_var x, int64_t units)
{
    ww_graph_scope(g, name);
    ww_var w = ww_parameter(g, "weight", WW_SHAPE(units, ww_var_shape(g, x).dim[1]), he, 1);
    ww_var b = ww_parameter(g, "bias", WW_SHAPE(units), (ww_init){0}, 0);
    return ww_bias(g, ww_linear(g, x, w), b);
}

/* Three layers whose gradients may be late, and one that is too small. What comes before the others
 * in the order of layers, and after them on the way back, is narrow enough to lie where their
 * factors were, if those did not live on. `again`: the third layer's weights are read twice. */
static ww_graph *graph_of(bool again, double weight)
{
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, INPUTS));
    x = layer(g, "first", x, FIRST);
    x = ww_add(g, ww_tanh(g, x), ww_square(g, x));
    x = ww_relu(g, layer(g, "low", x, LOW));
    ww_var y = ww_tanh(g, layer(g, "high", x, HIGH));
    if (again)
        y = ww_add(g, y, ww_relu(g, layer(g, "high", ww_square(g, x), HIGH)));
    y = layer(g, "out", y, OUT);
    ww_graph_scope(g, NULL);
    ww_var wanted = ww_input(g, "y", WW_SHAPE(WW_BATCH, OUT));
    ww_graph_loss(g, "loss", ww_mean_squared_error(g, y, wanted), weight);
    OK(ww_graph_end(g));
    return g;
}

/* A net in training. */
typedef struct net {
    ww_graph *graph;
    ww_values *values;
    ww_program *program;
    ww_descent descent;
    double params[8], norm;
    float *parameter, *start, *decay, *slot[2];
    size_t n;
} net;

static void open_net(net *t, const ww_optimiser *o, ww_compile_options options, double clip)
{
    *t = (net){.graph = graph_of(false, 1)};
    options.mode = WW_TRAIN;
    OK(ww_values_create(&t->values, t->graph, 3));
    OK(ww_compile(&t->program, t->graph, t->values, options));
    t->parameter = ww_values_parameters(t->values, &t->n);
    t->start = calloc(t->n, sizeof(float));
    memcpy(t->start, t->parameter, t->n * sizeof(float));
    for (int k = 0; k < 2; k++)
        t->slot[k] = calloc(t->n, sizeof(float));
    t->decay = calloc(t->n, sizeof(float));
    for (size_t i = 0; i < t->n; i++)
        t->decay[i] = (float)(i % 977) * 1e-3f;
    ww_params_defaults(o->item.params, t->params);
    t->descent = (ww_descent){o, t->params, o->decouples ? t->decay : NULL, t->slot, clip};
}

static void close_net(net *t)
{
    ww_program_free(t->program);
    ww_values_free(t->values);
    ww_graph_free(t->graph);
    free(t->start);
    free(t->decay);
    free(t->slot[0]);
    free(t->slot[1]);
}

static void feed(ww_program *program, uint64_t number)
{
    static const char *const names[] = {"x", "y"};
    for (int k = 0; k < 2; k++) {
        size_t n;
        float *data = ww_program_input(program, names[k], &n);
        ww_random random = ww_random_stream(9, names[k], number);
        for (size_t i = 0; i < n; i++)
            data[i] = (float)ww_random_normal(&random);
    }
}

static void run_net(net *t, uint64_t step)
{
    feed(t->program, step);
    OK(ww_program_run(t->program, step));
    t->norm = ww_gradient_norm(t->program);
}

static void learn(net *t)
{
    for (uint64_t s = 1; s <= STEPS; s++) {
        run_net(t, s);
        ww_descend(&t->descent, t->program, t->values, t->norm, 0.01, s);
    }
}

static int late_ones(const ww_program *program)
{
    ww_factors f;
    int n = 0;
    while (ww_program_late(program, (size_t)n, &f))
        n++;
    return n;
}

/* Root mean square of the difference relative to how far a went from its start. */
static double apart(const net *a, const net *b)
{
    double difference = 0, way = 0;
    for (size_t i = 0; i < a->n; i++) {
        difference += pow((double)a->parameter[i] - (double)b->parameter[i], 2);
        way += pow((double)a->parameter[i] - (double)a->start[i], 2);
    }
    cr_assert_gt(way, 0);
    return sqrt(difference / way);
}

Test(descent, late_gradients_move_the_parameters_as_others_do)
{
    static const int64_t batches[] = {1, 3, 8};
    for (size_t k = 0; k < 6 * ww_optimisers_count; k++) {
        const ww_optimiser *o = ww_optimisers[k / 6];
        net late, early;
        int64_t batch = batches[k % 3];
        double clip = k % 6 < 3 ? 0 : 0.05;
        open_net(&late, o, (ww_compile_options){.batch = batch, .late = true}, clip);
        open_net(&early, o, (ww_compile_options){.batch = batch}, clip);
        cr_assert_eq(late_ones(late.program), 3);
        cr_assert_eq(late_ones(early.program), 0);
        learn(&late);
        learn(&early);
        cr_expect_lt(apart(&early, &late), 2e-4, "%s, batch %d, clip %g: %g", o->item.name,
                     (int)batch, clip, apart(&early, &late));
        close_net(&late);
        close_net(&early);
    }
}

/* The step of sgd without momentum is the gradient. */
Test(descent, clipping_limits_the_length_of_the_whole_step)
{
    extern const ww_optimiser ww_optimiser_sgd;
    for (int k = 0; k < 6; k++) {
        net t;
        double way = 0, clip[] = {0, 0.05, 1e9};
        open_net(&t, &ww_optimiser_sgd, (ww_compile_options){.batch = 3, .late = k < 3},
                 clip[k % 3]);
        t.params[0] = 0;
        t.descent.decay = NULL;
        run_net(&t, 1);
        ww_descend(&t.descent, t.program, t.values, t.norm, 0.5, 1);
        for (size_t i = 0; i < t.n; i++)
            way += pow(((double)t.start[i] - (double)t.parameter[i]) / 0.5, 2);
        cr_expect_gt(t.norm, 0.1);
        cr_expect_float_eq(sqrt(way), k % 3 == 1 ? 0.05 : t.norm, 1e-4 * sqrt(way), "%g of %g",
                           sqrt(way), t.norm);
        close_net(&t);
    }
}

Test(descent, the_whole_gradient_is_to_be_had)
{
    extern const ww_optimiser ww_optimiser_sgd;
    net late, early;
    open_net(&late, &ww_optimiser_sgd, (ww_compile_options){.batch = 5, .late = true}, 0);
    open_net(&early, &ww_optimiser_sgd, (ww_compile_options){.batch = 5}, 0);
    run_net(&late, 1);
    run_net(&early, 1);
    size_t n;
    const float *a = ww_program_gradients(late.program, &n);
    const float *b = ww_program_gradients(early.program, &n);
    double difference = 0, square = 0;
    for (size_t i = 0; i < n; i++) {
        difference += pow((double)a[i] - (double)b[i], 2);
        square += (double)b[i] * (double)b[i];
    }
    cr_expect_lt(sqrt(difference / square), 1e-6);
    cr_expect_float_eq(early.norm, sqrt(square), 1e-9 * sqrt(square));
    cr_expect_float_eq(late.norm, sqrt(square), 1e-6 * sqrt(square));
    ww_factors f;
    static float piece[5000];
    for (int64_t most = 100; most <= 5000; most *= 7) { /* parts of rows, and some rows */
        cr_assert(ww_program_late(late.program, 0, &f));
        int64_t count = ww_factors_block(&f, most, 0).count, done = 0;
        for (int64_t i = 0; i < count; i++) {
            ww_block block = ww_factors_block(&f, most, i);
            cr_assert_eq(block.row * f.columns + block.column, done);
            cr_assert_leq(block.rows * block.columns, most);
            ww_factors_multiply(&f, &block, piece);
            for (int64_t j = 0; j < block.rows * block.columns; j++, done++)
                cr_assert_float_eq(piece[j], b[f.offset + (size_t)done], 1e-5);
        }
        cr_assert_eq(done, FIRST * INPUTS);
    }
    close_net(&late);
    close_net(&early);
}

/* Neither threads nor where arrays lie. */
Test(descent, threads_and_memory_change_no_bit)
{
    for (size_t k = 0; k < ww_optimisers_count; k++) {
        net one;
        ww_threads_set(1);
        open_net(&one, ww_optimisers[k], (ww_compile_options){.batch = 3, .late = true}, 0.05);
        learn(&one);
        for (int threads = 2; threads <= 4; threads++) {
            net other;
            ww_threads_set(threads);
            open_net(&other, ww_optimisers[k],
                     (ww_compile_options){.batch = 3, .late = true, .unshared = threads == 4},
                     0.05);
            learn(&other);
            cr_expect(memcmp(one.parameter, other.parameter, one.n * sizeof(float)) == 0,
                      "%s, %d threads", ww_optimisers[k]->item.name, threads);
            cr_expect_eq(one.norm, other.norm);
            close_net(&other);
        }
        close_net(&one);
    }
    ww_threads_set(0);
}

static int late_of(bool again, ww_compile_options options)
{
    ww_graph *g = graph_of(again, 1);
    ww_values *values;
    ww_program *program;
    OK(ww_values_create(&values, g, 3));
    OK(ww_compile(&program, g, values, options));
    int n = late_ones(program);
    ww_program_free(program);
    ww_values_free(values);
    ww_graph_free(g);
    return n;
}

Test(descent, gradients_are_late_only_where_they_may_be)
{
    ww_compile_options o = {.batch = 8, .mode = WW_TRAIN, .late = true};
    cr_expect_eq(late_of(false, o), 3);
    cr_expect_eq(late_of(true, o), 2); /* a weight that is read twice is not */
    o.batch = 9;
    cr_expect_eq(late_of(false, o), 0);
    o.batch = 1;
    o.mode = WW_GRADIENT;
    cr_expect_eq(late_of(false, o), 0);
    o.mode = WW_INFER;
    cr_expect_eq(late_of(false, o), 0);
    o.mode = WW_TRAIN;
    o.recompute = true;
    cr_expect_eq(late_of(false, o), 0);
    o.recompute = false;
    o.late = false;
    cr_expect_eq(late_of(false, o), 0);
}

/* All is finite but the product, or even that. */
static double norm_of_large(double x0, double weight, bool late)
{
    ww_graph *g = graph_of(false, weight);
    ww_values *values;
    ww_program *program;
    OK(ww_values_create(&values, g, 3));
    float *first = ww_values_find(values, "first/weight")->data;
    for (int i = 0; i < FIRST; i++)
        first[(size_t)i * INPUTS + 7] = 0;
    OK(ww_compile(&program, g, values,
                  (ww_compile_options){.batch = 2, .mode = WW_TRAIN, .late = late}));
    feed(program, 1);
    ww_program_input(program, "x", NULL)[7] = (float)x0;
    OK(ww_program_run(program, 0));
    double norm = ww_gradient_norm(program);
    if (isfinite(norm)) {
        OK(ww_program_check_finite(program, 0));
    } else {
        cr_expect_eq(ww_program_check_finite(program, 0), WW_ENUMERIC);
        cr_expect_str_eq(ww_error_message(), "gradient of first/weight is infinite");
    }
    ww_program_free(program);
    ww_values_free(values);
    ww_graph_free(g);
    return norm;
}

Test(descent, what_overflows_in_a_product_is_named)
{
    for (double x0 = 1; x0 < 1e26; x0 *= 1e5) {
        double late = norm_of_large(x0, 1e15, true), early = norm_of_large(x0, 1e15, false);
        cr_expect(isinf(late) == isinf(early) && isinf(late) == (x0 >= 1e25), "%g: %g, %g", x0,
                  late, early);
        cr_expect(isinf(late) || fabs(late - early) < 1e-6 * early, "%g: %g, %g", x0, late, early);
    }
}

/* ---- the loop ---- */

static ww_status fetch(const ww_source *self, uint64_t epoch, const uint64_t *index, size_t n,
                       ww_feed *feed_, size_t n_feeds)
{
    (void)self, (void)epoch;
    for (size_t k = 0; k < n_feeds; k++)
        for (size_t s = 0; s < n; s++) {
            ww_random random = ww_random_stream(11, feed_[k].name, index[s]);
            for (size_t i = 0; i < feed_[k].floats; i++)
                feed_[k].data[s * feed_[k].floats + i] = (float)ww_random_normal(&random);
        }
    return WW_OK;
}

/* Training with a penalty of nearly nothing, for which gradients are multiplied out. */
Test(descent, training_is_the_same_with_late_gradients)
{
    const ww_source source = {.samples = 6, .fetch = fetch};
    float *ends[2];
    size_t n;
    for (int k = 0; k < 2; k++) {
        ww_graph *g = graph_of(false, 1);
        ww_values *values;
        ww_train_report report;
        ww_training training;
        ww_params_defaults(ww_training_params, &training);
        training.batch = 2;
        training.epochs = 2;
        training.optimiser = "sgd";
        training.rate = 0.01;
        training.clip = 0.5;
        training.l2 = k == 0 ? 0 : 1e-12;
        const ww_train_options options = {.training = &training, .seed = 5};
        OK(ww_values_create(&values, g, 3));
        OK(ww_train(g, values, &source, &options, &report));
        const float *end = ww_values_parameters(values, &n);
        ends[k] = calloc(n, sizeof(float));
        memcpy(ends[k], end, n * sizeof(float));
        ww_values_free(values);
        ww_graph_free(g);
    }
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs((double)ends[0][i] - (double)ends[1][i]));
    cr_expect_lt(largest, 1e-6);
    free(ends[0]);
    free(ends[1]);
}

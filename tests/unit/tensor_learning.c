/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The real operators in a program: a small convolutional net learns to tell bars apart. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/program.h"

enum { SIDE = 8, PIXELS = SIDE * SIDE, CLASSES = 3, BATCH = 16, TESTED = 240, STEPS = 120 };

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

/* Convolution, batch normalisation, ReLU, gate, pooling, dropout, linear map, cross-entropy. */
static ww_graph *net(void)
{
    ww_graph *g = ww_graph_create();
    ww_init he = {.kind = WW_INIT_HE, .value = 1}, one = {.value = 1}, zero = {.value = 0};
    ww_var x = ww_input(g, "image", WW_SHAPE(WW_BATCH, 1, SIDE, SIDE));
    ww_var label = ww_input(g, "label", WW_SHAPE(WW_BATCH));
    ww_graph_scope(g, "V1");
    x = ww_conv2d(g, x, ww_parameter(g, "weight", WW_SHAPE(8, 1, 3, 3), he, 1),
                  (ww_conv2d_attr){.pad = 1});
    x = ww_batch_norm(g, x, ww_parameter(g, "gain", WW_SHAPE(8), one, 0),
                      ww_parameter(g, "bias", WW_SHAPE(8), zero, 0),
                      ww_state(g, "mean", WW_SHAPE(8), 0), ww_state(g, "variance", WW_SHAPE(8), 1),
                      0);
    x = ww_relu(g, x);
    x = ww_gate(g, x, ww_control(g, "lesion_gain", WW_SHAPE(8, 1, 1), 1),
                ww_control(g, "lesion_noise", WW_SHAPE(8, 1, 1), 0));
    x = ww_pool(g, x, (ww_pool_attr){.kind = WW_POOL_MAX, .size = 2});
    ww_graph_scope(g, "IT");
    x = ww_dropout(g, ww_reshape(g, x, WW_SHAPE(WW_BATCH, 8 * PIXELS / 4)), 0.1);
    x = ww_linear(g, x, ww_parameter(g, "weight", WW_SHAPE(CLASSES, 8 * PIXELS / 4), he, 1));
    x = ww_bias(g, x, ww_parameter(g, "bias", WW_SHAPE(CLASSES), zero, 0));
    ww_graph_output(g, "logits", x);
    ww_graph_loss(g, "error", ww_cross_entropy(g, x, label, 0), 1);
    OK(ww_graph_end(g));
    return g;
}

/* Bars at random places, horizontal, vertical or oblique, in noise. */
static void draw(float *image, float *label, int n, uint64_t seed)
{
    ww_random random = ww_random_at(seed, 0);
    for (int i = 0; i < n; i++, image += PIXELS) {
        int kind = (int)ww_random_below(&random, CLASSES), place = (int)ww_random_below(&random, 6);
        label[i] = (float)kind;
        for (int p = 0; p < PIXELS; p++) {
            int row = p / SIDE, column = p % SIDE;
            int across = kind == 0 ? row : kind == 1 ? column : row + column - SIDE / 2;
            image[p] = (float)(0.5 * ww_random_normal(&random)) + (across == place + 1 ? 2 : 0);
        }
    }
}

static ww_program *train(const ww_graph *g, ww_values *values, ww_compile_options options,
                         int steps, double *first, double *last)
{
    ww_program *program;
    options.batch = BATCH;
    options.mode = WW_TRAIN;
    OK(ww_compile(&program, g, values, options));
    size_t n;
    float *weights = ww_values_parameters(values, &n);
    const float *gradients = ww_program_gradients(program, NULL);
    for (int step = 0; step < steps; step++) {
        draw(ww_program_input(program, "image", NULL), ww_program_input(program, "label", NULL),
             BATCH, 100 + (uint64_t)step);
        OK(ww_program_run(program, (uint64_t)step));
        OK(ww_program_check_finite(program, (uint64_t)step));
        *(step == 0 ? first : last) = ww_program_loss(program);
        for (size_t i = 0; i < n; i++)
            weights[i] -= 0.05f * gradients[i];
    }
    return program;
}

static double share_correct(ww_program *program)
{
    const float *logits = ww_program_output(program, "logits", NULL);
    const float *label = ww_program_input(program, "label", NULL);
    int correct = 0;
    OK(ww_program_run(program, 0));
    for (int i = 0; i < TESTED; i++, logits += CLASSES) {
        int best = 0;
        for (int k = 1; k < CLASSES; k++)
            best = logits[k] > logits[best] ? k : best;
        correct += best == (int)label[i];
    }
    return (double)correct / TESTED;
}

Test(tensor_learning, a_net_learns_bars_and_loses_them_with_its_units)
{
    ww_graph *g = net();
    ww_values *values;
    ww_program *testing;
    OK(ww_values_create(&values, g, 1));
    OK(ww_compile(&testing, g, values, (ww_compile_options){.batch = TESTED, .mode = WW_INFER}));
    draw(ww_program_input(testing, "image", NULL), ww_program_input(testing, "label", NULL), TESTED,
         1);
    double first, last, before = share_correct(testing);
    ww_program_free(train(g, values, (ww_compile_options){.seed = 2}, STEPS, &first, &last));
    double after = share_correct(testing);
    cr_expect(first > 0.8 && last < 0.4 * first, "loss from %g to %g", first, last);
    cr_expect(before < 0.6 && after > 0.95, "correct before %g, after %g", before, after);
    ww_value *gain = ww_values_find(values, "V1/lesion_gain");
    for (size_t i = 0; i < gain->size; i++)
        gain->data[i] = 0;
    double lesioned = share_correct(testing);
    cr_expect(lesioned > 0.2 && lesioned < 0.5, "correct without V1: %g", lesioned);
    for (size_t i = 0; i < gain->size; i++)
        gain->data[i] = 1;
    cr_expect_float_eq(share_correct(testing), after, 0);
    ww_program_free(testing);
    ww_values_free(values);
    ww_graph_free(g);
}

/* Ten steps compiled otherwise: unshared, with sentinels, with the reference kernels. */
Test(tensor_learning, memory_does_not_matter_and_references_agree)
{
    enum { PLAIN, UNSHARED, SENTINELS, REFERENCE, WAYS };
    ww_graph *g = net();
    ww_values *values[WAYS];
    double first[WAYS], last[WAYS];
    size_t n = 0;
    for (int way = 0; way < WAYS; way++) {
        ww_compile_options options = {
            .seed = 2, .unshared = way == UNSHARED, .reference = way == REFERENCE};
        if (way == SENTINELS)
            setenv("WW_SENTINELS", "1", 1);
        OK(ww_values_create(&values[way], g, 1));
        ww_program *program = train(g, values[way], options, 10, &first[way], &last[way]);
        unsetenv("WW_SENTINELS");
        OK(ww_program_check_sentinels(program));
        ww_program_free(program);
        const float *a = ww_values_parameters(values[PLAIN], &n);
        const float *b = ww_values_parameters(values[way], &n);
        double distance = 0;
        for (size_t i = 0; i < n; i++)
            distance = fmax(distance, fabs((double)a[i] - (double)b[i]));
        cr_expect(distance <= (way == REFERENCE ? 1e-4 : 0), "way %d: %g", way, distance);
    }
    cr_expect_float_eq(first[REFERENCE], first[PLAIN], 1e-5);
    cr_expect_float_eq(last[REFERENCE], last[PLAIN], 1e-4);
    for (int way = 0; way < WAYS; way++)
        ww_values_free(values[way]);
    ww_graph_free(g);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The training loop against loops written out, closed forms, and everything that can go wrong. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/learning/penalty.h"
#include "engine/learning/prefetch.h"
#include "tests/support/folder.h"
#include "tests/support/lesson.h"
#include "tests/support/toy_ops.h"

static ww_lesson lesson;

static void setup(void)
{
    ww_folder_make();
    ww_lesson_open(&lesson);
}

static void teardown(void)
{
    ww_lesson_close(&lesson);
    ww_folder_remove();
}

TestSuite(train, .init = setup, .fini = teardown);

/* ---- the same by hand ---- */

/* What ww_train does, with nothing but a program and an optimiser. */
static void train_by_hand(ww_lesson *l, const ww_optimiser *optimiser, const float *decay)
{
    const ww_training *t = &l->training;
    size_t n, batch = (size_t)t->batch, steps = LESSON_SAMPLES / batch;
    float *parameter = ww_values_parameters(l->values, &n);
    float *slot[2] = {calloc(n, sizeof(float)), calloc(n, sizeof(float))};
    double params[8];
    ww_program *program;
    expect_ok(ww_compile(&program, l->graph, l->values,
                         (ww_compile_options){.batch = t->batch, .mode = WW_TRAIN, .seed = 7}));
    ww_feed feed[2] = {{"x", ww_program_input(program, "x", NULL), 6},
                       {"y", ww_program_input(program, "y", NULL), 2}};
    float *gradient = ww_program_gradients(program, NULL);
    ww_params_defaults(optimiser->item.params, params);
    for (uint64_t s = 0; s < steps * (uint64_t)t->epochs; s++) {
        uint64_t order[LESSON_SAMPLES];
        ww_random random = ww_random_stream(7, "training/order", s / steps);
        ww_random_permutation(&random, order, LESSON_SAMPLES);
        expect_ok(
            l->source.fetch(&l->source, s / steps, order + s % steps * batch, batch, feed, 2));
        expect_ok(ww_program_run(program, s));
        ww_penalty_add(l->values, t->l1, t->l2, gradient);
        double norm = ww_norm(gradient, n);
        for (size_t i = 0; t->clip > 0 && norm > t->clip && i < n; i++)
            gradient[i] *= (float)(t->clip / norm);
        optimiser->step(params, ww_training_rate(t, (double)s, (double)steps), s + 1, n, parameter,
                        gradient, decay, slot);
    }
    ww_program_free(program);
    free(slot[0]);
    free(slot[1]);
}

/* Online, mini-batch and full-batch learning are the same loop: all equal the hand-written one. */
Test(train, equals_the_loop_by_hand_for_every_batch_size)
{
    static const int batches[] = {1, 4, 12, LESSON_SAMPLES};
    extern const ww_optimiser ww_optimiser_adam, ww_optimiser_sgd;
    for (size_t k = 0; k < 8; k++) {
        ww_lesson ours, hand;
        ww_lesson *both[] = {&ours, &hand};
        for (int i = 0; i < 2; i++) {
            ww_lesson_open(both[i]);
            both[i]->training.batch = batches[k / 2];
            both[i]->training.schedule = WW_RATE_COSINE;
            both[i]->training.warm_up_epochs = 1.5;
            both[i]->training.l2 = k % 2 ? 0.01 : 0;
            both[i]->training.l1 = k % 2 ? 0.003 : 0;
            both[i]->training.clip = k % 2 ? 0.3 : 0;
            both[i]->training.optimiser = k % 2 ? "sgd" : "adam";
        }
        expect_ok(ww_lesson_train(&ours));
        train_by_hand(&hand, k % 2 ? &ww_optimiser_sgd : &ww_optimiser_adam, NULL);
        cr_assert(ww_lesson_same(&ours, &hand), "batch %d", batches[k / 2]);
        cr_assert_not(ww_lesson_same(&ours, &lesson)); /* something was learnt */
        cr_assert_eq(ours.report.epochs, 4);
        cr_assert_eq(ours.report.steps, (uint64_t)(4 * (LESSON_SAMPLES / batches[k / 2])));
        cr_assert_eq(ours.last_done, ours.last_total);
        ww_lesson_close(&ours);
        ww_lesson_close(&hand);
    }
}

Test(train, weight_decay_is_scaled_by_each_parameter)
{
    extern const ww_optimiser ww_optimiser_adamw;
    ww_lesson hand;
    ww_lesson_open(&hand);
    size_t n;
    ww_values_parameters(hand.values, &n);
    float *decay = calloc(n, sizeof *decay);
    const ww_value *v1 = ww_values_find(hand.values, "V1/weight");
    const ww_value *it = ww_values_find(hand.values, "IT/weight");
    for (size_t i = 0; i < v1->size; i++)
        decay[v1->offset + i] = 0.7f;
    for (size_t i = 0; i < it->size; i++)
        decay[it->offset + i] = (float)(0.7 * 0.5);
    train_by_hand(&hand, &ww_optimiser_adamw, decay);
    lesson.training.optimiser = "adamw";
    lesson.training.weight_decay = 0.7;
    expect_ok(ww_lesson_train(&lesson));
    cr_assert(ww_lesson_same(&lesson, &hand));
    free(decay);
    ww_lesson_close(&hand);
}

/* The mean over the last epoch of the losses of its steps, penalties included. */
Test(train, reports_the_mean_loss)
{
    lesson.training.epochs = 1;
    lesson.training.rate = 0;
    lesson.training.batch = LESSON_SAMPLES;
    expect_ok(ww_lesson_train(&lesson));
    double plain = lesson.report.loss, w1 = 0, w2 = 0;
    static const char *const names[] = {"V1/weight", "IT/weight"};
    for (int k = 0; k < 2; k++) {
        const ww_value *v = ww_values_find(lesson.values, names[k]);
        for (size_t i = 0; i < v->size; i++) {
            w1 += v->decay * fabs((double)v->data[i]);
            w2 += v->decay * (double)v->data[i] * (double)v->data[i];
        }
    }
    lesson.training.l1 = 0.3;
    lesson.training.l2 = 0.5;
    expect_ok(ww_lesson_train(&lesson));
    cr_assert_float_eq(lesson.report.loss - plain, 0.3 * w1 + 0.25 * w2, 1e-9);
}

Test(train, clipping_limits_the_step)
{
    size_t n;
    float *parameter = ww_values_parameters(lesson.values, &n);
    float *before = malloc(n * sizeof *before);
    memcpy(before, parameter, n * sizeof *before);
    lesson.training.optimiser = "sgd";
    lesson.training.batch = LESSON_SAMPLES;
    lesson.training.epochs = 1;
    lesson.training.clip = 0.0137;
    expect_ok(ww_lesson_train(&lesson));
    for (size_t i = 0; i < n; i++)
        before[i] -= parameter[i];
    cr_assert_float_eq(ww_norm(before, n), 0.02 * 0.0137, 1e-7);
    free(before);
}

/* ---- noise of the gradient ---- */

enum { CHAINS = 256 };
static const double target_sd = 1.7;

static ww_status fetch_noise(const ww_source *self, uint64_t epoch, const uint64_t *index, size_t n,
                             ww_feed *feed, size_t n_feeds)
{
    (void)self;
    for (size_t f = 0; f < n_feeds; f++)
        for (size_t i = 0; i < n; i++) {
            ww_random random = ww_random_stream(epoch, "test/noise", index[i]);
            for (size_t k = 0; k < feed[f].floats; k++)
                feed[f].data[i * feed[f].floats + k] =
                    feed[f].floats == 1 ? 1 : (float)(target_sd * ww_random_normal(&random));
        }
    return WW_OK;
}

static double square_sum;
static int square_count;

static void add_squares(ww_lesson *l)
{
    size_t n;
    const float *w = ww_values_parameters(l->values, &n);
    if (l->last_done <= 100)
        return;
    for (int i = 0; i < CHAINS; i++)
        square_sum += (double)w[i] * (double)w[i];
    square_count += CHAINS;
}

/* 256 weights, each the minimum of h/2 (w - y)^2 over fresh y: h = 2/256 by the mean over them. */
static void quadratic(ww_lesson *l)
{
    ww_values_free(l->values);
    ww_graph_free(l->graph);
    l->graph = ww_graph_create();
    ww_var x = ww_input(l->graph, "x", WW_SHAPE(WW_BATCH, 1));
    ww_var y = ww_input(l->graph, "y", WW_SHAPE(WW_BATCH, CHAINS));
    ww_init none = {.kind = WW_INIT_CONSTANT};
    ww_var w = ww_parameter(l->graph, "w", WW_SHAPE(CHAINS, 1), none, 1);
    ww_graph_loss(l->graph, "e", toy2(l->graph, &toy_error, toy2(l->graph, &toy_linear, x, w), y),
                  1);
    expect_ok(ww_graph_end(l->graph));
    expect_ok(ww_values_create(&l->values, l->graph, 1));
    l->source = (ww_source){400, fetch_noise, NULL, NULL};
}

/* eta sigma^2 / (B h (2 - eta h)), the noise of the gradient of one sample being h sd(y). */
Test(train, stationary_variance_of_descent)
{
    static const struct {
        int batch;
        double eta_h;
    } grid[] = {{1, 0.2}, {4, 0.7}, {16, 1.3}};
    double h = 2.0 / CHAINS;
    quadratic(&lesson);
    lesson.after_step = add_squares;
    lesson.training.optimiser = "sgd";
    lesson.options.optimiser_set = "momentum=0";
    for (size_t k = 0; k < 3; k++) {
        double eta = grid[k].eta_h / h, sigma = h * target_sd;
        square_sum = square_count = 0;
        lesson.training.rate = eta;
        lesson.training.batch = grid[k].batch;
        lesson.training.epochs = 3 * grid[k].batch; /* 1200 steps */
        expect_ok(ww_lesson_train(&lesson));
        double want = eta * sigma * sigma / (grid[k].batch * h * (2 - eta * h));
        cr_assert_float_eq(square_sum / square_count / want, 1, 0.05, "batch %d: %g, not %g",
                           grid[k].batch, square_sum / square_count, want);
    }
}

/* ---- early stopping ---- */

static float seen[16][256];

/* Parameters and states, one after the other, as they are. */
static size_t all_values(ww_lesson *l, float *to)
{
    size_t n = 0;
    for (size_t i = 0; i < ww_values_count(l->values); i++) {
        const ww_value *v = ww_values_at(l->values, i);
        memcpy(to + n, v->data, v->size * sizeof *to);
        n += v->size;
    }
    return n * sizeof *to;
}

static void remember(ww_lesson *l)
{
    int epoch = ((int)l->last_done - 1) / LESSON_STEPS + 1; /* its last step is what stays */
    all_values(l, seen[epoch]);
}

static bool has_values_of(ww_lesson *l, int epoch)
{
    float now[256];
    size_t bytes = all_values(l, now);
    return memcmp(seen[epoch], now, bytes) == 0;
}

Test(train, early_stopping_leaves_the_best_values)
{
    static const double scores[] = {0.1, 0.5, 0.4, 0.7, 0.6, NAN, 0.7, 0.9, 0.8};
    static const struct {
        int patience, epochs, stops, best;
        bool early;
    } grid[] = {{3, 9, 7, 4, true},  {1, 9, 3, 2, true},  {4, 9, 9, 8, false},
                {3, 6, 6, 4, false}, {0, 9, 9, 9, false}, {3, 7, 7, 4, true}};
    for (size_t k = 0; k < sizeof grid / sizeof *grid; k++) {
        ww_lesson l;
        ww_lesson_open(&l);
        l.scores = scores;
        l.after_step = remember;
        l.training.patience = grid[k].patience;
        l.training.epochs = grid[k].epochs;
        expect_ok(ww_lesson_train(&l));
        cr_assert_eq(l.report.epochs, grid[k].stops, "case %zu: %d", k, l.report.epochs);
        cr_assert_eq(l.report.stopped_early, grid[k].early, "case %zu", k);
        for (int epoch = 1; epoch <= grid[k].stops; epoch++)
            cr_assert_eq(has_values_of(&l, epoch), epoch == grid[k].best, "case %zu, %d", k, epoch);
        if (grid[k].patience > 0)
            cr_assert_eq(l.report.best_score, scores[grid[k].best - 1]);
        ww_lesson_close(&l);
    }
    lesson.options.validate = NULL; /* nothing to stop by */
    lesson.training.patience = 1;
    expect_ok(ww_lesson_train(&lesson));
    cr_assert_eq(lesson.report.epochs, 4);
    cr_assert_not(lesson.report.stopped_early);
}

/* ---- what the reader sees ---- */

Test(train, says_one_line_an_epoch)
{
    double loss, seconds, stall;
    int end = 0;
    strcpy(lesson.note, "accuracy 0.93");
    expect_ok(ww_lesson_train(&lesson));
    cr_assert_eq(sscanf(lesson.line, "epoch 4 of 4: loss %lf, accuracy 0.93, %lf s%n", &loss,
                        &seconds, &end),
                 2, "%s", lesson.line);
    cr_assert(lesson.line[end] == '\0');
    cr_assert_float_eq(loss, lesson.report.loss, 1e-3 * loss);
    cr_assert(lesson.report.seconds >= lesson.report.stall_seconds);
    lesson.note[0] = '\0';
    lesson.options.verbose = true;
    expect_ok(ww_lesson_train(&lesson));
    double score, share;
    cr_assert_eq(
        sscanf(lesson.line,
               "epoch 4 of 4: loss %lf, score %lf, %lf s, %lf s (%lf %%) waiting for samples%n",
               &loss, &score, &seconds, &stall, &share, &end),
        5, "%s", lesson.line);
    lesson.options.progress = NULL; /* and silence if nobody looks */
    expect_ok(ww_lesson_train(&lesson));
}

/* ---- what goes wrong ---- */

Test(train, errors_of_the_source_pass_through)
{
    uint64_t order[LESSON_SAMPLES];
    char want[64];
    for (int at = 1; at <= 2 * LESSON_STEPS; at += 3) {
        lesson.fetches = 0;
        lesson.fetch_fails_at = at;
        ww_epoch_order(7, (uint64_t)(at - 1) / LESSON_STEPS, order, LESSON_SAMPLES);
        snprintf(want, sizeof want, "faces/%d.png: no such file",
                 (int)order[(at - 1) % LESSON_STEPS * LESSON_BATCH]);
        expect_failure(ww_lesson_train(&lesson), WW_EIO, want);
        cr_assert_eq(lesson.report.steps, (uint64_t)at - 1);
    }
}

static int backward_runs, backward_fails_at;

static ww_status same_shape(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    (void)attr, (void)n_in;
    *out = in[0];
    return WW_OK;
}

static ww_status copy_forward(ww_op_call *call)
{
    memcpy(call->out, call->in[0], ww_shape_size(&call->out_shape) * sizeof(float));
    return WW_OK;
}

/* The derivative of the identity, until a run in which it is not a number. */
static ww_status trap_backward(ww_op_call *call)
{
    memcpy(call->grad_in[0], call->grad_out, ww_shape_size(&call->out_shape) * sizeof(float));
    if (++backward_runs >= backward_fails_at)
        call->grad_in[0][1] = NAN;
    return WW_OK;
}

static const ww_op trap = {.item = {.name = "trap"},
                           .min_in = 1,
                           .max_in = 1,
                           .infer = same_shape,
                           .forward = copy_forward,
                           .backward = trap_backward};

/* V4: weight [2, 3], through the trap. */
static void trapped(ww_lesson *l)
{
    ww_values_free(l->values);
    ww_graph_free(l->graph);
    ww_graph *g = l->graph = ww_graph_create();
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 3)), y = ww_input(g, "y", WW_SHAPE(WW_BATCH, 2));
    ww_graph_scope(g, "V4");
    ww_init he = {.kind = WW_INIT_HE, .value = 1};
    ww_var w = toy1(g, &trap, ww_parameter(g, "weight", WW_SHAPE(2, 3), he, 1));
    ww_var out = toy2(g, &toy_linear, x, w);
    ww_graph_scope(g, NULL);
    ww_graph_loss(g, "error", toy2(g, &toy_error, out, y), 1);
    expect_ok(ww_graph_end(g));
    expect_ok(ww_values_create(&l->values, g, 1));
    backward_runs = 0;
}

Test(train, names_step_area_and_parameter_of_a_gradient_that_is_not_a_number)
{
    trapped(&lesson);
    backward_fails_at = 412;
    lesson.training.epochs = 100;
    expect_failure(ww_lesson_train(&lesson), WW_ENUMERIC,
                   "step 412: area V4: gradient of V4/weight is not a number");
    cr_assert_eq(lesson.report.steps, 411);
    cr_assert_eq(lesson.report.epochs, 411 / LESSON_STEPS);
    expect_ok(ww_check_values(lesson.values, 412)); /* the parameters did not move */
}

Test(train, names_the_area_in_which_numbers_leave_the_range)
{
    lesson.training.optimiser = "sgd";
    lesson.training.rate = 3e38;
    expect_failure(ww_lesson_train(&lesson), WW_ENUMERIC,
                   "step 2: area V1: V1/toy_linear: the output is infinite");
}

Test(train, refuses_a_setting_that_cannot_work)
{
    lesson.training.batch = 24;
    expect_failure(ww_lesson_train(&lesson), WW_EINVAL,
                   "training.batch: 24 is outside 1 to the 23 samples of an epoch");
    lesson.training.batch = 23;
    lesson.training.optimiser = "adan";
    expect_failure(ww_lesson_train(&lesson), WW_ENOTFOUND,
                   "unknown optimiser 'adan'; did you mean 'adam'?");
    lesson.training.optimiser = "adam";
    lesson.training.weight_decay = 0.1;
    expect_failure(ww_lesson_train(&lesson), WW_EINVAL,
                   "training.weight_decay: adam has no decoupled weight decay; use adamw or sgd, "
                   "or the penalty l2");
    lesson.training.weight_decay = 0;
    lesson.options.optimiser_set = "beta1=0.8, bta2=0.9";
    expect_failure(ww_lesson_train(&lesson), WW_EPARSE,
                   "adam.bta2: unknown key; did you mean 'beta2'?");
    lesson.options.optimiser_set = "beta1=1.5";
    expect_failure(ww_lesson_train(&lesson), WW_EPARSE, "adam.beta1: 1.5 is outside 0 to 0.999999");
    lesson.options.optimiser_set = "beta1";
    expect_failure(ww_lesson_train(&lesson), WW_EPARSE,
                   "adam: 'beta1' is not of the form name=value");
}

Test(train, an_interruption_without_a_checkpoint_says_so)
{
    lesson.interrupt_after = 7;
    expect_failure(ww_lesson_train(&lesson), WW_EINTERRUPTED,
                   "training was interrupted after step 7");
    cr_assert_eq(lesson.report.steps, 7);
    cr_assert_eq(lesson.report.epochs, 1);
}

Test(train, no_epochs_leave_everything_as_it_was)
{
    ww_lesson untrained;
    ww_lesson_open(&untrained);
    lesson.training.epochs = 0;
    expect_ok(ww_lesson_train(&lesson));
    cr_assert(ww_lesson_same(&lesson, &untrained));
    cr_assert_eq(lesson.fetches, 0);
    ww_lesson_close(&untrained);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operators against closed forms, as small programs run them. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/program.h"

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

enum { SEED = 5 };

/* A graph in the making, then a program that has it as "y" (and its sum, or itself if it is one
 * number, as the loss). */
struct bench {
    ww_graph *g;
    ww_values *values;
    ww_program *program;
};

static struct bench bench(void)
{
    return (struct bench){.g = ww_graph_create()};
}

static void finish(struct bench *b, ww_var y, int64_t batch, ww_mode mode, uint64_t seed)
{
    ww_shape shape = ww_var_shape(b->g, y);
    bool number = shape.rank == 1 && shape.dim[0] == 1;
    ww_graph_output(b->g, "y", y);
    ww_graph_loss(b->g, "loss", number ? y : ww_reduce(b->g, y, WW_SUM, WW_BIT(shape.rank) - 1), 1);
    OK(ww_graph_end(b->g));
    OK(ww_values_create(&b->values, b->g, 1));
    OK(ww_compile(&b->program, b->g, b->values,
                  (ww_compile_options){.batch = batch, .mode = mode, .seed = seed}));
}

static void feed(struct bench *b, const char *name, const float *x, size_t n)
{
    size_t floats;
    float *to = ww_program_input(b->program, name, &floats);
    cr_assert(to != NULL && floats == n, "%s takes %zu floats, not %zu", name, floats, n);
    memcpy(to, x, n * sizeof *x);
}

static const float *run(struct bench *b, uint64_t step)
{
    OK(ww_program_run(b->program, step));
    return ww_program_output(b->program, "y", NULL);
}

static const float *slope(struct bench *b)
{
    const float *dx = ww_program_input_gradient(b->program, "x");
    cr_assert_not_null(dx);
    return dx;
}

static void done(struct bench *b)
{
    ww_program_free(b->program);
    ww_values_free(b->values);
    ww_graph_free(b->g);
}

static void random_floats(float *x, size_t n, uint64_t seed)
{
    ww_random random = ww_random_at(seed, 0);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)(2 * ww_random_normal(&random));
}

#define LENGTH(a) (sizeof(a) / sizeof *(a))

/* ---- broadcasting and moving ---- */

Test(ops_values, broadcasting_is_that_of_explicit_loops_and_gradients_sum)
{
    float x[2 * 3 * 4], c[3], a, b;
    random_floats(x, 24, 1);
    random_floats(c, 3, 2);
    for (int kind = 0; kind < 4; kind++) {
        ww_var (*const op[])(ww_graph *, ww_var, ww_var) = {ww_add, ww_sub, ww_mul, ww_div};
        struct bench t = bench();
        ww_init init = {.kind = WW_INIT_DATA, .data = c};
        ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3, 4));
        ww_var channel = ww_parameter(t.g, "c", WW_SHAPE(3, 1), init, 1);
        finish(&t, op[kind](t.g, in, channel), 2, WW_GRADIENT, SEED);
        feed(&t, "x", x, 24);
        const float *y = run(&t, 0), *dx = slope(&t);
        const float *dc = ww_program_gradients(t.program, &(size_t){0});
        double sum[3] = {0};
        for (int i = 0; i < 24; i++) {
            a = x[i], b = c[i / 4 % 3];
            const float want[] = {a + b, a - b, a * b, a / b};
            const double by_a[] = {1, 1, (double)b, 1 / (double)b};
            const double by_b[] = {1, -1, (double)a, -(double)a / (double)(b * b)};
            cr_assert_eq(y[i], want[kind]);
            cr_assert_float_eq(dx[i], by_a[kind], 1e-6 * fabs(by_a[kind]));
            sum[i / 4 % 3] += by_b[kind];
        }
        for (int k = 0; k < 3; k++)
            cr_assert_float_eq(dc[k], sum[k], 1e-5 * (1 + fabs(sum[k])));
        done(&t);
    }
}

Test(ops_values, concat_then_slice_is_the_identity)
{
    for (int axis = 1; axis <= 3; axis++) {
        float x[2 * 2 * 3 * 4];
        random_floats(x, LENGTH(x), 3);
        struct bench t = bench();
        ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 2, 3, 4));
        ww_var wide =
            ww_concat(t.g, 3, (const ww_var[]){ww_relu(t.g, in), in, ww_exp(t.g, in)}, axis);
        int64_t n = ww_var_shape(t.g, in).dim[axis];
        finish(&t, ww_slice(t.g, wide, axis, n, 2 * n), 2, WW_GRADIENT, SEED);
        feed(&t, "x", x, LENGTH(x));
        cr_assert_arr_eq(run(&t, 0), x, sizeof x);
        for (size_t i = 0; i < LENGTH(x); i++)
            cr_assert_eq(slope(&t)[i], 1); /* nothing comes back from the pieces cut off */
        done(&t);
    }
}

Test(ops_values, reshape_sum_of_and_pad_keep_the_elements)
{
    float x[2 * 6];
    random_floats(x, 12, 4);
    struct bench t = bench();
    ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 6));
    ww_var maps = ww_reshape(t.g, in, WW_SHAPE(WW_BATCH, 1, 2, 3));
    ww_var thrice = ww_sum_of(t.g, 3, (const ww_var[]){maps, maps, ww_sum_of(t.g, 1, &maps)});
    finish(&t, ww_pad(t.g, thrice, 1, 2, 3, 4), 2, WW_GRADIENT, SEED);
    feed(&t, "x", x, 12);
    const float *y = run(&t, 0);
    for (int i = 0, k = 0; i < 2 * 5 * 10; i++) {
        int row = i / 10 % 5, column = i % 10;
        bool inside = row >= 1 && row < 3 && column >= 3 && column < 6;
        cr_assert_eq(y[i], inside ? x[k] + x[k] + x[k] : 0);
        k += inside;
    }
    for (int i = 0; i < 12; i++)
        cr_assert_eq(slope(&t)[i], 3);
    done(&t);
}

Test(ops_values, reductions_over_every_set_of_axes)
{
    enum { N = 2 * 3 * 4 };
    float x[N];
    random_floats(x, N, 5);
    for (unsigned axes = 1; axes < 8; axes++)
        for (int kind = WW_SUM; kind <= WW_MAX; kind++) {
            struct bench t = bench();
            ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3, 4));
            finish(&t, ww_reduce(t.g, in, (ww_reduce_kind)kind, axes), 2, WW_GRADIENT, SEED);
            feed(&t, "x", x, N);
            const float *y = run(&t, 0);
            double sum[N] = {0}, top[N], n = 0;
            int at[N], size[3] = {2, 3, 4};
            for (int i = 0; i < N; i++)
                top[i] = -DBL_MAX;
            for (int i = 0; i < N; i++) {
                int index[3] = {i / 12, i / 4 % 3, i % 4};
                at[i] = 0;
                for (int d = 0; d < 3; d++)
                    at[i] = axes & WW_BIT(d) ? at[i] : at[i] * size[d] + index[d];
                sum[at[i]] += (double)x[i];
                top[at[i]] = fmax(top[at[i]], (double)x[i]);
                n += at[i] == 0;
            }
            for (int i = 0; i < N; i++) {
                const double want[] = {sum[at[i]], sum[at[i]] / n, top[at[i]]};
                const double by_x[] = {1, 1 / n, (double)x[i] == top[at[i]]};
                cr_assert_float_eq(y[at[i]], want[kind], 1e-6, "kind %d, axes %u", kind, axes);
                cr_assert_float_eq(slope(&t)[i], by_x[kind], 1e-7, "kind %d, axes %u", kind, axes);
            }
            done(&t);
        }
}

/* ---- softmax and losses ---- */

Test(ops_values, softmax_ignores_a_shift_and_log_softmax_is_its_logarithm)
{
    float x[2 * 5 * 3];
    random_floats(x, 30, 6);
    for (int axis = 1; axis < 3; axis++) {
        float y[3][30];
        for (int k = 0; k < 3; k++) {
            struct bench t = bench();
            ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 5, 3));
            ww_var moved = k == 1 ? ww_affine(t.g, in, 1, 300) : in;
            finish(&t, k == 2 ? ww_log_softmax(t.g, in, axis) : ww_softmax(t.g, moved, axis), 2,
                   WW_GRADIENT, SEED);
            feed(&t, "x", x, 30);
            memcpy(y[k], run(&t, 0), sizeof y[k]);
            for (int i = 0; i < 30 && k < 2; i++)
                cr_assert_float_eq(slope(&t)[i], 0, 1e-6); /* they always sum to 1 */
            done(&t);
        }
        for (int i = 0; i < 30; i++) {
            int first = axis == 1 ? i / 15 * 15 + i % 3 : i / 3 * 3;
            double sum = 0;
            for (int j = 0; j < (axis == 1 ? 5 : 3); j++)
                sum += exp((double)x[first + j * (axis == 1 ? 3 : 1)]);
            cr_assert_float_eq(y[0][i], exp((double)x[i]) / sum, 1e-6);
            cr_assert_float_eq(y[1][i], y[0][i], 4e-5); /* 300 + x holds fewer bits */
            cr_assert_float_eq(y[2][i], (double)x[i] - log(sum), 2e-6);
        }
    }
}

/* Runs cross-entropy over 4 samples of 3 classes; x gets the logits, dx the gradient. */
static double cross_entropy(const float *labels, double smoothing, float *x, float *dx)
{
    struct bench t = bench();
    ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3));
    ww_var label = ww_input(t.g, "label", WW_SHAPE(WW_BATCH));
    finish(&t, ww_cross_entropy(t.g, in, label, smoothing), 4, WW_GRADIENT, SEED);
    random_floats(x, 12, 7);
    feed(&t, "x", x, 12);
    feed(&t, "label", labels, 4);
    double loss = (double)run(&t, 0)[0];
    memcpy(dx, slope(&t), 12 * sizeof *dx);
    done(&t);
    return loss;
}

Test(ops_values, cross_entropy_has_the_gradient_p_minus_q_over_known_labels)
{
    const float labels[][4] = {{2, 0, 1, 1}, {2, -1, NAN, 1}, {-1, -1, -1, -1}};
    for (int set = 0; set < 3; set++)
        for (int s = 0; s < 2; s++) {
            float x[12], dx[12];
            double smoothing = 0.3 * s, want = 0, known = 0;
            double loss = cross_entropy(labels[set], smoothing, x, dx);
            for (int i = 0; i < 4; i++)
                known += labels[set][i] >= 0;
            for (int i = 0; i < 4; i++) {
                double sum = 0;
                bool has_label = labels[set][i] >= 0;
                for (int k = 0; k < 3; k++)
                    sum += exp((double)x[3 * i + k]);
                for (int k = 0; k < 3; k++) {
                    double p = exp((double)x[3 * i + k]) / sum;
                    double q = (1 - smoothing) * (labels[set][i] == (float)k) + smoothing / 3;
                    want -= has_label ? q * log(p) / known : 0;
                    cr_assert_float_eq(dx[3 * i + k], has_label ? (p - q) / known : 0, 1e-6);
                    cr_assert(has_label || dx[3 * i + k] == 0);
                }
            }
            cr_assert_float_eq(loss, want, 1e-6);
            cr_assert(set < 2 || loss == 0);
        }
}

Test(ops_values, cross_entropy_refuses_labels_that_are_none)
{
    const float wrong[] = {3, 1.5f};
    const char *const message[] = {
        "cross_entropy: label 3 of sample 2 is not a whole number from 0 "
        "to 2 (-1: not known)",
        "cross_entropy: label 1.5 of sample 2 is not a whole number from "
        "0 to 2 (-1: not known)"};
    for (int i = 0; i < 2; i++) {
        const float x[9] = {0}, labels[3] = {0, -1, wrong[i]};
        struct bench t = bench();
        ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3));
        ww_var label = ww_input(t.g, "label", WW_SHAPE(WW_BATCH));
        finish(&t, ww_cross_entropy(t.g, in, label, 0), 3, WW_GRADIENT, SEED);
        feed(&t, "x", x, 9);
        feed(&t, "label", labels, 3);
        cr_assert_eq(ww_program_run(t.program, 0), WW_EINVAL);
        cr_assert_str_eq(ww_error_message(), message[i]);
        done(&t);
    }
}

Test(ops_values, losses_of_elements_ignore_unknown_targets)
{
    const float targets[2][6] = {{0.5f, NAN, 0.25f, 1, INFINITY, 0},
                                 {NAN, NAN, NAN, NAN, NAN, NAN}};
    float x[6];
    random_floats(x, 6, 8);
    for (int set = 0; set < 2; set++)
        for (int kind = 0; kind < 2; kind++) {
            struct bench t = bench();
            ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3));
            ww_var target = ww_input(t.g, "target", WW_SHAPE(WW_BATCH, 3));
            finish(&t,
                   kind == 0 ? ww_mean_squared_error(t.g, in, target)
                             : ww_binary_cross_entropy(t.g, in, target),
                   2, WW_GRADIENT, SEED);
            feed(&t, "x", x, 6);
            feed(&t, "target", targets[set], 6);
            double loss = (double)run(&t, 0)[0], want = 0;
            for (int i = 0; i < 6; i++) {
                double v = (double)x[i], goal = (double)targets[set][i], p = 1 / (1 + exp(-v));
                bool known = isfinite(goal);
                double term =
                    kind == 0 ? (v - goal) * (v - goal) : -goal * log(p) - (1 - goal) * log(1 - p);
                double by_x = kind == 0 ? 2 * (v - goal) : p - goal;
                want += known ? term / 4 : 0;
                cr_assert_float_eq(slope(&t)[i], known ? by_x / 4 : 0, 1e-6);
            }
            cr_assert_float_eq(loss, want, 1e-6);
            cr_assert(set == 0 || loss == 0);
            done(&t);
        }
}

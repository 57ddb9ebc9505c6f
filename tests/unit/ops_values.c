/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Operators against closed forms, as small programs run them. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/tensor/parts/exponential.h"
#include "tests/support/op_bench.h"

/* ---- broadcasting and moving ---- */

Test(ops_values, broadcasting_is_that_of_explicit_loops_and_gradients_sum)
{
    float x[2 * 3 * 4], c[3], a, b;
    ww_bench_random(x, 24, 1);
    ww_bench_random(c, 3, 2);
    for (int kind = 0; kind < 4; kind++) {
        ww_var (*const op[])(ww_graph *, ww_var, ww_var) = {ww_add, ww_sub, ww_mul, ww_div};
        ww_bench t = ww_bench_create();
        ww_init init = {.kind = WW_INIT_DATA, .data = c};
        ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3, 4));
        ww_var channel = ww_parameter(t.g, "c", WW_SHAPE(3, 1), init, 1);
        ww_bench_finish(&t, op[kind](t.g, in, channel), 2, WW_GRADIENT);
        ww_bench_feed(&t, "x", x, 24);
        const float *y = ww_bench_run(&t, 0), *dx = ww_bench_gradient(&t);
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
        ww_bench_free(&t);
    }
}

Test(ops_values, concat_then_slice_is_the_identity)
{
    for (int axis = 1; axis <= 3; axis++) {
        float x[2 * 2 * 3 * 4];
        ww_bench_random(x, LENGTH(x), 3);
        ww_bench t = ww_bench_create();
        ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 2, 3, 4));
        ww_var wide =
            ww_concat(t.g, 3, (const ww_var[]){ww_relu(t.g, in), in, ww_exp(t.g, in)}, axis);
        int64_t n = ww_var_shape(t.g, in).dim[axis];
        ww_bench_finish(&t, ww_slice(t.g, wide, axis, n, 2 * n), 2, WW_GRADIENT);
        ww_bench_feed(&t, "x", x, LENGTH(x));
        cr_assert_arr_eq(ww_bench_run(&t, 0), x, sizeof x);
        for (size_t i = 0; i < LENGTH(x); i++)
            cr_assert_eq(ww_bench_gradient(&t)[i],
                         1); /* nothing comes back from the pieces cut off */
        ww_bench_free(&t);
    }
}

Test(ops_values, reshape_sum_of_and_pad_keep_the_elements)
{
    float x[2 * 6];
    ww_bench_random(x, 12, 4);
    ww_bench t = ww_bench_create();
    ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 6));
    ww_var maps = ww_reshape(t.g, in, WW_SHAPE(WW_BATCH, 1, 2, 3));
    ww_var thrice = ww_sum_of(t.g, 3, (const ww_var[]){maps, maps, ww_sum_of(t.g, 1, &maps)});
    ww_bench_finish(&t, ww_pad(t.g, thrice, 1, 2, 3, 4), 2, WW_GRADIENT);
    ww_bench_feed(&t, "x", x, 12);
    const float *y = ww_bench_run(&t, 0);
    for (int i = 0, k = 0; i < 2 * 5 * 10; i++) {
        int row = i / 10 % 5, column = i % 10;
        bool inside = row >= 1 && row < 3 && column >= 3 && column < 6;
        cr_assert_eq(y[i], inside ? x[k] + x[k] + x[k] : 0);
        k += inside;
    }
    for (int i = 0; i < 12; i++)
        cr_assert_eq(ww_bench_gradient(&t)[i], 3);
    ww_bench_free(&t);
}

Test(ops_values, a_shortcut_takes_pixels_and_adds_maps_of_zeros)
{
    enum { H = 5, W = 6, N = 2 * 2 * H * W };
    float x[N];
    ww_bench_random(x, N, 6);
    ww_bench t = ww_bench_create();
    ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 2, H, W));
    ww_bench_finish(&t, ww_shortcut(t.g, in, 3, 2), 2, WW_GRADIENT);
    ww_bench_feed(&t, "x", x, N);
    const float *y = ww_bench_run(&t, 0), *dx = ww_bench_gradient(&t);
    for (int i = 0; i < 2 * 3 * 3 * 3; i++) {
        int sample = i / 27, c = i / 9 % 3, v = i / 3 % 3, u = i % 3;
        cr_assert_eq(y[i], c < 2 ? x[((sample * 2 + c) * H + 2 * v) * W + 2 * u] : 0);
    }
    for (int i = 0; i < N; i++)
        cr_assert_eq(dx[i], i / W % H % 2 == 0 && i % W % 2 == 0);
    ww_bench_free(&t);
}

/* Two samples of four channels of three pixels; 0 and what is not a number among them. */
Test(ops_values, energy_and_on_off_pair_channels)
{
    enum { N = 2 * 4 * 3 };
    float x[N];
    ww_bench_random(x, N, 5);
    x[0] = 0, x[7] = 0;
    for (int k = 0; k < 2; k++) {
        ww_bench t = ww_bench_create();
        ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 4, 3));
        ww_bench_finish(&t, k == 0 ? ww_energy(t.g, in) : ww_on_off(t.g, in), 2, WW_GRADIENT);
        ww_bench_feed(&t, "x", x, N);
        const float *y = ww_bench_run(&t, 0), *dx = ww_bench_gradient(&t);
        for (int i = 0; i < N; i++) {
            int sample = i / 12, at = i % 12;
            float pair = x[at < 6 ? i + 6 : i - 6], sign = (float)((x[i] > 0) - (x[i] < 0));
            if (k == 0)
                cr_assert_float_eq(y[sample * 6 + at % 6], x[i] * x[i] + pair * pair, 1e-6);
            else
                cr_assert(y[sample * 24 + at] == fmaxf(x[i], 0) &&
                          y[sample * 24 + 12 + at] == fmaxf(-x[i], 0));
            cr_assert_float_eq(dx[i], k == 0 ? 2 * x[i] : sign, 1e-6);
        }
        ww_bench_free(&t);
    }
}

Test(ops_values, reductions_over_every_set_of_axes)
{
    enum { N = 2 * 3 * 4 };
    float x[N];
    ww_bench_random(x, N, 5);
    for (unsigned axes = 1; axes < 8; axes++)
        for (int kind = WW_SUM; kind <= WW_MAX; kind++) {
            ww_bench t = ww_bench_create();
            ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3, 4));
            ww_bench_finish(&t, ww_reduce(t.g, in, (ww_reduce_kind)kind, axes), 2, WW_GRADIENT);
            ww_bench_feed(&t, "x", x, N);
            const float *y = ww_bench_run(&t, 0);
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
                cr_assert_float_eq(ww_bench_gradient(&t)[i], by_x[kind], 1e-7, "kind %d, axes %u",
                                   kind, axes);
            }
            ww_bench_free(&t);
        }
}

/* ---- softmax and losses ---- */

Test(ops_values, softmax_ignores_a_shift_and_log_softmax_is_its_logarithm)
{
    float x[2 * 5 * 3];
    ww_bench_random(x, 30, 6);
    for (int axis = 1; axis < 3; axis++) {
        float y[3][30];
        for (int k = 0; k < 3; k++) {
            ww_bench t = ww_bench_create();
            ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 5, 3));
            ww_var moved = k == 1 ? ww_affine(t.g, in, 1, 300) : in;
            ww_bench_finish(&t,
                            k == 2 ? ww_log_softmax(t.g, in, axis) : ww_softmax(t.g, moved, axis),
                            2, WW_GRADIENT);
            ww_bench_feed(&t, "x", x, 30);
            memcpy(y[k], ww_bench_run(&t, 0), sizeof y[k]);
            for (int i = 0; i < 30 && k < 2; i++)
                cr_assert_float_eq(ww_bench_gradient(&t)[i], 0, 1e-6); /* they always sum to 1 */
            ww_bench_free(&t);
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
    ww_bench t = ww_bench_create();
    ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3));
    ww_var label = ww_input(t.g, "label", WW_SHAPE(WW_BATCH));
    ww_bench_finish(&t, ww_cross_entropy(t.g, in, label, smoothing), 4, WW_GRADIENT);
    ww_bench_random(x, 12, 7);
    ww_bench_feed(&t, "x", x, 12);
    ww_bench_feed(&t, "label", labels, 4);
    double loss = (double)ww_bench_run(&t, 0)[0];
    memcpy(dx, ww_bench_gradient(&t), 12 * sizeof *dx);
    ww_bench_free(&t);
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
        ww_bench t = ww_bench_create();
        ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3));
        ww_var label = ww_input(t.g, "label", WW_SHAPE(WW_BATCH));
        ww_bench_finish(&t, ww_cross_entropy(t.g, in, label, 0), 3, WW_GRADIENT);
        ww_bench_feed(&t, "x", x, 9);
        ww_bench_feed(&t, "label", labels, 3);
        cr_assert_eq(ww_program_run(t.program, 0), WW_EINVAL);
        cr_assert_str_eq(ww_error_message(), message[i]);
        ww_bench_free(&t);
    }
}

Test(ops_values, losses_of_elements_ignore_unknown_targets)
{
    const float targets[2][6] = {{0.5f, NAN, 0.25f, 1, INFINITY, 0},
                                 {NAN, NAN, NAN, NAN, NAN, NAN}};
    float x[6];
    ww_bench_random(x, 6, 8);
    for (int set = 0; set < 2; set++)
        for (int kind = 0; kind < 2; kind++) {
            ww_bench t = ww_bench_create();
            ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, 3));
            ww_var target = ww_input(t.g, "target", WW_SHAPE(WW_BATCH, 3));
            ww_bench_finish(&t,
                            kind == 0 ? ww_mean_squared_error(t.g, in, target)
                                      : ww_binary_cross_entropy(t.g, in, target),
                            2, WW_GRADIENT);
            ww_bench_feed(&t, "x", x, 6);
            ww_bench_feed(&t, "target", targets[set], 6);
            double loss = (double)ww_bench_run(&t, 0)[0], want = 0;
            for (int i = 0; i < 6; i++) {
                double v = (double)x[i], goal = (double)targets[set][i], p = 1 / (1 + exp(-v));
                bool known = isfinite(goal);
                double term =
                    kind == 0 ? (v - goal) * (v - goal) : -goal * log(p) - (1 - goal) * log(1 - p);
                double by_x = kind == 0 ? 2 * (v - goal) : p - goal;
                want += known ? term / 4 : 0;
                cr_assert_float_eq(ww_bench_gradient(&t)[i], known ? by_x / 4 : 0, 1e-6);
            }
            cr_assert_float_eq(loss, want, 1e-6);
            cr_assert(set == 0 || loss == 0);
            ww_bench_free(&t);
        }
}

/* ---- one number at a time ---- */

/* y and dy/dx of the k-th operator below, in double. */
static double closed_form(int k, double x, double *by_x)
{
    const double s = 1 / (1 + exp(-x)), r = sqrt(fmax(x, 0));
    const double value[] = {fmax(x, 0), x > 0 ? x : 0.25 * x, tanh(x), s,     log1p(exp(x)),
                            exp(x),     log(fmax(x, 1e-9)),   r,       x * x, fabs(x),
                            3 - 2 * x};
    const double slope[] = {
        x > 0,  x > 0 ? 1 : 0.25,  1 - tanh(x) * tanh(x), s * (1 - s), s,
        exp(x), 1 / fmax(x, 1e-9), r > 0 ? 0.5 / r : 0,   2 * x,       (x > 0) - (x < 0),
        -2};
    *by_x = slope[k];
    return value[k];
}

static ww_var one_of(ww_graph *g, int k, ww_var x)
{
    ww_var (*const op[])(ww_graph *, ww_var) = {ww_relu, NULL,   ww_tanh, ww_sigmoid, ww_softplus,
                                                ww_exp,  ww_log, ww_sqrt, ww_square,  ww_abs};
    if (k == 1)
        return ww_leaky_relu(g, x, 0.25);
    return k == 10 ? ww_affine(g, x, -2, 3) : op[k](g, x);
}

Test(ops_values, element_wise_operators_have_their_closed_forms)
{
    enum { N = 401, LOG = 6, SQRT = 7 };
    for (int k = 0; k <= 10; k++) {
        float x[N + 1];
        for (int i = 0; i < N; i++) /* from -20 (or 0, or 0.1) to 20, 0 included */
            x[i] = 0.1f * (float)(k == LOG ? i + 1 : k == SQRT ? i : i - 200);
        x[N] = NAN;
        ww_bench t = ww_bench_create();
        ww_var in = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, N + 1));
        ww_bench_finish(&t, one_of(t.g, k, in), 1, WW_GRADIENT);
        ww_bench_feed(&t, "x", x, N + 1);
        const float *y = ww_bench_run(&t, 0), *dx = ww_bench_gradient(&t);
        for (int i = 0; i < N; i++) {
            double by_x, want = closed_form(k, (double)x[i], &by_x);
            cr_assert_float_eq(y[i], want, 4e-7 * fabs(want) + 1e-37, "operator %d at %g: %g", k,
                               (double)x[i], (double)y[i]);
            cr_assert_float_eq(dx[i], by_x, 1e-6 * (1 + fabs(by_x)), "operator %d' at %g: %g", k,
                               (double)x[i], (double)dx[i]);
        }
        cr_assert(isnan(y[N]), "operator %d hides what is not a number", k);
        ww_bench_free(&t);
    }
}

Test(ops_values, exponentials_hold_over_the_whole_range)
{
    double worst[3] = {0};
    for (uint32_t bits = 0; bits < UINT32_MAX - 4001; bits += 4001) {
        float x;
        memcpy(&x, &bits, sizeof x);
        if (isnan(x))
            continue;
        const double v = (double)x, want[] = {exp(v), tanh(v), 1 / (1 + exp(-v))};
        const float got[] = {ww_expf(x), ww_tanhf(x), ww_logisticf(x)};
        for (int k = 0; k < 3; k++) {
            float near = (float)want[k], step = nextafterf(fabsf(near), INFINITY) - fabsf(near);
            if (got[k] != near && fabs(want[k]) > (k == 2 ? 1e-37 : 0))
                worst[k] = fmax(worst[k], fabs((double)got[k] - want[k]) / (double)step);
        }
    }
    cr_assert(worst[0] < 1 && worst[1] < 3 && worst[2] < 3, "%g, %g, %g units in the last place",
              worst[0], worst[1], worst[2]);
}

/* ---- what the constructors refuse ---- */

#define REFUSED(expression, message)                                                               \
    do {                                                                                           \
        ww_graph *g = ww_graph_create();                                                           \
        ww_var v = ww_input(g, "v", WW_SHAPE(WW_BATCH, 3)),                                        \
               u = ww_input(g, "u", WW_SHAPE(WW_BATCH, 4));                                        \
        ww_var m = ww_input(g, "m", WW_SHAPE(WW_BATCH, 2, 5, 6));                                  \
        (void)v, (void)u, (void)m, (void)(expression);                                             \
        cr_assert_neq(ww_graph_end(g), WW_OK);                                                     \
        cr_assert_str_eq(ww_error_message(), message);                                             \
        ww_graph_free(g);                                                                          \
    } while (0)
#define BOTH ((const ww_var[]){v, u})

Test(ops_values, misuse_is_refused_with_the_reason)
{
    REFUSED(ww_add(g, v, u), "add: [N, 3] and [N, 4] do not broadcast");
    REFUSED(ww_sum_of(g, 2, BOTH), "sum_of: [N, 3] and [N, 4] (input 2) differ");
    REFUSED(ww_concat(g, 2, BOTH, 2), "concat: [N, 3] has no axis 2");
    REFUSED(ww_energy(g, v), "energy: [N, 3] has no pairs: its channels are odd in number");
    REFUSED(ww_concat(g, 2, BOTH, 0), "concat: axis 0 of [N, 3] is the batch");
    REFUSED(ww_concat(g, 2, (const ww_var[]){v, m}, 1),
            "concat: [N, 3] and [N, 2, 5, 6] (input 2) differ elsewhere than on axis 1");
    REFUSED(ww_slice(g, v, 1, 2, 4), "slice: 2 to 4 is no piece of axis 1 of [N, 3]");
    REFUSED(ww_slice(g, v, 1, 2, 2), "slice: 2 to 2 is no piece of axis 1 of [N, 3]");
    REFUSED(ww_reshape(g, m, WW_SHAPE(WW_BATCH, 7)),
            "reshape: [N, 2, 5, 6] cannot become [N, 7]: the numbers of elements differ");
    REFUSED(ww_reshape(g, m, WW_SHAPE(60)),
            "reshape: [N, 2, 5, 6] cannot become [60]: the numbers of elements differ");
    REFUSED(ww_pad(g, v, 1, 1, 1, 1), "pad: [N, 3]: maps [N, C, H, W] are wanted");
    REFUSED(ww_pad(g, m, 1, -1, 0, 0), "pad: margins 1, -1, 0, 0 must not be negative");
    REFUSED(ww_shortcut(g, m, 1, 2),
            "shortcut: [N, 2, 5, 6] has more than the 1 channels it is to have");
    REFUSED(ww_shortcut(g, m, 4, 0), "shortcut: stride 0 must be positive");
    REFUSED(ww_reduce(g, v, WW_SUM, 0x4), "reduce: axes 0x4 are not some of [N, 3]");
    REFUSED(ww_reduce(g, v, WW_SUM, 0), "reduce: axes 0x0 are not some of [N, 3]");
    REFUSED(ww_reduce(g, v, (ww_reduce_kind)7, 1), "reduce: there is no reduction 7");
    REFUSED(ww_softmax(g, v, -1), "softmax: [N, 3] has no axis -1");
    REFUSED(ww_log_softmax(g, v, 0), "log_softmax: axis 0 of [N, 3] is the batch");
    REFUSED(ww_leaky_relu(g, v, -0.5), "leaky_relu: slope -0.5 is outside 0 to 1");
    REFUSED(ww_affine(g, v, NAN, 0), "affine: nan x + 0: both must be finite numbers");
    REFUSED(ww_dropout(g, v, 1), "dropout: rate 1 is outside 0 to 1 (1 excluded)");
    REFUSED(ww_cross_entropy(g, v, u, 0),
            "cross_entropy: [N, 3] and [N, 4]: logits [N, K] and labels [N] are wanted");
    REFUSED(ww_cross_entropy(g, v, ww_input(g, "label", WW_SHAPE(WW_BATCH)), 1),
            "cross_entropy: smoothing 1 is outside 0 to 1 (1 excluded)");
    REFUSED(ww_mean_squared_error(g, v, u), "mean_squared_error: [N, 3] and target [N, 4] differ");
}

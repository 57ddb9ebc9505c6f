/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lesion gate and dropout: what they leave, what they silence, what they draw. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "tests/support/op_bench.h"

enum { BATCH = 2, CHANNELS = 3, HEIGHT = 5, WIDTH = 7, MAPS = CHANNELS * HEIGHT * WIDTH };
static const float TINY = 0x1p-149f;

/* A gate on x[N, 3, 5, 7] with controls of the given shapes. In place, if a copy goes before it. */
static ww_bench gated(ww_shape gain, ww_shape noise, ww_mode mode, bool in_place)
{
    ww_bench t = ww_bench_create();
    ww_var x = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, CHANNELS, HEIGHT, WIDTH));
    ww_var from = in_place ? ww_reshape(t.g, x, ww_var_shape(t.g, x)) : x;
    ww_var y =
        ww_gate(t.g, from, ww_control(t.g, "gain", gain, 1), ww_control(t.g, "noise", noise, 0));
    ww_bench_finish(&t, y, BATCH, mode);
    return t;
}

static const ww_shape shapes[] = {
    {3, {CHANNELS, HEIGHT, WIDTH}}, {3, {CHANNELS, 1, 1}}, {3, {1, HEIGHT, WIDTH}}, {3, {1, 1, 1}}};

/* Where unit i of a map finds its number in a control of shape k. */
static int place(int k, int i)
{
    const int pixel = i % (HEIGHT * WIDTH), channel = i / (HEIGHT * WIDTH) % CHANNELS;
    const int at[] = {i % MAPS, channel, pixel, 0};
    return at[k];
}

static void strange_floats(float *x, size_t n)
{
    const uint32_t odd_nan = 0xffc0beef;
    const float strange[] = {-0.0f, NAN, INFINITY, -INFINITY, TINY, -TINY, 3.4e38f};
    ww_bench_random(x, n, 1);
    for (size_t i = 0; i < n; i += 3)
        x[i] = strange[i / 3 % LENGTH(strange)];
    memcpy(&x[1], &odd_nan, sizeof odd_nan);
}

Test(ops_noise, an_open_gate_leaves_every_bit_and_a_shut_one_gives_zero)
{
    float x[BATCH * MAPS], control[MAPS];
    const float zeros[BATCH * MAPS] = {0};
    strange_floats(x, LENGTH(x));
    for (int run = 0; run < 4 * 4 * 2; run++) {
        ww_bench t = gated(shapes[run % 4], shapes[run / 4 % 4], WW_INFER, run / 16);
        size_t n = ww_shape_size(&shapes[run % 4]);
        ww_bench_feed(&t, "x", x, LENGTH(x));
        cr_assert_arr_eq(ww_bench_run(&t, 0), x, sizeof x);
        for (size_t i = 0; i < n; i++)
            control[i] = i % 2 == 0 ? 0 : -0.0f;
        ww_bench_feed(&t, "gain", control, n);
        cr_assert_arr_eq(ww_bench_run(&t, 0), zeros, sizeof zeros);
        ww_bench_free(&t);
    }
}

Test(ops_noise, each_unit_has_its_gain_and_the_gradient_too)
{
    float x[BATCH * MAPS], gain[MAPS];
    strange_floats(x, LENGTH(x));
    for (int k = 0; k < 4; k++) {
        ww_bench t = gated(shapes[k], shapes[1], WW_GRADIENT, false);
        size_t n = ww_shape_size(&shapes[k]);
        for (size_t i = 0; i < n; i++)
            gain[i] = 0.5f * (float)(i % 4); /* 0, a half, 1, one and a half */
        ww_bench_feed(&t, "x", x, LENGTH(x));
        ww_bench_feed(&t, "gain", gain, n);
        const float *y = ww_bench_run(&t, 0);
        for (int i = 0; i < BATCH * MAPS; i++) {
            const float by = gain[place(k, i)], want = by == 0 ? 0 : by == 1 ? x[i] : by * x[i];
            cr_assert(memcmp(&y[i], &want, sizeof want) == 0, "shape %d, unit %d", k, i);
            cr_assert_eq(ww_bench_gradient(&t)[i], by);
        }
        ww_bench_free(&t);
    }
}

Test(ops_noise, noise_of_a_unit_depends_on_step_and_place_alone)
{
    float y[8][BATCH * MAPS], noise[MAPS];
    const float x[BATCH * MAPS] = {0};
    for (int k = 0; k < 8; k++) { /* all shapes and modes, then with half of the noise off */
        ww_bench t = gated(shapes[k / 3 % 4], shapes[k % 4], (ww_mode)(k % 3), k / 4);
        size_t n = ww_shape_size(&shapes[k % 4]);
        for (size_t i = 0; i < n; i++)
            noise[i] = k >= 4 && i % 2 == 1 ? 0 : 1;
        ww_bench_feed(&t, "x", x, LENGTH(x));
        ww_bench_feed(&t, "noise", noise, n);
        memcpy(y[k], ww_bench_run(&t, 3), sizeof y[k]);
        for (int i = 0; i < BATCH * MAPS; i++) {
            bool on = noise[place(k % 4, i)] > 0;
            cr_assert(on ? y[k][i] != 0 : y[k][i] == 0);
            cr_assert(!on || y[k][i] == y[0][i]);
            for (int j = 0; j < i && k == 0; j++)
                cr_assert_neq(y[0][i], y[0][j], "units %d and %d draw the same", i, j);
        }
        ww_bench_run(&t, 4);
        cr_assert_arr_neq(ww_bench_run(&t, 4), y[k], sizeof y[k]);
        cr_assert_arr_eq(ww_bench_run(&t, 3), y[k], sizeof y[k]);
        ww_bench_free(&t);
    }
}

/* Moments of y, and the correlation of neighbours `lag` apart. */
static double moment(const float *y, size_t n, int power, size_t lag)
{
    double sum = 0;
    for (size_t i = 0; i + lag < n; i++)
        sum += lag > 0 ? (double)y[i] * (double)y[i + lag] : pow((double)y[i], power);
    return sum / (double)(n - lag);
}

Test(ops_noise, noise_is_standard_normal_and_the_same_on_any_number_of_threads)
{
    enum { N = 200000 };
    float *y = malloc(N * sizeof *y);
    for (int threads = 1; threads <= 3; threads++) {
        ww_threads_set(threads);
        ww_bench t = ww_bench_create();
        ww_var x = ww_input(t.g, "x", WW_SHAPE(WW_BATCH, N / 8));
        ww_var gain = ww_control(t.g, "gain", WW_SHAPE(1), 1);
        ww_bench_finish(&t, ww_gate(t.g, x, gain, ww_control(t.g, "noise", WW_SHAPE(1), 0.5)), 8,
                        WW_INFER);
        const float *drawn = ww_bench_run(&t, 0);
        cr_assert(threads == 1 || memcmp(drawn, y, N * sizeof *y) == 0);
        memcpy(y, drawn, N * sizeof *y);
        ww_bench_free(&t);
    }
    ww_threads_set(0);
    for (size_t i = 0; i < N; i++)
        y[i] *= 2;
    const double se = 1 / sqrt(N); /* five standard errors each */
    cr_assert_float_eq(moment(y, N, 1, 0), 0, 5 * se);
    cr_assert_float_eq(moment(y, N, 2, 0), 1, 5 * sqrt(2) * se);
    cr_assert_float_eq(moment(y, N, 3, 0), 0, 5 * sqrt(15) * se);
    cr_assert_float_eq(moment(y, N, 4, 0), 3, 5 * sqrt(96) * se);
    for (size_t lag = 1; lag <= 4; lag++)
        cr_assert_float_eq(moment(y, N, 0, lag), 0, 5 * se, "lag %zu", lag);
    double below = 0;
    for (size_t i = 0; i < N; i++)
        below += y[i] < -1.2815516f;
    cr_assert_float_eq(below / N, 0.1, 5 * 0.3 * se);
    free(y);
}

Test(ops_noise, gate_and_controls_must_fit)
{
    const ww_shape wrong[] = {{3, {2, 1, 1}}, {3, {3, 5, 1}}, {1, {3}}};
    const char *const message[] = {"gate: noise [2, 1, 1] does not fit units of [N, 3, 5, 7]",
                                   "gate: noise [3, 5, 1] does not fit units of [N, 3, 5, 7]",
                                   "gate: noise [3] does not fit units of [N, 3, 5, 7]"};
    for (int i = 0; i < 3; i++) {
        ww_graph *g = ww_graph_create();
        ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, CHANNELS, HEIGHT, WIDTH));
        ww_gate(g, x, ww_control(g, "gain", shapes[0], 1), ww_control(g, "noise", wrong[i], 0));
        cr_assert_eq(ww_graph_end(g), WW_ESHAPE);
        cr_assert_str_eq(ww_error_message(), message[i]);
        ww_graph_free(g);
    }
}

Test(ops_noise, dropout_silences_its_share_both_ways_in_training_alone)
{
    enum { N = 40000 };
    const double rate = 0.3;
    float *x = malloc(N * sizeof *x), *first = malloc(N * sizeof *x);
    ww_bench_random(x, N, 2);
    for (int mode = WW_INFER; mode <= WW_GRADIENT; mode++) {
        ww_bench t = ww_bench_create();
        ww_init init = {.kind = WW_INIT_DATA, .data = x};
        ww_var in = ww_parameter(t.g, "x", WW_SHAPE(2, N / 2), init, 1);
        ww_bench_finish(&t, ww_dropout(t.g, in, rate), 1, (ww_mode)mode);
        memcpy(first, ww_bench_run(&t, 0), N * sizeof *x);
        double silent = 0, both = 0;
        for (size_t i = 0; i < N && mode == WW_TRAIN; i++) {
            bool off = first[i] == 0;
            cr_assert_eq(first[i], off ? 0 : (float)(1 / 0.7) * x[i]);
            cr_assert_eq(ww_bench_gradient(&t)[i], off ? 0 : (float)(1 / 0.7));
            silent += off;
            both += off && i > 0 && first[i - 1] == 0;
        }
        if (mode == WW_TRAIN) {
            cr_assert_float_eq(silent / N, rate, 5 * sqrt(rate * (1 - rate) / N));
            cr_assert_float_eq(both / N, rate * rate, 0.01); /* neighbours are independent */
            cr_assert_arr_neq(ww_bench_run(&t, 1), first, N * sizeof *x);
            cr_assert_arr_eq(ww_bench_run(&t, 0), first, N * sizeof *x);
        } else {
            cr_assert_arr_eq(first, x, N * sizeof *x);
        }
        for (size_t i = 0; i < N && mode == WW_GRADIENT; i++)
            cr_assert_eq(ww_bench_gradient(&t)[i], 1);
        ww_bench_free(&t);
    }
    free(x), free(first);
}

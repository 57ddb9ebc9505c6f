/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Optimisers against closed forms and recursions written out by hand. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/learning/optimiser.h"

extern const ww_optimiser ww_optimiser_sgd, ww_optimiser_rmsprop, ww_optimiser_adam,
    ww_optimiser_adamw;

enum { MOST = 20011 };
static float w[MOST], g[MOST], slot0[MOST], slot1[MOST];
static float *const slot[] = {slot0, slot1};

static void params_of(const ww_optimiser *o, void *params, const char *const *settings)
{
    ww_arena *arena = ww_arena_create();
    ww_params_defaults(o->item.params, params);
    for (; *settings; settings += 2)
        cr_assert_eq(ww_params_set(o->item.params, params, settings[0], settings[1], "", arena),
                     WW_OK, "%s", ww_error_message());
    ww_arena_free(arena);
}

static void reset(size_t n, double start)
{
    for (size_t i = 0; i < n; i++) {
        w[i] = (float)start;
        slot0[i] = slot1[i] = 0;
    }
}

static double params[8]; /* room for any optimiser's */

/* |w| after `steps` steps on h/2 w^2 from w = 1. */
static double descend(double h, double eta, const char *mu, int steps)
{
    const char *const settings[] = {"momentum", mu, NULL};
    params_of(&ww_optimiser_sgd, params, settings);
    reset(1, 1);
    for (int t = 1; t <= steps; t++) {
        g[0] = (float)(h * (double)w[0]);
        ww_optimiser_sgd.step(params, eta, (uint64_t)t, 1, w, g, NULL, slot);
    }
    return fabs((double)w[0]);
}

Test(optimisers, descent_on_a_quadratic_is_stable_up_to_its_bound)
{
    for (double h = 0.7; h < 90; h *= 3.1) {
        cr_assert_lt(descend(h, 0.995 * 2 / h, "0", 2000), 1e-3);
        cr_assert_gt(descend(h, 1.005 * 2 / h, "0", 2000), 1e3);
        cr_assert_lt(descend(h, 0.995 * 2 * 1.6 / h, "0.6", 4000), 1e-2);
        cr_assert_gt(descend(h, 1.005 * 2 * 1.6 / h, "0.6", 300), 1e2);
        double want = pow(fabs(1 - 0.37), 9); /* one factor a step */
        cr_assert_float_eq(descend(h, 0.37 / h, "0", 9), want, 1e-6);
    }
}

Test(optimisers, stationary_variance_of_descent)
{
    enum { N = 4000, BURN = 300, MORE = 60 };
    ww_random random = ww_random_stream(5, "test/stationary", 0);
    static const struct {
        double eta, h, sigma;
        int batch;
    } grid[] = {{0.1, 1.37, 0.83, 1}, {0.4, 2.385, 1.7, 4}, {0.9, 1.9, 0.41, 16}};
    for (size_t k = 0; k < 3; k++) {
        double eta = grid[k].eta, h = grid[k].h, sd = grid[k].sigma / sqrt(grid[k].batch);
        double sum = 0;
        params_of(&ww_optimiser_sgd, params, (const char *const[]){"momentum", "0", NULL});
        reset(N, 0);
        for (uint64_t t = 1; t <= BURN + MORE; t++) {
            for (size_t i = 0; i < N; i++)
                g[i] = (float)(h * (double)w[i] + sd * ww_random_normal(&random));
            ww_optimiser_sgd.step(params, eta, t, N, w, g, NULL, slot);
            for (size_t i = 0; t > BURN && i < N; i++)
                sum += (double)w[i] * (double)w[i] / N / MORE;
        }
        double want = eta * grid[k].sigma * grid[k].sigma / (grid[k].batch * h * (2 - eta * h));
        cr_assert_float_eq(sum / want, 1, 0.05, "%g of %g", sum, want);
    }
}

/* A gradient with no pattern in it. */
static double gradient_at(int t, size_t i)
{
    return sin(2.385 * t + 1.7 * (double)i) * (0.3 + (double)i);
}

/* Runs 12 steps over 5 parameters and compares with `hand`, which moves one parameter. */
static void against_hand(const ww_optimiser *o, const char *const *settings, const float *decay,
                         double (*hand)(double w0, double g0, double d, int t, double s[2]))
{
    double want[5], state[5][2] = {{0}};
    params_of(o, params, settings);
    reset(5, 0);
    for (size_t i = 0; i < 5; i++) {
        w[i] = (float)(want[i] = 0.731 - 0.412 * (double)i);
        want[i] = (double)w[i];
    }
    for (int t = 1; t <= 12; t++) {
        for (size_t i = 0; i < 5; i++) {
            g[i] = (float)gradient_at(t, i);
            want[i] = hand(want[i], (double)g[i], decay ? (double)decay[i] : 0, t, state[i]);
        }
        o->step(params, 0.0173, (uint64_t)t, 5, w, g, decay, slot);
        for (size_t i = 0; i < 5; i++)
            cr_assert_float_eq((double)w[i], want[i], 3e-6, "%s step %d: %.9g, not %.9g",
                               o->item.name, t, (double)w[i], want[i]);
    }
}

static double polyak(double w0, double g0, double d, int t, double s[2])
{
    (void)t;
    s[0] = 0.83 * s[0] + g0;
    return w0 - 0.0173 * (s[0] + d * w0);
}

static double nesterov(double w0, double g0, double d, int t, double s[2])
{
    (void)t;
    s[0] = 0.83 * s[0] + g0;
    return w0 - 0.0173 * (g0 + 0.83 * s[0] + d * w0);
}

static double rmsprop(double w0, double g0, double d, int t, double s[2])
{
    (void)t, (void)d;
    s[0] = 0.77 * s[0] + 0.23 * g0 * g0;
    return w0 - 0.0173 * g0 / (sqrt(s[0]) + 0.0031);
}

static double adam(double w0, double g0, double d, int t, double s[2])
{
    s[0] = 0.81 * s[0] + 0.19 * g0;
    s[1] = 0.93 * s[1] + 0.07 * g0 * g0;
    double m = s[0] / (1 - pow(0.81, t)), v = s[1] / (1 - pow(0.93, t));
    return w0 - 0.0173 * (m / (sqrt(v) + 0.0031) + d * w0);
}

static const float decays[5] = {0.31f, 0, 1.7f, 0.052f, 2.2f};

Test(optimisers, each_follows_the_recursion_by_hand)
{
    static const char *const sgd_set[] = {"momentum", "0.83", NULL};
    static const char *const ahead[] = {"momentum", "0.83", "nesterov", "yes", NULL};
    static const char *const rms_set[] = {"rho", "0.77", "epsilon", "0.0031", NULL};
    static const char *const adam_set[] = {"beta1",   "0.81",   "beta2", "0.93",
                                           "epsilon", "0.0031", NULL};
    against_hand(&ww_optimiser_sgd, sgd_set, NULL, polyak);
    against_hand(&ww_optimiser_sgd, sgd_set, decays, polyak);
    against_hand(&ww_optimiser_sgd, ahead, decays, nesterov);
    against_hand(&ww_optimiser_rmsprop, rms_set, NULL, rmsprop);
    against_hand(&ww_optimiser_adam, adam_set, NULL, adam);
    against_hand(&ww_optimiser_adamw, adam_set, NULL, adam);
    against_hand(&ww_optimiser_adamw, adam_set, decays, adam);
}

Test(optimisers, the_first_step_of_adam_is_the_rate_whatever_the_gradient)
{
    params_of(&ww_optimiser_adam, params, (const char *const[]){NULL});
    reset(6, 0);
    for (int i = 0; i < 6; i++)
        g[i] = (float)((i % 2 ? -1 : 1) * 2.385 * pow(10, i - 3));
    ww_optimiser_adam.step(params, 0.0137, 1, 6, w, g, NULL, slot);
    for (int i = 0; i < 6; i++)
        cr_assert_float_eq((double)w[i], i % 2 ? 0.0137 : -0.0137, 1e-6);
}

Test(optimisers, decay_of_adamw_does_not_depend_on_the_gradient)
{
    params_of(&ww_optimiser_adamw, params, (const char *const[]){NULL});
    reset(3, 1);
    const float decay[3] = {0.2f, 0.2f, 0};
    memset(g, 0, sizeof g);
    for (uint64_t t = 1; t <= 10; t++)
        ww_optimiser_adamw.step(params, 0.05, t, 3, w, g, decay, slot);
    cr_assert_float_eq((double)w[0], pow(1 - 0.05 * 0.2, 10), 1e-6);
    cr_assert_float_eq((double)w[2], 1, 0);
    float lone[2] = {w[0], w[1]};
    for (size_t k = 0; k < 2; k++) { /* with gradients of any size the shrinkage is the same */
        reset(2, 0);
        w[0] = 0, w[1] = 1;
        g[0] = g[1] = k ? 31.7f : 0.0023f;
        for (uint64_t t = 1; t <= 10; t++)
            ww_optimiser_adamw.step(params, 0.05, t, 2, w, g, decay, slot);
        cr_assert_float_eq((double)(w[1] - w[0]), (double)lone[0], 1e-6);
    }
}

Test(optimisers, each_parameter_has_its_own_gradient_decay_and_state)
{
    static float decay[MOST];
    for (size_t i = 0; i < MOST; i++)
        decay[i] = (float)(i % 977) * 1e-3f;
    for (size_t k = 0; k < ww_optimisers_count; k++) {
        const ww_optimiser *o = ww_optimisers[k];
        ww_params_defaults(o->item.params, params);
        reset(MOST, 0.3);
        for (int t = 1; t <= 2; t++) {
            for (size_t i = 0; i < MOST; i++)
                g[i] = (float)gradient_at(t, i % 1009);
            o->step(params, 0.01, (uint64_t)t, MOST, w, g, o->decouples ? decay : NULL, slot);
        }
        for (size_t i = 0; i < MOST; i += 3191) {
            float one = 0.3f, mean = 0, square = 0, gradient;
            for (int t = 1; t <= 2; t++) {
                gradient = (float)gradient_at(t, i % 1009);
                o->step(params, 0.01, (uint64_t)t, 1, &one, &gradient,
                        o->decouples ? &decay[i] : NULL, (float *const[]){&mean, &square});
            }
            cr_assert(memcmp(&one, &w[i], sizeof one) == 0, "%s, parameter %zu", o->item.name, i);
        }
    }
}

/* Without gradients all that is remembered goes to 0, never through numbers that processors are
 * slow with, and moves nothing on its way; not at once, and not what is no number. */
Test(optimisers, memory_fades_into_nothing)
{
    for (size_t k = 0; k < ww_optimisers_count; k++) {
        const ww_optimiser *o = ww_optimisers[k];
        bool squares = strcmp(o->item.name, "rmsprop") == 0;
        ww_params_defaults(o->item.params, params);
        reset(3, 0.3);
        memset(g, 0, sizeof g);
        slot0[0] = squares ? 1e-37f : 1e-29f;
        slot0[1] = squares ? 1e-36f : -1e-29f;
        slot0[2] = NAN;
        slot1[0] = 1e-37f, slot1[1] = 1e-36f;
        o->step(params, 0.01, 1, 3, w, g, NULL, slot);
        cr_expect(slot0[0] > 0 && slot0[1] != 0 && isnan(slot0[2]) && slot1[0] > 0, "%s: %g, %g",
                  o->item.name, (double)slot0[0], (double)slot0[1]);
        for (uint64_t t = 2; t <= 6000; t++) {
            o->step(params, 0.01, t, 2, w, g, NULL, slot);
            for (int i = 0; i < 2; i++)
                cr_assert(fpclassify(slot0[i]) != FP_SUBNORMAL &&
                              fpclassify(slot1[i]) != FP_SUBNORMAL,
                          "%s, step %d: %g, %g", o->item.name, (int)t, (double)slot0[i],
                          (double)slot1[i]);
        }
        for (int i = 0; i < 2; i++)
            cr_expect(slot0[i] == 0 && (o->slots < 2 || slot1[i] == 0) && w[i] == 0.3f,
                      "%s: %g, %g, %g", o->item.name, (double)slot0[i], (double)slot1[i],
                      (double)w[i]);
    }
}

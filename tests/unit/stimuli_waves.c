/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gratings, bars, dots and noise against their closed forms. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "stimuli/parts/frame.h"
#include "stimuli/parts/kinematogram.h"
#include "stimuli/parts/noise.h"
#include "stimuli/parts/wave.h"

extern const ww_stimulus ww_stimulus_grating, ww_stimulus_gabor, ww_stimulus_bar;

enum { W = 40, H = 32, FRAMES = 3 };
static const ww_view view = {W, H, FRAMES, 0.1, 20};
static float rgb[FRAMES * 3 * W * H];
static unsigned char mask[W * H];

/* Draws item `index` with settings "key", "value", ..., NULL. */
static ww_truth show(const ww_stimulus *s, uint64_t index, const char *const *settings)
{
    ww_arena *arena = ww_arena_create();
    void *params = ww_arena_alloc(arena, s->item.params_size);
    ww_truth truth;
    ww_params_defaults(s->item.params, params);
    for (; *settings; settings += 2)
        cr_assert_eq(ww_params_set(s->item.params, params, settings[0], settings[1], "", arena),
                     WW_OK, "%s", ww_error_message());
    cr_assert_eq(s->draw(NULL, params, &view, 1, index, rgb, mask, &truth), WW_OK);
    ww_arena_free(arena);
    return truth;
}

Test(waves, a_grating_has_its_closed_form)
{
    const char *const settings[] = {
        "frequency_cpd", "1.5", "orientation_deg", "60", "contrast",     "0.4", "temporal_hz", "5",
        "phase_deg",     "30",  "n_directions",    "1",  "random_phase", "no",  NULL};
    ww_truth truth = show(&ww_stimulus_grating, 0, settings);
    double c = cos(-30 * WW_PI / 180), s = sin(-30 * WW_PI / 180);
    for (int f = 0, i = 0; f < FRAMES; f++)
        for (int k = 0; k < 3; k++)
            for (int row = 0; row < H; row++)
                for (int column = 0; column < W; column++, i++) {
                    double x = (column - 19.5) * 0.1, y = (15.5 - row) * 0.1;
                    double want =
                        cos(2 * WW_PI * (1.5 * (x * c + y * s) - 5 * f * 0.02) + WW_PI / 6);
                    cr_assert_float_eq((double)rgb[i], 0.5 * (1 + 0.4 * want), 1e-5);
                }
    cr_assert_float_eq(truth.orientation_deg, 60, 1e-9);
    cr_assert_float_eq(truth.speed_deg_s, 5 / 1.5, 1e-9);
}

Test(waves, a_grating_spans_its_contrast_and_drifts_as_labelled)
{
    const char *const settings[] = {"frequency_cpd", "0.5", "contrast", "0.8",
                                    "temporal_hz",   "2.5", NULL};
    for (uint64_t index = 0; index < 20; index++) {
        ww_truth truth = show(&ww_stimulus_grating, index, settings);
        double low = 1, high = 0;
        for (int i = 0; i < W * H; i++) {
            low = fmin(low, (double)rgb[i]);
            high = fmax(high, (double)rgb[i]);
        }
        cr_assert_float_eq(low, 0.1, 0.01);
        cr_assert_float_eq(high, 0.9, 0.01);
        /* gradient method: the change in time is minus velocity times the slope in space */
        double vx = cos(truth.direction * WW_PI / 4), vy = sin(truth.direction * WW_PI / 4);
        double both = 0, square = 0;
        for (int row = 1; row < H - 1; row++)
            for (int column = 1; column < W - 1; column++) {
                const float *p = rgb + 3 * W * H + row * W + column;
                double dt = (double)(p[3 * W * H] - p[-3 * W * H]) / 0.04;
                double slope =
                    (double)(p[1] - p[-1]) / 0.2 * vx + (double)(p[-W] - p[W]) / 0.2 * vy;
                both -= dt * slope;
                square += slope * slope;
            }
        cr_assert_float_eq(both / square, truth.speed_deg_s, 0.1);
    }
}

Test(waves, a_gabor_is_grey_far_from_its_centre)
{
    const char *const settings[] = {"x_deg", "-1", "y_deg", "0.5", "sigma_deg", "0.2", NULL};
    ww_truth truth = show(&ww_stimulus_gabor, 0, settings);
    cr_assert(truth.x_deg == -1 && truth.y_deg == 0.5);
    cr_assert_float_eq((double)rgb[W - 1], 0.5, 1e-6);
    cr_assert_eq(mask[10 * W + 10], 1);
    cr_assert_eq(mask[W - 1], 0);
}

Test(waves, a_bar_has_its_area_and_ends_where_the_truth_says)
{
    const char *const settings[] = {"width_deg", "0.37",        "length_deg", "1.5", "spread_deg",
                                    "0.5",       "speed_deg_s", "10",         NULL};
    for (uint64_t index = 0; index < 10; index++) {
        ww_truth truth = show(&ww_stimulus_bar, index, settings);
        double x[FRAMES], y[FRAMES];
        for (int f = 0; f < FRAMES; f++) {
            double sum = 0;
            x[f] = y[f] = 0;
            for (int row = 0; row < H; row++)
                for (int column = 0; column < W; column++) {
                    double in = 2 * (double)rgb[f * 3 * W * H + row * W + column] - 1;
                    sum += in;
                    x[f] += in * ww_frame_x_deg(&view, column);
                    y[f] += in * ww_frame_y_deg(&view, row);
                }
            cr_assert_float_eq(sum * 0.01, 0.37 * 1.5, 0.02);
            x[f] /= sum;
            y[f] /= sum;
        }
        double direction = truth.direction * WW_PI / 4;
        cr_assert_float_eq(x[2], truth.x_deg, 0.02);
        cr_assert_float_eq(y[2], truth.y_deg, 0.02);
        cr_assert_float_eq(x[2] - x[0], 10 * 0.04 * cos(direction), 0.03);
        cr_assert_float_eq(y[2] - y[0], 10 * 0.04 * sin(direction), 0.03);
    }
}

Test(dots, coherence_and_lifetime_are_recovered)
{
    enum { N = 20000, LIFE = 5 };
    static ww_dot dots[N], before[N];
    const ww_kinematogram plain = {8, 6, 0.3, 0.2, -0.1, 0}, brief = {8, 6, 1, 0.2, -0.1, LIFE};
    const ww_kinematogram *const both[] = {&plain, &brief};
    const double want[] = {0.3, 1 - 1.0 / LIFE};
    for (int k = 0; k < 2; k++) {
        ww_random random = ww_random_stream(1, "test", (uint64_t)k);
        ww_kinematogram_start(both[k], &random, dots, N);
        memcpy(before, dots, sizeof dots);
        ww_kinematogram_step(both[k], &random, dots, N);
        int moved = 0;
        for (int i = 0; i < N; i++) {
            double dx = dots[i].x_deg - before[i].x_deg, dy = dots[i].y_deg - before[i].y_deg;
            moved += fabs(remainder(dx - 0.2, 8)) < 1e-9 && fabs(remainder(dy + 0.1, 6)) < 1e-9;
            cr_assert(fabs(dots[i].x_deg) <= 4 && fabs(dots[i].y_deg) <= 3);
        }
        cr_assert_float_eq((double)moved / N, want[k], 0.015);
    }
}

Test(noise, its_amplitude_falls_as_asked)
{
    enum { N = 64, DRAWS = 40 };
    static float plane[N * N];
    ww_noise *noise;
    cr_assert_eq(ww_noise_open(&noise, N, N, 1), WW_OK);
    double power[2] = {0}; /* of the horizontal frequencies 2 and 8 */
    for (uint64_t draw = 0; draw < DRAWS; draw++) {
        ww_random random = ww_random_stream(1, "test", draw);
        cr_assert_eq(ww_noise_draw(noise, &random, plane), WW_OK);
        double sum = 0, squares = 0;
        for (int i = 0; i < N * N; i++) {
            sum += (double)plane[i];
            squares += (double)plane[i] * (double)plane[i];
        }
        cr_assert_float_eq(sum / N / N, 0, 1e-4);
        cr_assert_float_eq(squares / N / N, 1, 1e-3);
        for (int k = 0; k < 2; k++) {
            double re = 0, im = 0, f = 2 * WW_PI * (k ? 8 : 2) / N;
            for (int i = 0; i < N * N; i++) {
                re += (double)plane[i] * cos(f * (i % N));
                im += (double)plane[i] * sin(f * (i % N));
            }
            power[k] += re * re + im * im;
        }
    }
    double slope = 0.5 * log(power[0] / power[1]) / log(4);
    cr_assert_float_eq(slope, 1, 0.25);
    ww_noise_close(noise);
}

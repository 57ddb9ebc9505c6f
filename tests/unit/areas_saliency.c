/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saliency: counts of maps, the two N(.), equilibria against the walk itself, mirror symmetry,
 * where the gaze goes first, and input that it cannot use. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/saliency.h"
#include "stimuli/stimulus.h"
#include "tests/support/folder.h"

enum { SIDE = 256, PIXELS = SIDE * SIDE };

struct settings {
    ww_saliency_params model;
};
static const ww_param table[] = {WW_SALIENCY_PARAMS(struct settings, model), WW_PARAM_END};

static ww_saliency_params defaults(int model)
{
    struct settings s;
    ww_params_defaults(table, &s);
    s.model.model = model;
    s.model.side_px = SIDE;
    return s.model;
}

/* One search display of 256 x 256 pixels, 8 deg wide. */
static ww_truth display(const char *kind, uint64_t index, float *rgb)
{
    extern const ww_stimulus ww_stimulus_search;
    const ww_stimulus *s = &ww_stimulus_search;
    const ww_view view = {SIDE, SIDE, 1, 8.0 / SIDE, 50};
    double params[16];
    ww_truth truth;
    ww_params_defaults(s->item.params, params);
    cr_assert_eq(ww_params_set(s->item.params, params, "kind", kind, "", NULL), WW_OK);
    cr_assert_eq(s->draw(NULL, params, &view, 3, index, rgb, NULL, &truth), WW_OK);
    return truth;
}

static ww_saliency map_of(int model, float *rgb, int height, int width, ww_arena *arena)
{
    ww_saliency s;
    ww_saliency_params p = defaults(model);
    ww_picture picture = {3, height, width, rgb};
    cr_assert_eq(ww_saliency_map(&s, &p, &picture, arena), WW_OK, "%s", ww_error_message());
    return s;
}

Test(areas_saliency, six_maps_of_intensity_twelve_of_colour_twenty_four_of_orientation)
{
    static float rgb[3 * PIXELS];
    const int wanted[2][3] = {{6, 12, 24}, {3, 6, 12}};
    display("conjunction", 1, rgb);
    for (int model = 0; model < 2; model++) {
        ww_arena *arena = ww_arena_create();
        ww_saliency s = map_of(model, rgb, SIDE, SIDE, arena);
        int counts[3] = {0};
        for (int i = 0; i < s.n_features; i++)
            counts[s.feature[i].channel]++;
        cr_expect_arr_eq(counts, wanted[model], sizeof counts);
        if (model == WW_SALIENCY_ITTI) {
            cr_expect_str_eq(s.feature[0].name, "intensity 2-5");
            cr_expect_str_eq(s.feature[41].name, "orientation 135 4-8");
            cr_expect_eq(s.feature[0].width, SIDE / 4);
            cr_expect_eq(s.width, SIDE / 16);
        }
        ww_arena_free(arena);
    }
}

/* Peaks of a height at k of 9 places of a map. */
static void peaks(float *map, int side, int k, float height)
{
    memset(map, 0, (size_t)(side * side) * sizeof *map);
    for (int i = 0; i < k; i++)
        map[(side / 6 + i / 3 * (side / 3)) * side + side / 6 + i % 3 * (side / 3)] = height;
}

/* Peaks as wide as things: each becomes a Gaussian of sd 3. */
static void swell(float *map, int side)
{
    float *wide = calloc((size_t)(side * side), sizeof *wide);
    for (int i = 0; i < side * side; i++)
        for (int j = 0; j < side * side && map[i] > 0; j++) {
            double dx = i % side - j % side, dy = i / side - j / side;
            wide[j] += map[i] * (float)exp(-(dx * dx + dy * dy) / 18);
        }
    memcpy(map, wide, (size_t)(side * side) * sizeof *map);
    free(wide);
}

Test(areas_saliency, one_peak_is_promoted_and_eight_equal_ones_are_not)
{
    enum { N = 36 };
    float one[N * N], eight[N * N];
    peaks(one, N, 1, 3);
    peaks(eight, N, 8, 3);
    int at = N / 6 * N + N / 6;
    ww_promote_maximum(one, N, N);
    ww_promote_maximum(eight, N, N);
    cr_expect_float_eq(one[at], 1, 1e-6);
    cr_expect(one[at] >= 10 * eight[at]);
    /* of two peaks 1 and 1/2 the factor is (1 - 1/2)^2 */
    peaks(one, N, 1, 4);
    one[N * N - N - 2] = 2;
    ww_promote_maximum(one, N, N);
    cr_expect_float_eq(one[at], 0.25, 1e-6);
    peaks(one, N, 1, 3);
    peaks(eight, N, 8, 3);
    swell(one, N);
    swell(eight, N);
    cr_assert(ww_promote_iterative(one, N, N, 10) && ww_promote_iterative(eight, N, N, 10));
    cr_expect(one[at] > 1 && one[at] > 2 * eight[at], "%g %g", one[at], eight[at]);
}

/* The equilibrium by walking: p <- p P, P the weights scaled to rows of 1. */
static void walk(const double *weight, int n, double *p)
{
    double next[64], out[64] = {0};
    for (int i = 0; i < n; i++)
        for (int j = 0; j < n; j++)
            out[i] += weight[i * n + j];
    for (int i = 0; i < n; i++)
        p[i] = 1.0 / n;
    for (int k = 0; k < 3000; k++) {
        memset(next, 0, sizeof next);
        for (int i = 0; i < n; i++)
            for (int j = 0; j < n; j++)
                next[j] += p[i] * weight[i * n + j] / out[i];
        memcpy(p, next, sizeof *p * (size_t)n);
    }
}

Test(areas_saliency, equilibria_are_where_the_walker_is)
{
    enum { H = 5, W = 8, N = H * W };
    float map[N];
    double weight[N * N], walked[64], rests[N], scratch[N];
    float least = 9, most = 0;
    for (int i = 0; i < N; i++) {
        map[i] = (float)fmod(i * i * 0.37 + 0.2, 1);
        least = fminf(least, map[i]);
        most = fmaxf(most, map[i]);
    }
    for (int second = 0; second < 2; second++) {
        for (int i = 0; i < N; i++)
            for (int j = 0; j < N; j++) {
                double dx = i % W - j % W, dy = i / W - j / W;
                double near = exp(-(dx * dx + dy * dy) / (2 * 1.7 * 1.7));
                double a = 0.01 + (map[i] - least) / (most - least);
                double b = 0.01 + (map[j] - least) / (most - least);
                weight[i * N + j] = near * (second ? rests[j] : fabs(log(a / b)));
            }
        walk(weight, N, walked);
        if (second)
            ww_gbvs_concentrate(rests, H, W, 1.7, scratch);
        else
            ww_gbvs_activate(map, H, W, 1.7, rests);
        for (int i = 0; i < N; i++)
            cr_expect_float_eq(rests[i], walked[i], 1e-6, "%d: %g %g", i, rests[i], walked[i]);
    }
}

/* A picture seen in a mirror has the map of the picture seen in the mirror: no scale is shifted. */
Test(areas_saliency, a_mirrored_picture_has_the_mirrored_map)
{
    static float rgb[3 * PIXELS], mirrored[3 * PIXELS];
    display("conjunction", 2, rgb);
    for (int i = 0; i < 3 * PIXELS; i++)
        mirrored[i / SIDE * SIDE + SIDE - 1 - i % SIDE] = rgb[i];
    for (int model = 0; model < 2; model++) {
        ww_arena *arena = ww_arena_create();
        ww_saliency a = map_of(model, rgb, SIDE, SIDE, arena);
        ww_saliency b = map_of(model, mirrored, SIDE, SIDE, arena);
        for (int i = 0; i < a.height * a.width; i++) {
            int other = i / a.width * a.width + a.width - 1 - i % a.width;
            cr_assert_float_eq(a.map[i], b.map[other], 1e-3, "model %d, cell %d: %g %g", model, i,
                               a.map[i], b.map[other]);
        }
        ww_arena_free(arena);
    }
}

Test(areas_saliency, bars_excite_their_orientation_and_red_is_not_green)
{
    static float rgb[3 * PIXELS];
    for (int i = 0; i < PIXELS; i++) { /* horizontal bars, period 28: 7 pixels of scale 2 */
        rgb[i] = (float)(0.5 + 0.4 * sin(2 * 3.14159265 * (i / SIDE) / 28));
        rgb[PIXELS + i] = rgb[2 * PIXELS + i] = rgb[i];
    }
    ww_arena *arena = ww_arena_create();
    ww_saliency s = map_of(WW_SALIENCY_GBVS, rgb, SIDE, SIDE, arena);
    int middle = SIDE / 4 * SIDE / 8 + SIDE / 8;
    cr_assert_str_eq(s.feature[3].name, "orientation 0 2");
    cr_expect(s.feature[3].value[middle] > 10 * s.feature[5].value[middle]);
    cr_expect_float_eq(s.feature[1].value[middle], 0, 1e-4);
    cr_expect_float_eq(s.feature[2].value[middle], 0, 1e-4);
    for (int i = 0; i < PIXELS; i++) { /* left half red, right half green */
        rgb[i] = i % SIDE < SIDE / 2 ? 0.6f : 0;
        rgb[PIXELS + i] = 0.6f - rgb[i];
        rgb[2 * PIXELS + i] = 0;
    }
    s = map_of(WW_SALIENCY_GBVS, rgb, SIDE, SIDE, arena);
    /* where r alone shines I = r/3: hue 3, R = 3, G = 0, Y = 0, so RG is 3; there green gives -3 */
    cr_expect_float_eq(s.feature[1].value[SIDE / 4 * SIDE / 8 + 8], 3, 0.01);
    cr_expect_float_eq(s.feature[1].value[SIDE / 4 * SIDE / 8 + SIDE / 4 - 8], -3, 0.01);
    cr_expect_float_eq(s.feature[0].value[middle], 0.2, 1e-3);
    ww_arena_free(arena);
}

Test(areas_saliency, a_single_colour_or_orientation_is_looked_at_first)
{
    static float rgb[3 * PIXELS];
    static const char *const kinds[] = {"colour", "orientation"};
    for (int i = 0; i < 6; i++) {
        ww_arena *arena = ww_arena_create();
        ww_fixation first;
        ww_saliency_params p = defaults(WW_SALIENCY_ITTI);
        ww_truth truth = display(kinds[i % 2], (uint64_t)i, rgb);
        ww_picture picture = {3, SIDE, SIDE, rgb};
        ww_saliency s;
        p.side_px = 640;
        p.fixations = 1;
        cr_assert_eq(ww_saliency_map(&s, &p, &picture, arena), WW_OK);
        cr_assert_eq(ww_saliency_gaze(&s, &p, &first), 1);
        double x = (first.x_px - 127.5) * 8 / SIDE, y = (127.5 - first.y_px) * 8 / SIDE;
        cr_expect(hypot(x - truth.x_deg, y - truth.y_deg) < 1, "%s %d: %g %g, not %g %g",
                  kinds[i % 2], i, x, y, truth.x_deg, truth.y_deg);
        ww_arena_free(arena);
    }
}

Test(areas_saliency, the_gaze_goes_down_the_peaks_and_comes_back_when_it_may)
{
    float map[20 * 20] = {0};
    map[5 * 20 + 5] = 1;
    map[5 * 20 + 14] = 0.8f;
    map[14 * 20 + 5] = 0.6f;
    ww_saliency s = {
        .picture_height = 200, .picture_width = 200, .height = 20, .width = 20, .map = map};
    ww_saliency_params p = defaults(0);
    ww_fixation f[8];
    p.fixations = 4;
    p.inhibit_ms = 300;
    p.proximity = 0;
    cr_assert_eq(ww_saliency_gaze(&s, &p, f), 4);
    const double x[4] = {54.5, 144.5, 54.5, 54.5}, y[4] = {54.5, 54.5, 144.5, 54.5};
    for (int i = 0; i < 4; i++) {
        cr_expect_float_eq(f[i].x_px, x[i], 1e-9, "%d", i);
        cr_expect_float_eq(f[i].y_px, y[i], 1e-9, "%d", i);
    }
    /* charge of U: t - 10 (1 - exp(-t/10)) = 30 ms at t = 39.8 ms */
    cr_expect_float_eq(f[0].time_ms, 39.8, 1.5);
    cr_expect_float_eq(f[1].time_ms - f[0].time_ms, 30 / 0.8, 1.5);
    cr_expect(f[3].time_ms > f[0].time_ms + 300);
    memset(map, 0, sizeof map);
    cr_expect_eq(ww_saliency_gaze(&s, &p, f), 0);
}

Test(areas_saliency, what_it_cannot_use_is_said_in_one_line)
{
    static float rgb[3 * 64 * 64];
    ww_arena *arena = ww_arena_create();
    ww_saliency_params p = defaults(0);
    ww_saliency s;
    ww_picture picture = {1, 15, 40, rgb};
    expect_failure(ww_saliency_map(&s, &p, &picture, arena), WW_EINVAL,
                   "40 x 15 pixels are too few for saliency; 16 a side is the least");
    picture = (ww_picture){1, 16, 129, rgb};
    expect_failure(ww_saliency_map(&s, &p, &picture, arena), WW_EINVAL,
                   "129 x 16 pixels: one side may be at most 8 times as long as the other");
    picture = (ww_picture){3, 64, 64, rgb};
    rgb[64 * 64 + 7 * 64 + 3] = NAN;
    expect_failure(ww_saliency_map(&s, &p, &picture, arena), WW_ENUMERIC,
                   "pixel (3, 7) is not a finite number");
    ww_arena_free(arena);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Augmentation: symmetries, exact shifts, and what each change promises to keep. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/learning/augment.h"

enum { C = 3, H = 17, W = 22, N = C * H * W };
static float from[N], to[N], again[N];

static void setup(void)
{
    ww_random random = ww_random_stream(1, "test/augment", 0);
    for (int i = 0; i < N; i++)
        from[i] = (float)ww_random_uniform(&random);
}

TestSuite(augment, .init = setup);

static float at(const float *picture, int k, int row, int column)
{
    row = row < 0 ? 0 : row >= H ? H - 1 : row;
    column = column < 0 ? 0 : column >= W ? W - 1 : column;
    return picture[(k * H + row) * W + column];
}

/* Whether `to` is `from` moved by (dx, dy), mirrored if `flip`. */
static bool moved(int dx, int dy, bool flip)
{
    for (int k = 0; k < C; k++)
        for (int row = 0; row < H; row++)
            for (int column = 0; column < W; column++) {
                int x = column - dx < 0 ? 0 : column - dx >= W ? W - 1 : column - dx;
                if (at(to, k, row, column) != at(from, k, row - dy, flip ? W - 1 - x : x))
                    return false;
            }
    return true;
}

static double mean_of(const float *x)
{
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += (double)x[i] / N;
    return sum;
}

static double sd_of(const float *x)
{
    double mean = mean_of(x), sum = 0;
    for (int i = 0; i < N; i++)
        sum += ((double)x[i] - mean) * ((double)x[i] - mean) / N;
    return sqrt(sum);
}

Test(augment, nothing_set_is_the_identity)
{
    ww_augment a;
    ww_params_defaults(ww_augment_params, &a);
    cr_assert_not(ww_augment_any(&a));
    ww_augment_picture(&a, 1, 2, 3, from, to, C, H, W);
    cr_assert(memcmp(from, to, sizeof from) == 0);
}

Test(augment, flips_half_of_the_time_and_twice_is_the_identity)
{
    ww_augment a = {.flip = true};
    int flips = 0;
    for (uint64_t sample = 0; sample < 400; sample++) {
        ww_augment_picture(&a, 1, 0, sample, from, to, C, H, W);
        bool flipped = moved(0, 0, true);
        flips += flipped;
        cr_assert(flipped || moved(0, 0, false));
        ww_augment_picture(&a, 1, 0, sample, to, again, C, H, W);
        cr_assert(memcmp(from, again, sizeof from) == 0);
    }
    cr_assert(flips > 160 && flips < 240, "%d", flips); /* 4 standard deviations */
}

/* Counts how often each shift of -most .. most occurs; every picture must be one. */
static void check_shifts(const ww_augment *a, int most)
{
    int seen[9][9] = {{0}}, kinds = 0;
    for (uint64_t sample = 0; sample < 400; sample++) {
        bool found = false;
        ww_augment_picture(a, 7, 1, sample, from, to, C, H, W);
        for (int dx = -most; dx <= most; dx++)
            for (int dy = -most; dy <= most; dy++)
                if (moved(dx, dy, false)) {
                    found = true;
                    kinds += seen[dx + 4][dy + 4]++ == 0;
                }
        cr_assert(found, "sample %d is no shift", (int)sample);
    }
    cr_assert_eq(kinds, (2 * most + 1) * (2 * most + 1));
}

Test(augment, shifts_and_crops_move_by_whole_pixels_exactly)
{
    check_shifts(&(ww_augment){.shift_px = 2.9}, 2);
    check_shifts(&(ww_augment){.crop_px = 3}, 3);
    ww_augment both = {.shift_px = 1, .crop_px = 1, .flip = true};
    int far = 0;
    for (uint64_t sample = 0; sample < 200; sample++) {
        ww_augment_picture(&both, 7, 1, sample, from, to, C, H, W);
        far += moved(2, 2, false) || moved(2, 2, true);
    }
    cr_assert_gt(far, 0);
}

Test(augment, contrast_keeps_the_mean_and_scales_the_deviation)
{
    ww_augment a = {.contrast = 0.4};
    double low = 9, high = 0;
    for (uint64_t sample = 0; sample < 200; sample++) {
        ww_augment_picture(&a, 7, 1, sample, from, to, C, H, W);
        double c = sd_of(to) / sd_of(from);
        cr_assert_float_eq(mean_of(to), mean_of(from), 1e-6);
        for (int i = 0; i < N; i += 13)
            cr_assert_float_eq((double)to[i] - mean_of(from), c * ((double)from[i] - mean_of(from)),
                               1e-5);
        low = fmin(low, c);
        high = fmax(high, c);
    }
    cr_assert(low >= 0.6 - 1e-6 && low < 0.65 && high <= 1.4 + 1e-6 && high > 1.35);
}

Test(augment, noise_has_its_deviation)
{
    ww_augment a = {.noise_sd = 0.37};
    double sum = 0, square = 0;
    for (uint64_t sample = 0; sample < 40; sample++) {
        ww_augment_picture(&a, 7, 1, sample, from, to, C, H, W);
        for (int i = 0; i < N; i++) {
            sum += (double)(to[i] - from[i]) / (40 * N);
            square += (double)((to[i] - from[i]) * (to[i] - from[i])) / (40 * N);
        }
    }
    cr_assert_float_eq(sum, 0, 0.37 * 4 / sqrt(40 * N));
    cr_assert_float_eq(sqrt(square) / 0.37, 1, 4 / sqrt(2 * 40 * N));
}

/* Pixels that the cut-out of this sample covers; all of them grey, and all others as before. */
static int cut_pixels(const ww_augment *a, uint64_t sample, int *left, int *top)
{
    int changed = 0;
    *left = W, *top = H;
    ww_augment_picture(a, 7, 1, sample, from, to, C, H, W);
    for (int row = 0; row < H; row++)
        for (int column = 0; column < W; column++) {
            int off = 0;
            for (int k = 0; k < C; k++)
                off += at(to, k, row, column) != at(from, k, row, column);
            cr_assert(off == 0 || off == C);
            if (off == 0)
                continue;
            changed++;
            *left = column < *left ? column : *left;
            *top = row < *top ? row : *top;
            cr_assert_float_eq((double)at(to, 0, row, column), mean_of(from), 1e-6);
        }
    return changed;
}

Test(augment, cutout_covers_its_square_and_reaches_every_corner)
{
    ww_augment a = {.cutout_px = 5};
    int corners = 0, left, top;
    for (uint64_t sample = 0; sample < 2000; sample++) {
        cr_assert_eq(cut_pixels(&a, sample, &left, &top), 25);
        cr_assert(left <= W - 5 && top <= H - 5);
        corners |= 1 << ((left == 0) + 2 * (left == W - 5) + 4 * (top == 0) + 8 * (top == H - 5));
    }
    cr_assert((corners & 1 << 5) && (corners & 1 << 6) && (corners & 1 << 9) &&
              (corners & 1 << 10));
    a.cutout_px = 1000;
    cr_assert_eq(cut_pixels(&a, 0, &left, &top), H * W);
}

/* A smooth picture: a Gaussian blob at (x, y) of the given size. */
static void blob(double x, double y, double sigma)
{
    for (int k = 0; k < C; k++)
        for (int row = 0; row < H; row++)
            for (int column = 0; column < W; column++)
                from[(k * H + row) * W + column] =
                    (float)exp(-0.5 * (pow(column - x, 2) + pow(row - y, 2)) / sigma / sigma);
}

/* Centre of mass of the first channel, and its root mean square radius. */
static double centre_of(const float *x, double *cx, double *cy)
{
    double sum = 0, r2 = 0;
    *cx = *cy = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int row = 0; row < H; row++)
            for (int column = 0; column < W; column++) {
                double v = (double)x[row * W + column];
                if (pass == 0) {
                    sum += v;
                    *cx += v * column;
                    *cy += v * row;
                } else {
                    r2 += v / sum * (pow(column - *cx / sum, 2) + pow(row - *cy / sum, 2));
                }
            }
    *cx /= sum;
    *cy /= sum;
    return sqrt(r2);
}

Test(augment, rotation_turns_about_the_centre_by_at_most_its_angle)
{
    ww_augment a = {.rotate_deg = 30};
    double low = 0, high = 0, x, y;
    blob(14.5, 8, 1.2); /* 4 px to the right of the centre */
    for (uint64_t sample = 0; sample < 200; sample++) {
        ww_augment_picture(&a, 7, 1, sample, from, to, C, H, W);
        centre_of(to, &x, &y);
        cr_assert_float_eq(hypot(x - 10.5, y - 8), 4, 0.02);
        double turned = atan2(y - 8, x - 10.5) * 180 / 3.14159265358979323846;
        low = fmin(low, turned);
        high = fmax(high, turned);
    }
    cr_assert(low > -30.3 && low < -28 && high < 30.3 && high > 28, "%g to %g", low, high);
}

Test(augment, scale_enlarges_about_the_centre)
{
    ww_augment a = {.scale = 0.3};
    double low = 9, high = 0, x, y;
    blob(13.5, 8, 1.1);
    for (uint64_t sample = 0; sample < 200; sample++) {
        ww_augment_picture(&a, 7, 1, sample, from, to, C, H, W);
        double radius = centre_of(to, &x, &y), factor = (x - 10.5) / 3;
        cr_assert_float_eq(radius / (1.1 * sqrt(2)), factor, 0.08);
        low = fmin(low, factor);
        high = fmax(high, factor);
    }
    cr_assert(low > 0.69 && low < 0.72 && high < 1.31 && high > 1.28, "%g to %g", low, high);
}

Test(augment, is_a_function_of_seed_epoch_and_sample)
{
    ww_augment a = {3, 0.2, 20, true, 2, 0.3, 0.1, 4};
    cr_assert(ww_augment_any(&a));
    ww_augment_picture(&a, 1, 2, 3, from, to, C, H, W);
    ww_augment_picture(&a, 1, 2, 3, from, again, C, H, W);
    cr_assert(memcmp(to, again, sizeof to) == 0);
    static const uint64_t other[3][3] = {{2, 2, 3}, {1, 3, 3}, {1, 2, 4}};
    for (int k = 0; k < 3; k++) {
        ww_augment_picture(&a, other[k][0], other[k][1], other[k][2], from, again, C, H, W);
        cr_assert(memcmp(to, again, sizeof to) != 0);
    }
    ww_augment shift = {.shift_px = 3}; /* noise switched on leaves the shift as it was */
    ww_augment noisy = {.shift_px = 3, .noise_sd = 1e-9};
    ww_augment_picture(&shift, 1, 2, 3, from, to, C, H, W);
    ww_augment_picture(&noisy, 1, 2, 3, from, again, C, H, W);
    for (int i = 0; i < N; i++)
        cr_assert_float_eq((double)to[i], (double)again[i], 1e-6);
}

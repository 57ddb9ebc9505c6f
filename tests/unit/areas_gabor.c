/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gabor filters against the closed forms of their tuning, measured from responses to gratings. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "areas/parts/gabor.h"

static const double pi = 3.14159265358979323846;

/* Amplitude of the response to a grating that drifts behind the filter. */
static double response(const float *filter, int size, double deg_per_px, double cpd,
                       double normal_deg)
{
    double real = 0, imaginary = 0;
    for (int row = 0; row < size; row++)
        for (int column = 0; column < size; column++) {
            double x = (column - 0.5 * (size - 1)) * deg_per_px;
            double y = (0.5 * (size - 1) - row) * deg_per_px;
            double u = x * cos(normal_deg * pi / 180) + y * sin(normal_deg * pi / 180);
            real += filter[row * size + column] * cos(2 * pi * cpd * u);
            imaginary += filter[row * size + column] * sin(2 * pi * cpd * u);
        }
    return hypot(real, imaginary);
}

/* Where f falls to half of `peak` between `inside` and `outside`. */
static double half_at(const float *filter, int size, double deg_per_px, bool frequency,
                      double fixed, double inside, double outside, double peak)
{
    for (int i = 0; i < 60; i++) {
        double middle = 0.5 * (inside + outside);
        double r = frequency ? response(filter, size, deg_per_px, middle, fixed)
                             : response(filter, size, deg_per_px, fixed, middle);
        if (r > 0.5 * peak)
            inside = middle;
        else
            outside = middle;
    }
    return 0.5 * (inside + outside);
}

Test(gabor, tuning_is_that_of_the_closed_forms)
{
    static const double nx[] = {0.365, 0.416, 0.6}, ny[] = {0.445, 0.5, 0.8};
    for (int i = 0; i < 3; i++) {
        ww_gabor gabor = {2, 30, 90, nx[i], ny[i]};
        double px = 0.02;
        int size = ww_gabor_size(&gabor, px, 201);
        float *filter = malloc((size_t)size * (size_t)size * sizeof *filter);
        ww_gabor_fill(&gabor, 0, px, size, filter);
        /* frequency: between half heights, about the peak of the amplitude */
        double peak_cpd = 0, peak = 0;
        for (double f = 0.5; f < 4; f += 0.01) {
            double r = response(filter, size, px, f, 30);
            if (r > peak)
                peak = r, peak_cpd = f;
        }
        double at_f = response(filter, size, px, 2, 30);
        double low = half_at(filter, size, px, true, 30, peak_cpd, 0.01, at_f);
        double high = half_at(filter, size, px, true, 30, peak_cpd, 8, at_f);
        cr_assert_float_eq(log2(high / low), ww_gabor_octaves(nx[i]), 0.1, "nx %g: %g, %g octaves",
                           nx[i], log2(high / low), ww_gabor_octaves(nx[i]));
        double left = half_at(filter, size, px, false, 2, 30, -40, at_f);
        double right = half_at(filter, size, px, false, 2, 30, 100, at_f);
        cr_assert_float_eq(right - left, ww_gabor_orientation_deg(ny[i]), 2.5, "ny %g: %g, %g deg",
                           ny[i], right - left, ww_gabor_orientation_deg(ny[i]));
        free(filter);
    }
    cr_assert_float_eq(ww_gabor_octaves(0.365), 1.64, 0.005);
    cr_assert_float_eq(ww_gabor_octaves(0.416), 1.40, 0.005);
    cr_assert_float_eq(ww_gabor_orientation_deg(0.445), 49.8, 0.05);
}

Test(gabor, has_no_mean_unit_norm_and_the_symmetry_of_its_phase)
{
    static const double phases[] = {0, 45, 90, 180, 270};
    for (int p = 0; p < 5; p++)
        for (int a = 0; a < 8; a++) {
            ww_gabor gabor = {1.5, 22.5 * a, phases[p], 0.4, 0.5};
            float filter[15 * 15];
            int size = ww_gabor_size(&gabor, 0.1, 15);
            double sum = 0, power = 0;
            ww_gabor_fill(&gabor, 0, 0.1, size, filter);
            int n = size * size;
            for (int i = 0; i < n; i++) {
                sum += filter[i];
                power += filter[i] * filter[i];
                double sign = phases[p] == 90 || phases[p] == 270 ? -1 : 1;
                if (phases[p] != 45)
                    cr_assert_float_eq(filter[i], sign * filter[n - 1 - i], 1e-5);
            }
            cr_assert_float_eq(sum, 0, 1e-5);
            cr_assert_float_eq(power, 1, 1e-5);
        }
}

Test(gabor, a_gaussian_sums_to_its_weight_and_a_narrow_one_is_a_point)
{
    float filter[81] = {0};
    double sum = 0;
    ww_gaussian_add(1.3, 0.7, 9, filter);
    for (int i = 0; i < 81; i++)
        sum += filter[i];
    cr_assert_float_eq(sum, 0.7, 1e-5);
    cr_assert_float_eq(filter[40] / filter[41], exp(0.5 / (1.3 * 1.3)), 1e-4);
    float point[9] = {0};
    ww_gaussian_add(0, 2, 3, point);
    cr_assert_float_eq(point[4], 2, 1e-6);
    cr_assert_float_eq(point[5], 0, 1e-6);
    cr_assert_eq(ww_gaussian_size(0.01, 15), 3);
    cr_assert_eq(ww_gaussian_size(2, 15), 11);
    cr_assert_eq(ww_gaussian_size(20, 15), 15);
}

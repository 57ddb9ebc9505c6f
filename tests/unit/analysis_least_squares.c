/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The linear classifier against least squares solved another way, and left-out errors against
 * learning without the sample; what it cannot learn from. */
#include <criterion/criterion.h>
#include <gsl/gsl_linalg.h>
#include <math.h>
#include <stdlib.h>

#include "analysis/parts/least_squares.h"
#include "engine/base/random.h"

enum { N = 24, P = 3 };

struct samples {
    float x[N * P];
    bool label[N];
};

/* Of very different scales and means; the label hangs on the first two. */
static void draw(struct samples *s, uint64_t seed)
{
    static const double mean[P] = {100, -0.02, 3}, sd[P] = {20, 0.001, 1};
    ww_random random = ww_random_at(seed, 0);
    for (int i = 0; i < N; i++) {
        double z[P];
        for (int j = 0; j < P; j++) {
            z[j] = ww_random_normal(&random);
            s->x[i * P + j] = (float)(mean[j] + sd[j] * z[j]);
        }
        s->label[i] = z[0] - z[1] + 0.8 * ww_random_normal(&random) > 0.3;
    }
}

/* Minimises the sum of (y - b - w z)^2 + lambda p |w|^2 by its normal equations, sample `without`
 * left out (-1: none); returns what it says of sample `of`. */
static double by_normal_equations(const struct samples *s, double lambda, int without, int of)
{
    double z[N][P + 1], a[(P + 1) * (P + 1)] = {0}, b[P + 1] = {0}, w[P + 1], sum = 0;
    for (int j = 0; j < P; j++) {
        double mean = 0, power = 0;
        for (int i = 0; i < N; i++)
            mean += (double)s->x[i * P + j] / N;
        for (int i = 0; i < N; i++)
            power += pow((double)s->x[i * P + j] - mean, 2) / N;
        for (int i = 0; i < N; i++)
            z[i][j] = ((double)s->x[i * P + j] - mean) / sqrt(power);
    }
    for (int i = 0; i < N; i++) {
        z[i][P] = 1;
        for (int j = 0; j <= P && i != without; j++) {
            b[j] += z[i][j] * (s->label[i] ? 1 : -1);
            for (int k = 0; k <= P; k++)
                a[j * (P + 1) + k] += z[i][j] * z[i][k];
        }
    }
    for (int j = 0; j < P; j++)
        a[j * (P + 2)] += lambda * P;
    gsl_matrix_view av = gsl_matrix_view_array(a, P + 1, P + 1);
    gsl_vector_view bv = gsl_vector_view_array(b, P + 1), wv = gsl_vector_view_array(w, P + 1);
    gsl_linalg_cholesky_decomp1(&av.matrix);
    gsl_linalg_cholesky_solve(&av.matrix, &bv.vector, &wv.vector);
    for (int j = 0; j <= P; j++)
        sum += w[j] * z[of][j];
    return sum;
}

/* The largest eigenvalue of Z Z' / p, that of Z' Z / p, by powers. */
static double largest_eigenvalue(const struct samples *s)
{
    double c[P][P] = {{0}}, mean[P] = {0}, sd[P] = {0}, v[P] = {1, 0.7, 0.4}, norm = 0;
    for (int i = 0; i < N * P; i++)
        mean[i % P] += (double)s->x[i] / N;
    for (int i = 0; i < N * P; i++)
        sd[i % P] += pow((double)s->x[i] - mean[i % P], 2) / N;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < P; j++)
            for (int k = 0; k < P; k++)
                c[j][k] += ((double)s->x[i * P + j] - mean[j]) *
                           ((double)s->x[i * P + k] - mean[k]) / sqrt(sd[j] * sd[k]) / P;
    for (int turn = 0; turn < 2000; turn++) {
        double next[P] = {0};
        for (int j = 0; j < P * P; j++)
            next[j / P] += c[j / P][j % P] * v[j % P];
        norm = sqrt(next[0] * next[0] + next[1] * next[1] + next[2] * next[2]);
        for (int j = 0; j < P; j++)
            v[j] = next[j] / norm;
    }
    return norm;
}

Test(analysis_least_squares, equals_the_normal_equations_with_all_samples_and_with_one_left_out)
{
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct samples s;
        ww_least_squares fit;
        double best = INFINITY, best_share = 0;
        draw(&s, seed);
        cr_assert_eq(ww_least_squares_fit(&fit, s.x, s.label, N, P), WW_OK, "%s",
                     ww_error_message());
        double top = largest_eigenvalue(&s);
        for (int step = 0; step < 19; step++) {
            double share = pow(10, -6 + 0.5 * step), error = 0;
            for (int i = 0; i < N; i++)
                error +=
                    pow((s.label[i] ? 1 : -1) - by_normal_equations(&s, share * top, i, i), 2) / N;
            best_share = error < best ? share : best_share;
            best = fmin(best, error);
        }
        cr_assert_float_eq(fit.lambda / best_share, 1, 1e-9, "%g, not %g", fit.lambda, best_share);
        cr_assert_float_eq(fit.left_out, best, 1e-6, "%g, not %g", fit.left_out, best);
        for (int i = 0; i < N; i++)
            cr_assert_float_eq(ww_least_squares_of(&fit, s.x + i * P),
                               by_normal_equations(&s, fit.lambda * top, -1, i), 1e-6, "%d", i);
        ww_least_squares_free(&fit);
    }
}

/* More features than samples, one of them constant. */
Test(analysis_least_squares, a_planted_feature_is_found_among_many)
{
    enum { MANY = 300, SEEN = 60, NEW = 400 };
    static float x[(SEEN + NEW) * MANY];
    static bool label[SEEN + NEW];
    ww_least_squares fit;
    int right = 0;
    ww_random random = ww_random_at(9, 0);
    for (int i = 0; i < (SEEN + NEW) * MANY; i++)
        x[i] = (float)ww_random_normal(&random);
    for (int i = 0; i < SEEN + NEW; i++) {
        label[i] = i % 2 == 0;
        x[i * MANY + 7] = 0.1f;
        for (int j = 20; j < 30; j++)
            x[i * MANY + j] += label[i] ? 1 : -1;
    }
    cr_assert_eq(ww_least_squares_fit(&fit, x, label, SEEN, MANY), WW_OK);
    for (int i = SEEN; i < SEEN + NEW; i++)
        right += (ww_least_squares_of(&fit, x + i * MANY) > 0) == label[i];
    cr_assert(right > 0.95 * NEW, "%d of %d", right, NEW);
    cr_assert_eq(fit.weight[7], 0);
    ww_least_squares_free(&fit);
}

Test(analysis_least_squares, what_it_cannot_learn_from)
{
    struct samples s;
    ww_least_squares fit;
    draw(&s, 1);
    for (int i = 0; i < N; i++)
        s.label[i] = i == 3;
    cr_assert_eq(ww_least_squares_fit(&fit, s.x, s.label, N, P), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(),
                     "a classifier wants two samples of each class, not 1 and 23");
    ww_least_squares_free(&fit);
    draw(&s, 1);
    s.x[4 * P + 2] = NAN;
    cr_assert_eq(ww_least_squares_fit(&fit, s.x, s.label, N, P), WW_ENUMERIC);
    cr_assert_str_eq(ww_error_message(), "feature 3 of sample 5 is not a number");
    ww_least_squares_free(&fit);
    for (int i = 0; i < N * P; i++)
        s.x[i] = 0.1f;
    cr_assert_eq(ww_least_squares_fit(&fit, s.x, s.label, N, P), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(), "a classifier wants a feature that is not constant");
    ww_least_squares_free(&fit);
}

#ifndef __SANITIZE_ADDRESS__ /* which ends the process instead */
Test(analysis_least_squares, more_samples_than_there_is_room_for)
{
    static const float one[4] = {1, 2, 3, 4};
    static const bool label[4] = {true, false, true, false};
    ww_least_squares fit;
    cr_assert_eq(ww_least_squares_fit(&fit, one, label, 1 << 22, 1), WW_ENOMEM); /* 140 TB */
    cr_assert_str_eq(ww_error_message(), "out of memory for a classifier of 4194304 samples");
    ww_least_squares_free(&fit);
}
#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Regularised least squares on labels y of -1 and 1 (Rifkin & Lippert 2007, MIT-CSAIL-TR-2007-025),
 * with a bias that is not penalised. With features Z of mean 0 and standard deviation 1 (n samples,
 * p features; often p > n) everything follows from the products of samples K = Z Z' / p = Q L Q':
 *
 *     w = Z' a / p,   a = Q (L + lambda)^-1 Q' (y - mean y)
 *
 * and the error of sample i when it is left out, without learning anew, from the residuals e = R y,
 * R = Q lambda (L + lambda)^-1 Q' - 1 1' / n:   e_i / R_ii.
 *
 * (Features are scaled once, with all samples, so the left-out error knows that much of them; it
 * serves to choose lambda and is no result.) */
#include "analysis/parts/least_squares.h"

#include <gsl/gsl_blas.h>
#include <gsl/gsl_eigen.h>
#include <gsl/gsl_errno.h>
#include <math.h>
#include <stdlib.h>

enum { PENALTIES = 19 }; /* 1e-6 to 1e3 of the largest eigenvalue, by root 10 */

struct problem {
    size_t n, p;
    double *mean, *scale, *y; /* y: less its mean */
    double y_mean;
    gsl_matrix *z, *q; /* [n][p]; eigenvectors in columns */
    gsl_vector *l, *qy, *a;
};

static void problem_free(struct problem *m)
{
    free(m->mean);
    free(m->scale);
    free(m->y);
    gsl_matrix_free(m->z);
    gsl_matrix_free(m->q);
    gsl_vector_free(m->l);
    gsl_vector_free(m->qy);
    gsl_vector_free(m->a);
}

static ww_status problem_new(struct problem *m, size_t n, size_t p)
{
    *m = (struct problem){.n = n, .p = p};
    m->mean = calloc(p, sizeof *m->mean);
    m->scale = calloc(p, sizeof *m->scale);
    m->y = calloc(n, sizeof *m->y);
    m->z = gsl_matrix_alloc(n, p);
    m->q = gsl_matrix_alloc(n, n);
    m->l = gsl_vector_alloc(n);
    m->qy = gsl_vector_alloc(n);
    m->a = gsl_vector_alloc(n);
    if (m->mean == NULL || m->scale == NULL || m->y == NULL || m->z == NULL || m->q == NULL ||
        m->l == NULL || m->qy == NULL || m->a == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a classifier of %zu samples", n);
    return WW_OK;
}

static ww_status take_labels(struct problem *m, const bool *label)
{
    size_t yes = 0;
    for (size_t i = 0; i < m->n; i++)
        yes += label[i];
    if (yes < 2 || m->n - yes < 2)
        return WW_FAIL(WW_EINVAL, "a classifier wants two samples of each class, not %zu and %zu",
                       yes, m->n - yes);
    m->y_mean = 2.0 * (double)yes / (double)m->n - 1;
    for (size_t i = 0; i < m->n; i++)
        m->y[i] = (label[i] ? 1 : -1) - m->y_mean;
    return WW_OK;
}

static ww_status take_features(struct problem *m, const float *x)
{
    for (size_t j = 0; j < m->p; j++) {
        double sum = 0, power = 0;
        for (size_t i = 0; i < m->n; i++) {
            double value = (double)x[i * m->p + j];
            if (!isfinite(value))
                return WW_FAIL(WW_ENUMERIC, "feature %zu of sample %zu is not a number", j + 1,
                               i + 1);
            sum += value;
        }
        m->mean[j] = sum / (double)m->n;
        for (size_t i = 0; i < m->n; i++)
            power += pow((double)x[i * m->p + j] - m->mean[j], 2);
        double sd = sqrt(power / (double)m->n);
        m->scale[j] = sd > 1e-7 * fabs(m->mean[j]) ? 1 / sd : 0; /* less is rounding of floats */
        for (size_t i = 0; i < m->n; i++)
            gsl_matrix_set(m->z, i, j, ((double)x[i * m->p + j] - m->mean[j]) * m->scale[j]);
    }
    return WW_OK;
}

/* K = Q L Q', and Q' y. */
static ww_status decompose(struct problem *m)
{
    gsl_matrix *k = gsl_matrix_alloc(m->n, m->n);
    gsl_eigen_symmv_workspace *w = gsl_eigen_symmv_alloc(m->n);
    bool room = k != NULL && w != NULL;
    if (room) {
        gsl_vector_const_view y = gsl_vector_const_view_array(m->y, m->n);
        gsl_blas_dsyrk(CblasLower, CblasNoTrans, 1 / (double)m->p, m->z, 0, k);
        gsl_eigen_symmv(k, m->l, m->q, w);
        gsl_blas_dgemv(CblasTrans, 1, m->q, &y.vector, 0, m->qy);
    }
    gsl_matrix_free(k);
    gsl_eigen_symmv_free(w);
    return room ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory for %zu samples", m->n);
}

/* How much of the residual a direction of Q keeps. */
static double kept(const struct problem *m, size_t k, double lambda)
{
    return lambda / (fmax(0, gsl_vector_get(m->l, k)) + lambda);
}

static double left_out_error(const struct problem *m, double lambda)
{
    double sum = 0;
    for (size_t i = 0; i < m->n; i++) {
        double residual = 0, own = -1 / (double)m->n;
        for (size_t k = 0; k < m->n; k++) {
            double q = gsl_matrix_get(m->q, i, k), share = kept(m, k, lambda);
            residual += q * share * gsl_vector_get(m->qy, k);
            own += q * q * share;
        }
        sum += pow(residual / own, 2);
    }
    return sum / (double)m->n;
}

static ww_status solve(struct problem *m, ww_least_squares *fit)
{
    double largest = gsl_vector_max(m->l), best = INFINITY;
    if (largest <= 0)
        return WW_FAIL(WW_EINVAL, "a classifier wants a feature that is not constant");
    for (int i = 0; i < PENALTIES; i++) {
        double share = pow(10, -6 + 0.5 * i), error = left_out_error(m, share * largest);
        if (error < best) {
            best = error;
            fit->lambda = share;
        }
    }
    fit->left_out = best;
    double lambda = fit->lambda * largest;
    for (size_t k = 0; k < m->n; k++)
        gsl_vector_set(m->qy, k, gsl_vector_get(m->qy, k) * kept(m, k, lambda) / lambda);
    gsl_blas_dgemv(CblasNoTrans, 1, m->q, m->qy, 0, m->a);
    gsl_vector_view weight = gsl_vector_view_array(fit->weight, m->p);
    gsl_blas_dgemv(CblasTrans, 1 / (double)m->p, m->z, m->a, 0, &weight.vector);
    fit->bias = m->y_mean;
    for (size_t j = 0; j < m->p; j++) {
        fit->weight[j] *= m->scale[j];
        fit->bias -= fit->weight[j] * m->mean[j];
    }
    return WW_OK;
}

ww_status ww_least_squares_fit(ww_least_squares *fit, const float *x, const bool *label, size_t n,
                               size_t features)
{
    struct problem m;
    gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* no room is an error of ours */
    *fit = (ww_least_squares){.features = features, .weight = calloc(features, sizeof(double))};
    ww_status status = problem_new(&m, n, features);
    if (status == WW_OK && fit->weight == NULL)
        status = WW_FAIL(WW_ENOMEM, "out of memory for %zu weights", features);
    if (status == WW_OK)
        status = take_labels(&m, label);
    if (status == WW_OK)
        status = take_features(&m, x);
    if (status == WW_OK)
        status = decompose(&m);
    if (status == WW_OK)
        status = solve(&m, fit);
    problem_free(&m);
    gsl_set_error_handler(handler);
    return status;
}

void ww_least_squares_free(ww_least_squares *fit)
{
    free(fit->weight);
    fit->weight = NULL;
}

double ww_least_squares_of(const ww_least_squares *fit, const float *x)
{
    double sum = fit->bias;
    for (size_t j = 0; j < fit->features; j++)
        sum += fit->weight[j] * (double)x[j];
    return sum;
}

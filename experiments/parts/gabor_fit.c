/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gabor fits by nonlinear least squares (Levenberg & Marquardt, from GSL). The start: the grating
 * that the field answers to best, at the centre of its energy, with the spread of its energy. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>

#include "experiments/parts/sparse.h"

static const double pi = 3.14159265358979323846;
enum { X, Y, LOG_SU, LOG_SV, NORMAL, FREQUENCY, EVEN, ODD, PARAMETERS };

struct field {
    const float *value;
    int side;
};

static double gabor_at(const gsl_vector *p, double x, double y)
{
    double c = cos(gsl_vector_get(p, NORMAL)), s = sin(gsl_vector_get(p, NORMAL));
    double dx = x - gsl_vector_get(p, X), dy = y - gsl_vector_get(p, Y);
    double u = dx * c + dy * s, v = -dx * s + dy * c;
    double su = exp(gsl_vector_get(p, LOG_SU)), sv = exp(gsl_vector_get(p, LOG_SV));
    double wave = 2 * pi * gsl_vector_get(p, FREQUENCY) * u;
    return exp(-0.5 * (u * u / (su * su) + v * v / (sv * sv))) *
           (gsl_vector_get(p, EVEN) * cos(wave) + gsl_vector_get(p, ODD) * sin(wave));
}

static int residuals(const gsl_vector *p, void *data, gsl_vector *out)
{
    const struct field *f = data;
    for (int i = 0; i < f->side * f->side; i++)
        gsl_vector_set(out, (size_t)i,
                       gabor_at(p, i % f->side, f->side - 1 - i / f->side) - (double)f->value[i]);
    return GSL_SUCCESS;
}

/* The grating with the largest response, and the spread of energy. */
static void find_start(const struct field *f, double *start, double wide)
{
    double best = -1, x = 0, y = 0, power = 0;
    int n = f->side;
    for (int i = 0; i < n * n; i++) {
        double e = (double)f->value[i] * (double)f->value[i];
        power += e;
        x += e * (i % n);
        y += e * (n - 1 - i / n);
    }
    start[X] = x / power;
    start[Y] = y / power;
    start[LOG_SU] = start[LOG_SV] = log(wide);
    for (int o = 0; o < 16; o++)
        for (int k = 1; k <= 20; k++) {
            double a = pi * o / 16, cycles = 0.5 * k / 20, even = 0, odd = 0;
            for (int i = 0; i < n * n; i++) {
                double u = (i % n - start[X]) * cos(a) + (n - 1 - i / n - start[Y]) * sin(a);
                even += (double)f->value[i] * cos(2 * pi * cycles * u);
                odd += (double)f->value[i] * sin(2 * pi * cycles * u);
            }
            if (even * even + odd * odd > best) {
                best = even * even + odd * odd;
                start[NORMAL] = a;
                start[FREQUENCY] = cycles;
                start[EVEN] = even / (pi * wide * wide);
                start[ODD] = odd / (pi * wide * wide);
            }
        }
}

static ww_gabor_fit fit_from(struct field *f, double *start)
{
    size_t n = (size_t)f->side * (size_t)f->side;
    gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *w =
        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, n, PARAMETERS);
    gsl_multifit_nlinear_fdf fdf = {.f = residuals, .n = n, .p = PARAMETERS, .params = f};
    gsl_vector_view at = gsl_vector_view_array(start, PARAMETERS);
    ww_gabor_fit fit = {.r2 = -INFINITY};
    double total = 0, left = 0;
    int info;
    if (w == NULL || gsl_multifit_nlinear_init(&at.vector, &fdf, w) != GSL_SUCCESS) {
        gsl_multifit_nlinear_free(w);
        return fit;
    }
    gsl_multifit_nlinear_driver(60, 1e-6, 1e-6, 1e-6, NULL, NULL, &info, w);
    const gsl_vector *p = gsl_multifit_nlinear_position(w);
    for (size_t i = 0; i < n; i++) {
        double r = gsl_vector_get(gsl_multifit_nlinear_residual(w), i);
        total += (double)f->value[i] * (double)f->value[i];
        left += r * r;
    }
    double cycles = fabs(gsl_vector_get(p, FREQUENCY));
    fit = (ww_gabor_fit){
        .x = gsl_vector_get(p, X),
        .y = gsl_vector_get(p, Y),
        .cycles_px = cycles,
        .normal_deg = fmod(fmod(gsl_vector_get(p, NORMAL) * 180 / pi, 180) + 180, 180),
        .phase_deg = atan2(-gsl_vector_get(p, ODD), gsl_vector_get(p, EVEN)) * 180 / pi,
        .nx = exp(gsl_vector_get(p, LOG_SU)) * cycles,
        .ny = exp(gsl_vector_get(p, LOG_SV)) * cycles,
        .r2 = 1 - left / total};
    gsl_multifit_nlinear_free(w);
    return fit;
}

ww_gabor_fit ww_gabor_fit_field(const float *field, int side)
{
    struct field f = {field, side};
    ww_gabor_fit best = {.r2 = -INFINITY};
    gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* a fit may fail */
    for (int k = 0; k < 3; k++) { /* envelopes of three widths to start from */
        double start[PARAMETERS];
        find_start(&f, start, side * (k == 0 ? 0.08 : k == 1 ? 0.15 : 0.25));
        ww_gabor_fit fit = fit_from(&f, start);
        if (fit.r2 > best.r2)
            best = fit;
    }
    gsl_set_error_handler(handler);
    return best;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A closer look at some units, each at its own best grating: contrast, size, the other direction of
 * motion, and the phases of a cycle. */
#include <gsl/gsl_errno.h>
#include <gsl/gsl_multifit_nlinear.h>
#include <math.h>
#include <stdlib.h>

#include "experiments/parts/tuning.h"

enum { CONTRASTS = 9, SIZES = 12 };

/* ---- Naka & Rushton's function through a contrast-response curve ---- */

struct contrast_data {
    const double *contrast, *response;
};

/* r = Rmax c^n / (c^n + c50^n); parameters: log Rmax, log c50, log n. */
static int residuals(const gsl_vector *x, void *data_, gsl_vector *f)
{
    const struct contrast_data *d = data_;
    double most = exp(gsl_vector_get(x, 0)), half = gsl_vector_get(x, 1);
    double n = exp(gsl_vector_get(x, 2));
    for (int i = 0; i < CONTRASTS; i++) {
        double share = 1 / (1 + exp(-n * (log(d->contrast[i]) - half)));
        gsl_vector_set(f, (size_t)i, most * share - d->response[i]);
    }
    return GSL_SUCCESS;
}

/* Least squares by Levenberg & Marquardt. */
static void fit_contrast(ww_unit *unit, const double *contrast, const double *response)
{
    struct contrast_data data = {contrast, response};
    double most = response[CONTRASTS - 1];
    if (!(most > 0))
        return;
    gsl_error_handler_t *handler = gsl_set_error_handler_off(); /* a fit may fail */
    gsl_multifit_nlinear_parameters parameters = gsl_multifit_nlinear_default_parameters();
    gsl_multifit_nlinear_workspace *w =
        gsl_multifit_nlinear_alloc(gsl_multifit_nlinear_trust, &parameters, CONTRASTS, 3);
    gsl_multifit_nlinear_fdf fdf = {.f = residuals, .n = CONTRASTS, .p = 3, .params = &data};
    double start[3] = {log(1.2 * most), log(0.3), log(1.5)};
    gsl_vector_view x = gsl_vector_view_array(start, 3);
    int info;
    if (w != NULL && gsl_multifit_nlinear_init(&x.vector, &fdf, w) == GSL_SUCCESS) {
        gsl_multifit_nlinear_driver(200, 1e-8, 1e-8, 1e-8, NULL, NULL, &info, w);
        const gsl_vector *found = gsl_multifit_nlinear_position(w);
        unit->c50 = exp(gsl_vector_get(found, 1));
        unit->exponent = exp(gsl_vector_get(found, 2));
    }
    gsl_multifit_nlinear_free(w);
    gsl_set_error_handler(handler);
}

/* ---- recording ---- */

/* F1 of linear units, F0 above that to grey of others; never below 0. */
static double followed(const ww_unit *unit, double f0, double f1, double grey)
{
    return fmax(0, unit->modulation > 1 ? f1 : f0 - grey);
}

struct detail {
    ww_probe *probe;
    const ww_tuning_params *params;
    size_t units;
    float *grey; /* [units] */
};

/* The responses of one unit to `n` gratings. */
static ww_status follow(const struct detail *d, const ww_unit *unit, int which,
                        const ww_drift *drift, int n, double *out)
{
    size_t all = (size_t)n * d->units;
    float *f = malloc(2 * all * sizeof *f);
    if (f == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status =
        ww_probe_drift(d->probe, drift, (size_t)n, d->params->phases, f, f + all, NULL);
    for (int i = 0; i < n && status == WW_OK; i++) {
        size_t k = (size_t)i * d->units + (size_t)which;
        out[i] = followed(unit, (double)f[k], (double)f[all + k], (double)d->grey[which]);
    }
    free(f);
    return status;
}

static ww_status look_at_contrast(const struct detail *d, ww_unit *unit, int which, ww_drift best)
{
    ww_drift drift[CONTRASTS];
    double contrast[CONTRASTS], response[CONTRASTS];
    for (int i = 0; i < CONTRASTS; i++) {
        drift[i] = best;
        drift[i].contrast = contrast[i] = pow(0.01, 1 - (double)i / (CONTRASTS - 1));
    }
    WW_TRY(follow(d, unit, which, drift, CONTRASTS, response));
    fit_contrast(unit, contrast, response);
    return WW_OK;
}

/* Sizes from half a period to the whole view; two gratings more for the other way. */
static ww_status look_at_size(const struct detail *d, ww_unit *unit, int which, ww_drift best)
{
    const ww_view *view = &d->probe->model->brain->view;
    ww_drift drift[SIZES + 2];
    double response[SIZES + 2], most = 0;
    double small = 0.5 / best.frequency_cpd, large = ww_view_width_deg(view);
    for (int i = 0; i < SIZES + 2; i++)
        drift[i] = best;
    for (int i = 0; i < SIZES; i++)
        drift[i].diameter_deg = small * pow(large / small, (double)i / (SIZES - 1));
    drift[SIZES + 1].normal_deg += 180;
    WW_TRY(follow(d, unit, which, drift, SIZES + 2, response));
    for (int i = 0; i < SIZES; i++)
        if (response[i] > most) {
            most = response[i];
            unit->size_deg = drift[i].diameter_deg;
        }
    unit->suppression = most > 0 ? 1 - response[SIZES - 1] / most : NAN;
    double one = response[SIZES], other = response[SIZES + 1];
    if (fmax(one, other) > 0)
        unit->direction = 1 - fmin(one, other) / fmax(one, other);
    return WW_OK;
}

static ww_status look_at_phase(const struct detail *d, ww_unit *unit, int which, ww_drift best)
{
    int n = d->params->fine_phases;
    float *f = malloc((size_t)(n + 2) * d->units * sizeof *f);
    if (f == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    float *f1 = f + d->units, *response = f1 + d->units;
    ww_status status = ww_probe_drift(d->probe, &best, 1, n, f, f1, response);
    if (status == WW_OK) {
        double f0 = (double)f[which] - (double)d->grey[which];
        unit->phase_modulation = f0 > 0 ? (double)f1[which] / f0 : NAN;
        int most = 0;
        for (int i = 1; i < n; i++)
            if (response[(size_t)i * d->units + (size_t)which] >
                response[(size_t)most * d->units + (size_t)which])
                most = i;
        unit->phase_deg = 360.0 * most / n;
    }
    free(f);
    return status;
}

ww_status ww_units_in_detail(ww_unit *unit, const int *which, int n, ww_probe *probe,
                             const ww_tuning_params *params)
{
    struct detail d = {probe, params, (size_t)probe->units, NULL};
    d.grey = calloc(2 * d.units, sizeof *d.grey);
    if (d.grey == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_drift nothing = {.frequency_cpd = 1};
    ww_status status = ww_probe_drift(probe, &nothing, 1, 1, d.grey, d.grey + d.units, NULL);
    for (int i = 0; i < n && status == WW_OK; i++) {
        ww_unit *u = &unit[which[i]];
        if (!isfinite(u->frequency_cpd))
            continue;
        ww_drift best = {.frequency_cpd = u->frequency_cpd,
                         .normal_deg = u->orientation_deg - 90,
                         .contrast = params->contrast,
                         .temporal_hz = params->temporal_hz};
        status = look_at_contrast(&d, u, which[i], best);
        if (status == WW_OK)
            status = look_at_size(&d, u, which[i], best);
        if (status == WW_OK)
            status = look_at_phase(&d, u, which[i], best);
    }
    free(d.grey);
    return status;
}

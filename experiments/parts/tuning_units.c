/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From responses to the numbers of a unit.
 *
 * Tuning is sampled on a grid of frequencies x orientations. The curve over frequency is taken at
 * the unit's own preferred orientation, not at the nearest one of the grid, and the other way
 * round: at each frequency the curve over orientations is read where the last round found the
 * preferred one. Three rounds settle it. */
#include <gsl/gsl_spline.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/parts/statistics.h"
#include "areas/parts/population.h"
#include "experiments/parts/tuning.h"

static const double pi = 3.14159265358979323846;
static const double FLOOR = 1e-4;
enum { POINTS_MOST = 3 * 180, STEPS = 600, COARSE = 100, ROUNDS = 3 };

const char *const ww_unit_names[WW_UNIT_NUMBERS] = {
    "response",         "frequency_cpd",     "octaves",          "orientation_deg",
    "width_deg",        "circular_variance", "modulation",       "c50",
    "exponent",         "suppression",       "size_deg",         "direction",
    "phase_modulation", "phase_deg",         "expected_octaves", "expected_width_deg",
    "map_agreement"};

/* The spline of a curve, with its ends. */
struct spline {
    gsl_spline *spline;
    gsl_interp_accel *accel;
    double first, last;
};

static bool spline_open(struct spline *s, const double *x, const double *response, int n,
                        double period)
{
    double at[POINTS_MOST], y[POINTS_MOST], most = 0;
    int copies = period > 0 ? 3 : 1, points = copies * n;
    for (int i = 0; i < n; i++)
        most = fmax(most, response[i]);
    if (!(most > 0) || n < 4 || points > POINTS_MOST)
        return false;
    for (int i = 0; i < points; i++) {
        at[i] = x[i % n] + period * (i / n - (copies == 3));
        y[i] = log(fmax(response[i % n], FLOOR * most));
    }
    s->first = period > 0 ? x[0] : at[0];
    s->last = period > 0 ? x[0] + period : at[points - 1];
    s->spline = gsl_spline_alloc(gsl_interp_cspline, (size_t)points);
    s->accel = gsl_interp_accel_alloc();
    gsl_spline_init(s->spline, at, y, (size_t)points);
    return true;
}

static void spline_close(struct spline *s)
{
    gsl_spline_free(s->spline);
    gsl_interp_accel_free(s->accel);
}

static double spline_at(const struct spline *s, double x)
{
    const double *ends = s->spline->x; /* sums of steps may end a rounding beyond */
    x = fmin(fmax(x, ends[0]), ends[s->spline->size - 1]);
    return exp(gsl_spline_eval(s->spline, x, s->accel));
}

/* Where a curve falls to `half` going from `from` in steps to `to`; NAN if it does not. */
static double crossing(const struct spline *s, double from, double to, double half)
{
    double step = (to - from) / STEPS, inside = from, outside = from;
    for (int i = 1; i <= STEPS; i++) {
        outside = from + i * step;
        if (spline_at(s, outside) < half)
            break;
        inside = outside;
    }
    if (inside == outside)
        return NAN;
    for (int i = 0; i < 40; i++) {
        double middle = 0.5 * (inside + outside);
        if (spline_at(s, middle) < half)
            outside = middle;
        else
            inside = middle;
    }
    return inside;
}

bool ww_curve_fit(ww_curve *out, const double *x, const double *response, int n, double period)
{
    struct spline s;
    if (!spline_open(&s, x, response, n, period))
        return false;
    double step = (s.last - s.first) / STEPS, best = s.first, peak = 0;
    for (int i = 0; i <= STEPS; i++) {
        double y = spline_at(&s, s.first + i * step);
        if (y > peak)
            peak = y, best = s.first + i * step;
    }
    for (int i = 0; i < 30; i++) { /* thirds of the neighbourhood */
        double left = fmax(best - step, s.first), right = fmin(best + step, s.last);
        left = spline_at(&s, left) > peak ? left : best;
        right = spline_at(&s, right) > spline_at(&s, left) ? right : left;
        best = right;
        peak = spline_at(&s, best);
        step *= 0.6;
    }
    double reach = period > 0 ? 0.5 * period : INFINITY;
    *out = (ww_curve){.best = best, .peak = peak};
    out->low = crossing(&s, best, period > 0 ? best - reach : s.first, 0.5 * peak);
    out->high = crossing(&s, best, period > 0 ? best + reach : s.last, 0.5 * peak);
    spline_close(&s);
    return true;
}

/* ---- one unit ---- */

/* The response that a unit is followed by. */
static double followed(double f0, double f1, double grey, bool linear)
{
    return linear ? f1 : f0 - grey;
}

static double at(const ww_recording *r, const float *values, int f, int o, int unit)
{
    size_t i = (size_t)f * (size_t)r->params->orientations + (size_t)o;
    return (double)values[i * (size_t)r->units + (size_t)unit];
}

/* The curve across orientations at each frequency, read at an orientation; or across frequencies at
 * each orientation, read at a frequency. */
static void slice_at(const ww_recording *r, int unit, bool linear, bool over_frequency,
                     double place, double *out)
{
    int nf = r->params->frequencies, no = r->params->orientations;
    int n = over_frequency ? nf : no, m = over_frequency ? no : nf;
    double x[POINTS_MOST], y[POINTS_MOST];
    double grey = (double)r->grey[unit];
    for (int i = 0; i < n; i++) {
        struct spline s;
        for (int k = 0; k < m; k++) {
            int f = over_frequency ? i : k, o = over_frequency ? k : i;
            x[k] = over_frequency ? r->normal_deg[o] : r->cpd[f];
            y[k] = followed(at(r, r->f0, f, o, unit), at(r, r->f1, f, o, unit), grey, linear);
        }
        out[i] = 0;
        if (!spline_open(&s, x, y, m, over_frequency ? 180 : 0))
            continue;
        out[i] = spline_at(&s, place);
        spline_close(&s);
    }
}

static double circular_variance(const double *normal_deg, const double *response, int n)
{
    double c = 0, s = 0, sum = 0;
    for (int i = 0; i < n; i++) {
        double r = fmax(response[i], 0), a = 2 * normal_deg[i] * pi / 180;
        c += r * cos(a);
        s += r * sin(a);
        sum += r;
    }
    return 1 - hypot(c, s) / sum;
}

static double wrapped(double degrees, double period)
{
    double rest = fmod(degrees, period);
    return rest < 0 ? rest + period : rest;
}

void ww_unit_measure(ww_unit *out, const ww_recording *r, int unit)
{
    const ww_tuning_params *p = r->params;
    double *numbers = (double *)out, y[POINTS_MOST], best = 0;
    double grey = (double)r->grey[unit];
    int best_f = 0, best_o = 0;
    for (int i = 0; i < WW_UNIT_NUMBERS; i++)
        numbers[i] = NAN;
    for (int f = 0; f < p->frequencies; f++)
        for (int o = 0; o < p->orientations; o++) {
            double f0 = at(r, r->f0, f, o, unit) - grey, f1 = at(r, r->f1, f, o, unit);
            double most = fmax(f0, f1);
            if (most > best)
                best = most, best_f = f, best_o = o;
        }
    out->response = best;
    if (!(best > 0))
        return;
    double f0 = at(r, r->f0, best_f, best_o, unit) - grey, f1 = at(r, r->f1, best_f, best_o, unit);
    bool linear = f1 > f0;
    out->modulation = f0 > 0 ? f1 / f0 : INFINITY;
    ww_curve frequency = {.best = r->cpd[best_f]}, orientation = {.best = r->normal_deg[best_o]};
    for (int round = 0; round < ROUNDS; round++) {
        slice_at(r, unit, linear, true, orientation.best, y);
        if (!ww_curve_fit(&frequency, r->cpd, y, p->frequencies, 0))
            return;
        slice_at(r, unit, linear, false, frequency.best, y);
        if (!ww_curve_fit(&orientation, r->normal_deg, y, p->orientations, 180))
            return;
        orientation.best = wrapped(orientation.best, 180);
    }
    out->response = orientation.peak;
    out->frequency_cpd = frequency.best;
    out->octaves = log2(frequency.high / frequency.low);
    out->orientation_deg = wrapped(orientation.best + 90, 180);
    out->width_deg = orientation.high - orientation.low;
    out->circular_variance = circular_variance(r->normal_deg, y, p->orientations);
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* The share of its best response that a unit gives at a place of its tuning curve. */
static double share_at(const ww_recording *r, const ww_unit *u, int i, bool octaves, double place)
{
    double y[POINTS_MOST], share = NAN;
    int n = octaves ? r->params->frequencies : r->params->orientations;
    double normal = wrapped(u->orientation_deg - 90, 180);
    double x = octaves ? u->frequency_cpd * exp2(place) : wrapped(normal + place, 180);
    struct spline s;
    slice_at(r, i, u->modulation > 1, octaves, octaves ? normal : u->frequency_cpd, y);
    if (!spline_open(&s, octaves ? r->cpd : r->normal_deg, y, n, octaves ? 0 : 180))
        return NAN;
    if (x >= s.first && x <= s.last)
        share = spline_at(&s, x) / u->response;
    spline_close(&s);
    return share;
}

void ww_units_curves(const ww_recording *r, const ww_unit *unit, bool octaves,
                     double out[7][WW_CURVE_POINTS])
{
    double *share = calloc((size_t)r->units + 1, sizeof *share);
    for (int p = 0; p < WW_CURVE_POINTS; p++) {
        double place = (octaves ? 0.25 : 10) * (p - WW_CURVE_POINTS / 2);
        out[0][p] = place;
        for (int simple = 1; simple >= 0; simple--) {
            size_t n = 0;
            for (int i = 0; i < r->units && share != NULL; i++) {
                if (!isfinite(unit[i].frequency_cpd) || (unit[i].modulation > 1) != (simple == 1))
                    continue;
                double y = share_at(r, &unit[i], i, octaves, place);
                if (isfinite(y))
                    share[n++] = y;
            }
            if (n > 0)
                qsort(share, n, sizeof *share, ascending);
            for (int q = 0; q < 3; q++) {
                static const double quantile[] = {0.5, 0.25, 0.75};
                out[1 + 2 * q + (simple == 0)][p] =
                    n > 0 ? ww_quantile(share, n, quantile[q]) : NAN;
            }
        }
    }
    free(share);
}

/* ---- what a Gabor should show ---- */

static double expected_response(const ww_recording *r, const float *cell, bool linear, double cpd,
                                double normal_deg)
{
    double a[2], b[2], f0 = 0, c = 0, s = 0, m = (double)cell[WW_CELL_LINEAR];
    int n = r->params->phases;
    ww_gabor gabor = {(double)cell[WW_CELL_FREQUENCY_CPD], (double)cell[WW_CELL_NORMAL_DEG],
                      (double)cell[WW_CELL_PHASE_DEG], (double)cell[WW_CELL_NX],
                      (double)cell[WW_CELL_NY]};
    ww_gabor_transform(&gabor, cpd, normal_deg, a);
    gabor.phase_deg += 90;
    ww_gabor_transform(&gabor, cpd, normal_deg, b);
    for (int i = 0; i < n; i++) {
        double ci = cos(2 * pi * i / n), si = sin(2 * pi * i / n);
        double one = a[0] * ci + a[1] * si, other = b[0] * ci + b[1] * si;
        double rate = fmax(0, m * one + (1 - m) * hypot(one, other));
        f0 += rate / n;
        c += 2 * rate * ci / n;
        s += 2 * rate * si / n;
    }
    return linear ? hypot(c, s) : f0;
}

/* Where the expected curve falls to half of `peak` from `from` towards `to`; NAN if it does not. */
static double expected_crossing(const ww_recording *r, const float *cell, bool linear,
                                bool over_frequency, double fixed, double from, double to,
                                double peak)
{
    double inside = from, outside = from;
    bool found = false;
    for (int i = 1; i <= COARSE && !found; i++) {
        double x = from + (to - from) * i / COARSE;
        double y = over_frequency ? expected_response(r, cell, linear, exp2(x), fixed)
                                  : expected_response(r, cell, linear, fixed, x);
        found = y < 0.5 * peak;
        *(found ? &outside : &inside) = x;
    }
    for (int i = 0; i < 30 && found; i++) {
        double x = 0.5 * (inside + outside);
        double y = over_frequency ? expected_response(r, cell, linear, exp2(x), fixed)
                                  : expected_response(r, cell, linear, fixed, x);
        *(y < 0.5 * peak ? &outside : &inside) = x;
    }
    return found ? inside : NAN;
}

void ww_unit_expect(ww_unit *out, const ww_recording *r, const float *cell, double view_deg)
{
    double reach = 2.5 * (double)fmaxf(cell[WW_CELL_NX], cell[WW_CELL_NY]) /
                   (double)cell[WW_CELL_FREQUENCY_CPD];
    if (reach > 0.5 * view_deg || !isfinite(out->octaves))
        return;
    bool linear = out->modulation > 1;
    double normal = (double)cell[WW_CELL_NORMAL_DEG], peak = 0, best = 0;
    double first = log2(r->cpd[0]), last = log2(r->cpd[r->params->frequencies - 1]);
    for (int i = 0; i <= STEPS; i++) {
        double x = first + (last - first) * i / STEPS;
        double y = expected_response(r, cell, linear, exp2(x), normal);
        if (y > peak)
            peak = y, best = x;
    }
    out->expected_octaves = expected_crossing(r, cell, linear, true, normal, best, last, peak) -
                            expected_crossing(r, cell, linear, true, normal, best, first, peak);
    double one = expected_crossing(r, cell, linear, false, exp2(best), normal, normal + 90, peak);
    out->expected_width_deg = 2 * (one - normal);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tuning from planted responses, and from the running population. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/population.h"
#include "experiments/parts/tuning.h"
#include "tests/support/folder.h"

static const double pi = 3.14159265358979323846;

Test(tuning, curves_of_known_widths)
{
    double x[16], y[16], angle[36], z[36];
    ww_curve c;
    for (int k = 0; k < 5; k++) {
        double centre = 1 + 0.8 * k, sd = 0.25 * centre;
        for (int i = 0; i < 16; i++) {
            x[i] = 0.25 * pow(60, i / 15.0);
            y[i] = 3 * exp(-0.5 * pow((x[i] - centre) / sd, 2));
        }
        cr_assert(ww_curve_fit(&c, x, y, 16, 0));
        cr_expect_float_eq(c.best, centre, 0.01 * centre, "%g, not %g", c.best, centre);
        cr_expect_float_eq(c.peak, 3, 0.1, "%g", c.peak);
        cr_expect_float_eq((c.high - c.low) / (2 * sd * sqrt(2 * log(2))), 1, 0.06, "%g",
                           (c.high - c.low) / (2 * sd * sqrt(2 * log(2))));
        for (int i = 0; i < 36; i++) { /* von Mises over 180 deg, its best near the seam */
            angle[i] = 5 * i;
            z[i] = exp(2 * (cos(2 * (angle[i] - 178 + 3 * k) * pi / 180) - 1));
        }
        cr_assert(ww_curve_fit(&c, angle, z, 36, 180));
        cr_expect_float_eq(fmod(c.best + 180, 180), 178 - 3 * k, 0.05);
        double half = 0.5 * acos(1 - log(2) / 2) * 180 / pi;
        cr_expect_float_eq(c.high - c.low, 2 * half, 0.05, "%g, not %g", c.high - c.low, 2 * half);
    }
    memset(y, 0, sizeof y);
    cr_expect_not(ww_curve_fit(&c, x, y, 16, 0), "nothing is no curve");
    for (int i = 0; i < 16; i++)
        y[i] = 1 + i;
    cr_assert(ww_curve_fit(&c, x, y, 16, 0));
    cr_expect(isnan(c.high) && !isnan(c.low), "no flank beyond the last grating");
}

/* A few cells of the population on coarse pixels: what is measured is what their Gabors have. */
Test(tuning, a_running_population_has_the_bandwidths_of_its_gabors)
{
    static const char *const set[] = {"view.width_px=96",
                                      "view.height_px=96",
                                      "view.deg_per_px=0.0625",
                                      "area.retina.grid=96",
                                      "area.LGN.grid=96",
                                      "area.V1.cells=40",
                                      NULL};
    const ww_experiment *x = NULL;
    ww_tuning_params p;
    ww_model *model;
    void *state;
    double value[WW_TUNING_MEASURES];
    for (size_t i = 0; i < ww_experiments_count; i++)
        if (strcmp(ww_experiments[i]->item.name, "tuning") == 0)
            x = ww_experiments[i];
    cr_assert(x != NULL);
    ww_params_defaults(x->item.params, &p);
    p.frequencies = 9;
    p.orientations = 9;
    p.phases = 4;
    p.detail = 3;
    p.maps = 1;
    p.noise_pictures = 300;
    p.fine_phases = 32;
    expect_ok(ww_model_create(&model, "v1-population", set, 1));
    expect_ok(x->open(&state, &p, model, 1));
    expect_ok(x->measure(state, model, value));
    cr_expect(value[WW_T_UNITS] == 40, "%g", value[WW_T_UNITS]);
    cr_expect(value[WW_T_OCTAVES] > 1.2 && value[WW_T_OCTAVES] < 1.9, "%g", value[WW_T_OCTAVES]);
    cr_expect(value[WW_T_OCTAVES_ERROR] < 0.2, "%g", value[WW_T_OCTAVES_ERROR]);
    cr_expect(value[WW_T_WIDTH_ERROR] < 12, "%g", value[WW_T_WIDTH_ERROR]);
    cr_expect_eq(value[WW_T_SIMPLE], 0.5);
    cr_expect_float_eq(value[WW_T_MODULATION_SIMPLE], pi / 2, 0.01);
    cr_expect(value[WW_T_MODULATION_COMPLEX] < 0.02);
    cr_expect(value[WW_T_DIRECTION] < 0.01, "Gabors know no direction");
    cr_expect(value[WW_T_C50] > 0.05 && value[WW_T_C50] < 1, "%g", value[WW_T_C50]);
    cr_expect(value[WW_T_MAPS] > 0.5, "maps by noise and by gradient: r = %g", value[WW_T_MAPS]);
    x->close(state);
    ww_model_free(model);
}

Test(tuning, an_area_that_is_not_there)
{
    ww_model *model;
    ww_probe probe;
    expect_ok(ww_model_create(&model, "v1-population", NULL, 1));
    expect_failure(ww_probe_open(&probe, model, "V9"), WW_ENOTFOUND,
                   "brain v1-population has no area 'V9'; there are retina, LGN, V1");
    ww_probe_close(&probe);
    ww_model_free(model);
}

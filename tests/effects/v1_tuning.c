/* SPDX-License-Identifier: GPL-3.0-or-later */
/* 1000 cells drawn from the published distributions, measured with 16 spatial frequencies x 36
 * orientations x 8 phases: their tuning is that of their Gabors and their statistics those of
 * macaque V1 (the claims of experiment tuning, which experiments/tuning.yaml runs on five seeds).
 */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "experiments/parts/tuning.h"

static const ww_experiment *tuning(void)
{
    for (size_t i = 0; i < ww_experiments_count; i++)
        if (strcmp(ww_experiments[i]->item.name, "tuning") == 0)
            return ww_experiments[i];
    return NULL;
}

Test(v1, a_population_of_gabors_measured)
{
    const ww_experiment *x = tuning();
    ww_tuning_params p;
    ww_model *model;
    void *state;
    double v[WW_TUNING_MEASURES];
    cr_assert(x != NULL);
    ww_params_defaults(x->item.params, &p);
    cr_assert_eq(p.frequencies * p.orientations * p.phases, 16 * 36 * 8);
    cr_assert_eq(ww_model_create(&model, "v1-population", NULL, 1), WW_OK, "%s",
                 ww_error_message());
    cr_assert_eq(x->open(&state, &p, model, 1), WW_OK, "%s", ww_error_message());
    cr_assert_eq(x->measure(state, model, v), WW_OK, "%s", ww_error_message());
    cr_expect(v[WW_T_OCTAVES_ERROR] < 0.05, "%g octaves", v[WW_T_OCTAVES_ERROR]);
    cr_expect(v[WW_T_WIDTH_ERROR] < 2, "%g deg", v[WW_T_WIDTH_ERROR]);
    cr_expect(v[WW_T_OCTAVES] > 1.3 && v[WW_T_OCTAVES] < 1.7, "%g octaves", v[WW_T_OCTAVES]);
    cr_expect(v[WW_T_WIDTH] > 38 && v[WW_T_WIDTH] < 52, "%g deg", v[WW_T_WIDTH]);
    cr_expect(v[WW_T_CPD] > 2.4 && v[WW_T_CPD] < 3.0, "%g cycles/deg", v[WW_T_CPD]);
    cr_expect(v[WW_T_CARDINAL] > 1.25 && v[WW_T_CARDINAL] < 1.55, "%g", v[WW_T_CARDINAL]);
    cr_expect_float_eq(v[WW_T_MODULATION_SIMPLE], 1.5708, 0.01);
    cr_expect(v[WW_T_MODULATION_COMPLEX] < 0.02, "%g", v[WW_T_MODULATION_COMPLEX]);
    x->close(state);
    ww_model_free(model);
}

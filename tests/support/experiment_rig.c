/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/experiment_rig.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/support/folder.h"

const double WW_RIG_UNSET = -12345.6789;

bool ww_rig_ends_with(const char *text, const char *end)
{
    size_t n = strlen(text), m = strlen(end);
    return n >= m && strcmp(text + n - m, end) == 0;
}

const ww_param *ww_rig_trials(const ww_experiment *x)
{
    for (const ww_param *p = x->item.params; p != NULL && p->name != NULL; p++)
        if (p->type == WW_PARAM_INT && ww_rig_ends_with(p->name, "trials"))
            return p;
    return NULL;
}

void *ww_rig_params(const ww_experiment *x, int trials)
{
    const ww_param *p = ww_rig_trials(x);
    char *params = calloc(1, x->item.params_size + 1), brief[500], *rest = NULL;
    ww_params_defaults(x->item.params, params);
    if (p != NULL) {
        int n = trials > p->low ? trials : (int)p->low;
        memcpy(params + p->offset, &n, sizeof n);
    }
    snprintf(brief, sizeof brief, "%s", x->brief ? x->brief : "");
    for (char *word = strtok_r(brief, " ", &rest); word; word = strtok_r(NULL, " ", &rest)) {
        char *value = strchr(word, '=');
        cr_assert(value != NULL, "%s: brief: %s", x->item.name, word);
        *value++ = '\0';
        p = ww_params_find(x->item.params, word);
        cr_assert(p != NULL && (p->type == WW_PARAM_INT || p->type == WW_PARAM_REAL),
                  "%s: brief: %s", x->item.name, word);
        expect_ok(ww_params_set(x->item.params, params, word, value, "", NULL));
    }
    return params;
}

ww_model *ww_rig_model(const char *brain, uint64_t seed)
{
    ww_model *model;
    expect_ok(ww_model_create(&model, brain, NULL, seed));
    return model;
}

ww_model *ww_rig_given(const ww_experiment *x, ww_model *model)
{
    return x->wants == WW_WANTS_NOTHING ? NULL : model;
}

bool ww_rig_applies(const ww_experiment *x, ww_model *model)
{
    void *params = ww_rig_params(x, WW_RIG_FEW), *state = NULL;
    ww_error_clear();
    ww_status status = x->open(&state, params, ww_rig_given(x, model), 1);
    x->close(state);
    free(params);
    cr_assert(status == WW_OK || ww_error_message()[0] != '\0', "%s", x->item.name);
    return status == WW_OK;
}

bool ww_rig_repeats(size_t experiment)
{
    const ww_experiment *x = ww_experiments[experiment];
    for (size_t i = 0; i < experiment; i++)
        if (ww_experiments[i]->measure == x->measure && ww_experiments[i]->chance == x->chance &&
            ww_experiments[i]->wants == x->wants)
            return true;
    return false;
}

void *ww_rig_open(const ww_experiment *x, const void *params, ww_model *model, uint64_t seed)
{
    void *state = NULL;
    model = ww_rig_given(x, model);
    cr_assert_eq(x->open(&state, params, model, seed), WW_OK, "%s: %s", x->item.name,
                 ww_error_message());
    return state;
}

void ww_rig_blank(ww_rig_numbers *n)
{
    for (int m = 0; m < WW_RIG_MEASURES; m++)
        n->value[m] = n->chance[m] = WW_RIG_UNSET;
}

void ww_rig_chance(const ww_experiment *x, void *state, ww_model *model, double *chance)
{
    for (int m = 0; m < x->n_measures && x->chance == NULL; m++)
        chance[m] = NAN;
    if (x->chance != NULL)
        x->chance(state, model, chance);
}

void ww_rig_measure(const ww_experiment *x, void *state, ww_model *model, ww_rig_numbers *out)
{
    ww_rig_blank(out);
    model = ww_rig_given(x, model);
    ww_rig_chance(x, state, model, out->chance);
    cr_assert_eq(x->measure(state, model, out->value), WW_OK, "%s: %s", x->item.name,
                 ww_error_message());
}

ww_rig_numbers ww_rig_measured(const ww_experiment *x, ww_model *model, uint64_t seed)
{
    ww_rig_numbers out;
    void *params = ww_rig_params(x, WW_RIG_FEW), *state = ww_rig_open(x, params, model, seed);
    ww_rig_measure(x, state, model, &out);
    x->close(state);
    free(params);
    return out;
}

bool ww_rig_same(const double *a, const double *b, int n)
{
    return memcmp(a, b, (size_t)n * sizeof *a) == 0;
}

void ww_rig_lesion(ww_model *model, const char *word, const ww_unit_statistics *statistics)
{
    ww_lesion lesion;
    ww_lesion_clear(model->brain, model->values);
    expect_ok(ww_lesion_parse(&lesion, word, "", model->brain, model->arena));
    expect_ok(ww_lesion_apply(model->brain, model->values, &lesion, 1, 3, statistics));
}

void ww_rig_check_range(const ww_experiment *x, int m, double value, const char *what)
{
    const ww_measure *measure = &x->measures[m];
    cr_expect(value != WW_RIG_UNSET, "%s: the %s of %s is not set", x->item.name, what,
              measure->name);
    if (isnan(value))
        return;
    cr_expect(isfinite(value), "%s: %s %s is %g", x->item.name, what, measure->name, value);
    if (strncmp(measure->unit, "share", 5) == 0)
        cr_expect(value >= 0 && value <= 1, "%s: %s %s is %g", x->item.name, what, measure->name,
                  value);
    if (measure->is_error)
        cr_expect(value >= 0, "%s: %s %s is %g", x->item.name, what, measure->name, value);
}

void ww_rig_check_message(const ww_experiment *x, const char *what)
{
    const char *message = ww_error_message();
    cr_expect(message[0] != '\0' && strchr(message, '\n') == NULL &&
                  !ww_rig_ends_with(message, "."),
              "%s: %s: message '%s'", x->item.name, what, message);
}

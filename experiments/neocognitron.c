/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The neocognitron learns digits (Fukushima 2003), and what its parts are for.
 *
 * The middle stages learn from a part of the training pictures without labels, the top from all of
 * them (connectome/neocognitron.h); the test pictures are seen at the end alone. Then the test
 * pictures are moved, turned, scaled, and covered with noise.
 *
 * What do C cells do? Their pooling is cut (pool_sd = 0: each hears one S cell) in the network that
 * has learned, and in another one that learns without it from the beginning.
 *
 * How selective should S cells be? Networks with other thresholds in recognition, in all stages
 * that learn, are taught a part of the pictures and asked *validation* pictures: others of the
 * training set, so the test pictures choose nothing.
 *
 * A brain that was taught before (a checkpoint) is taken as it is, and asked.
 *
 * `data` is a folder of labelled pictures (MNIST); without one, digits are written in six fonts and
 * bent. A seed draws which pictures train, validate and test. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/neocognitron.h"
#include "connectome/model_parts.h"
#include "connectome/neocognitron.h"
#include "experiments/parts/digits.h"
#include "experiments/parts/neocognitron.h"

struct neocognitron {
    const char *data;
    int train, unlabelled, validation, test, changed, sweep, passes;
    double share;
};

static const ww_param params[] = {
    WW_TEXT(struct neocognitron, data, "",
            "folder of labelled pictures (MNIST); without one, digits are written", ""),
    WW_INT(struct neocognitron, train, 3000, 1, 1000000, "", "pictures to learn from",
           "fukushima2003"),
    WW_INT(struct neocognitron, unlabelled, 1000, 1, 1000000, "",
           "of them, pictures from which the middle stages learn", ""),
    WW_INT(struct neocognitron, validation, 500, 1, 1000000, "",
           "other pictures of the training set, for the thresholds", ""),
    WW_INT(struct neocognitron, test, 3000, 1, 1000000, "", "pictures of the test set",
           "fukushima2003"),
    WW_INT(struct neocognitron, changed, 300, 1, 1000000, "",
           "of them, pictures for each shift, turn, scale and noise", ""),
    WW_INT(struct neocognitron, sweep, 500, 0, 1000000, "",
           "pictures from which each network with another threshold learns; 0: there are none", ""),
    WW_INT(struct neocognitron, passes, 3, 1, 1000, "", "of the pictures through the top, at most",
           ""),
    WW_REAL(struct neocognitron, share, 0.8615, 0.05, 1, "",
            "side of a picture as a share of the view's width (28 px become 56 of 65)", ""),
    WW_PARAM_END};

const double ww_neo_theta[THETAS] = {0.02, 0.2, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9};

#define SHIFT_OF(name, words)                                                                      \
    {name "shift_0", "share correct", "not moved" words, false},                                   \
        {name "shift_1", "share correct", "moved by 1 pixel" words, false},                        \
        {name "shift_2", "share correct", "moved by 2 pixels" words, false},                       \
        {name "shift_3", "share correct", "moved by 3 pixels" words, false},                       \
    {                                                                                              \
        name "shift_4", "share correct", "moved by 4 pixels" words, false                          \
    }
#define THETA(name, words)                                                                         \
    {                                                                                              \
        "theta_" name, "share correct", "validation pictures, threshold " words, false             \
    }

static const ww_measure measures[MEASURES] = {
    {"accuracy", "share correct", "test pictures, by the best labelled cell", false},
    {"accuracy_interpolating", "share correct", "by the best mixture of two labelled cells", false},
    {"cells", "", "labelled cells", false},
    {"planes_1", "", "cell-planes of the first stage that learns", false},
    {"planes_2", "", "cell-planes of the second", false},
    SHIFT_OF("", ""),
    SHIFT_OF("cut_", ", pooling of C cells cut after learning"),
    SHIFT_OF("never_", ", learned without pooling"),
    {"shift_2_kept", "ratio", "moved by 2 pixels over not moved", false},
    {"never_loss_3", "points of share", "lost by 3 pixels, learned without pooling", false},
    {"turn_15", "share correct", "turned by 15 deg", false},
    {"turn_30", "share correct", "turned by 30 deg", false},
    {"scale_075", "share correct", "at 3/4 of the size", false},
    {"scale_125", "share correct", "at 5/4 of the size", false},
    {"noise_01", "share correct", "noise of sd 0.1", false},
    {"noise_02", "share correct", "noise of sd 0.2", false},
    {"noise_04", "share correct", "noise of sd 0.4", false},
    THETA("002", "0.02"),
    THETA("02", "0.2"),
    THETA("04", "0.4"),
    THETA("05", "0.5"),
    THETA("06", "0.6"),
    THETA("07", "0.7"),
    THETA("08", "0.8"),
    THETA("09", "0.9"),
    {"best_theta", "", "threshold with the most right on validation pictures", false},
    {"best_over_lowest", "points of share", "what it has more than the lowest", false},
    {"best_over_learning", "points of share", "more than 0.8, the threshold of learning", false},
    {"best_over_highest", "points of share", "more than the highest", false}};

struct state {
    struct neocognitron p;
    ww_arena *arena;
    ww_digits learned, tested; /* the sets, as they lie */
    uint64_t *order, *test;    /* which: `train`, then `validation`; `test` */
    uint64_t seed;
    ww_neo_learned what;
};

/* ---- pictures ---- */

static ww_status order_of(uint64_t **out, const struct state *s, const ww_digits *set, int wanted,
                          const char *purpose)
{
    ww_random random = ww_random_stream(s->seed, purpose, 0);
    if (set->count < (size_t)wanted)
        return WW_FAIL(WW_EINVAL, "%s: %zu pictures for %s, but %d are wanted", s->p.data,
                       set->count, purpose, wanted);
    if ((*out = ww_arena_array(s->arena, set->count, sizeof **out)) == NULL)
        return WW_ENOMEM;
    ww_random_permutation(&random, *out, set->count);
    return WW_OK;
}

static ww_status read_pictures(struct state *s)
{
    int train = s->p.train + s->p.validation;
    if (s->p.data[0] == '\0') {
        WW_TRY(ww_digits_write(&s->learned, (size_t)train, s->seed, "learning", s->arena));
        WW_TRY(ww_digits_write(&s->tested, (size_t)s->p.test, s->seed, "testing", s->arena));
    } else {
        WW_TRY(ww_digits_read(&s->learned, s->p.data, WW_SPLIT_TRAIN, s->arena));
        WW_TRY(ww_digits_read(&s->tested, s->p.data, WW_SPLIT_TEST, s->arena));
    }
    WW_TRY(order_of(&s->order, s, &s->learned, train, "training and validation"));
    return order_of(&s->test, s, &s->tested, s->p.test, "testing");
}

/* Lays n pictures of a set, each changed; moved ones go right, down, left, up in turn. */
static void lay(const struct state *s, const ww_digits *set, const uint64_t *which, size_t n,
                const ww_digit_change *change, const ww_view *view, float *picture, int *label)
{
    size_t plane = (size_t)view->height_px * (size_t)view->width_px;
#pragma omp parallel for schedule(static)
    for (size_t i = 0; i < n; i++) {
        ww_digit_change here = *change;
        double sign = which[i] % 4 < 2 ? 1 : -1;
        here.right_px = which[i] % 2 == 0 ? sign * change->right_px : 0;
        here.down_px = which[i] % 2 == 1 ? sign * change->right_px : 0;
        ww_digit_lay(set, which[i], &here, s->p.share, view, s->seed, picture + i * plane);
        label[i] = set->label[which[i]];
    }
}

/* ---- learning and asking ---- */

static ww_status teach(const struct state *s, ww_model *model, size_t n, ww_neo_learned *what)
{
    const ww_view *view = &model->brain->view;
    size_t plane = (size_t)view->height_px * (size_t)view->width_px;
    float *picture = malloc(n * plane * sizeof *picture);
    int *label = malloc(n * sizeof *label);
    ww_status status = picture != NULL && label != NULL
                           ? WW_OK
                           : WW_FAIL(WW_ENOMEM, "out of memory for %zu pictures", n);
    if (status == WW_OK) {
        lay(s, &s->learned, s->order, n, &(ww_digit_change){0}, view, picture, label);
        ww_neo_lesson lesson = {.count = n,
                                .picture = picture,
                                .label = label,
                                .unlabelled = (size_t)s->p.unlabelled,
                                .passes = s->p.passes};
        status = ww_neo_learn(model, &lesson, what);
    }
    free(picture);
    free(label);
    return status;
}

/* The share of n pictures that the brain names as it is now. */
static ww_status ask(const struct state *s, ww_model *model, const ww_digits *set,
                     const uint64_t *which, size_t n, const ww_digit_change *change, double *share)
{
    enum { SOME = 100 };
    const ww_view *view = &model->brain->view;
    size_t plane = (size_t)view->height_px * (size_t)view->width_px, right = 0;
    float *picture = malloc(SOME * plane * sizeof *picture);
    int label[SOME], answer[SOME];
    ww_neo_bench bench = {0};
    ww_status status =
        picture != NULL ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory for %d pictures", SOME);
    if (status == WW_OK)
        status = ww_neo_bench_open(&bench, model, -1);
    for (size_t first = 0; first < n && status == WW_OK; first += SOME) {
        size_t now = n - first < SOME ? n - first : SOME;
        lay(s, set, which + first, now, change, view, picture, label);
        status = ww_neo_answer(&bench, model, picture, now, answer);
        for (size_t i = 0; i < now && status == WW_OK; i++)
            right += answer[i] == label[i];
    }
    *share = (double)right / (double)n;
    ww_neo_bench_close(&bench);
    free(picture);
    return status;
}

static ww_status ask_changed(const struct state *s, ww_model *model, ww_digit_change change,
                             double *share)
{
    int n = s->p.changed < s->p.test ? s->p.changed : s->p.test;
    return ask(s, model, &s->tested, s->test, (size_t)n, &change, share);
}

static ww_status ask_shifted(const struct state *s, ww_model *model, double *share)
{
    for (int px = 0; px < SHIFTS; px++)
        WW_TRY(ask_changed(s, model, (ww_digit_change){.right_px = px}, &share[px]));
    return WW_OK;
}

/* ---- other networks ---- */

/* Another model of the same brain with `key` of all its areas that have it set to `value`; if
 * `taught`, with what the model has learned. */
static ww_status make_variant(ww_model **out, ww_model *model, const char *key, const char *value,
                              const char *type, bool taught)
{
    enum { MOST = 32 };
    ww_arena *arena = ww_arena_create();
    const char *set[MOST + 1] = {NULL};
    ww_brain *brain = NULL;
    int n = 0;
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    for (int a = 0; a < model->brain->n_areas && n < MOST; a++) {
        const ww_item *item = &model->brain->area[a].type->item;
        if (ww_params_find(item->params, key) != NULL &&
            (type == NULL || strcmp(item->name, type) == 0))
            set[n++] =
                ww_arena_printf(arena, "area.%s.%s=%s", model->brain->area[a].name, key, value);
    }
    ww_status status = ww_brain_parse(&brain, model->brain->yaml, model->brain->file, set, arena);
    if (status != WW_OK) {
        ww_arena_free(arena);
        return status;
    }
    WW_TRY(ww_model_on(out, arena, brain, model->seed));
    for (size_t i = 0; i < ww_values_count((*out)->values) && taught; i++) {
        ww_value *to = ww_values_at((*out)->values, i);
        const ww_value *from = ww_values_find(model->values, to->name);
        if (to->kind == WW_NODE_PARAM && from != NULL && from->size == to->size)
            memcpy(to->data, from->data, to->size * sizeof *to->data);
    }
    return WW_OK;
}

static ww_status ask_without_pooling(const struct state *s, ww_model *model, bool taught,
                                     double *share)
{
    ww_model *variant;
    ww_neo_learned what;
    WW_TRY(make_variant(&variant, model, "pool_sd", "0", NULL, taught));
    ww_status status = taught ? WW_OK : teach(s, variant, (size_t)s->p.train, &what);
    if (status == WW_OK)
        status = ask_shifted(s, variant, share);
    ww_model_free(variant);
    return status;
}

static ww_status ask_interpolating(const struct state *s, ww_model *model, double *share)
{
    ww_model *variant;
    WW_TRY(make_variant(&variant, model, "answer", "interpolating", NULL, true));
    ww_status status =
        ask(s, variant, &s->tested, s->test, (size_t)s->p.test, &(ww_digit_change){0}, share);
    ww_model_free(variant);
    return status;
}

static ww_status ask_threshold(const struct state *s, ww_model *model, double theta, double *share)
{
    char value[32];
    ww_model *variant;
    ww_neo_learned what;
    size_t n = (size_t)(s->p.sweep < s->p.train ? s->p.sweep : s->p.train);
    snprintf(value, sizeof value, "%g", theta);
    WW_TRY(make_variant(&variant, model, "theta", value, "neocognitron-stage", false));
    ww_status status = teach(s, variant, n, &what);
    if (status == WW_OK)
        status = ask(s, variant, &s->learned, s->order + s->p.train, (size_t)s->p.validation,
                     &(ww_digit_change){0}, share);
    ww_model_free(variant);
    return status;
}

static ww_status sweep(const struct state *s, ww_model *model, double *value)
{
    int best = 0;
    for (int i = 0; i < THETAS; i++) {
        WW_TRY(ask_threshold(s, model, ww_neo_theta[i], &value[M_THETA + i]));
        best = value[M_THETA + i] > value[M_THETA + best] ? i : best;
    }
    value[M_BEST_THETA] = ww_neo_theta[best];
    value[M_THETA_LOW] = value[M_THETA + best] - value[M_THETA];
    value[M_THETA_SAME] = value[M_THETA + best] - value[M_THETA + THETAS - 2];
    value[M_THETA_HIGH] = value[M_THETA + best] - value[M_THETA + THETAS - 1];
    return WW_OK;
}

/* ---- the experiment ---- */

static void close_it(void *state)
{
    struct state *s = state;
    if (s == NULL)
        return;
    ww_arena_free(s->arena);
    free(s);
}

static ww_status open_it(void **state, const void *params_, ww_model *model, uint64_t seed)
{
    struct state *s = calloc(1, sizeof *s);
    ww_neo_bench bench;
    *state = s;
    if (s == NULL || (s->arena = ww_arena_create()) == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    s->p = *(const struct neocognitron *)params_;
    s->seed = seed;
    ww_status status = ww_neo_bench_open(&bench, model, -1); /* is it a neocognitron at all? */
    ww_neo_bench_close(&bench);
    WW_TRY(status);
    WW_TRY(read_pictures(s));
    if (model->learned) {
        ww_neo_known(model, &s->what);
        return WW_OK;
    }
    return teach(s, model, (size_t)s->p.train, &s->what);
}

static ww_status measure(void *state, ww_model *model, double *value)
{
    struct state *s = state;
    bool intact = ww_lesion_units(model->brain, model->values) == 0;
    static const struct {
        int measure;
        ww_digit_change change;
    } other[] = {{M_TURN_15, {.turn_deg = 15}}, {M_TURN_30, {.turn_deg = 30}},
                 {M_SMALL, {.scale = 0.75}},    {M_LARGE, {.scale = 1.25}},
                 {M_NOISE_1, {.noise = 0.1}},   {M_NOISE_2, {.noise = 0.2}},
                 {M_NOISE_4, {.noise = 0.4}}};
    for (int m = 0; m < MEASURES; m++)
        value[m] = NAN;
    value[M_CELLS] = s->what.cells;
    value[M_PLANES_1] = s->what.stages > 0 ? s->what.planes[0] : NAN;
    value[M_PLANES_2] = s->what.stages > 1 ? s->what.planes[1] : NAN;
    WW_TRY(ask(s, model, &s->tested, s->test, (size_t)s->p.test, &(ww_digit_change){0},
               &value[M_CORRECT]));
    WW_TRY(ask_shifted(s, model, value + M_SHIFT));
    value[M_SHIFT_2] = value[M_SHIFT] > 0 ? value[M_SHIFT + 2] / value[M_SHIFT] : NAN;
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++)
        WW_TRY(ask_changed(s, model, other[i].change, &value[other[i].measure]));
    if (!intact)
        return WW_OK;
    double *cut = value + M_SHIFT + CUT * SHIFTS, *never = value + M_SHIFT + NEVER * SHIFTS;
    WW_TRY(ask_interpolating(s, model, &value[M_INTERPOLATING]));
    WW_TRY(ask_without_pooling(s, model, true, cut));
    WW_TRY(ask_without_pooling(s, model, false, never));
    value[M_NEVER_LOSS] = never[0] - never[3];
    return s->p.sweep > 0 ? sweep(s, model, value) : WW_OK;
}

const ww_experiment ww_experiment_neocognitron = {
    .item = {.name = "neocognitron",
             .summary = "the neocognitron learns digits; shifts, noise, thresholds, C cells",
             .sources = "fukushima2003 fukushima1980 fukushima1988 fukushima1997 fukushima2013",
             .example = "whatwhere run neocognitron --demo",
             .params = params,
             .params_size = sizeof(struct neocognitron)},
    .wants = WW_WANTS_MADE,
    .study = "experiments/neocognitron.yaml",
    .teaches = true,
    .n_measures = MEASURES,
    .measures = measures,
    .open = open_it,
    .close = close_it,
    .measure = measure,
    .report = ww_neo_report};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Saliency models against people. Two things are asked of them: that a single thing draws the first
 * fixation and a conjunction of features does not (search displays, Itti's model), and that they
 * tell where people look in pictures (a folder of pictures and fixations: gaze_set.h).
 *
 * No seed changes the pictures nor their maps: they are scored for the first seed of a study.
 *
 * People look at the centre of any picture, so a map that is nothing but a bright centre stands
 * beside the models; on the shuffled AUC it is at chance. Intervals are over pictures. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/progress.h"
#include "experiments/parts/saliency_scores.h"

struct saliency_benchmark {
    ww_saliency_params model;
    const char *data;
    int pictures, displays;
    double sigma_share;
};

static const ww_param params[] = {
    WW_TEXT(struct saliency_benchmark, data, "",
            "folder with stimuli/ and fixations.csv[.gz]; without one only displays are shown", ""),
    WW_INT(struct saliency_benchmark, pictures, 0, 0, 1000000, "",
           "read no more pictures than that; 0: all", ""),
    WW_INT(struct saliency_benchmark, displays, 1, 1, 100000, "", "search displays of each kind",
           ""),
    WW_REAL(struct saliency_benchmark, sigma_share, 0.035, 0.001, 1, "",
            "sd of the density of fixations as a share of the width (about 1 deg)",
            "bylinskii2019"),
    WW_SALIENCY_PARAMS(struct saliency_benchmark, model),
    WW_PARAM_END};

#define SCORES(map, words)                                                                         \
    {#map "_auc_judd", "area", words ": fixated pixels against all others", false},                \
        {#map "_auc_borji", "area", words ": fixations against random pixels", false},             \
        {#map "_auc_shuffled", "area", words ": fixations against those of other pictures",        \
         false},                                                                                   \
        {#map "_nss", "sd", words ": standardised map at the fixations", false},                   \
        {#map "_cc", "r", words ": correlation with the density of fixations", false},             \
        {#map "_similarity", "1", words ": overlap with the density of fixations", false},         \
        {#map "_kl", "nat", words ": divergence from the density of fixations", true},             \
    {                                                                                              \
#map "_information_gain", "bit",                                                           \
            words ": bits per fixation beyond those of other pictures", false                      \
    }

static const ww_measure measures[WW_SALIENCY_MEASURES] = {
    {"colour", "share", "first fixations on the bar of another colour", false},
    {"orientation", "share", "first fixations on the bar of another orientation", false},
    {"conjunction", "share", "first fixations on the bar that only a conjunction tells", false},
    SCORES(itti, "Itti"),
    SCORES(gbvs, "GBVS"),
    SCORES(centre, "a bright centre")};

struct state {
    ww_arena *arena;
    struct saliency_benchmark p;
    uint64_t seed;
    ww_gaze_set set;
    double *score; /* [pictures][maps][scores] */
    bool scored;
    double *hit; /* [kinds][displays] */
};

static void close_it(void *state)
{
    struct state *s = state;
    if (s == NULL)
        return;
    ww_gaze_set_free(&s->set);
    ww_arena_free(s->arena);
}

static ww_status prepare(struct state *s)
{
    if (s->p.data[0] != '\0')
        WW_TRY(ww_gaze_set_read(&s->set, s->p.data, s->p.pictures, s->arena));
    size_t scores = (size_t)s->set.count * WW_MAPS_SCORED * WW_SCORES;
    s->score = ww_arena_array(s->arena, scores + 1, sizeof *s->score);
    s->hit = ww_arena_array(s->arena, WW_SEARCH_KINDS * (size_t)s->p.displays, sizeof *s->hit);
    return s->score != NULL && s->hit != NULL ? WW_OK : WW_ENOMEM;
}

static ww_status open_it(void **state, const void *params_, ww_model *model, uint64_t seed)
{
    (void)model;
    *state = NULL;
    ww_arena *arena = ww_arena_create();
    struct state *s = arena != NULL ? ww_arena_alloc(arena, sizeof *s) : NULL;
    if (s == NULL) {
        ww_arena_free(arena);
        return WW_FAIL(WW_ENOMEM, "saliency-benchmark: out of memory");
    }
    s->arena = arena;
    s->p = *(const struct saliency_benchmark *)params_;
    s->seed = seed;
    *state = s;
    return prepare(s);
}

static ww_status measure(void *state, ww_model *model, double *value)
{
    struct state *s = state;
    (void)model;
    for (int m = 0; m < WW_SALIENCY_MEASURES; m++)
        value[m] = m < WW_SEARCH_KINDS ? 0 : NAN;
    for (int i = 0; i < WW_SEARCH_KINDS * s->p.displays; i++) {
        ww_arena_mark mark = ww_arena_mark_here(s->arena);
        int kind = i / s->p.displays;
        bool hit;
        if (ww_interrupted())
            return WW_FAIL(WW_EINTERRUPTED, "interrupted");
        WW_TRY(ww_search_first(&hit, kind, (uint64_t)(i % s->p.displays), s->seed, &s->p.model,
                               s->arena));
        s->hit[i] = hit;
        value[kind] += hit;
        ww_arena_release(s->arena, mark);
    }
    for (int m = 0; m < WW_SEARCH_KINDS; m++)
        value[m] /= s->p.displays;
    return WW_OK;
}

/* The pictures: what is random in their scores (the pixels of Borji's AUC) has a seed of its own.
 */
static ww_status measure_once(void *state, ww_model *model, double *value)
{
    enum { STRIDE = WW_MAPS_SCORED * WW_SCORES };
    struct state *s = state;
    (void)model;
    for (int k = 0; k < s->set.count; k++) {
        ww_arena_mark mark = ww_arena_mark_here(s->arena);
        if (ww_interrupted())
            return WW_FAIL(WW_EINTERRUPTED, "interrupted");
        WW_TRY(ww_score_picture(s->score + k * STRIDE, &s->set, k, &s->p.model, s->p.sigma_share,
                                s->arena));
        ww_arena_release(s->arena, mark);
    }
    for (int i = 0; i < STRIDE && s->set.count > 0; i++) {
        double sum = 0;
        for (int k = 0; k < s->set.count; k++)
            sum += s->score[k * STRIDE + i];
        value[WW_SEARCH_KINDS + i] = sum / s->set.count;
    }
    s->scored = s->set.count > 0;
    return WW_OK;
}

static void chance(void *state, const ww_model *model, double *out)
{
    (void)state;
    (void)model;
    for (int m = 0; m < WW_SALIENCY_MEASURES; m++) {
        int score = (m - WW_SEARCH_KINDS) % WW_SCORES;
        out[m] = m < WW_SEARCH_KINDS              ? 1.0 / WW_SEARCH_ITEMS
                 : score <= WW_SCORE_AUC_SHUFFLED ? 0.5
                 : score <= WW_SCORE_CC           ? 0
                                                  : NAN;
    }
}

static ww_status describe_pictures(struct state *s, ww_h5 *file, const char *group)
{
    char name[256];
    double *sheet, *number = ww_arena_array(s->arena, (size_t)s->set.count, sizeof *number);
    int height, width;
    if (number == NULL)
        return WW_ENOMEM;
    snprintf(name, sizeof name, "%s/score", group);
    WW_TRY(ww_h5_write_doubles(file, name, s->score, 3,
                               (int64_t[]){s->set.count, WW_MAPS_SCORED, WW_SCORES}));
    snprintf(name, sizeof name, "%s/score_names", group);
    WW_TRY(ww_h5_write_texts(file, name, ww_score_name, WW_SCORES));
    snprintf(name, sizeof name, "%s/map_names", group);
    WW_TRY(ww_h5_write_texts(file, name, ww_map_scored, WW_MAPS_SCORED));
    for (int k = 0; k < s->set.count; k++)
        number[k] = s->set.picture[k].number;
    snprintf(name, sizeof name, "%s/picture", group);
    WW_TRY(ww_h5_write_doubles(file, name, number, 1, (int64_t[]){s->set.count}));
    WW_TRY(ww_saliency_sheet(&sheet, &height, &width, &s->set, &s->p.model, s->p.sigma_share,
                             s->arena));
    snprintf(name, sizeof name, "%s/examples", group);
    return ww_h5_write_doubles(file, name, sheet, 2, (int64_t[]){height, width});
}

static ww_status describe(void *state, ww_model *model, ww_h5 *file, const char *group)
{
    struct state *s = state;
    char name[256];
    (void)model;
    snprintf(name, sizeof name, "%s/first_fixation_on_target", group);
    WW_TRY(ww_h5_write_doubles(file, name, s->hit, 2, (int64_t[]){WW_SEARCH_KINDS, s->p.displays}));
    return s->scored ? describe_pictures(s, file, group) : WW_OK;
}

const ww_experiment ww_experiment_saliency_benchmark = {
    .item = {.name = "saliency-benchmark",
             .summary = "saliency maps against search displays and against where people look",
             .sources = "itti1998 harel2006 treisman1980 bylinskii2019",
             .example = "whatwhere run saliency-benchmark --set experiment.data=scenes",
             .params = params,
             .params_size = sizeof(struct saliency_benchmark)},
    .wants = WW_WANTS_NOTHING,
    .study = "experiments/saliency-benchmark.yaml",
    .n_measures = WW_SALIENCY_MEASURES,
    .measures = measures,
    .open = open_it,
    .close = close_it,
    .measure = measure,
    .measure_once = measure_once,
    .chance = chance,
    .describe = describe,
    .report = ww_saliency_report};

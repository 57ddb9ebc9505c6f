/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Invariance of view-tuned units (Riesenhuber & Poggio 1999, Nat Neurosci 2:1019, table 1 and
 * figures 3 to 5): each unit learns one view of one paperclip; it recognises a display if it
 * answers it more than it answers any of 60 other clips. How far may the clip turn in depth, grow
 * or shrink, move, have company or be cut to pieces? The range is that of neighbouring steps, the
 * learned view among them, at all of which the clip is recognised. A seed is another set of clips.
 *
 * The same with units that pool by a sum or by a softmax instead of MAX, of the intact brain. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/model_parts.h"
#include "experiments/parts/clips.h"
#include "experiments/parts/hmax_invariance.h"

struct hmax_invariance {
    int distractors, afferents, companions;
    double sharpness;
};

static const ww_param params[] = {
    WW_INT(struct hmax_invariance, distractors, 60, 1, 10000, "",
           "other clips that a clip is told from", "riesenhuber1999"),
    WW_INT(struct hmax_invariance, afferents, 40, 1, 100000, "",
           "features that a unit hears: those that answer its view most", "riesenhuber1999"),
    WW_INT(struct hmax_invariance, companions, 5, 1, 100, "", "displays of two clips for each unit",
           ""),
    WW_REAL(struct hmax_invariance, sharpness, 30, 0, 500, "",
            "of the softmax that MAX is compared with", "riesenhuber1999"),
    WW_PARAM_END};

static ww_clip_display changed(int clip, int change, int step)
{
    ww_clip_display d = ww_clip_learned(clip);
    double value = ww_hmax_step(change, step);
    if (change == ROTATION)
        d.pose.rotation_deg = value;
    else if (change == SIZE)
        d.pose.size_deg *= exp2(value);
    else
        d.pose.x_deg = value;
    return d;
}

static const char *const pooling_word[POOLINGS] = {"max", "sum", "softmax"};

static const ww_measure measures[MEASURES] = {
    {"rotation", "deg", "range of rotation in depth, mean of the units", false},
    {"size", "octaves", "range of sizes", false},
    {"place", "deg", "range of horizontal positions", false},
    {"two_clips", "share recognised", "the clip beside another", false},
    {"mirror", "units", "units that recognise a view from behind (160 to 200 deg)", false},
    {"scrambled_4", "share of the response", "cut into 4 tiles", false},
    {"scrambled_16", "share of the response", "cut into 16 tiles", false},
    {"scrambled_64", "share of the response", "cut into 64 tiles", false},
    {"scrambled_256", "share of the response", "cut into 256 tiles", false},
    {"scramble_step", "share of the response", "largest step from fewer tiles to more", false},
    {"rotation_sum", "deg", "range of rotation with sums instead of MAX", false},
    {"size_sum", "octaves", "range of sizes with sums instead of MAX", false},
    {"place_sum", "deg", "range of positions with sums instead of MAX", false},
    {"rotation_softmax", "deg", "range of rotation with softmax instead of MAX", false},
    {"size_softmax", "octaves", "range of sizes with softmax instead of MAX", false},
    {"place_softmax", "deg", "range of positions with softmax instead of MAX", false},
    {"size_sum_ratio", "", "range of sizes with sums over that with MAX", false}};

struct state {
    const struct hmax_invariance *params;
    ww_clip_bench bench;
    double share[POOLINGS][CHANGES][STEPS]; /* of the units, that recognise the step: intact */
    double range[POOLINGS][CHANGES];
};

/* ---- displays and what is recognised ---- */

struct list {
    ww_clip_display *display;
    size_t n;
    float *answer; /* [n][units] */
};

static ww_status list_new(struct list *list, size_t most, const ww_clip_bench *b)
{
    list->n = 0;
    list->display = calloc(most, sizeof *list->display);
    list->answer = calloc(most * (size_t)b->units, sizeof *list->answer);
    if (list->display == NULL || list->answer == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for %zu displays", most);
    return WW_OK;
}

static void list_free(struct list *list)
{
    free(list->display);
    free(list->answer);
}

static float answer(const struct list *list, const ww_clip_bench *b, size_t display, int unit)
{
    return list->answer[display * (size_t)b->units + (size_t)unit];
}

/* The largest answer of a unit to the first n displays, the distractors. */
static float best_other(const struct list *list, const ww_clip_bench *b, int n, int unit)
{
    float best = 0;
    for (int i = 0; i < n; i++)
        best = fmaxf(best, answer(list, b, (size_t)i, unit));
    return best;
}

static void add_distractors(struct list *list, const struct state *s, const ww_clip_bench *b)
{
    for (int i = 0; i < s->params->distractors; i++)
        list->display[list->n++] = ww_clip_learned(b->units + i);
}

static void add_changes(struct list *list, const ww_clip_bench *b)
{
    for (int change = 0; change < CHANGES; change++)
        for (int unit = 0; unit < b->units; unit++)
            for (int step = 0; step < ww_hmax_changes[change].steps; step++)
                list->display[list->n++] = changed(unit, change, step);
}

static size_t change_count(const ww_clip_bench *b)
{
    size_t n = 0;
    for (int change = 0; change < CHANGES; change++)
        n += (size_t)(ww_hmax_changes[change].steps * b->units);
    return n;
}

/* Ranges and shares of the displays that add_changes put at `first`. */
static void judge_changes(const struct list *list, size_t first, const struct state *s,
                          const ww_clip_bench *b, double *range, double (*share)[STEPS])
{
    for (int change = 0; change < CHANGES; change++) {
        int steps = ww_hmax_changes[change].steps;
        range[change] = 0;
        for (int step = 0; step < steps; step++)
            share[change][step] = 0;
        for (int unit = 0; unit < b->units; unit++, first += (size_t)steps) {
            float other = best_other(list, b, s->params->distractors, unit);
            bool known[STEPS];
            for (int step = 0; step < steps; step++) {
                known[step] = answer(list, b, first + (size_t)step, unit) > other;
                share[change][step] += (double)known[step] / b->units;
            }
            int low = ww_hmax_changes[change].learned, high = low;
            while (low > 0 && known[low] && known[low - 1])
                low--;
            while (high + 1 < steps && known[high] && known[high + 1])
                high++;
            range[change] += (ww_hmax_step(change, high) - ww_hmax_step(change, low)) / b->units;
        }
    }
}

/* ---- the other poolings ---- */

/* Another model of the same brain that pools in another way. */
static ww_status make_variant(ww_model **out, const struct state *s, int pooling)
{
    const ww_model *model = s->bench.model;
    ww_arena *arena = ww_arena_create();
    const char *set[2 * 8 + 1] = {NULL};
    ww_brain *brain = NULL;
    int n = 0;
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    for (int a = 0; a < model->brain->n_areas && n < 16; a++) {
        const ww_brain_area *area = &model->brain->area[a];
        if (ww_params_find(area->type->item.params, "pooling") == NULL)
            continue;
        set[n++] = ww_arena_printf(arena, "area.%s.pooling=%s", area->name, pooling_word[pooling]);
        set[n++] = ww_arena_printf(arena, "area.%s.sharpness=%g", area->name, s->params->sharpness);
    }
    ww_status status = ww_brain_parse(&brain, model->brain->yaml, model->brain->file, set, arena);
    if (status != WW_OK) {
        ww_arena_free(arena);
        return status;
    }
    return ww_model_on(out, arena, brain, model->seed);
}

static ww_status measure_changes(struct state *s, ww_clip_bench *b, int pooling)
{
    struct list list = {0};
    size_t most = (size_t)s->params->distractors + change_count(b);
    ww_status status = list_new(&list, most, b);
    if (status == WW_OK) {
        add_distractors(&list, s, b);
        add_changes(&list, b);
        status = ww_clip_show(b, list.display, list.n, list.answer, NULL);
    }
    if (status == WW_OK)
        judge_changes(&list, (size_t)s->params->distractors, s, b, s->range[pooling],
                      s->share[pooling]);
    list_free(&list);
    return status;
}

static ww_status measure_variant(struct state *s, int pooling)
{
    ww_model *model = NULL;
    ww_clip_bench bench = {0};
    WW_TRY(make_variant(&model, s, pooling));
    ww_status status = ww_clip_bench_open(&bench, model, s->bench.set);
    if (status == WW_OK)
        status = ww_clip_learn(&bench, s->params->afferents);
    if (status == WW_OK)
        status = measure_changes(s, &bench, pooling);
    ww_clip_bench_close(&bench);
    ww_model_free(model);
    return status;
}

/* ---- the experiment ---- */

static void close(void *state)
{
    struct state *s = state;
    if (s != NULL)
        ww_clip_bench_close(&s->bench);
    free(s);
}

static ww_status open(void **state, const void *params_, ww_model *model, uint64_t seed)
{
    struct state *s = calloc(1, sizeof *s);
    *state = s;
    if (s == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    s->params = params_;
    WW_TRY(ww_clip_bench_open(&s->bench, model, seed));
    return ww_clip_learn(&s->bench, s->params->afferents);
}

/* Beside another clip, from behind, in pieces; displays after those of the changes. */
static void add_others(struct list *list, const struct state *s, const ww_clip_bench *b)
{
    const double aside_deg = 1.1;
    for (int unit = 0; unit < b->units; unit++) {
        for (int i = 0; i < s->params->companions; i++) {
            ww_clip_display d = ww_clip_learned(unit);
            d.other = b->units > 1 ? (unit + 1 + i) % b->units : b->units;
            d.other_pose = d.pose;
            d.pose.x_deg = i % 2 ? aside_deg : -aside_deg;
            d.other_pose.x_deg = -d.pose.x_deg;
            list->display[list->n++] = d;
        }
        for (int i = 0; i < MIRROR_STEPS; i++) {
            ww_clip_display d = ww_clip_learned(unit);
            d.pose.rotation_deg = 160 + 4 * i;
            list->display[list->n++] = d;
        }
        for (int i = 0; i <= SCRAMBLES; i++) { /* the first is whole */
            ww_clip_display d = ww_clip_learned(unit);
            d.tiles = 1 << i;
            list->display[list->n++] = d;
        }
    }
}

static void judge_others(const struct list *list, size_t first, const struct state *s,
                         const ww_clip_bench *b, double *value)
{
    int companions = s->params->companions;
    double whole = 0, scrambled[SCRAMBLES] = {0};
    value[M_TWO_CLIPS] = value[M_MIRROR] = 0;
    for (int unit = 0; unit < b->units; unit++) {
        float other = best_other(list, b, s->params->distractors, unit);
        bool behind = false;
        for (int i = 0; i < companions; i++)
            value[M_TWO_CLIPS] +=
                (answer(list, b, first++, unit) > other) / (double)(companions * b->units);
        for (int i = 0; i < MIRROR_STEPS; i++)
            behind = answer(list, b, first++, unit) > other || behind;
        value[M_MIRROR] += behind;
        whole += (double)answer(list, b, first++, unit);
        for (int i = 0; i < SCRAMBLES; i++)
            scrambled[i] += (double)answer(list, b, first++, unit);
    }
    value[M_SCRAMBLE_STEP] = -INFINITY;
    double before = 1;
    for (int i = 0; i < SCRAMBLES; i++) {
        value[M_SCRAMBLED + i] = whole > 0 ? scrambled[i] / whole : NAN;
        value[M_SCRAMBLE_STEP] = fmax(value[M_SCRAMBLE_STEP], value[M_SCRAMBLED + i] - before);
        before = value[M_SCRAMBLED + i];
    }
}

static ww_status measure_max(struct state *s, double *value, double (*share)[STEPS])
{
    ww_clip_bench *b = &s->bench;
    struct list list = {0};
    size_t distractors = (size_t)s->params->distractors;
    size_t each = (size_t)(s->params->companions + MIRROR_STEPS + SCRAMBLES + 1);
    size_t changed_ones = change_count(b);
    ww_status status = list_new(&list, distractors + changed_ones + each * (size_t)b->units, b);
    if (status == WW_OK) {
        add_distractors(&list, s, b);
        add_changes(&list, b);
        add_others(&list, s, b);
        status = ww_clip_show(b, list.display, list.n, list.answer, NULL);
    }
    if (status == WW_OK) {
        judge_changes(&list, distractors, s, b, value + M_ROTATION, share);
        judge_others(&list, distractors + changed_ones, s, b, value);
    }
    list_free(&list);
    return status;
}

static ww_status measure(void *state, ww_model *model, double *value)
{
    struct state *s = state;
    double share[CHANGES][STEPS];
    bool intact = ww_lesion_units(model->brain, model->values) == 0;
    for (int m = 0; m < MEASURES; m++)
        value[m] = NAN;
    WW_TRY(measure_max(s, value, share));
    if (!intact)
        return WW_OK;
    memcpy(s->share[MAX], share, sizeof share);
    for (int pooling = SUM; pooling < POOLINGS; pooling++) {
        WW_TRY(measure_variant(s, pooling));
        for (int change = 0; change < CHANGES; change++)
            value[(pooling == SUM ? M_SUM : M_SOFTMAX) + change] = s->range[pooling][change];
    }
    value[M_SUM_RATIO] = value[M_SIZE] > 0 ? value[M_SUM + SIZE] / value[M_SIZE] : NAN;
    return WW_OK;
}

static ww_status describe(void *state, ww_model *model, ww_h5 *file, const char *group)
{
    struct state *s = state;
    char name[300];
    (void)model;
    snprintf(name, sizeof name, "%s/recognised", group);
    return ww_h5_write_doubles(file, name, &s->share[0][0][0], 3,
                               (const int64_t[]){POOLINGS, CHANGES, STEPS});
}

const ww_experiment ww_experiment_hmax_invariance = {
    .item = {.name = "hmax-invariance",
             .summary = "how far a learned view may turn, grow and move: MAX, sum and softmax",
             .sources = "riesenhuber1999 logothetis1995",
             .example = "whatwhere run hmax-invariance --seeds 2",
             .params = params,
             .params_size = sizeof(struct hmax_invariance)},
    .wants = WW_WANTS_MADE,
    .study = "experiments/hmax-invariance.yaml",
    .n_measures = MEASURES,
    .measures = measures,
    .open = open,
    .close = close,
    .measure = measure,
    .describe = describe,
    .report = ww_hmax_report};

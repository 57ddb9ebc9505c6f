/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Lesions set gates. A gate stands on maps [C, H, W] and does x -> gain * x + noise * normal; at
 * gain 1 and noise 0 it leaves every bit alone.
 *
 * Gates of an area are called "V1/gate" (its only output) or "V1/gate.4B" (an output, or a class of
 * units inside), those of a pathway "V1>MT" (or "V1>MT.4B" where it carries several outputs). A
 * lesion of an area acts on its outputs, so that a gain is not taken twice: not on unit classes
 * that no pathway can carry (simple and complex cells inside V1, unlike the P, M and K layers of
 * LGN).
 *
 * Which units: every candidate (class, hemifield, patch) gets a key, and the first
 * round(dose * candidates) in the order of the keys are silenced. Keys are random numbers that
 * depend on (seed, gate, unit) alone, so the units of a smaller dose are among those of a larger,
 * at any number of threads and whatever else is lesioned. For `most` the key is the selectivity,
 * and the candidates of all targets are ranked together; random units are ranked together over the
 * whole brain. By map, all units of a map have one key and go together, and maps are counted. Gain
 * and noise act on all candidates, and the dose is their strength; noise adds in quadrature.
 * Statistics belong to the units of the first output; units of other gates get noise after the root
 * mean square over these. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/lesion_parts.h"
#include "engine/base/random.h"
#include "engine/base/text.h"

typedef struct gate {
    const char *name; /* "V1/gate.4B" */
    int area;         /* whose units they are: the area's, or those that a pathway carries */
    bool first;       /* the area's first output: statistics are of these units */
    ww_value *gain, *noise;
    const float *sd; /* noise: of each unit, or NULL and then their root mean square: */
    double rms_sd;
} gate;

typedef struct unit {
    double key; /* the smallest go first */
    uint32_t gate, index;
} unit;

typedef struct work {
    const ww_brain *brain;
    ww_values *values;
    const ww_unit_statistics *statistics;
    ww_arena *arena;
    int n_gates;
    gate *gate; /* of the lesion at hand */
    size_t n_units;
    unit *unit; /* candidates */
} work;

/* ---- gates ---- */

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

/* Where `name` is START/gain or START.x/gain: x ("" for the first), else NULL. */
static const char *port_of(const char *name, const char *start)
{
    size_t length = strlen(start);
    if (!ends_with(name, "/gain") || strncmp(name, start, length) != 0)
        return NULL;
    if (strcmp(name + length, "/gain") == 0)
        return "";
    return name[length] == '.' ? name + length + 1 : NULL;
}

static bool port_in_list(const char *port, const char *list)
{
    char word[64];
    size_t length = strlen(port);
    if (length < 5 || length - 5 >= sizeof word)
        return false;
    snprintf(word, sizeof word, "%.*s", (int)(length - 5), port);
    return ww_text_in_list(word, list);
}

static ww_status add_gate(work *w, ww_value *gain, int area, bool first)
{
    const char *name = ww_arena_printf(w->arena, "%.*s", (int)(strlen(gain->name) - 5), gain->name);
    const char *noise = ww_arena_printf(w->arena, "%s/noise", name ? name : "");
    if (name == NULL || noise == NULL)
        return WW_ENOMEM;
    ww_value *pair = ww_values_find(w->values, noise);
    if (pair == NULL)
        return WW_FAIL(WW_EINVAL, "%s has no %s beside it", gain->name, noise);
    w->gate[w->n_gates++] = (gate){name, area, first, gain, pair, NULL, 0};
    return WW_OK;
}

/* Whether a gate stands on units inside the area, which no pathway carries as they are. */
static bool is_inner(const work *w, const ww_brain_area *a, const char *port)
{
    if (!port_in_list(port, a->type->classes))
        return false;
    for (int t = 0; t < w->brain->n_areas && a->type->port_to != NULL; t++)
        if (port_in_list(port, a->type->port_to(a->params, w->brain->area[t].name)))
            return false;
    return true;
}

/* The gates of an area's outputs, or those of one unit class. */
static ww_status add_area(work *w, int area, const char *unit_class)
{
    const ww_brain_area *a = &w->brain->area[area];
    const char *start = ww_arena_printf(w->arena, "%s/gate", a->name);
    int before = w->n_gates;
    if (start == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < ww_values_count(w->values); i++) {
        ww_value *value = ww_values_at(w->values, i);
        const char *port = port_of(value->name, start);
        if (port != NULL && (unit_class ? port_in_list(port, unit_class) : !is_inner(w, a, port)))
            WW_TRY(add_gate(w, value, area, unit_class == NULL && w->n_gates == before));
    }
    return WW_OK;
}

static ww_status add_path(work *w, int path)
{
    for (size_t i = 0; i < ww_values_count(w->values); i++) {
        ww_value *value = ww_values_at(w->values, i);
        if (port_of(value->name, w->brain->path[path].name) != NULL)
            WW_TRY(add_gate(w, value, w->brain->path[path].from, false));
    }
    return WW_OK;
}

static ww_status add_target(work *w, const ww_lesion *l, const char *target)
{
    int path = ww_brain_path_find(w->brain, target);
    if (path >= 0)
        return add_path(w, path);
    for (int a = 0; a < w->brain->n_areas; a++) {
        if (!ww_lesion_targets(w->brain, target, a))
            continue;
        if (l->how != WW_DISCONNECT)
            WW_TRY(add_area(w, a, l->unit_class));
        for (int p = 0; l->how == WW_DISCONNECT && p < w->brain->n_paths; p++)
            if (w->brain->path[p].from == a || w->brain->path[p].to == a)
                WW_TRY(add_path(w, p));
    }
    return WW_OK;
}

/* A pathway between two lesioned areas is reached from both ends, but is there once. */
static void drop_doubles(work *w)
{
    int kept = 0;
    for (int i = 0; i < w->n_gates; i++) {
        bool there = false;
        for (int j = 0; j < kept; j++)
            there = there || w->gate[j].gain == w->gate[i].gain;
        if (!there)
            w->gate[kept++] = w->gate[i];
    }
    w->n_gates = kept;
}

/* ---- units ---- */

static double random_key(uint64_t seed, const gate *g, uint32_t index)
{
    uint32_t word[4];
    ww_random_block(seed, ww_hash_text(g->name), index, word);
    return ((double)word[0] * 4294967296.0 + word[1]) / 18446744073709551616.0;
}

static int map_size(const work *w, uint32_t number)
{
    const ww_shape *shape = &w->gate[number].gain->shape;
    return (int)(shape->dim[1] * shape->dim[2]);
}

/* Adds the candidates of a gate; `selectivity` (of its units, or of its maps for a lesion by map)
 * ranks them, or the random numbers under `seed`. */
static void add_units(work *w, const ww_lesion *l, int number, uint64_t seed,
                      const float *selectivity)
{
    const gate *g = &w->gate[number];
    int height = (int)g->gain->shape.dim[1], width = (int)g->gain->shape.dim[2];
    for (uint32_t i = 0; i < g->gain->size; i++) {
        int place = (int)(i % (uint32_t)(height * width));
        if (!ww_lesion_covers(l, &w->brain->view, height, width, place))
            continue;
        uint32_t what = l->by_map ? i / (uint32_t)(height * width) : i;
        double key = selectivity ? -(double)selectivity[what] : random_key(seed, g, what);
        w->unit[w->n_units++] = (unit){key, (uint32_t)number, i};
    }
}

static int by_key(const void *a_, const void *b_)
{
    const unit *a = a_, *b = b_;
    if (a->key != b->key)
        return a->key < b->key ? -1 : 1;
    if (a->gate != b->gate)
        return a->gate < b->gate ? -1 : 1;
    return (a->index > b->index) - (a->index < b->index);
}

static size_t share_of(double share, size_t of)
{
    return (size_t)llround(share * (double)of);
}

/* ---- damage ---- */

static double mean_square(const float *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)x[i] * x[i];
    return n > 0 ? sum / (double)n : 0;
}

/* Finds the standard deviations of the units of every gate; see the head of the file. */
static ww_status add_deviations(work *w, const ww_lesion *l)
{
    for (int i = 0; i < w->n_gates; i++) {
        gate *g = &w->gate[i];
        const float *sd = w->statistics && w->statistics->sd ? w->statistics->sd[g->area] : NULL;
        if (sd == NULL)
            return WW_FAIL(WW_EINVAL, "lesion %s: noise wants the standard deviation of each unit",
                           l->text);
        if (g->first) {
            g->sd = sd;
            continue;
        }
        work output = {.brain = w->brain, .values = w->values, .arena = w->arena};
        output.gate = ww_arena_array(w->arena, ww_values_count(w->values) + 1, sizeof *output.gate);
        if (output.gate == NULL)
            return WW_ENOMEM;
        WW_TRY(add_area(&output, g->area, NULL));
        if (output.n_gates > 0)
            g->rms_sd = sqrt(mean_square(sd, output.gate[0].gain->size));
    }
    return WW_OK;
}

/* Damages the first `count` candidates. */
static void damage(const work *w, const ww_lesion *l, size_t count)
{
    for (size_t u = 0; u < count && u < w->n_units; u++) {
        const gate *g = &w->gate[w->unit[u].gate];
        size_t i = w->unit[u].index;
        if (l->how == WW_GAIN)
            g->gain->data[i] *= (float)(1 - l->dose);
        else if (l->how == WW_NOISE)
            g->noise->data[i] =
                (float)hypot(g->noise->data[i], l->dose * (g->sd ? g->sd[i] : g->rms_sd));
        else
            g->gain->data[i] = 0;
    }
}

static bool takes_share(const ww_lesion *l)
{
    return l->how == WW_ABLATE || l->how == WW_DISCONNECT;
}

/* Sorts the candidates, and says how many of the first go: the share `dose` of `of` units or maps,
 * or (0) of all. */
static size_t first_units(work *w, const ww_lesion *l, size_t of)
{
    double share = takes_share(l) ? l->dose : 1;
    qsort(w->unit, w->n_units, sizeof *w->unit, by_key);
    if (!l->by_map)
        return share_of(share, of > 0 ? of : w->n_units);
    size_t *start = ww_arena_array(w->arena, w->n_units + 1, sizeof *start), maps = 0;
    for (size_t u = 0; start != NULL && u < w->n_units; u++) {
        const unit *a = &w->unit[u], *b = &w->unit[u > 0 ? u - 1 : 0];
        uint32_t size = (uint32_t)map_size(w, a->gate);
        if (u == 0 || a->gate != b->gate || a->index / size != b->index / size)
            start[maps++] = u;
    }
    if (start == NULL)
        return 0;
    start[maps] = w->n_units;
    size_t taken = share_of(share, of > 0 ? of : maps);
    return start[taken < maps ? taken : maps];
}

/* Every gate loses its own share. */
static void damage_each(work *w, const ww_lesion *l, uint64_t seed)
{
    for (int i = 0; i < w->n_gates; i++) {
        w->n_units = 0;
        add_units(w, l, i, seed, NULL);
        damage(w, l, takes_share(l) ? first_units(w, l, 0) : w->n_units);
    }
}

/* The most selective units of all targets together. */
static ww_status damage_most(work *w, const ww_lesion *l)
{
    int which = 0;
    while (strcmp(ww_lesion_selective[which], l->most) != 0)
        which++;
    w->n_units = 0;
    for (int i = 0; i < w->n_gates; i++) {
        const float *const *all = NULL;
        if (w->statistics != NULL)
            all = l->by_map ? w->statistics->map_selectivity[which]
                            : w->statistics->selectivity[which];
        if (all == NULL || all[w->gate[i].area] == NULL)
            return WW_FAIL(WW_EINVAL, "lesion %s: 'most' wants the selectivity of each unit",
                           l->text);
        if (w->gate[i].first)
            add_units(w, l, i, 0, all[w->gate[i].area]);
    }
    damage(w, l, first_units(w, l, (size_t)l->count));
    return WW_OK;
}

/* As many units as `size_of` has, anywhere. */
static ww_status damage_random(work *w, const ww_lesion *l, uint64_t seed)
{
    size_t size = 0;
    WW_TRY(add_target(w, &(ww_lesion){.how = WW_ABLATE}, l->size_of));
    for (int i = 0; i < w->n_gates; i++)
        size += w->gate[i].gain->size;
    w->n_gates = 0;
    for (int a = 0; a < w->brain->n_areas; a++)
        WW_TRY(add_area(w, a, NULL));
    if (l->how == WW_NOISE)
        WW_TRY(add_deviations(w, l));
    w->n_units = 0;
    for (int i = 0; i < w->n_gates; i++)
        add_units(w, l, i, seed, NULL);
    damage(w, l, first_units(w, l, size));
    return WW_OK;
}

static ww_status decay(const work *w, const ww_lesion *l)
{
    for (int t = 0; t < l->n_targets; t++)
        for (int a = 0; a < w->brain->n_areas; a++) {
            if (!ww_lesion_targets(w->brain, l->target[t], a))
                continue;
            const char *name = ww_arena_printf(w->arena, "%s/decay", w->brain->area[a].name);
            ww_value *value = name ? ww_values_find(w->values, name) : NULL;
            if (value == NULL)
                return WW_FAIL(WW_EINVAL, "lesion %s: %s has no weights that could decay", l->text,
                               w->brain->area[a].name);
            value->data[0] *= (float)(1 - l->dose);
        }
    return WW_OK;
}

static ww_status apply_one(work *w, const ww_lesion *l, uint64_t seed)
{
    if (l->dose == 0 || l->n_targets == 0)
        return WW_OK;
    if (l->how == WW_DECAY)
        return decay(w, l);
    w->n_gates = 0;
    if (l->size_of != NULL)
        return damage_random(w, l, seed);
    for (int t = 0; t < l->n_targets; t++)
        WW_TRY(add_target(w, l, l->target[t]));
    drop_doubles(w);
    if (w->n_gates == 0)
        return WW_FAIL(WW_EINVAL, "lesion %s: the model has no gates for it", l->text);
    if (l->how == WW_NOISE)
        WW_TRY(add_deviations(w, l));
    if (l->most != NULL)
        return damage_most(w, l);
    damage_each(w, l, seed);
    return WW_OK;
}

/* ---- what the header promises ---- */

static bool is_control(const ww_value *value, const char *end)
{
    return value->kind == WW_NODE_CONTROL && ends_with(value->name, end);
}

void ww_lesion_clear(const ww_brain *brain, ww_values *values)
{
    (void)brain;
    for (size_t i = 0; i < ww_values_count(values); i++) {
        ww_value *value = ww_values_at(values, i);
        bool one = is_control(value, "/gain") || is_control(value, "/decay");
        if (!one && !is_control(value, "/noise"))
            continue;
        for (size_t j = 0; j < value->size; j++)
            value->data[j] = one ? 1 : 0;
    }
}

static ww_status apply_all(work *w, const ww_lesion *lesion, int n, uint64_t seed)
{
    size_t units = 0;
    for (size_t i = 0; i < ww_values_count(w->values); i++)
        if (is_control(ww_values_at(w->values, i), "/gain"))
            units += ww_values_at(w->values, i)->size;
    /* targets may name a gate more than once before the doubles are dropped */
    size_t gates = (size_t)(3 + w->brain->n_areas) * (ww_values_count(w->values) + 1);
    w->gate = ww_arena_array(w->arena, gates, sizeof *w->gate);
    w->unit = ww_arena_array(w->arena, units + 1, sizeof *w->unit);
    if (w->gate == NULL || w->unit == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < n; i++) {
        ww_random random = ww_random_stream(seed, "lesion", lesion[i].seed);
        WW_TRY(apply_one(w, &lesion[i], ww_random_u64(&random)));
    }
    return WW_OK;
}

ww_status ww_lesion_apply(const ww_brain *brain, ww_values *values, const ww_lesion *lesion, int n,
                          uint64_t seed, const ww_unit_statistics *statistics)
{
    ww_lesion_clear(brain, values);
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "no memory for a lesion");
    work w = {.brain = brain, .values = values, .statistics = statistics, .arena = arena};
    ww_status status = apply_all(&w, lesion, n, seed);
    ww_arena_free(arena);
    if (status != WW_OK)
        ww_lesion_clear(brain, values);
    return status;
}

/* Whether the weights of the area that `gain` ("V1/gate/gain") belongs to have decayed. */
static bool decayed(ww_values *values, const char *gain)
{
    char name[128];
    snprintf(name, sizeof name, "%.*s/decay", (int)strcspn(gain, "/"), gain);
    const ww_value *value = ww_values_find(values, name);
    return value != NULL && value->data[0] != 1;
}

size_t ww_lesion_units(const ww_brain *brain, ww_values *values)
{
    (void)brain;
    size_t changed = 0;
    for (size_t i = 0; i < ww_values_count(values); i++) {
        const ww_value *gain = ww_values_at(values, i);
        if (!is_control(gain, "/gain"))
            continue;
        char name[192];
        snprintf(name, sizeof name, "%.*s/noise", (int)(strlen(gain->name) - 5), gain->name);
        const ww_value *noise = ww_values_find(values, name);
        bool all = decayed(values, gain->name);
        for (size_t j = 0; j < gain->size; j++)
            changed += all || gain->data[j] != 1 || (noise != NULL && noise->data[j] != 0);
    }
    return changed;
}

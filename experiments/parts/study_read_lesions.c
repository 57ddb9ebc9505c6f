/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lesions and doses of a study file, each held against every brain of the study. */
#include <string.h>

#include "engine/base/text.h"
#include "experiments/parts/study_read.h"

enum { LESIONS_MAX = 100000 };

/* A list twice as long with the same words; NULL when out of memory. */
static const char **longer(ww_study_reader *r, const char **words, size_t n, size_t room)
{
    const char **copy = ww_study_list(r, room, sizeof *copy);
    for (size_t i = 0; copy != NULL && i < n; i++)
        copy[i] = words[i];
    return copy;
}

/* Adds a lesion, in its canonical spelling, unless it is there already; `place` stands before
 * messages about it. */
static ww_status add_lesion(ww_study_reader *r, const ww_lesion *lesion, const char *place)
{
    ww_study *s = r->study;
    for (int i = 0; i < s->n_lesions; i++)
        if (strcmp(r->lesions[i], lesion->text) == 0)
            return WW_OK;
    if (s->n_lesions >= LESIONS_MAX)
        return WW_FAIL(WW_EPARSE, "%s: more than %d lesions", s->file, LESIONS_MAX);
    if ((size_t)s->n_lesions == r->room) {
        r->room = r->room ? 2 * r->room : 64;
        r->lesions = longer(r, r->lesions, (size_t)s->n_lesions, r->room);
        r->places = longer(r, r->places, (size_t)s->n_lesions, r->room);
        if (r->lesions == NULL || r->places == NULL)
            return WW_ENOMEM;
    }
    if ((r->places[s->n_lesions] = ww_arena_strdup(r->arena, place)) == NULL)
        return WW_ENOMEM;
    r->lesions[s->n_lesions++] = lesion->text;
    return WW_OK;
}

/* Reads one lesion against every brain, so that a slip is found before an hour of training. */
static ww_status read_lesion(ww_study_reader *r, const ww_yaml *node, ww_lesion *out)
{
    for (int b = r->study->n_brains - 1; b >= 0; b--)
        WW_TRY(ww_lesion_yaml(out, node, "lesions", r->study->spec[b], r->arena));
    return WW_OK;
}

/* The same of a word. */
static ww_status parse_lesion(ww_study_reader *r, const char *word, const char *where,
                              ww_lesion *out)
{
    for (int b = r->study->n_brains - 1; b >= 0; b--)
        WW_TRY(ww_lesion_parse(out, word, where, r->study->spec[b], r->arena));
    return WW_OK;
}

static ww_status add_each_area(ww_study_reader *r, const char *where)
{
    const ww_brain *brain = r->study->spec[0];
    for (int a = 0; a < brain->n_areas; a++) {
        ww_lesion lesion;
        WW_TRY(parse_lesion(r, brain->area[a].name, where, &lesion));
        WW_TRY(add_lesion(r, &lesion, where));
    }
    return WW_OK;
}

static ww_status read_doses(ww_study_reader *r, const ww_yaml *map)
{
    WW_TRY(ww_yaml_expect(map, WW_YAML_MAP));
    for (int i = 0; i < map->count; i++) {
        const char *const *words;
        int n;
        ww_lesion lesion, dosed;
        const ww_yaml *node = map->item[i];
        char where[WW_STUDY_WHERE];
        ww_study_place(where, node, "doses");
        WW_TRY(parse_lesion(r, node->key, where, &lesion));
        WW_TRY(ww_yaml_words(node, &words, &n, r->arena));
        for (int d = 0; d < n; d++) {
            double dose;
            if (!ww_text_to_real(words[d], &dose) || dose < 0)
                return WW_FAIL(WW_EPARSE, "%s'%s' is not a dose", where, words[d]);
            const char *text = ww_lesion_at_dose(&lesion, dose, r->arena).text;
            if (text == NULL)
                return WW_ENOMEM;
            WW_TRY(parse_lesion(r, text, where, &dosed));
            WW_TRY(add_lesion(r, &dosed, where));
        }
    }
    return WW_OK;
}

/* One of the list: a word, a map, or "each-area". */
static ww_status read_item(ww_study_reader *r, const ww_yaml *item)
{
    ww_lesion lesion;
    char where[WW_STUDY_WHERE];
    if (item->kind == WW_YAML_SCALAR && strcmp(item->text, "each-area") == 0)
        return add_each_area(r, ww_study_place(where, item, "lesions: each-area"));
    WW_TRY(read_lesion(r, item, &lesion));
    return add_lesion(r, &lesion, ww_study_place(where, item, "lesions"));
}

/* A study without a brain has one condition and nothing to damage. */
static ww_status no_lesions(const ww_yaml *node, const char *key)
{
    char where[WW_STUDY_WHERE];
    if (node != NULL)
        return WW_FAIL(WW_EPARSE, "%sthe study has no brain to damage",
                       ww_study_place(where, node, key));
    return WW_OK;
}

ww_status ww_study_read_lesions(ww_study_reader *r)
{
    const ww_yaml *node = ww_yaml_find(r->root, "lesions"), *doses = ww_yaml_find(r->root, "doses");
    const ww_lesion none = {.text = "none"};
    bool no_brain = r->study->spec[0] == NULL;
    WW_TRY(add_lesion(r, &none, ""));
    if (no_brain) {
        WW_TRY(no_lesions(node, "lesions"));
        WW_TRY(no_lesions(doses, "doses"));
    }
    if (node != NULL)
        WW_TRY(ww_yaml_expect(node, WW_YAML_LIST));
    for (int i = 0; node != NULL && i < node->count; i++)
        WW_TRY(read_item(r, node->item[i]));
    if (doses != NULL)
        WW_TRY(read_doses(r, doses));
    r->study->lesion = r->lesions;
    r->study->lesion_place = r->places;
    return WW_OK;
}

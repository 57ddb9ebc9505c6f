/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lesions and doses of a study file, each held against every brain of the study. */
#include <string.h>

#include "engine/base/text.h"
#include "experiments/parts/study_read.h"

enum { LESIONS_MAX = 100000 };

/* Adds a lesion, in its canonical spelling, unless it is there already. */
static ww_status add_lesion(ww_study_reader *r, const ww_lesion *lesion)
{
    ww_study *s = r->study;
    for (int i = 0; i < s->n_lesions; i++)
        if (strcmp(r->lesions[i], lesion->text) == 0)
            return WW_OK;
    if (s->n_lesions >= LESIONS_MAX)
        return WW_FAIL(WW_EPARSE, "%s: more than %d lesions", s->file, LESIONS_MAX);
    if ((size_t)s->n_lesions == r->room) {
        size_t larger = r->room ? 2 * r->room : 64;
        const char **copy = ww_study_list(r, larger, sizeof *copy);
        if (copy == NULL)
            return WW_ENOMEM;
        for (int i = 0; i < s->n_lesions; i++)
            copy[i] = r->lesions[i];
        r->lesions = copy;
        r->room = larger;
    }
    r->lesions[s->n_lesions++] = lesion->text;
    return WW_OK;
}

/* Reads one lesion against every brain, so that a slip is found before an hour of training. */
static ww_status read_lesion(ww_study_reader *r, const ww_yaml *node, ww_lesion *out)
{
    for (int b = r->study->n_brains - 1; b >= 0; b--)
        WW_TRY(ww_lesion_yaml(out, node, r->study->spec[b], r->arena));
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

static ww_status add_each_area(ww_study_reader *r, const ww_yaml *node)
{
    const ww_brain *brain = r->study->spec[0];
    char where[WW_STUDY_WHERE];
    for (int a = 0; a < brain->n_areas; a++) {
        ww_lesion lesion;
        WW_TRY(parse_lesion(r, brain->area[a].name,
                            ww_study_place(where, node, "lesions: each-area"), &lesion));
        WW_TRY(add_lesion(r, &lesion));
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
            WW_TRY(add_lesion(r, &dosed));
        }
    }
    return WW_OK;
}

ww_status ww_study_read_lesions(ww_study_reader *r)
{
    const ww_yaml *node = ww_yaml_find(r->root, "lesions"), *doses = ww_yaml_find(r->root, "doses");
    ww_lesion none = {.text = "none"};
    if (r->study->spec[0] == NULL) {
        if (node != NULL || doses != NULL)
            return WW_FAIL(WW_EPARSE, "%s:%d: %s: the study has no brain to damage", r->root->file,
                           (node ? node : doses)->line, node ? "lesions" : "doses");
        WW_TRY(add_lesion(r, &none));
        r->study->lesion = r->lesions;
        return WW_OK;
    }
    WW_TRY(ww_lesion_parse(&none, "none", "", r->study->spec[0], r->arena));
    WW_TRY(add_lesion(r, &none));
    for (int i = 0; node != NULL && node->kind == WW_YAML_LIST && i < node->count; i++) {
        const ww_yaml *item = node->item[i];
        ww_lesion lesion;
        if (item->kind == WW_YAML_SCALAR && strcmp(item->text, "each-area") == 0) {
            WW_TRY(add_each_area(r, item));
            continue;
        }
        WW_TRY(read_lesion(r, item, &lesion));
        WW_TRY(add_lesion(r, &lesion));
    }
    if (node != NULL)
        WW_TRY(ww_yaml_expect(node, WW_YAML_LIST));
    if (doses != NULL)
        WW_TRY(read_doses(r, doses));
    r->study->lesion = r->lesions;
    return WW_OK;
}

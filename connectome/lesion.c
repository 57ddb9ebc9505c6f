/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The language of lesions: one word, or a YAML map with the same keys. Both fill the same struct
 * key by key, and both are checked by the same rules once all keys are there. */
#include "connectome/lesion.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "connectome/lesion_parts.h"
#include "engine/base/text.h"

enum { MOST_TARGETS = 64, MOST_NAMES = 1024 };

static const char *const key_word[] = {"by",  "class", "count", "dose", "hemifield",
                                       "how", "most",  "patch", "seed", NULL};
enum {
    KEY_BY,
    KEY_CLASS,
    KEY_COUNT,
    KEY_DOSE,
    KEY_HEMIFIELD,
    KEY_HOW,
    KEY_MOST,
    KEY_PATCH,
    KEY_SEED
};
static const char *const whole_words[] = {"unit", "map", NULL};

typedef struct reading {
    ww_lesion *lesion;
    const char *where;
    const ww_brain *brain;
    ww_arena *arena;
    unsigned given; /* bit i: key_word[i] was read */
    const char *target[MOST_TARGETS];
} reading;

static ww_status choose(int *out, const reading *r, const char *key, const char *text,
                        const char *const *words, int from)
{
    int count = 0;
    for (; words[count] != NULL; count++)
        if (count >= from && strcasecmp(words[count], text) == 0) {
            *out = count;
            return WW_OK;
        }
    const char *hint = ww_lesion_suggest(r->arena, text, words + from, count - from);
    return WW_FAIL(WW_EPARSE, "%sunknown %s '%s'%s", r->where, key, text, hint ? hint : "");
}

/* ---- targets ---- */

static ww_status unknown_target(const reading *r, const char *word)
{
    const char *name[MOST_NAMES] = {0};
    int count = 0;
    bool pathway = strchr(word, '>') != NULL;
    if (pathway)
        for (int p = 0; p < r->brain->n_paths && count < MOST_NAMES; p++)
            name[count++] = r->brain->path[p].name;
    else {
        for (int a = 0; a < r->brain->n_areas && count < MOST_NAMES - 4; a++)
            name[count++] = r->brain->area[a].name;
        name[count++] = "random";
        name[count++] = "none";
    }
    const char *hint = ww_lesion_suggest(r->arena, word, name, count);
    if (pathway && (hint == NULL || strncmp(hint, "; there", 7) == 0))
        hint = ""; /* hundreds of names help nobody */
    return WW_FAIL(WW_EPARSE, "%sunknown %s '%s'%s", r->where, pathway ? "pathway" : "area", word,
                   hint ? hint : "");
}

/* The name of a pathway without blanks: "V1 > MT" is "V1>MT". */
static const char *without_blanks(const char *text, ww_arena *arena)
{
    char *copy = ww_arena_strdup(arena, text);
    size_t used = 0;
    for (const char *c = text; copy != NULL && *c != '\0'; c++)
        if (*c != ' ' && *c != '\t')
            copy[used++] = *c;
    if (copy != NULL)
        copy[used] = '\0';
    return copy;
}

/* The canonical name of an area, family or pathway of the brain; NULL if there is none. */
static const char *canonical(const ww_brain *brain, const char *word)
{
    for (int p = 0; p < brain->n_paths; p++)
        if (strcasecmp(brain->path[p].name, word) == 0)
            return brain->path[p].name;
    for (int a = 0; a < brain->n_areas; a++)
        if (strcasecmp(brain->area[a].name, word) == 0)
            return brain->area[a].name;
    static const char *const family[] = {"IT", "PIT", "CIT", "AIT", "MST", "STP"};
    for (size_t f = 0; f < sizeof family / sizeof family[0]; f++)
        for (int a = 0; a < brain->n_areas; a++)
            if (strcasecmp(family[f], word) == 0 && ww_lesion_targets(brain, family[f], a))
                return family[f];
    return NULL;
}

static ww_status read_random(reading *r, const char *word)
{
    static const char start[] = "random(size=";
    size_t length = strlen(word);
    if (strncasecmp(word, start, sizeof start - 1) != 0 || word[length - 1] != ')')
        return WW_FAIL(WW_EPARSE, "%s'%s' is not random(size=AREA)", r->where, word);
    char *area =
        ww_arena_printf(r->arena, "%.*s", (int)(length - sizeof start), word + sizeof start - 1);
    if (area == NULL)
        return WW_ENOMEM;
    r->lesion->size_of = canonical(r->brain, area);
    if (r->lesion->size_of == NULL || strchr(area, '>') != NULL)
        return unknown_target(r, area);
    r->target[0] = "random";
    r->lesion->n_targets = 1;
    return WW_OK;
}

static ww_status read_target(reading *r, const char *raw)
{
    ww_lesion *l = r->lesion;
    const char *word = without_blanks(raw, r->arena);
    if (word == NULL)
        return WW_ENOMEM;
    if (word[0] == '\0')
        return WW_FAIL(WW_EPARSE, "%san empty target; an area or 'none' is wanted", r->where);
    bool alone = strcasecmp(word, "none") == 0 || strncasecmp(word, "random", 6) == 0;
    if ((alone && l->n_targets > 0) || (l->n_targets == 1 && l->size_of != NULL))
        return WW_FAIL(WW_EPARSE, "%s'%s' cannot be joined with other targets", r->where,
                       alone ? word : "random");
    if (strncasecmp(word, "random", 6) == 0)
        return read_random(r, word);
    if (strcasecmp(word, "none") == 0)
        return WW_OK;
    const char *name = canonical(r->brain, word);
    if (name == NULL)
        return unknown_target(r, word);
    for (int t = 0; t < l->n_targets; t++)
        if (strcmp(r->target[t], name) == 0)
            return WW_FAIL(WW_EPARSE, "%s%s is named twice", r->where, name);
    if (l->n_targets == MOST_TARGETS)
        return WW_FAIL(WW_EPARSE, "%smore than %d targets", r->where, MOST_TARGETS);
    r->target[l->n_targets++] = name;
    return WW_OK;
}

/* ---- keys ---- */

static ww_status read_real(double *out, const reading *r, const char *key, const char *text)
{
    if (!ww_text_to_real(text, out))
        return WW_FAIL(WW_EPARSE, "%s%s '%s' is not a number", r->where, key, text);
    return WW_OK;
}

static ww_status read_whole(long long *out, const reading *r, const char *key, const char *text,
                            long long least)
{
    if (!ww_text_to_int(text, out) || *out < least)
        return WW_FAIL(WW_EPARSE, "%s%s '%s' is not a whole number from %lld", r->where, key, text,
                       least);
    return WW_OK;
}

static ww_status read_patch(reading *r, const char *text)
{
    ww_lesion *l = r->lesion;
    char number[3][32];
    int used = 0;
    if (sscanf(text, " %31[^/ ] / %31[^/ ] / %31[^/ ] %n", number[0], number[1], number[2],
               &used) != 3 ||
        text[used] != '\0')
        return WW_FAIL(WW_EPARSE, "%spatch '%s' is not X/Y/RADIUS in deg, as 1/-2/1.5", r->where,
                       text);
    WW_TRY(read_real(&l->patch_x_deg, r, "patch", number[0]));
    WW_TRY(read_real(&l->patch_y_deg, r, "patch", number[1]));
    WW_TRY(read_real(&l->patch_radius_deg, r, "patch", number[2]));
    if (l->patch_radius_deg <= 0)
        return WW_FAIL(WW_EPARSE, "%spatch '%s': the radius has to be above 0 deg", r->where, text);
    l->has_patch = true;
    return WW_OK;
}

/* Letter case is set right by the check against the classes of the targets. */
static ww_status read_class(reading *r, const char *text)
{
    r->lesion->unit_class = ww_arena_strdup(r->arena, text);
    return r->lesion->unit_class != NULL ? WW_OK : WW_ENOMEM;
}

static ww_status read_key(reading *r, const char *name, const char *text)
{
    ww_lesion *l = r->lesion;
    int key = 0, choice = 0;
    long long whole = 0;
    WW_TRY(choose(&key, r, "key", name, key_word, 0));
    if (r->given & (1u << key))
        return WW_FAIL(WW_EPARSE, "%s%s is given twice", r->where, key_word[key]);
    r->given |= 1u << key;
    switch (key) {
    case KEY_BY:
        WW_TRY(choose(&choice, r, "by", text, whole_words, 0));
        l->by_map = choice == 1;
        return WW_OK;
    case KEY_CLASS:
        return read_class(r, text);
    case KEY_DOSE:
        return read_real(&l->dose, r, "dose", text);
    case KEY_PATCH:
        return read_patch(r, text);
    case KEY_COUNT:
        WW_TRY(read_whole(&whole, r, "count", text, 1));
        l->count = whole < INT_MAX ? (int)whole : INT_MAX;
        return WW_OK;
    case KEY_SEED:
        WW_TRY(read_whole(&whole, r, "seed", text, 0));
        l->seed = (uint64_t)whole;
        return WW_OK;
    case KEY_HOW:
        WW_TRY(choose(&choice, r, "how", text, ww_lesion_hows, 0));
        l->how = (ww_lesion_how)choice;
        return WW_OK;
    case KEY_MOST:
        WW_TRY(choose(&choice, r, "most", text, ww_lesion_selective, 0));
        l->most = ww_lesion_selective[choice];
        return WW_OK;
    default:
        WW_TRY(choose(&choice, r, "hemifield", text, ww_lesion_fields, 1));
        l->hemifield = (ww_hemifield)choice;
        return WW_OK;
    }
}

static ww_status finish(reading *r)
{
    ww_lesion *l = r->lesion;
    const char **target = ww_arena_array(r->arena, (size_t)l->n_targets + 1, sizeof *target);
    if (target == NULL)
        return WW_ENOMEM;
    memcpy(target, r->target, (size_t)l->n_targets * sizeof *target);
    l->target = target;
    if (l->n_targets == 0 && r->given != 0)
        return WW_FAIL(WW_EPARSE, "%s'none' takes no dose and no key", r->where);
    WW_TRY(ww_lesion_check(l, r->where, r->brain, r->arena));
    l->text = ww_lesion_text(l, r->arena);
    return l->text != NULL ? WW_OK : WW_ENOMEM;
}

/* ---- the two ways in ---- */

/* Cuts `*rest` at the first of the characters `ends`; NULL when nothing is left. */
static char *cut(char **rest, const char *ends)
{
    char *word = *rest;
    if (word == NULL)
        return NULL;
    size_t length = strcspn(word, ends);
    *rest = word[length] != '\0' ? word + length + 1 : NULL;
    word[length] = '\0';
    word += strspn(word, " ");
    for (size_t n = strlen(word); n > 0 && word[n - 1] == ' '; n--)
        word[n - 1] = '\0';
    return word;
}

ww_status ww_lesion_parse(ww_lesion *out, const char *word, const char *where,
                          const ww_brain *brain, ww_arena *arena)
{
    *out = (ww_lesion){.dose = 1};
    reading r = {.lesion = out, .where = where, .brain = brain, .arena = arena};
    char *rest = ww_arena_strdup(arena, word);
    if (rest == NULL)
        return WW_ENOMEM;
    char *targets = cut(&rest, ":");
    for (char *target; (target = cut(&targets, "+")) != NULL;)
        WW_TRY(read_target(&r, target));
    for (char *key; (key = cut(&rest, ":,")) != NULL;) {
        char *value = strchr(key, '=');
        if (value == NULL) {
            WW_TRY(read_key(&r, "dose", key));
            continue;
        }
        char *name = cut(&key, "=");
        WW_TRY(read_key(&r, name, cut(&key, "")));
    }
    return finish(&r);
}

static ww_status read_member(reading *r, const ww_yaml *node)
{
    const char *const *words;
    int count;
    WW_TRY(ww_yaml_words(node, &words, &count, r->arena));
    if (strcmp(node->key, "patch") == 0 && count == 3) {
        const char *patch = ww_arena_printf(r->arena, "%s/%s/%s", words[0], words[1], words[2]);
        return patch != NULL ? read_key(r, "patch", patch) : WW_ENOMEM;
    }
    WW_TRY(ww_yaml_expect(node, WW_YAML_SCALAR));
    return read_key(r, node->key, node->text);
}

static ww_status read_map(reading *r, const ww_yaml *map)
{
    const ww_yaml *target = ww_yaml_find(map, "target"), *size = ww_yaml_find(map, "size");
    if (target == NULL)
        return WW_FAIL(WW_EPARSE, "%s'target' is missing", r->where);
    const char *const *words;
    int count;
    WW_TRY(ww_yaml_words(target, &words, &count, r->arena));
    if (size != NULL) {
        WW_TRY(ww_yaml_expect(size, WW_YAML_SCALAR));
        if (count != 1 || strcasecmp(words[0], "random") != 0)
            return WW_FAIL(WW_EPARSE, "%ssize goes with the target 'random'", r->where);
        const char *random = ww_arena_printf(r->arena, "random(size=%s)", size->text);
        return random != NULL ? read_target(r, random) : WW_ENOMEM;
    }
    for (int i = 0; i < count; i++)
        WW_TRY(read_target(r, words[i]));
    return WW_OK;
}

ww_status ww_lesion_yaml(ww_lesion *out, const ww_yaml *node, const char *key,
                         const ww_brain *brain, ww_arena *arena)
{
    const char *where = ww_arena_printf(arena, "%s:%d: %s: ", node->file, node->line, key);
    if (where == NULL)
        return WW_ENOMEM;
    if (node->kind == WW_YAML_SCALAR)
        return ww_lesion_parse(out, node->text, where, brain, arena);
    WW_TRY(ww_yaml_expect(node, WW_YAML_MAP));
    *out = (ww_lesion){.dose = 1};
    reading r = {.lesion = out, .where = where, .brain = brain, .arena = arena};
    WW_TRY(read_map(&r, node));
    for (int i = 0; i < node->count; i++) {
        const ww_yaml *item = node->item[i];
        if (strcmp(item->key, "target") == 0 || strcmp(item->key, "size") == 0)
            continue;
        if ((r.where = ww_arena_printf(arena, "%s:%d: %s: ", item->file, item->line, key)) == NULL)
            return WW_ENOMEM;
        WW_TRY(read_member(&r, item));
    }
    r.where = where;
    return finish(&r);
}

ww_lesion ww_lesion_at_dose(const ww_lesion *lesion, double dose, ww_arena *arena)
{
    ww_lesion other = *lesion;
    other.dose = dose;
    other.text = ww_lesion_text(&other, arena);
    return other;
}

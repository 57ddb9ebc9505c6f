/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Study files. Everything is checked before anything runs: brains are read, lesions are held
 * against them, and parameters against their tables. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/learning/checkpoint.h"
#include "experiments/parts/study_files.h"
#include "experiments/parts/study_read.h"

enum { SEEDS_MAX = 10000 };

void *ww_study_list(ww_study_reader *r, size_t n, size_t size)
{
    return ww_arena_array(r->arena, n > 0 ? n : 1, size);
}

/* "models/two-streams.h5" -> "two-streams" */
static const char *plain_name(ww_study_reader *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = ww_arena_strdup(r->arena, slash ? slash + 1 : path);
    char *dot = name ? strrchr(name, '.') : NULL;
    if (dot != NULL && dot != name)
        *dot = '\0';
    return name;
}

const ww_yaml *ww_study_find(const ww_study_reader *r, const char *key)
{
    for (int i = r->n_own - 1; i >= 0; i--)
        if (strcmp(r->own[i].key, key) == 0)
            return &r->own[i];
    return ww_yaml_find(r->root, key);
}

const char *ww_study_place(char *where, const ww_yaml *node, const char *key)
{
    if (node->line > 0)
        snprintf(where, WW_STUDY_WHERE, "%s:%d: %s: ", node->file, node->line, key);
    else
        snprintf(where, WW_STUDY_WHERE, "--set study.%s: ", key);
    return where;
}

/* Takes "study.seeds=3" apart; a list is written with commas. */
static ww_status add_own(ww_study_reader *r, const char *word)
{
    static const char *const keys[] = {"brains", "seeds", "trials", NULL};
    const char *start = word + strlen("study."), *equals = strchr(start, '=');
    ww_yaml *node = &r->own[r->n_own];
    char *key = ww_arena_printf(r->arena, "%.*s", (int)(equals - start), start), *next;
    char *text = ww_arena_strdup(r->arena, equals + 1);
    if (key == NULL || text == NULL)
        return WW_ENOMEM;
    int k = 0, n = 1;
    while (keys[k] != NULL && strcmp(keys[k], key) != 0)
        k++;
    if (keys[k] == NULL)
        return WW_FAIL(WW_EPARSE, "--set study.%s: unknown key; there are brains, seeds, trials",
                       key);
    *node = (ww_yaml){.kind = WW_YAML_SCALAR, .file = "--set", .key = key, .text = equals + 1};
    r->n_own++;
    for (const char *c = text; *c != '\0'; c++)
        n += *c == ',';
    if (n == 1)
        return WW_OK;
    ww_yaml *item = ww_study_list(r, (size_t)n, sizeof *item);
    node->item = ww_study_list(r, (size_t)n, sizeof *node->item);
    if (item == NULL || node->item == NULL)
        return WW_ENOMEM;
    node->kind = WW_YAML_LIST;
    for (char *at = text; at != NULL; at = next) {
        next = strchr(at, ',');
        if (next != NULL)
            *next++ = '\0';
        item[node->count] = (ww_yaml){.kind = WW_YAML_SCALAR, .file = "--set", .text = at};
        node->item[node->count] = &item[node->count];
        node->count++;
    }
    return WW_OK;
}

/* Joins the settings of the file ("set: {key: value}") and those of the command line. */
static ww_status read_set(ww_study_reader *r, const char *const *more)
{
    const ww_yaml *map = ww_yaml_find(r->root, "set");
    size_t n = 0, m = 0;
    if (map != NULL)
        WW_TRY(ww_yaml_expect(map, WW_YAML_MAP));
    while (more != NULL && more[m] != NULL)
        m++;
    const char **set = ww_study_list(r, (size_t)(map ? map->count : 0) + m + 1, sizeof *set);
    r->own = ww_study_list(r, m, sizeof *r->own);
    r->parameter = ww_study_list(r, m + 1, sizeof *r->parameter);
    if (set == NULL || r->own == NULL || r->parameter == NULL)
        return WW_ENOMEM;
    size_t parameters = 0;
    for (int i = 0; map != NULL && i < map->count; i++) {
        WW_TRY(ww_yaml_expect(map->item[i], WW_YAML_SCALAR));
        set[n++] = ww_arena_printf(r->arena, "%s=%s", map->item[i]->key, map->item[i]->text);
    }
    for (size_t i = 0; i < m; i++)
        if (strncmp(more[i], "study.", 6) == 0 && strchr(more[i], '=') != NULL)
            WW_TRY(add_own(r, more[i]));
        else if (strncmp(more[i], "experiment.", 11) == 0 && strchr(more[i], '=') != NULL)
            r->parameter[parameters++] = more[i] + 11;
        else
            set[n++] = more[i];
    r->study->set = set;
    r->study->command_set = more;
    return WW_OK;
}

const char *const *ww_study_set_of(const char *const *set, uint64_t seed, ww_arena *arena)
{
    size_t n = 0;
    while (set[n] != NULL)
        n++;
    const char **out = ww_arena_array(arena, n + 1, sizeof *out);
    for (size_t i = 0; out != NULL && i < n; i++) {
        const char *at = strstr(set[i], "$seed");
        out[i] = set[i];
        if (at != NULL)
            out[i] = ww_arena_printf(arena, "%.*s%" PRIu64 "%s", (int)(at - set[i]), set[i], seed,
                                     at + strlen("$seed"));
        if (out[i] == NULL)
            return NULL;
    }
    return out;
}

static ww_status read_brain(ww_study_reader *r, const char *word, ww_brain **out)
{
    const char *const *set = ww_study_set_of(r->study->set, 1, r->arena);
    const char *yaml;
    if (!ww_model_is_checkpoint(word))
        return set != NULL ? ww_brain_read(out, word, set, r->arena) : WW_ENOMEM;
    WW_TRY(ww_checkpoint_metadata(word, &yaml, r->arena));
    return ww_brain_parse(out, yaml, word, NULL, r->arena);
}

static bool wants_no_brain(const ww_study *study)
{
    for (int e = 0; e < study->n_experiments; e++)
        if (study->experiment[e]->wants != WW_WANTS_NOTHING)
            return false;
    return true;
}

/* The one model, no brain, of a study whose experiments build their own. */
static ww_status add_no_brain(ww_study_reader *r)
{
    ww_study *s = r->study;
    if (s->set[0] != NULL)
        return WW_FAIL(WW_EPARSE, "%s: set: %s: the study has no brain to set this in", s->file,
                       s->set[0]);
    s->brain = ww_study_list(r, 1, sizeof *s->brain);
    s->spec = ww_study_list(r, 1, sizeof *s->spec);
    const char **name = ww_study_list(r, 1, sizeof *name);
    if (s->brain == NULL || s->spec == NULL || name == NULL)
        return WW_ENOMEM;
    name[0] = s->name;
    s->brain_name = name;
    s->n_brains = 1;
    return WW_OK;
}

/* Says where in the study a brain was refused: at a key of `set`, whose failures are worded as
 * those of the command line ("--set training.epoch: unknown key"), or where its name stands. */
static ww_status place_failure(const ww_study_reader *r, const ww_yaml *brains, ww_status status)
{
    static const char option[] = "--set ";
    const ww_yaml *map = ww_yaml_find(r->root, "set");
    char where[WW_STUDY_WHERE];
    if (strncmp(ww_error_message(), option, strlen(option)) != 0) {
        ww_error_prefix("%s", ww_study_place(where, brains, "brains"));
        return status;
    }
    const char *text = ww_arena_strdup(r->arena, ww_error_message() + strlen(option));
    for (int i = 0; text != NULL && map != NULL && i < map->count; i++) {
        size_t n = strcspn(text, ":"); /* of the key, or of its beginning: "area.V9" */
        const ww_yaml *item = map->item[i];
        if (strncmp(item->key, text, n) == 0 && (item->key[n] == '\0' || item->key[n] == '.'))
            return WW_FAIL(status, "%s:%d: set.%s", item->file, item->line, text);
    }
    return status;
}

/* Settings do not reach trained brains, which keep what they were trained with. Those of a file
 * whose brains the command line replaced by trained ones are left out; others are refused. */
static ww_status check_set(const ww_study_reader *r, const ww_yaml *brains)
{
    ww_study *s = r->study;
    const ww_yaml *map = ww_yaml_find(r->root, "set");
    int in_file = map != NULL ? map->count : 0, trained = 0;
    const char *one = NULL;
    for (int b = 0; b < s->n_brains; b++)
        if (ww_model_is_checkpoint(s->brain[b])) {
            one = s->brain[b];
            trained++;
        }
    if (trained == 0)
        return WW_OK;
    if (s->set[in_file] != NULL)
        return WW_FAIL(WW_EPARSE, "--set %.*s: %s is trained and keeps its keys",
                       (int)strcspn(s->set[in_file], "="), s->set[in_file], one);
    if (in_file > 0 && (brains->line > 0 || trained < s->n_brains))
        return WW_FAIL(WW_EPARSE,
                       "%s:%d: set.%s: %s is trained and keeps its keys; a study of its own "
                       "without 'set' takes it",
                       map->item[0]->file, map->item[0]->line, map->item[0]->key, one);
    s->set_left_out = in_file > 0;
    s->set += in_file;
    return WW_OK;
}

static ww_status read_brains(ww_study_reader *r)
{
    const ww_yaml *node;
    char where[WW_STUDY_WHERE];
    ww_study *s = r->study;
    node = ww_study_find(r, "brains");
    if (node == NULL && wants_no_brain(s))
        return add_no_brain(r);
    if (node == NULL)
        WW_TRY(ww_yaml_get(&node, r->root, "brains"));
    WW_TRY(ww_yaml_words(node, &s->brain, &s->n_brains, r->arena));
    if (s->n_brains < 1)
        return WW_FAIL(WW_EPARSE, "%sat least one is wanted",
                       ww_study_place(where, node, "brains"));
    const char **names = ww_study_list(r, (size_t)s->n_brains, sizeof *names);
    const ww_brain **specs = ww_study_list(r, (size_t)s->n_brains, sizeof *specs);
    if (names == NULL || specs == NULL)
        return WW_ENOMEM;
    s->brain_name = names;
    s->spec = specs;
    for (int b = 0; b < s->n_brains; b++) {
        ww_brain *brain;
        ww_status status = read_brain(r, s->brain[b], &brain);
        if (status != WW_OK)
            return place_failure(r, node, status);
        specs[b] = brain;
        names[b] = plain_name(r, s->brain[b]);
        for (int i = 0; i < b; i++)
            if (strcmp(names[i], names[b]) == 0)
                return WW_FAIL(WW_EPARSE, "%sthere are two called '%s'",
                               ww_study_place(where, node, "brains"), names[b]);
    }
    return check_set(r, node);
}

static bool is_whole_number(const char *word, uint64_t *out)
{
    long long value;
    bool is = ww_text_to_int(word, &value) && value >= 0;
    *out = is ? (uint64_t)value : 0;
    return is;
}

static ww_status read_seeds(ww_study_reader *r)
{
    static const ww_yaml one = {.kind = WW_YAML_SCALAR, .file = "", .text = "1"};
    const ww_yaml *node = ww_study_find(r, "seeds") ? ww_study_find(r, "seeds") : &one;
    const char *const *words;
    char where[WW_STUDY_WHERE];
    uint64_t count;
    int n;
    ww_study_place(where, node, "seeds");
    WW_TRY(ww_yaml_words(node, &words, &n, r->arena));
    bool counted = node->kind == WW_YAML_SCALAR;
    if (!counted)
        count = (uint64_t)n;
    else
        is_whole_number(words[0], &count);
    if (count < 1 || count > SEEDS_MAX)
        return WW_FAIL(WW_EPARSE, "%sa number from 1 to %d, or a list, is wanted", where,
                       SEEDS_MAX);
    uint64_t *seed = ww_study_list(r, (size_t)count, sizeof *seed);
    if (seed == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < (int)count; i++) {
        seed[i] = (uint64_t)i + 1;
        if (!counted && !is_whole_number(words[i], &seed[i]))
            return WW_FAIL(WW_EPARSE, "%s'%s' is not a whole number below 2^63", where, words[i]);
        for (int k = 0; k < i && !counted; k++)
            if (seed[k] == seed[i])
                return WW_FAIL(WW_EPARSE, "%s%s stands twice", where, words[i]);
    }
    r->study->seed = seed;
    r->study->n_seeds = (int)count;
    return WW_OK;
}

ww_status ww_study_read(ww_study **out, const char *path, const char *const *set, ww_arena *arena)
{
    static const char *const keys[] = {"study",   "summary", "brains",      "set", "seeds",
                                       "lesions", "doses",   "experiments", NULL};
    ww_yaml *root;
    const ww_yaml *name, *summary;
    WW_TRY(ww_yaml_read(&root, path, arena));
    WW_TRY(ww_yaml_expect(root, WW_YAML_MAP));
    WW_TRY(ww_yaml_only(root, keys, "study"));
    WW_TRY(ww_yaml_get(&name, root, "study"));
    WW_TRY(ww_yaml_expect(name, WW_YAML_SCALAR));
    ww_study *s = ww_arena_alloc(arena, sizeof *s);
    if (s == NULL)
        return WW_ENOMEM;
    ww_study_reader r = {.study = s, .arena = arena, .root = root};
    s->name = name->text;
    s->file = ww_arena_strdup(arena, path);
    summary = ww_yaml_find(root, "summary");
    if (summary != NULL)
        WW_TRY(ww_yaml_expect(summary, WW_YAML_SCALAR));
    s->summary = summary != NULL ? summary->text : "";
    WW_TRY(read_set(&r, set));
    WW_TRY(ww_study_read_experiments(&r));
    WW_TRY(read_brains(&r));
    WW_TRY(read_seeds(&r));
    WW_TRY(ww_study_read_lesions(&r));
    WW_TRY(ww_study_print(s, &s->yaml, arena));
    *out = s;
    return WW_OK;
}

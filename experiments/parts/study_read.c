/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Study files. Everything is checked before anything runs: brains are read, lesions are held
 * against them, and parameters against their tables. */
#include <inttypes.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/learning/checkpoint.h"
#include "experiments/parts/study_files.h"

enum { SEEDS_MAX = 10000, LESIONS_MAX = 100000, WHERE = 400 };

struct reader {
    ww_study *study;
    ww_arena *arena;
    const ww_yaml *root;
    size_t room;          /* of lesions */
    const char **lesions; /* words as written, or spelled out */
    int n_own;
    ww_yaml *own;           /* "study.KEY=VALUE" of the command line */
    const char **parameter; /* "KEY=VALUE" for the experiments, NULL-terminated */
};

static void *list(struct reader *r, size_t n, size_t size)
{
    return ww_arena_array(r->arena, n > 0 ? n : 1, size);
}

/* "models/two-streams.h5" -> "two-streams" */
static const char *plain_name(struct reader *r, const char *path)
{
    const char *slash = strrchr(path, '/');
    char *name = ww_arena_strdup(r->arena, slash ? slash + 1 : path);
    char *dot = name ? strrchr(name, '.') : NULL;
    if (dot != NULL && dot != name)
        *dot = '\0';
    return name;
}

/* What the command line says instead of the file: the last "study.KEY=VALUE" of its settings. */
static const ww_yaml *find(const struct reader *r, const char *key)
{
    for (int i = r->n_own - 1; i >= 0; i--)
        if (strcmp(r->own[i].key, key) == 0)
            return &r->own[i];
    return ww_yaml_find(r->root, key);
}

/* What stands before messages about a node: "study.yaml:4: seeds: " or "--set study.seeds: ". */
static const char *place(char *where, const ww_yaml *node, const char *key)
{
    if (node->line > 0)
        snprintf(where, WHERE, "%s:%d: %s: ", node->file, node->line, key);
    else
        snprintf(where, WHERE, "--set study.%s: ", key);
    return where;
}

/* Takes "study.seeds=3" apart; a list is written with commas. */
static ww_status add_own(struct reader *r, const char *word)
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
    ww_yaml *item = list(r, (size_t)n, sizeof *item);
    node->item = list(r, (size_t)n, sizeof *node->item);
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
static ww_status read_set(struct reader *r, const char *const *more)
{
    const ww_yaml *map = ww_yaml_find(r->root, "set");
    size_t n = 0, m = 0;
    if (map != NULL)
        WW_TRY(ww_yaml_expect(map, WW_YAML_MAP));
    while (more != NULL && more[m] != NULL)
        m++;
    const char **set = list(r, (size_t)(map ? map->count : 0) + m + 1, sizeof *set);
    r->own = list(r, m, sizeof *r->own);
    r->parameter = list(r, m + 1, sizeof *r->parameter);
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

static ww_status read_brain(struct reader *r, const char *word, ww_brain **out)
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
static ww_status add_no_brain(struct reader *r)
{
    ww_study *s = r->study;
    if (s->set[0] != NULL)
        return WW_FAIL(WW_EPARSE, "%s: set: %s: the study has no brain to set this in", s->file,
                       s->set[0]);
    s->brain = list(r, 1, sizeof *s->brain);
    s->spec = list(r, 1, sizeof *s->spec);
    const char **name = list(r, 1, sizeof *name);
    if (s->brain == NULL || s->spec == NULL || name == NULL)
        return WW_ENOMEM;
    name[0] = s->name;
    s->brain_name = name;
    s->n_brains = 1;
    return WW_OK;
}

/* Says where in the study a brain was refused: at a key of `set`, whose failures are worded as
 * those of the command line ("--set training.epoch: unknown key"), or where its name stands. */
static ww_status place_failure(const struct reader *r, const ww_yaml *brains, ww_status status)
{
    static const char option[] = "--set ";
    const ww_yaml *map = ww_yaml_find(r->root, "set");
    char where[WHERE];
    if (strncmp(ww_error_message(), option, strlen(option)) != 0) {
        ww_error_prefix("%s", place(where, brains, "brains"));
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

static ww_status read_brains(struct reader *r)
{
    const ww_yaml *node;
    char where[WHERE];
    ww_study *s = r->study;
    node = find(r, "brains");
    if (node == NULL && wants_no_brain(s))
        return add_no_brain(r);
    if (node == NULL)
        WW_TRY(ww_yaml_get(&node, r->root, "brains"));
    WW_TRY(ww_yaml_words(node, &s->brain, &s->n_brains, r->arena));
    if (s->n_brains < 1)
        return WW_FAIL(WW_EPARSE, "%sat least one is wanted", place(where, node, "brains"));
    const char **names = list(r, (size_t)s->n_brains, sizeof *names);
    const ww_brain **specs = list(r, (size_t)s->n_brains, sizeof *specs);
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
                               place(where, node, "brains"), names[b]);
    }
    return WW_OK;
}

static bool is_whole_number(const char *word, uint64_t *out)
{
    long long value;
    bool is = ww_text_to_int(word, &value) && value >= 0;
    *out = is ? (uint64_t)value : 0;
    return is;
}

static ww_status read_seeds(struct reader *r)
{
    static const ww_yaml one = {.kind = WW_YAML_SCALAR, .file = "", .text = "1"};
    const ww_yaml *node = find(r, "seeds") ? find(r, "seeds") : &one;
    const char *const *words;
    char where[WHERE];
    uint64_t count;
    int n;
    place(where, node, "seeds");
    WW_TRY(ww_yaml_words(node, &words, &n, r->arena));
    bool counted = node->kind == WW_YAML_SCALAR;
    if (!counted)
        count = (uint64_t)n;
    else
        is_whole_number(words[0], &count);
    if (count < 1 || count > SEEDS_MAX)
        return WW_FAIL(WW_EPARSE, "%sa number from 1 to %d, or a list, is wanted", where,
                       SEEDS_MAX);
    uint64_t *seed = list(r, (size_t)count, sizeof *seed);
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

/* Adds a lesion, in its canonical spelling, unless it is there already. */
static ww_status add_lesion(struct reader *r, const ww_lesion *lesion)
{
    ww_study *s = r->study;
    for (int i = 0; i < s->n_lesions; i++)
        if (strcmp(r->lesions[i], lesion->text) == 0)
            return WW_OK;
    if (s->n_lesions >= LESIONS_MAX)
        return WW_FAIL(WW_EPARSE, "%s: more than %d lesions", s->file, LESIONS_MAX);
    if ((size_t)s->n_lesions == r->room) {
        size_t larger = r->room ? 2 * r->room : 64;
        const char **copy = list(r, larger, sizeof *copy);
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
static ww_status read_lesion(struct reader *r, const ww_yaml *node, ww_lesion *out)
{
    for (int b = r->study->n_brains - 1; b >= 0; b--)
        WW_TRY(ww_lesion_yaml(out, node, r->study->spec[b], r->arena));
    return WW_OK;
}

/* The same of a word. */
static ww_status parse_lesion(struct reader *r, const char *word, const char *where, ww_lesion *out)
{
    for (int b = r->study->n_brains - 1; b >= 0; b--)
        WW_TRY(ww_lesion_parse(out, word, where, r->study->spec[b], r->arena));
    return WW_OK;
}

static ww_status add_each_area(struct reader *r, const ww_yaml *node)
{
    const ww_brain *brain = r->study->spec[0];
    char where[WHERE];
    for (int a = 0; a < brain->n_areas; a++) {
        ww_lesion lesion;
        WW_TRY(parse_lesion(r, brain->area[a].name, place(where, node, "lesions: each-area"),
                            &lesion));
        WW_TRY(add_lesion(r, &lesion));
    }
    return WW_OK;
}

static ww_status read_doses(struct reader *r, const ww_yaml *map)
{
    WW_TRY(ww_yaml_expect(map, WW_YAML_MAP));
    for (int i = 0; i < map->count; i++) {
        const char *const *words;
        int n;
        ww_lesion lesion, dosed;
        const ww_yaml *node = map->item[i];
        char where[WHERE];
        place(where, node, "doses");
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

static ww_status read_lesions(struct reader *r)
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

/* `of` is the member of a map of experiments; NULL in a list of names. */
static ww_status find_experiment(struct reader *r, const ww_yaml *node, const ww_yaml *of,
                                 const char *name, int i)
{
    const ww_family *family;
    size_t found;
    ww_study *s = r->study;
    WW_TRY(ww_family_find(&family, "experiments"));
    if (ww_item_find(&found, family, name) != WW_OK) {
        ww_error_prefix("%s:%d: ", node->file, node->line);
        return WW_ENOTFOUND;
    }
    for (int k = 0; k < i; k++)
        if (s->experiment[k] == ww_experiments[found])
            return WW_FAIL(WW_EPARSE, "%s:%d: experiments: %s stands twice", node->file, node->line,
                           name);
    const ww_experiment *experiment = ww_experiments[found];
    void *params = ww_arena_alloc(r->arena, experiment->item.params_size + 1);
    if (params == NULL)
        return WW_ENOMEM;
    ww_params_defaults(experiment->item.params, params);
    ((const ww_experiment **)s->experiment)[i] = experiment;
    ((void **)s->experiment_params)[i] = params;
    const char *path = ww_arena_printf(r->arena, "experiments.%s.", name);
    if (path == NULL)
        return WW_ENOMEM;
    if (of != NULL)
        WW_TRY(ww_yaml_params(of, experiment->item.params, params, path, NULL, r->arena));
    const ww_yaml *trials = find(r, "trials");
    if (trials == NULL || ww_params_find(experiment->item.params, "tasks.trials") == NULL)
        return WW_OK;
    return ww_params_set(experiment->item.params, params, "tasks.trials", trials->text,
                         "--trials: ", r->arena);
}

/* Sets "KEY=VALUE" of the command line in every experiment that has the key; if none has, the first
 * one says so. */
static ww_status set_parameter(struct reader *r, const char *word)
{
    const ww_study *s = r->study;
    const char *equals = strchr(word, '=');
    const char *key = ww_arena_printf(r->arena, "%.*s", (int)(equals - word), word);
    int found = 0;
    if (key == NULL)
        return WW_ENOMEM;
    for (int e = 0; e <= s->n_experiments; e++) {
        bool last = e == s->n_experiments;
        if (last && found > 0)
            break;
        int at = last ? 0 : e;
        const ww_param *table = s->experiment[at]->item.params;
        if (!last && ww_params_find(table, key) == NULL)
            continue;
        WW_TRY(ww_params_set(table, s->experiment_params[at], key, equals + 1, "--set experiment.",
                             r->arena));
        found++;
    }
    return WW_OK;
}

static ww_status read_experiments(struct reader *r)
{
    const ww_yaml *node;
    ww_study *s = r->study;
    WW_TRY(ww_yaml_get(&node, r->root, "experiments"));
    bool map = node->kind == WW_YAML_MAP;
    const char *const *words = NULL;
    if (!map)
        WW_TRY(ww_yaml_words(node, &words, &s->n_experiments, r->arena));
    else
        s->n_experiments = node->count;
    s->experiment = list(r, (size_t)s->n_experiments, sizeof(void *));
    s->experiment_params = list(r, (size_t)s->n_experiments, sizeof(void *));
    if (s->experiment == NULL || s->experiment_params == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < s->n_experiments; i++)
        WW_TRY(map ? find_experiment(r, node->item[i], node->item[i], node->item[i]->key, i)
                   : find_experiment(r, node, NULL, words[i], i));
    if (s->n_experiments < 1)
        return WW_FAIL(WW_EPARSE, "%s:%d: experiments: at least one is wanted", node->file,
                       node->line);
    for (int i = 0; i < s->n_experiments; i++)
        s->train = s->train || s->experiment[i]->wants == WW_WANTS_TRAINED;
    for (int i = 0; r->parameter[i] != NULL; i++)
        WW_TRY(set_parameter(r, r->parameter[i]));
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
    struct reader r = {.study = s, .arena = arena, .root = root};
    s->name = name->text;
    s->file = ww_arena_strdup(arena, path);
    summary = ww_yaml_find(root, "summary");
    s->summary = summary && summary->kind == WW_YAML_SCALAR ? summary->text : "";
    WW_TRY(read_set(&r, set));
    WW_TRY(read_experiments(&r));
    WW_TRY(read_brains(&r));
    WW_TRY(read_seeds(&r));
    WW_TRY(read_lesions(&r));
    WW_TRY(ww_study_print(s, &s->yaml, arena));
    *out = s;
    return WW_OK;
}

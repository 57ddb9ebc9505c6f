/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A study as YAML, as resolved: what stands in the provenance of its results. */
#include <inttypes.h>
#include <string.h>

#include "experiments/parts/study_files.h"

/* Adds a member to a map (with a key) or a list; NULL if there is no memory. The room for members
 * is taken when the parent is made. */
static ww_yaml *add(ww_yaml *parent, const char *key, const char *text, int room, ww_arena *arena)
{
    ww_yaml *node = ww_arena_alloc(arena, sizeof *node);
    if (node == NULL || parent == NULL)
        return NULL;
    *node = (ww_yaml){.kind = WW_YAML_SCALAR, .file = "", .key = key, .text = text ? text : ""};
    if (room > 0)
        node->item = ww_arena_array(arena, (size_t)room, sizeof *node->item);
    if (room > 0 && node->item == NULL)
        return NULL;
    parent->item[parent->count++] = node;
    return node;
}

static ww_yaml *add_list(ww_yaml *map, const char *key, const char *const *words, int n,
                         ww_arena *arena)
{
    ww_yaml *list = add(map, key, "", n, arena);
    bool whole = list != NULL;
    if (list != NULL)
        list->kind = WW_YAML_LIST;
    for (int i = 0; i < n && whole; i++)
        whole = add(list, NULL, words[i], 0, arena) != NULL;
    return whole ? list : NULL;
}

/* The settings of the brains; of two of the same key the last counts. */
static ww_yaml *add_set(ww_yaml *map, const char *const *set, ww_arena *arena)
{
    int n = 0;
    while (set[n] != NULL)
        n++;
    ww_yaml *node = add(map, "set", "", n, arena);
    if (node == NULL || n == 0)
        return node;
    node->kind = WW_YAML_MAP;
    for (int i = 0; i < n; i++) {
        const char *equals = strchr(set[i], '=');
        size_t length = equals != NULL ? (size_t)(equals - set[i]) + 1 : strlen(set[i]);
        bool last = equals != NULL;
        for (int k = i + 1; k < n; k++)
            last = last && strncmp(set[i], set[k], length) != 0;
        if (!last)
            continue;
        const char *key = ww_arena_printf(arena, "%.*s", (int)length - 1, set[i]);
        if (key == NULL || add(node, key, equals + 1, 0, arena) == NULL)
            return NULL;
    }
    return node;
}

static ww_yaml *add_experiment(ww_yaml *map, const ww_item *item, const void *params,
                               ww_arena *arena)
{
    int n = (int)ww_params_count(item->params);
    ww_yaml *node = add(map, item->name, "", n, arena);
    if (node == NULL || n == 0)
        return node;
    node->kind = WW_YAML_MAP;
    for (const ww_param *p = item->params; p->name != NULL; p++) {
        char value[1000];
        const char *text = ww_arena_strdup(arena, ww_param_print(p, params, value, sizeof value));
        if (text == NULL || add(node, p->name, text, 0, arena) == NULL)
            return NULL;
    }
    return node;
}

ww_status ww_study_print(const ww_study *study, const char **yaml, ww_arena *arena)
{
    enum { KEYS = 7 };
    ww_yaml *root = ww_arena_alloc(arena, sizeof *root);
    const char **seed = ww_arena_array(arena, (size_t)study->n_seeds, sizeof *seed);
    if (root == NULL || seed == NULL)
        return WW_ENOMEM;
    *root = (ww_yaml){.kind = WW_YAML_MAP, .file = ""};
    root->item = ww_arena_array(arena, KEYS, sizeof *root->item);
    if (root->item == NULL)
        return WW_ENOMEM;
    for (int s = 0; s < study->n_seeds; s++)
        seed[s] = ww_arena_printf(arena, "%" PRIu64, study->seed[s]);
    bool whole = add(root, "study", study->name, 0, arena) != NULL &&
                 add(root, "summary", study->summary, 0, arena) != NULL;
    if (whole && study->spec[0] != NULL)
        whole = add_list(root, "brains", study->brain, study->n_brains, arena) != NULL &&
                add_set(root, study->set, arena) != NULL &&
                add_list(root, "lesions", study->lesion, study->n_lesions, arena) != NULL;
    whole = whole && add_list(root, "seeds", seed, study->n_seeds, arena) != NULL;
    ww_yaml *experiments = whole ? add(root, "experiments", "", study->n_experiments, arena) : NULL;
    if (experiments == NULL)
        return WW_ENOMEM;
    experiments->kind = WW_YAML_MAP;
    for (int e = 0; e < study->n_experiments; e++)
        if (add_experiment(experiments, &study->experiment[e]->item, study->experiment_params[e],
                           arena) == NULL)
            return WW_ENOMEM;
    char *text;
    WW_TRY(ww_yaml_print(root, &text, arena));
    *yaml = text;
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is done with a YAML tree once it is read: look up, check, and set parameters. */
#include <stdio.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/store/yaml.h"

/* "key:" without a value stands for an empty map where a map is wanted. */
static bool is_empty(const ww_yaml *node)
{
    return node->kind == WW_YAML_SCALAR && node->text[0] == '\0';
}

const ww_yaml *ww_yaml_find(const ww_yaml *map, const char *key)
{
    if (map->kind == WW_YAML_MAP)
        for (int i = 0; i < map->count; i++)
            if (strcmp(map->item[i]->key, key) == 0)
                return map->item[i];
    return NULL;
}

ww_status ww_yaml_get(const ww_yaml **out, const ww_yaml *map, const char *key)
{
    if (!is_empty(map))
        WW_TRY(ww_yaml_expect(map, WW_YAML_MAP));
    *out = ww_yaml_find(map, key);
    if (*out == NULL)
        return WW_FAIL(WW_EPARSE, "%s:%d: '%s' is missing", map->file, map->line, key);
    return WW_OK;
}

static bool in(const char *const *keys, const char *key)
{
    for (; keys != NULL && *keys != NULL; keys++)
        if (strcmp(*keys, key) == 0)
            return true;
    return false;
}

static ww_status fail_unknown(const ww_yaml *member, const char *const *keys, const char *what)
{
    const char *of = what != NULL ? " of " : "";
    size_t count = 0;
    while (keys[count] != NULL)
        count++;
    const char *near = ww_text_nearest(member->key, keys, count);
    if (near != NULL)
        return WW_FAIL(WW_EPARSE, "%s:%d: unknown key '%s'%s%s; did you mean '%s'?", member->file,
                       member->line, member->key, of, what ? what : "", near);
    char known[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used + strlen(keys[i]) + 3 < sizeof known; i++)
        used += (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", keys[i]);
    return WW_FAIL(WW_EPARSE, "%s:%d: unknown key '%s'%s%s; known here: %s", member->file,
                   member->line, member->key, of, what ? what : "", known);
}

ww_status ww_yaml_only(const ww_yaml *map, const char *const *keys, const char *what)
{
    if (is_empty(map))
        return WW_OK;
    WW_TRY(ww_yaml_expect(map, WW_YAML_MAP));
    for (int i = 0; i < map->count; i++)
        if (!in(keys, map->item[i]->key))
            return fail_unknown(map->item[i], keys, what);
    return WW_OK;
}

ww_status ww_yaml_expect(const ww_yaml *node, ww_yaml_kind kind)
{
    static const char *const name[] = {"one value", "a list", "a map"};
    if (node->kind == kind)
        return WW_OK;
    return WW_FAIL(WW_EPARSE, "%s:%d: %s%s%s is wanted", node->file, node->line,
                   node->key ? node->key : "", node->key ? ": " : "", name[kind]);
}

ww_status ww_yaml_words(const ww_yaml *node, const char *const **words, int *count, ww_arena *arena)
{
    int n = node->kind == WW_YAML_LIST ? node->count : 1;
    const char **list = ww_arena_array(arena, (size_t)n, sizeof *list);
    if (list == NULL)
        return WW_ENOMEM;
    if (node->kind == WW_YAML_MAP)
        return ww_yaml_expect(node, WW_YAML_LIST);
    for (int i = 0; i < n; i++) {
        const ww_yaml *item = node->kind == WW_YAML_LIST ? node->item[i] : node;
        WW_TRY(ww_yaml_expect(item, WW_YAML_SCALAR));
        list[i] = item->text;
    }
    *words = list;
    *count = n;
    return WW_OK;
}

/* A value as ww_params_set reads it: a list becomes "1, 2, 4". */
static ww_status value_text(const ww_yaml *node, const ww_param *row, const char *path,
                            const char **text, ww_arena *arena)
{
    const char *const *words;
    int count;
    if (node->kind == WW_YAML_MAP)
        return WW_FAIL(WW_EPARSE, "%s:%d: %s%s: a value is wanted, this is a map", node->file,
                       node->line, path, node->key);
    if (node->kind == WW_YAML_LIST && row->type != WW_PARAM_REALS && row->type != WW_PARAM_TEXT)
        return WW_FAIL(WW_EPARSE, "%s:%d: %s%s: one value is wanted, this is a list", node->file,
                       node->line, path, node->key);
    WW_TRY(ww_yaml_words(node, &words, &count, arena));
    size_t bytes = 1;
    for (int i = 0; i < count; i++)
        bytes += strlen(words[i]) + 2;
    char *joined = ww_arena_alloc(arena, bytes), *end = joined;
    if (joined == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < count; i++) {
        if (i > 0)
            end = memcpy(end, ", ", 2), end += 2;
        size_t length = strlen(words[i]);
        memcpy(end, words[i], length);
        end += length;
    }
    *text = joined;
    return WW_OK;
}

ww_status ww_yaml_params(const ww_yaml *map, const ww_param *table, void *self, const char *path,
                         const char *const *except, ww_arena *arena)
{
    if (is_empty(map))
        return WW_OK;
    WW_TRY(ww_yaml_expect(map, WW_YAML_MAP));
    for (int i = 0; i < map->count; i++) {
        const ww_yaml *member = map->item[i];
        if (in(except, member->key))
            continue;
        const char *where = ww_arena_printf(arena, "%s:%d: %s", member->file, member->line, path);
        const char *text = "";
        if (where == NULL)
            return WW_ENOMEM;
        const ww_param *row = ww_params_find(table, member->key);
        if (row != NULL) /* an unknown key is said first */
            WW_TRY(value_text(member, row, path, &text, arena));
        WW_TRY(ww_params_set(table, self, member->key, text, where, arena));
    }
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_YAML_H
#define WW_ENGINE_STORE_YAML_H

/* YAML documents as trees, every node with its line; through libyaml (the only place that includes
 * its header). Anchors and aliases are resolved; duplicate keys are refused, and so is what nests
 * more than 64 deep or holds more than 250000 values, aliases expanded. "key:" without a value is
 * a SCALAR "", and ww_yaml_get, _only and _params take it for an empty map. */

#include "engine/base/arena.h"
#include "engine/base/param.h"

typedef enum ww_yaml_kind { WW_YAML_SCALAR, WW_YAML_LIST, WW_YAML_MAP } ww_yaml_kind;

typedef struct ww_yaml {
    ww_yaml_kind kind;
    const char *file; /* as given; for messages */
    int line;         /* from 1; of a member of a map the line of its key */
    const char *key;  /* if a member of a map, else NULL */
    const char *text; /* SCALAR: as written, quotes removed; an empty value is "" */
    int count;        /* LIST and MAP: number of members, in the file's order */
    struct ww_yaml **item;
} ww_yaml;

/** Reads the one document of a file, or of a text (`file` is then the name for messages).
 * Everything lives in `arena`. Errors: WW_EIO, and WW_EPARSE as "lesion.yaml:14: ...". */
ww_status ww_yaml_read(ww_yaml **out, const char *path, ww_arena *arena);
/** The same of a text. */
ww_status ww_yaml_parse(ww_yaml **out, const char *text, const char *file, ww_arena *arena);

/** The member `key` of a map, NULL if there is none. */
const ww_yaml *ww_yaml_find(const ww_yaml *map, const char *key);
/** The member `key`; WW_EPARSE "file:line: 'key' is missing" if there is none. */
ww_status ww_yaml_get(const ww_yaml **out, const ww_yaml *map, const char *key);
/** Fails unless every key of `map` is one of the NULL-terminated `keys`: "file:line: unknown key
 * 'x'; did you mean 'y'?". `what` ("brain") may be NULL. */
ww_status ww_yaml_only(const ww_yaml *map, const char *const *keys, const char *what);
/** Fails unless `node` is of `kind`: "file:line: key: a list is wanted". */
ww_status ww_yaml_expect(const ww_yaml *node, ww_yaml_kind kind);
/** The scalar values of a node: a list of scalars, or one scalar as a list of one. */
ww_status ww_yaml_words(const ww_yaml *node, const char *const **words, int *count,
                        ww_arena *arena);
/** Sets every key of a map through a parameter table (ww_params_set; lists of numbers become
 * WW_REALS). `path` stands before the key: "area.V1.". Keys in the NULL-terminated `except` (or
 * NULL) are passed over. */
ww_status ww_yaml_params(const ww_yaml *map, const ww_param *table, void *self, const char *path,
                         const char *const *except, ww_arena *arena);
/** Writes a tree as YAML text that ww_yaml_parse reads back to the same tree. */
ww_status ww_yaml_print(const ww_yaml *node, char **text, ww_arena *arena);

#endif

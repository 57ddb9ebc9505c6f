/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text either is refused in one line or makes a tree that can be printed and read again. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static bool same(const ww_yaml *a, const ww_yaml *b)
{
    if (a->kind != b->kind || a->count != b->count || (a->key == NULL) != (b->key == NULL) ||
        (a->key != NULL && strcmp(a->key, b->key) != 0) ||
        (a->kind == WW_YAML_SCALAR && strcmp(a->text, b->text) != 0))
        return false;
    for (int i = 0; i < a->count; i++)
        if (!same(a->item[i], b->item[i]))
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    ww_arena *arena = ww_arena_create();
    char *text = ww_arena_alloc(arena, bytes + 1), *printed;
    ww_yaml *tree, *again;
    if (bytes > 0)
        memcpy(text, data, bytes);
    ww_error_clear();
    if (ww_yaml_parse(&tree, text, "fuzz.yaml", arena) != WW_OK) {
        if (ww_error_message()[0] == '\0')
            abort();
    } else if (ww_yaml_print(tree, &printed, arena) == WW_OK) {
        if (ww_yaml_parse(&again, printed, "again.yaml", arena) != WW_OK || !same(tree, again))
            abort();
    }
    ww_arena_free(arena);
    return 0;
}

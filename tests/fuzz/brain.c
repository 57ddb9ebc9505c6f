/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any text either is refused in one line or is a brain; what is written down of it reads back to
 * the same text. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/brain.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    ww_arena *arena = ww_arena_create();
    char *text = ww_arena_alloc(arena, bytes + 1);
    ww_brain *brain, *again;
    if (bytes > 0)
        memcpy(text, data, bytes);
    ww_error_clear();
    if (ww_brain_parse(&brain, text, "fuzz.yaml", NULL, arena) != WW_OK) {
        if (ww_error_message()[0] == '\0')
            abort();
    } else if (ww_brain_parse(&again, brain->yaml, "again.yaml", NULL, arena) != WW_OK ||
               strcmp(brain->yaml, again->yaml) != 0)
        abort();
    ww_arena_free(arena);
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any word either is refused in one line or is a lesion whose canonical word reads back to itself.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "connectome/lesion.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static const char yaml[] = "brain: small\n"
                           "areas: {retina: {}, LGN: {}, V1: {}, V4: {}, MT: {}, PITv: {}}\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    static ww_arena *kept;
    static ww_brain *brain;
    if (brain == NULL) {
        kept = ww_arena_create();
        if (ww_brain_parse(&brain, yaml, "small.yaml", NULL, kept) != WW_OK)
            abort();
    }
    ww_arena *arena = ww_arena_create();
    char *word = ww_arena_alloc(arena, bytes + 1);
    ww_lesion lesion, again;
    if (bytes > 0)
        memcpy(word, data, bytes);
    ww_error_clear();
    if (ww_lesion_parse(&lesion, word, "", brain, arena) != WW_OK) {
        if (ww_error_message()[0] == '\0')
            abort();
    } else if (ww_lesion_parse(&again, lesion.text, "", brain, arena) != WW_OK ||
               strcmp(again.text, lesion.text) != 0)
        abort();
    ww_arena_free(arena);
    return 0;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trees to YAML text, through libyaml's emitter, which knows what has to be quoted. */
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "engine/store/yaml.h"

struct text {
    char *data;
    size_t used, room;
};

/* libyaml calls it with each piece of text; 0 is failure. */
static int append(void *self, unsigned char *piece, size_t bytes)
{
    struct text *text = self;
    if (text->used + bytes + 1 > text->room) {
        size_t room = 2 * (text->used + bytes + 1);
        char *larger = realloc(text->data, room);
        if (larger == NULL)
            return 0;
        text->data = larger;
        text->room = room;
    }
    memcpy(text->data + text->used, piece, bytes);
    text->used += bytes;
    text->data[text->used] = '\0';
    return 1;
}

/* An empty text is quoted: a document of nothing is no document. */
static bool emit_text(yaml_emitter_t *emitter, const char *text)
{
    yaml_event_t event;
    yaml_scalar_style_t style =
        text[0] == '\0' ? YAML_SINGLE_QUOTED_SCALAR_STYLE : YAML_ANY_SCALAR_STYLE;
    return yaml_scalar_event_initialize(&event, NULL, NULL, (const unsigned char *)text,
                                        (int)strlen(text), 1, 1, style) &&
           yaml_emitter_emit(emitter, &event);
}

/* Lists of plain values stand on one line, as people write them. */
static bool emit_start(yaml_emitter_t *emitter, const ww_yaml *node)
{
    yaml_event_t event;
    bool flat = true;
    for (int i = 0; i < node->count; i++)
        flat = flat && node->item[i]->kind == WW_YAML_SCALAR;
    if (node->kind == WW_YAML_MAP)
        return yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
                                                   YAML_BLOCK_MAPPING_STYLE) &&
               yaml_emitter_emit(emitter, &event);
    return yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
                                                flat ? YAML_FLOW_SEQUENCE_STYLE
                                                     : YAML_BLOCK_SEQUENCE_STYLE) &&
           yaml_emitter_emit(emitter, &event);
}

static bool emit_end(yaml_emitter_t *emitter, const ww_yaml *node)
{
    yaml_event_t event;
    return (node->kind == WW_YAML_MAP ? yaml_mapping_end_event_initialize(&event)
                                      : yaml_sequence_end_event_initialize(&event)) &&
           yaml_emitter_emit(emitter, &event);
}

static bool emit_node(yaml_emitter_t *emitter, const ww_yaml *node)
{
    if (node->kind == WW_YAML_SCALAR)
        return emit_text(emitter, node->text);
    bool good = emit_start(emitter, node);
    for (int i = 0; good && i < node->count; i++)
        good = (node->kind == WW_YAML_LIST || emit_text(emitter, node->item[i]->key)) &&
               emit_node(emitter, node->item[i]);
    return good && emit_end(emitter, node);
}

static bool emit_document(yaml_emitter_t *emitter, const ww_yaml *node)
{
    yaml_event_t event;
    return yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING) &&
           yaml_emitter_emit(emitter, &event) &&
           yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1) &&
           yaml_emitter_emit(emitter, &event) && emit_node(emitter, node) &&
           yaml_document_end_event_initialize(&event, 1) && yaml_emitter_emit(emitter, &event) &&
           yaml_stream_end_event_initialize(&event) && yaml_emitter_emit(emitter, &event);
}

ww_status ww_yaml_print(const ww_yaml *node, char **text, ww_arena *arena)
{
    yaml_emitter_t emitter;
    struct text out = {0};
    if (!yaml_emitter_initialize(&emitter))
        return WW_FAIL(WW_ENOMEM, "out of memory");
    yaml_emitter_set_output(&emitter, append, &out);
    yaml_emitter_set_unicode(&emitter, 1);
    yaml_emitter_set_width(&emitter, -1);
    ww_status status = WW_OK;
    if (!emit_document(&emitter, node))
        status = WW_FAIL(WW_EINVAL, "a tree that cannot be written as YAML: %s",
                         emitter.problem ? emitter.problem : "a text is not UTF-8");
    else if ((*text = ww_arena_strdup(arena, out.data)) == NULL)
        status = WW_ENOMEM;
    yaml_emitter_delete(&emitter);
    free(out.data);
    return status;
}

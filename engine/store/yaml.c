/* SPDX-License-Identifier: GPL-3.0-or-later */
/* YAML text to trees, through libyaml's events.
 *
 * An alias shares the members of its anchor, so the tree stays small in memory; but whoever walks
 * it sees every member as often as it is mentioned. A dozen lines of nested aliases can stand for
 * billions of values ("billion laughs"), therefore the size is counted as a walker sees it and
 * limited. */
#include "engine/store/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "engine/store/file.h"

enum { MOST_BYTES = 16 * 1024 * 1024, MOST_NODES = 250000, MOST_DEPTH = 64 };

struct anchor {
    struct anchor *previous;
    const char *name;
    const ww_yaml *node;
    size_t nodes; /* of its tree, aliases expanded */
};

struct reader {
    yaml_parser_t parser;
    const char *file, *text;
    ww_arena *arena;
    struct anchor *anchors;
    ww_yaml **stack; /* members of the lists and maps that are not complete yet */
    size_t top, room, nodes;
    int depth;
};

static int line_of(yaml_mark_t mark)
{
    return (int)mark.line + 1;
}

/* libyaml's own words; a reader error (bad UTF-8) comes with an offset instead of a line. */
static ww_status fail_parser(const struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    if (p->error == YAML_MEMORY_ERROR)
        return WW_FAIL(WW_ENOMEM, "%s: out of memory", r->file);
    if (p->error == YAML_READER_ERROR) {
        int line = 1;
        for (size_t i = 0; i < p->problem_offset && r->text[i] != '\0'; i++)
            line += r->text[i] == '\n';
        return WW_FAIL(WW_EPARSE, "%s:%d: %s", r->file, line, p->problem);
    }
    int line = line_of(p->problem_mark);
    if (p->context == NULL)
        return WW_FAIL(WW_EPARSE, "%s:%d: %s", r->file, line, p->problem);
    return WW_FAIL(WW_EPARSE, "%s:%d: %s %s that starts in line %d", r->file, line, p->problem,
                   p->context, line_of(p->context_mark));
}

static ww_status next_event(struct reader *r, yaml_event_t *event)
{
    return yaml_parser_parse(&r->parser, event) ? WW_OK : fail_parser(r);
}

/* Makes the node that an event starts; the event is used up. */
static ww_status start_node(struct reader *r, yaml_event_t *event, ww_yaml **out,
                            const char **anchor)
{
    const char *name = NULL, *text = NULL;
    size_t length = 0;
    ww_yaml_kind kind = WW_YAML_SCALAR;
    if (event->type == YAML_SCALAR_EVENT) {
        name = (const char *)event->data.scalar.anchor;
        text = (const char *)event->data.scalar.value;
        length = event->data.scalar.length;
    } else if (event->type == YAML_SEQUENCE_START_EVENT) {
        name = (const char *)event->data.sequence_start.anchor;
        kind = WW_YAML_LIST;
    } else {
        name = (const char *)event->data.mapping_start.anchor;
        kind = WW_YAML_MAP;
    }
    int line = line_of(event->start_mark);
    ww_status status = WW_OK;
    ww_yaml *node = ww_arena_alloc(r->arena, sizeof *node);
    if (text != NULL && strlen(text) != length)
        status = WW_FAIL(WW_EPARSE, "%s:%d: a text with a NUL character", r->file, line);
    else if (node == NULL)
        status = WW_ENOMEM;
    else
        *node = (ww_yaml){.kind = kind, .file = r->file, .line = line};
    if (status == WW_OK && text != NULL && (node->text = ww_arena_strdup(r->arena, text)) == NULL)
        status = WW_ENOMEM;
    if (status == WW_OK && name != NULL && (*anchor = ww_arena_strdup(r->arena, name)) == NULL)
        status = WW_ENOMEM;
    yaml_event_delete(event);
    *out = node;
    return status;
}

static ww_status count_nodes(struct reader *r, size_t nodes, int line)
{
    r->nodes += nodes;
    if (r->nodes > MOST_NODES)
        return WW_FAIL(WW_EPARSE, "%s:%d: more than %d values, aliases expanded", r->file, line,
                       MOST_NODES);
    return WW_OK;
}

/* The node that an alias stands for, with the line of the alias. */
static ww_status read_alias(struct reader *r, yaml_event_t *event, ww_yaml **out)
{
    const char *name = (const char *)event->data.alias.anchor;
    int line = line_of(event->start_mark);
    const struct anchor *a = r->anchors;
    while (a != NULL && strcmp(a->name, name) != 0)
        a = a->previous;
    ww_status status = WW_OK;
    ww_yaml *node = ww_arena_alloc(r->arena, sizeof *node);
    if (a == NULL)
        status = WW_FAIL(WW_EPARSE, "%s:%d: '*%s' has no anchor '&%s' before it", r->file, line,
                         name, name);
    else if (node == NULL)
        status = WW_ENOMEM;
    yaml_event_delete(event);
    WW_TRY(status);
    *node = *a->node;
    node->line = line;
    node->key = NULL; /* the anchor's own, if it was a member of a map */
    *out = node;
    return count_nodes(r, a->nodes, line);
}

static ww_status push(struct reader *r, ww_yaml *node)
{
    if (r->top == r->room) {
        size_t room = r->room == 0 ? 64 : 2 * r->room;
        ww_yaml **larger = realloc(r->stack, room * sizeof *larger);
        if (larger == NULL)
            return WW_FAIL(WW_ENOMEM, "%s: out of memory", r->file);
        r->stack = larger;
        r->room = room;
    }
    r->stack[r->top++] = node;
    return WW_OK;
}

static int compare_keys(const void *a, const void *b)
{
    const ww_yaml *x = *(const ww_yaml *const *)a, *y = *(const ww_yaml *const *)b;
    int order = strcmp(x->key, y->key);
    return order != 0 ? order : (x->line > y->line) - (x->line < y->line);
}

static ww_status refuse_duplicates(const struct reader *r, ww_yaml **member, size_t count)
{
    qsort(member, count, sizeof *member, compare_keys);
    for (size_t i = 1; i < count; i++)
        if (strcmp(member[i - 1]->key, member[i]->key) == 0)
            return WW_FAIL(WW_EPARSE, "%s:%d: '%s' stands twice; the first is in line %d", r->file,
                           member[i]->line, member[i]->key, member[i - 1]->line);
    return WW_OK;
}

/* Moves the members above `first` on the stack into the node. */
static ww_status take_members(struct reader *r, ww_yaml *node, size_t first)
{
    size_t count = r->top - first;
    r->top = first;
    if (count == 0)
        return WW_OK;
    node->count = (int)count;
    node->item = ww_arena_array(r->arena, count, sizeof *node->item);
    if (node->item == NULL)
        return WW_ENOMEM;
    memcpy(node->item, r->stack + first, count * sizeof *node->item);
    return node->kind == WW_YAML_MAP ? refuse_duplicates(r, r->stack + first, count) : WW_OK;
}

static ww_status read_node(struct reader *r, yaml_event_t *event, ww_yaml **out);

/* Reads the value of a key, whose event this is. */
static ww_status read_member(struct reader *r, yaml_event_t *event, ww_yaml **out)
{
    ww_yaml *key;
    yaml_event_t value;
    WW_TRY(read_node(r, event, &key));
    if (key->kind != WW_YAML_SCALAR)
        return WW_FAIL(WW_EPARSE, "%s:%d: a key that is no text", r->file, key->line);
    WW_TRY(next_event(r, &value));
    WW_TRY(read_node(r, &value, out));
    (*out)->key = key->text;
    (*out)->line = key->line;
    return WW_OK;
}

static ww_status read_members(struct reader *r, ww_yaml *node)
{
    size_t first = r->top;
    if (++r->depth > MOST_DEPTH)
        return WW_FAIL(WW_EPARSE, "%s:%d: nested more than %d deep", r->file, node->line,
                       MOST_DEPTH);
    for (;;) {
        yaml_event_t event;
        ww_yaml *member;
        WW_TRY(next_event(r, &event));
        if (event.type == YAML_SEQUENCE_END_EVENT || event.type == YAML_MAPPING_END_EVENT)
            break; /* these two hold no memory */
        if (node->kind == WW_YAML_MAP)
            WW_TRY(read_member(r, &event, &member));
        else
            WW_TRY(read_node(r, &event, &member));
        WW_TRY(push(r, member));
    }
    r->depth--;
    return take_members(r, node, first);
}

/* Reads the node that `event` starts, with all its members; the event is used up. */
static ww_status read_node(struct reader *r, yaml_event_t *event, ww_yaml **out)
{
    if (event->type == YAML_ALIAS_EVENT)
        return read_alias(r, event, out);
    const char *name = NULL;
    size_t before = r->nodes;
    ww_yaml *node;
    WW_TRY(start_node(r, event, &node, &name));
    WW_TRY(count_nodes(r, 1, node->line));
    if (node->kind != WW_YAML_SCALAR)
        WW_TRY(read_members(r, node));
    if (name != NULL) {
        struct anchor *anchor = ww_arena_alloc(r->arena, sizeof *anchor);
        if (anchor == NULL)
            return WW_ENOMEM;
        *anchor = (struct anchor){r->anchors, name, node, r->nodes - before};
        r->anchors = anchor;
    }
    *out = node;
    return WW_OK;
}

static ww_status read_stream(struct reader *r, ww_yaml **out)
{
    yaml_event_t event;
    WW_TRY(next_event(r, &event)); /* the stream starts */
    yaml_event_delete(&event);
    WW_TRY(next_event(r, &event)); /* the document starts, or the stream ends */
    bool empty = event.type == YAML_STREAM_END_EVENT;
    yaml_event_delete(&event);
    if (empty)
        return WW_FAIL(WW_EPARSE, "%s:1: nothing but blanks and comments", r->file);
    WW_TRY(next_event(r, &event));
    WW_TRY(read_node(r, &event, out));
    WW_TRY(next_event(r, &event)); /* the document ends */
    yaml_event_delete(&event);
    WW_TRY(next_event(r, &event)); /* the stream ends, or another document starts */
    bool ended = event.type == YAML_STREAM_END_EVENT;
    int line = line_of(event.start_mark);
    yaml_event_delete(&event);
    return ended ? WW_OK : WW_FAIL(WW_EPARSE, "%s:%d: a second document", r->file, line);
}

static ww_status parse(ww_yaml **out, const char *text, size_t bytes, const char *file,
                       ww_arena *arena)
{
    struct reader r = {.text = text, .arena = arena};
    *out = NULL;
    if ((r.file = ww_arena_strdup(arena, file)) == NULL)
        return WW_ENOMEM;
    if (!yaml_parser_initialize(&r.parser))
        return WW_FAIL(WW_ENOMEM, "%s: out of memory", file);
    yaml_parser_set_input_string(&r.parser, (const unsigned char *)text, bytes);
    ww_status status = read_stream(&r, out);
    yaml_parser_delete(&r.parser);
    free(r.stack);
    return status;
}

ww_status ww_yaml_parse(ww_yaml **out, const char *text, const char *file, ww_arena *arena)
{
    return parse(out, text, strlen(text), file, arena);
}

ww_status ww_yaml_read(ww_yaml **out, const char *path, ww_arena *arena)
{
    char *text;
    size_t bytes;
    *out = NULL;
    WW_TRY(ww_file_read(&text, &bytes, path, MOST_BYTES, arena));
    return parse(out, text, bytes, path, arena);
}

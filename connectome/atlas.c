/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a table of areas and pathways. One row is one fact:
 *
 *   kind     area or pathway
 *   area     the area, or where the pathway starts
 *   target   where the pathway ends; an area has none
 *   stream   early, ventral, dorsal, frontal, limbic
 *   level    hierarchical level, a whole number from 0 (retina)
 *   surface_mm2, rf_deg   above 0, or "-" where not known
 *   source   citation keys; no fact without one
 *
 * Areas keep the order of the file. */
#include "connectome/atlas.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/data_path.h"
#include "engine/base/text.h"
#include "engine/store/table.h"

enum { KIND, AREA, TARGET, STREAM, LEVEL, SURFACE, RF, SOURCE, COLUMNS };
static const char *const column_name[COLUMNS] = {"kind",  "area",        "target", "stream",
                                                 "level", "surface_mm2", "rf_deg", "source"};

typedef struct sheet {
    const ww_table *table;
    size_t column[COLUMNS];
    ww_atlas *atlas;
    ww_atlas_area *area;
    ww_atlas_path *path;
    int *line; /* of each area */
} sheet;

static const char *cell(const sheet *s, size_t row, int column)
{
    return s->table->cell[row][s->column[column]];
}

static bool blank(const char *text)
{
    return text[0] == '\0' || strcmp(text, "-") == 0;
}

#define ROW_FAIL(s, row, format, ...)                                                              \
    WW_FAIL(WW_EPARSE, "%s:%d: " format, (s)->table->file, (s)->table->line[row], __VA_ARGS__)

static ww_status read_stream(ww_stream *out, const sheet *s, size_t row)
{
    const char *word = cell(s, row, STREAM);
    size_t count = 0;
    for (; ww_stream_names[count] != NULL; count++)
        if (strcmp(ww_stream_names[count], word) == 0) {
            *out = (ww_stream)count;
            return WW_OK;
        }
    const char *near = ww_text_nearest(word, ww_stream_names, count);
    return ROW_FAIL(s, row,
                    "stream: '%s' is not one of early, ventral, dorsal, frontal, limbic%s%s%s",
                    word, near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static ww_status read_size(double *out, const sheet *s, size_t row, int column)
{
    WW_TRY(ww_table_real(out, s->table, row, s->column[column], true));
    if (*out <= 0)
        return ROW_FAIL(s, row, "%s: %g is not above 0", column_name[column], *out);
    return WW_OK;
}

static ww_status read_area(sheet *s, size_t row)
{
    ww_atlas *atlas = s->atlas;
    ww_atlas_area *area = &s->area[atlas->n_areas];
    long long level;
    *area = (ww_atlas_area){.name = cell(s, row, AREA), .source = cell(s, row, SOURCE)};
    if (blank(area->name) || strpbrk(area->name, " >+:,()=/") != NULL)
        return ROW_FAIL(s, row, "area: '%s' is no name of an area", area->name);
    int there = ww_atlas_find(atlas, area->name);
    if (there >= 0)
        return ROW_FAIL(s, row, "area '%s' is there already, in line %d", area->name,
                        s->line[there]);
    if (!blank(cell(s, row, TARGET)))
        return ROW_FAIL(s, row, "an area has no target, but '%s' is given", cell(s, row, TARGET));
    WW_TRY(read_stream(&area->stream, s, row));
    if (!ww_text_to_int(cell(s, row, LEVEL), &level) || level < 0 || level > 999)
        return ROW_FAIL(s, row, "level: '%s' is not a whole number from 0 to 999",
                        cell(s, row, LEVEL));
    area->level = (int)level;
    WW_TRY(read_size(&area->surface_mm2, s, row, SURFACE));
    WW_TRY(read_size(&area->rf_deg, s, row, RF));
    s->line[atlas->n_areas++] = s->table->line[row];
    return WW_OK;
}

static ww_status find_end(int *out, const sheet *s, size_t row, int column, ww_arena *arena)
{
    const char *word = cell(s, row, column);
    *out = ww_atlas_find(s->atlas, word);
    if (*out >= 0)
        return WW_OK;
    const char **name = ww_arena_array(arena, (size_t)s->atlas->n_areas + 1, sizeof *name);
    for (int i = 0; name != NULL && i < s->atlas->n_areas; i++)
        name[i] = s->area[i].name;
    const char *near = name ? ww_text_nearest(word, name, (size_t)s->atlas->n_areas) : NULL;
    return ROW_FAIL(s, row, "%s: no area '%s' in this table%s%s%s", column_name[column], word,
                    near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static ww_status read_path(sheet *s, size_t row, ww_arena *arena)
{
    ww_atlas_path path = {.source = cell(s, row, SOURCE)};
    WW_TRY(find_end(&path.from, s, row, AREA, arena));
    WW_TRY(find_end(&path.to, s, row, TARGET, arena));
    if (path.from == path.to)
        return ROW_FAIL(s, row, "a pathway from %s to itself", cell(s, row, AREA));
    for (int p = 0; p < s->atlas->n_paths; p++)
        if (s->path[p].from == path.from && s->path[p].to == path.to)
            return ROW_FAIL(s, row, "the pathway from %s to %s is there already",
                            cell(s, row, AREA), cell(s, row, TARGET));
    s->path[s->atlas->n_paths++] = path;
    return WW_OK;
}

/* Areas first, so that a pathway may stand above the areas it joins. */
static ww_status read_rows(sheet *s, ww_arena *arena)
{
    for (int pass = 0; pass < 2; pass++)
        for (size_t row = 0; row < s->table->rows; row++) {
            const char *kind = cell(s, row, KIND);
            bool area = strcmp(kind, "area") == 0;
            if (!area && strcmp(kind, "pathway") != 0)
                return ROW_FAIL(s, row, "kind: '%s' is neither area nor pathway", kind);
            if (blank(cell(s, row, SOURCE)))
                return ROW_FAIL(s, row, "%s is missing", "source");
            if (pass == 0 && area)
                WW_TRY(read_area(s, row));
            if (pass == 1 && !area)
                WW_TRY(read_path(s, row, arena));
        }
    if (s->atlas->n_areas == 0)
        return WW_FAIL(WW_EPARSE, "%s: no areas in this table", s->table->file);
    return WW_OK;
}

static int by_ends(const void *a_, const void *b_)
{
    const ww_atlas_path *a = a_, *b = b_;
    return a->from != b->from ? a->from - b->from : a->to - b->to;
}

/* The file of a table: a path as it is, or a name of connectome/. */
static ww_status find_file(const char **path, const char *name, ww_arena *arena)
{
    char found[4096];
    size_t length = strlen(name);
    bool is_path =
        strchr(name, '/') != NULL || (length > 4 && (strcmp(name + length - 4, ".tsv") == 0 ||
                                                     strcmp(name + length - 4, ".csv") == 0));
    if (!is_path) {
        const char *relative = ww_arena_printf(arena, "connectome/%s.tsv", name);
        if (relative == NULL)
            return WW_ENOMEM;
        WW_TRY(ww_data_path(found, sizeof found, relative));
    }
    *path = ww_arena_strdup(arena, is_path ? name : found);
    return *path != NULL ? WW_OK : WW_ENOMEM;
}

ww_status ww_atlas_read(ww_atlas **out, const char *name, ww_arena *arena)
{
    const char *path;
    ww_table *table;
    WW_TRY(find_file(&path, name, arena));
    WW_TRY(ww_table_read(&table, path, arena));
    sheet s = {.table = table, .atlas = ww_arena_alloc(arena, sizeof *s.atlas)};
    s.area = ww_arena_array(arena, table->rows + 1, sizeof *s.area);
    s.path = ww_arena_array(arena, table->rows + 1, sizeof *s.path);
    s.line = ww_arena_array(arena, table->rows + 1, sizeof *s.line);
    if (s.atlas == NULL || s.area == NULL || s.path == NULL || s.line == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < COLUMNS; i++)
        WW_TRY(ww_table_column(&s.column[i], table, column_name[i]));
    *s.atlas = (ww_atlas){.name = name, .area = s.area, .path = s.path};
    if ((s.atlas->name = ww_arena_strdup(arena, name)) == NULL)
        return WW_ENOMEM;
    WW_TRY(read_rows(&s, arena));
    qsort(s.path, (size_t)s.atlas->n_paths, sizeof *s.path, by_ends);
    *out = s.atlas;
    return WW_OK;
}

int ww_atlas_find(const ww_atlas *atlas, const char *area)
{
    for (int i = 0; i < atlas->n_areas; i++)
        if (strcmp(atlas->area[i].name, area) == 0)
            return i;
    return -1;
}

int ww_atlas_span(const ww_atlas *atlas, const ww_atlas_path *path)
{
    return atlas->area[path->to].level - atlas->area[path->from].level;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The areas of a brain: what the registry, the table and the file say of each. */
#include <math.h>
#include <string.h>
#include <strings.h>

#include "connectome/brain_parts.h"

struct place {
    int level;
};

static const ww_param place_params[] = {
    WW_INT(struct place, level, -1, 0, 999, "", "hierarchical level", ""), WW_PARAM_END};

/* The name as the table has it, else as the registry has it. */
static const char *canonical(const ww_brain_draft *d, const ww_area *type, const char *name,
                             int *row)
{
    *row = -1;
    for (int i = 0; i < d->atlas->n_areas; i++)
        if (strcasecmp(d->atlas->area[i].name, name) == 0) {
            *row = i;
            return d->atlas->area[i].name;
        }
    if (strcasecmp(type->item.name, name) == 0)
        return type->item.name;
    for (const char *word = type->item.members; word != NULL && *word != '\0';) {
        word += strspn(word, " ");
        size_t length = strcspn(word, " ");
        if (strlen(name) == length && strncasecmp(word, name, length) == 0)
            return ww_arena_printf(d->arena, "%.*s", (int)length, word);
        word += length;
    }
    return name;
}

static ww_status read_level(ww_brain_draft *d, const ww_yaml *node, ww_brain_area *area, bool *own)
{
    struct place place = {-1};
    const ww_yaml *level = ww_yaml_find(node, "level");
    if (level != NULL) {
        const char *where =
            ww_arena_printf(d->arena, "%s:%d: area.%s.", level->file, level->line, area->name);
        if (where == NULL)
            return WW_ENOMEM;
        WW_TRY(ww_yaml_expect(level, WW_YAML_SCALAR));
        WW_TRY(ww_params_set(place_params, &place, "level", level->text, where, d->arena));
        area->level = place.level;
        *own = true;
    }
    if (area->level < 0)
        return WW_LINE_FAIL(d, node->line, "areas: %s is not in the table %s; give its level",
                            area->name, d->table);
    return WW_OK;
}

/* What the area is: `type`, or else what its name says. */
static ww_status find_type(const ww_area **out, const ww_yaml *node)
{
    const ww_family *family;
    const ww_yaml *type = ww_yaml_find(node, "type");
    size_t index;
    if (type != NULL)
        WW_TRY(ww_yaml_expect(type, WW_YAML_SCALAR));
    WW_TRY(ww_family_find(&family, "areas"));
    ww_status status = ww_item_find(&index, family, type != NULL ? type->text : node->key);
    if (status != WW_OK)
        ww_error_prefix("%s:%d: %s%s%s: ", node->file, type != NULL ? type->line : node->line,
                        type != NULL ? "area." : "areas", type != NULL ? node->key : "",
                        type != NULL ? ".type" : "");
    else
        *out = ww_areas[index];
    return status;
}

static ww_status read_area(ww_brain_draft *d, const ww_yaml *node)
{
    static const char *const own_keys[] = {"level", "type", NULL};
    const ww_area *type;
    int row;
    WW_TRY(find_type(&type, node));
    const char *name = canonical(d, type, node->key, &row);
    if (name == NULL)
        return WW_ENOMEM;
    if (name[0] == '\0' || strpbrk(name, " ./>:+,()") != NULL)
        return WW_LINE_FAIL(d, node->line, "areas: '%s' is no name of an area", name);
    if (ww_brain_draft_area(d, name) >= 0)
        return WW_LINE_FAIL(d, node->line, "areas: %s is there already", name);
    ww_brain_area area = {.name = name, .type = type, .stream = type->stream, .level = -1};
    area.surface_mm2 = area.rf_deg = NAN;
    if (row >= 0) {
        const ww_atlas_area *fact = &d->atlas->area[row];
        area.stream = fact->stream;
        area.level = fact->level;
        area.surface_mm2 = fact->surface_mm2;
        area.rf_deg = fact->rf_deg;
    }
    if ((area.params = ww_arena_alloc(d->arena, type->item.params_size + 1)) == NULL)
        return WW_ENOMEM;
    ww_params_defaults(type->item.params, area.params);
    WW_TRY(read_level(d, node, &area, &d->own_level[d->n_areas]));
    const char *path = ww_arena_printf(d->arena, "area.%s.", name);
    if (path == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_yaml_params(node, type->item.params, area.params, path, own_keys, d->arena));
    d->area_line[d->n_areas] = node->line;
    d->area[d->n_areas++] = area;
    return WW_OK;
}

ww_status ww_brain_read_areas(ww_brain_draft *d, const ww_yaml *areas)
{
    WW_TRY(ww_yaml_expect(areas, WW_YAML_MAP));
    size_t n = (size_t)areas->count + 1;
    d->area = ww_arena_array(d->arena, n, sizeof *d->area);
    d->area_line = ww_arena_array(d->arena, n, sizeof *d->area_line);
    d->own_level = ww_arena_array(d->arena, n, sizeof *d->own_level);
    if (d->area == NULL || d->area_line == NULL || d->own_level == NULL)
        return WW_ENOMEM;
    if (areas->count == 0)
        return WW_LINE_FAIL(d, areas->line, "areas: %s", "none is given");
    for (int i = 0; i < areas->count; i++)
        WW_TRY(read_area(d, areas->item[i]));
    return WW_OK;
}

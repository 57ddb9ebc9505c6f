/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What of a lesion goes together, where its units lie, and its canonical word.
 *
 * Geometry: a map of H x W units covers the whole view; the centre of column i lies at
 * (i + 1/2 - W/2) / W of its width, x to the right and y up. A unit belongs to a hemifield if its
 * centre lies to that side of the vertical meridian; the middle column of an odd number of columns
 * lies on it and belongs to neither. A patch holds the units whose centre is not further than its
 * radius from its centre. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "connectome/lesion_parts.h"
#include "engine/base/text.h"

enum { MOST_CLASSES = 32 };

const char *const ww_lesion_hows[] = {"ablate", "noise", "gain", "decay", "disconnect", NULL};
const char *const ww_lesion_fields[] = {"both", "left", "right", NULL};
const char *const ww_lesion_selective[] = {"face", "word", "object", NULL};

/* PITd is of the family PIT: the same letters, and one small letter more. */
static bool of_family(const char *name, const char *family)
{
    size_t length = strlen(family);
    return strncmp(name, family, length) == 0 && name[length] >= 'a' && name[length] <= 'z' &&
           name[length + 1] == '\0';
}

bool ww_lesion_targets(const ww_brain *brain, const char *target, int a)
{
    const char *name = brain->area[a].name;
    if (ww_brain_area_find(brain, target) >= 0)
        return strcmp(name, target) == 0;
    if (strcmp(target, "IT") == 0)
        return of_family(name, "PIT") || of_family(name, "CIT") || of_family(name, "AIT");
    return of_family(name, target);
}

bool ww_lesion_covers(const ww_lesion *lesion, const ww_view *view, int height, int width, int i)
{
    int twice_x = 2 * (i % width) + 1 - width, twice_y = height - 1 - 2 * (i / width);
    if (lesion->hemifield == WW_LEFT_FIELD && twice_x >= 0)
        return false;
    if (lesion->hemifield == WW_RIGHT_FIELD && twice_x <= 0)
        return false;
    if (!lesion->has_patch)
        return true;
    double x_deg = ww_view_width_deg(view) * twice_x / (2 * width);
    double y_deg = ww_view_height_deg(view) * twice_y / (2 * height);
    return hypot(x_deg - lesion->patch_x_deg, y_deg - lesion->patch_y_deg) <=
           lesion->patch_radius_deg;
}

const char *ww_lesion_suggest(ww_arena *arena, const char *word, const char *const *names,
                              int count)
{
    const char *near = ww_text_nearest(word, names, (size_t)count);
    if (near != NULL)
        return ww_arena_printf(arena, "; did you mean '%s'?", near);
    const char *text = "; there are ";
    for (int i = 0; i < count && text != NULL; i++)
        text = ww_arena_printf(arena, "%s%s%s", text, i ? ", " : "", names[i]);
    return text;
}

static int words_of(const char *list, const char **word, int most, ww_arena *arena)
{
    int count = 0;
    while (list != NULL && *list != '\0' && count < most) {
        list += strspn(list, " ");
        size_t length = strcspn(list, " ");
        if (length > 0 && (word[count] = ww_arena_printf(arena, "%.*s", (int)length, list)))
            count++;
        list += length;
    }
    return count;
}

static ww_status check_class(ww_lesion *l, const ww_brain_area *area, const char *where,
                             ww_arena *arena)
{
    const char *name[MOST_CLASSES];
    int count = words_of(area->type->classes, name, MOST_CLASSES, arena);
    if (count == 0)
        return WW_FAIL(WW_EPARSE, "%s%s has no unit classes", where, area->name);
    for (int i = 0; i < count; i++)
        if (strcasecmp(name[i], l->unit_class) == 0) {
            l->unit_class = name[i];
            return WW_OK;
        }
    const char *hint = ww_lesion_suggest(arena, l->unit_class, name, count);
    return WW_FAIL(WW_EPARSE, "%s%s has no unit class '%s'%s", where, area->name, l->unit_class,
                   hint ? hint : "");
}

/* Fails where a place was named at which the maps of an area have no units. */
static ww_status check_place(const ww_lesion *l, const ww_brain *brain, const ww_brain_area *area,
                             const char *where)
{
    for (int i = 0; i < area->height * area->width; i++)
        if (ww_lesion_covers(l, &brain->view, area->height, area->width, i))
            return WW_OK;
    if (l->has_patch)
        return WW_FAIL(WW_EPARSE, "%sno unit of %s lies in the patch %.9g/%.9g/%.9g", where,
                       area->name, l->patch_x_deg, l->patch_y_deg, l->patch_radius_deg);
    return WW_FAIL(WW_EPARSE, "%s%s has no hemifields: its maps are one unit wide", where,
                   area->name);
}

static ww_status check_target(ww_lesion *l, const char *target, const char *where,
                              const ww_brain *brain, ww_arena *arena)
{
    int path = ww_brain_path_find(brain, target);
    if (path >= 0 && ww_brain_path_idle(brain, path))
        return WW_FAIL(WW_EPARSE,
                       "%s%s acts from one time step to the next, and the brain was made with one "
                       "(steps: 1): a lesion of it has no effect; --set steps=2 gives it one",
                       where, target);
    for (int a = 0; a < brain->n_areas; a++) {
        if (path >= 0 ? a != brain->path[path].to : !ww_lesion_targets(brain, target, a))
            continue;
        if (l->unit_class != NULL)
            WW_TRY(check_class(l, &brain->area[a], where, arena));
        WW_TRY(check_place(l, brain, &brain->area[a], where));
    }
    return WW_OK;
}

/* Which key the target or the way of damage has no use for, and the words for that one. */
static const char *unfit(const ww_lesion *l, bool pathway, const char **with)
{
    bool whole = l->size_of != NULL || l->how == WW_DECAY;
    bool no_units = whole || pathway || l->how == WW_DISCONNECT;
    *with = l->size_of != NULL                           ? "random units"
            : pathway                                    ? "a pathway"
            : no_units || (l->by_map && l->most == NULL) ? ww_lesion_hows[l->how]
                                                         : "most";
    if (l->unit_class != NULL && (no_units || l->most != NULL))
        return "class";
    if (l->most != NULL && no_units)
        return "most";
    if (l->by_map && (no_units || (l->how != WW_ABLATE && l->most == NULL)))
        return "by=map";
    if (l->hemifield != WW_BOTH_FIELDS && whole)
        return "hemifield";
    return l->has_patch && whole ? "patch" : NULL;
}

static ww_status check_how(const ww_lesion *l, const char *where, const ww_brain *brain,
                           bool *pathway)
{
    double most = l->how == WW_NOISE ? 100 : 1;
    if (!(l->dose >= 0 && l->dose <= most))
        return WW_FAIL(WW_EPARSE, "%sdose: %.9g is outside 0 to %.9g", where, l->dose, most);
    if (l->count > 0 && l->most == NULL)
        return WW_FAIL(WW_EPARSE,
                       "%s'count' is a number of most selective units; 'most' is missing", where);
    if (l->most != NULL && l->count == 0 && (l->how == WW_NOISE || l->how == WW_GAIN))
        return WW_FAIL(WW_EPARSE, "%s'count' is missing: the dose of %s is no share of the units",
                       where, ww_lesion_hows[l->how]);
    if (l->size_of != NULL && (l->how == WW_DECAY || l->how == WW_DISCONNECT))
        return WW_FAIL(WW_EPARSE, "%s%s is for areas, not for random units", where,
                       ww_lesion_hows[l->how]);
    for (int t = 0; t < l->n_targets; t++) {
        if (ww_brain_path_find(brain, l->target[t]) < 0)
            continue;
        *pathway = true;
        if (l->how == WW_DECAY)
            return WW_FAIL(WW_EPARSE, "%sdecay is for areas, not for the pathway %s; gain does it",
                           where, l->target[t]);
    }
    return WW_OK;
}

ww_status ww_lesion_check(ww_lesion *l, const char *where, const ww_brain *brain, ww_arena *arena)
{
    bool pathway = false;
    const char *with, *key;
    WW_TRY(check_how(l, where, brain, &pathway));
    if ((key = unfit(l, pathway, &with)) != NULL)
        return WW_FAIL(WW_EPARSE, "%s'%s' does not go with %s", where, key, with);
    for (int t = 0; t < l->n_targets && l->size_of == NULL; t++)
        WW_TRY(check_target(l, l->target[t], where, brain, arena));
    return WW_OK;
}

const char *ww_lesion_text(const ww_lesion *l, ww_arena *arena)
{
    if (l->n_targets == 0)
        return "none";
    char key[512] = "", dose[40] = "";
    size_t used = 0;
#define KEY(...) used += (size_t)snprintf(key + used, sizeof key - used, __VA_ARGS__)
    if (l->unit_class != NULL)
        KEY(",class=%.64s", l->unit_class);
    if (l->most != NULL)
        KEY(",most=%s", l->most);
    if (l->by_map)
        KEY(",by=map");
    if (l->count > 0)
        KEY(",count=%d", l->count);
    if (l->hemifield != WW_BOTH_FIELDS)
        KEY(",hemifield=%s", ww_lesion_fields[l->hemifield]);
    if (l->has_patch)
        KEY(",patch=%.9g/%.9g/%.9g", l->patch_x_deg, l->patch_y_deg, l->patch_radius_deg);
    if (l->how != WW_ABLATE)
        KEY(",how=%s", ww_lesion_hows[l->how]);
    if (l->seed != 0)
        KEY(",seed=%llu", (unsigned long long)l->seed);
#undef KEY
    if (l->dose != 1)
        snprintf(dose, sizeof dose, ":%.9g", l->dose);
    if (key[0] == ',')
        key[0] = ':';
    const char *text = "";
    for (int t = 0; t < l->n_targets && text != NULL; t++)
        text = ww_arena_printf(arena, "%s%s%s", text, t ? "+" : "", l->target[t]);
    if (l->size_of != NULL)
        text = ww_arena_printf(arena, "random(size=%s)", l->size_of);
    return text ? ww_arena_printf(arena, "%s%s%s", text, dose, key) : NULL;
}

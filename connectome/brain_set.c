/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings of the command line: "steps=2", "area.V1.orientations=8". The part before the last dot
 * says whose parameter table takes the rest. */
#include <string.h>

#include "connectome/brain_parts.h"
#include "engine/base/text.h"

/* A table and the struct it describes. */
typedef struct owner {
    const ww_param *table;
    void *self;
} owner;

static const char *const sections[] = {"area",   "task",  "view",     "stimulus",
                                       "wiring", "steps", "training", "augment"};

static ww_status find_part(owner *out, ww_brain_draft *d, const char *section, const char *name)
{
    if (strcmp(section, "area") == 0) {
        int area = ww_brain_draft_area(d, name);
        if (area < 0)
            return WW_FAIL(WW_EPARSE, "--set area.%s: the brain has no area '%s'%s", name, name,
                           ww_brain_draft_hint(d, name));
        *out = (owner){d->area[area].type->item.params, d->area[area].params};
        return WW_OK;
    }
    const char **names = ww_arena_array(d->arena, (size_t)d->n_tasks + 1, sizeof *names);
    for (int t = 0; names != NULL && t < d->n_tasks; t++) {
        names[t] = d->task[t].name;
        if (strcmp(name, names[t]) == 0) {
            *out = (owner){ww_task_params, &d->task[t].numbers};
            return WW_OK;
        }
    }
    const char *near = names ? ww_text_nearest(name, names, (size_t)d->n_tasks) : NULL;
    return WW_FAIL(WW_EPARSE, "--set task.%s: the brain has no task '%s'%s%s%s", name, name,
                   near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static ww_status find_section(owner *out, ww_brain_draft *d, const char *section, const char *key,
                              const char *where)
{
    ww_brain *brain = d->brain;
    if (strcmp(section, "view") == 0)
        *out = (owner){ww_view_params, &brain->view};
    else if (strcmp(section, "stimulus") == 0)
        *out = (owner){brain->stimulus->item.params, brain->stimulus_params};
    else if (strcmp(section, "wiring") == 0)
        *out = (owner){ww_brain_wiring_params, &d->numbers};
    else if (strcmp(section, "augment") == 0)
        *out = (owner){ww_augment_params, &brain->augment};
    else if (strcmp(section, "training") == 0 && ww_params_find(ww_brain_training_params, key))
        *out = (owner){ww_brain_training_params, &d->numbers};
    else if (strcmp(section, "training") == 0)
        *out = (owner){ww_training_params, &brain->training};
    else {
        const char *near = ww_text_nearest(section, sections, sizeof sections / sizeof sections[0]);
        return WW_FAIL(WW_EPARSE, "%s%s: unknown key '%s'%s%s%s", where, key, section,
                       near ? "; did you mean '"
                            : "; there are area, task, view, stimulus, "
                              "wiring, steps, training, augment",
                       near ? near : "", near ? "'?" : "");
    }
    return WW_OK;
}

ww_status ww_brain_set(ww_brain_draft *d, const char *setting)
{
    char *path = ww_arena_strdup(d->arena, setting), *value = path ? strchr(path, '=') : NULL;
    owner who = {ww_brain_top_params, &d->numbers};
    if (path == NULL)
        return WW_ENOMEM;
    if (value == NULL || value == path)
        return WW_FAIL(WW_EPARSE, "--set: '%s' is not key=value", setting);
    *value++ = '\0';
    char *key = strrchr(path, '.');
    if (key == NULL)
        return ww_params_set(ww_brain_top_params, &d->numbers, path, value, "--set ", d->arena);
    *key++ = '\0';
    char *name = strchr(path, '.');
    const char *where = ww_arena_printf(d->arena, "--set %s.", path);
    if (where == NULL)
        return WW_ENOMEM;
    if (name != NULL)
        *name++ = '\0';
    bool of_parts = strcmp(path, "area") == 0 || strcmp(path, "task") == 0;
    if (of_parts)
        WW_TRY(find_part(&who, d, path, name ? name : key));
    else
        WW_TRY(find_section(&who, d, path, key, where));
    if (name != NULL && !of_parts)
        return WW_FAIL(WW_EPARSE, "%s%s: too many dots", where, key);
    return ww_params_set(who.table, who.self, key, value, where, d->arena);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A brain as YAML with every parameter spelled out, so that it can be read again years later even
 * if a default has changed. */
#include <stdio.h>
#include <string.h>

#include "connectome/brain_parts.h"
#include "engine/base/text.h"

enum { VALUE_BYTES = 1024 };

/* Out of memory is remembered and said once, at the end. */
typedef struct writer {
    ww_arena *arena;
    bool failed;
} writer;

/* Appends a new member to a map or list (NULL: a tree of its own); room grows by doubling. */
static ww_yaml *append(writer *w, ww_yaml *to, ww_yaml_kind kind, const char *key)
{
    ww_yaml *node = ww_arena_alloc(w->arena, sizeof *node);
    if (node == NULL) {
        w->failed = true;
        return NULL;
    }
    node->kind = kind;
    node->key = key;
    if (to == NULL)
        return node;
    if ((to->count & (to->count - 1)) == 0) { /* full: 0, 1, 2, 4, ... */
        ww_yaml **items =
            ww_arena_array(w->arena, to->count ? 2 * (size_t)to->count : 1, sizeof *items);
        if (items == NULL) {
            w->failed = true;
            return NULL;
        }
        if (to->count > 0)
            memcpy(items, to->item, (size_t)to->count * sizeof *items);
        to->item = items;
    }
    to->item[to->count++] = node;
    return node;
}

static ww_yaml *map_in(writer *w, ww_yaml *to, const char *key)
{
    return append(w, to, WW_YAML_MAP, key);
}

static ww_yaml *list_in(writer *w, ww_yaml *to, const char *key)
{
    return append(w, to, WW_YAML_LIST, key);
}

static void text_in(writer *w, ww_yaml *to, const char *key, const char *text)
{
    ww_yaml *node = append(w, to, WW_YAML_SCALAR, key);
    const char *copy = ww_arena_strdup(w->arena, text);
    w->failed = w->failed || copy == NULL;
    if (node != NULL)
        node->text = copy ? copy : "";
}

/* Keys that the schedule has no use for are left out: nothing that is written down is idle. */
static bool is_idle(const ww_param *table, const void *self, const char *key)
{
    return table == ww_training_params && ww_training_idle(self, key) != NULL;
}

static void params_in(writer *w, ww_yaml *to, const ww_param *table, const void *self)
{
    char text[VALUE_BYTES];
    for (const ww_param *p = table; p != NULL && p->name != NULL; p++) {
        if (is_idle(table, self, p->name))
            continue;
        ww_param_print(p, self, text, sizeof text);
        if (p->type != WW_PARAM_REALS) {
            text_in(w, to, p->name, text);
            continue;
        }
        ww_yaml *list = list_in(w, to, p->name);
        char *rest = NULL;
        for (char *number = strtok_r(text, " ,", &rest); number != NULL;
             number = strtok_r(NULL, " ,", &rest))
            text_in(w, list, NULL, number);
    }
}

static void areas_in(writer *w, const ww_brain_draft *d, ww_yaml *root)
{
    ww_yaml *areas = map_in(w, root, "areas");
    char level[16];
    for (int i = 0; i < d->n_areas; i++) {
        const ww_brain_area *a = &d->area[i];
        ww_yaml *area = map_in(w, areas, a->name);
        if (!ww_text_in_list(a->name, a->type->item.name) &&
            !(a->type->item.members && ww_text_in_list(a->name, a->type->item.members)))
            text_in(w, area, "type", a->type->item.name);
        snprintf(level, sizeof level, "%d", a->level);
        if (d->own_level[i])
            text_in(w, area, "level", level);
        params_in(w, area, a->type->item.params, a->params);
    }
}

static void words_in(writer *w, const ww_brain_draft *d, ww_yaml *to, const char *key,
                     const ww_path_word *word, int count)
{
    ww_yaml *list = list_in(w, to, key);
    char path[VALUE_BYTES];
    for (int i = 0; i < count; i++) {
        snprintf(path, sizeof path, "%s > %s", d->area[word[i].from].name,
                 d->area[word[i].to].name);
        text_in(w, list, NULL, path);
    }
}

static void wiring_in(writer *w, const ww_brain_draft *d, ww_yaml *root)
{
    static const char *const kind[] = {"ascending", "lateral", "feedback"};
    ww_yaml *wiring = map_in(w, root, "wiring");
    text_in(w, wiring, "table", d->table);
    ww_yaml *use = list_in(w, wiring, "use");
    for (int k = 0; k < 3; k++)
        if (d->use[k])
            text_in(w, use, NULL, kind[k]);
    words_in(w, d, wiring, "add", d->add, d->n_add);
    words_in(w, d, wiring, "drop", d->drop, d->n_drop);
    params_in(w, wiring, ww_brain_wiring_params, &d->numbers);
}

static void tasks_in(writer *w, const ww_brain_draft *d, ww_yaml *root)
{
    ww_yaml *tasks = map_in(w, root, "tasks");
    for (int t = 0; t < d->n_tasks; t++) {
        const ww_brain_task_draft *from = &d->task[t];
        ww_yaml *task = map_in(w, tasks, from->name);
        ww_yaml *reads = list_in(w, task, "reads");
        for (int i = 0; i < from->n_reads; i++)
            text_in(w, reads, NULL, d->area[from->reads[i]].name);
        char text[VALUE_BYTES];
        for (const ww_param *p = ww_task_params; p->name != NULL; p++)
            if (strcmp(p->name, "classes") != 0 || from->numbers.label == WW_LABEL_CLASS)
                text_in(w, task, p->name, ww_param_print(p, &from->numbers, text, sizeof text));
    }
}

ww_status ww_brain_write_yaml(ww_brain_draft *d)
{
    const ww_brain *brain = d->brain;
    char *text = NULL;
    writer w = {d->arena, false};
    ww_yaml *root = map_in(&w, NULL, NULL);
    text_in(&w, root, "brain", brain->name);
    text_in(&w, root, "summary", brain->summary);
    params_in(&w, map_in(&w, root, "view"), ww_view_params, &brain->view);
    params_in(&w, root, ww_brain_top_params, &d->numbers);
    ww_yaml *stimulus = map_in(&w, root, "stimulus");
    params_in(&w, map_in(&w, stimulus, brain->stimulus->item.name), brain->stimulus->item.params,
              brain->stimulus_params);
    areas_in(&w, d, root);
    wiring_in(&w, d, root);
    if (d->n_tasks > 0)
        tasks_in(&w, d, root);
    ww_yaml *training = map_in(&w, root, "training");
    params_in(&w, training, ww_training_params, &brain->training);
    params_in(&w, training, ww_brain_training_params, &d->numbers);
    params_in(&w, map_in(&w, root, "augment"), ww_augment_params, &brain->augment);
    if (w.failed)
        return WW_FAIL(WW_ENOMEM, "no memory to write a brain down");
    WW_TRY(ww_yaml_print(root, &text, d->arena));
    d->brain->yaml = text;
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reads a brain: first everything as the file has it (a draft), then the settings of the command
 * line over it, then what follows from both: grids, order, pathways, classes, and the same brain
 * written down with every parameter. */
#include <math.h>
#include <string.h>

#include "connectome/brain_parts.h"
#include "engine/base/data_path.h"
#include "engine/base/text.h"
#include "engine/store/file.h"

enum { MOST_BYTES = 1 << 22 };

static const char *const top_keys[] = {"brain",    "summary", "view",   "steps",
                                       "stimulus", "areas",   "wiring", "tasks",
                                       "training", "augment", NULL};
static const char *const beyond_training[] = {"samples_per_epoch", "validation_samples", NULL};

const ww_param ww_view_params[] = {
    WW_INT(ww_view, width_px, 64, 4, 4096, "px", "width", ""),
    WW_INT(ww_view, height_px, 64, 4, 4096, "px", "height", ""),
    WW_INT(ww_view, frames, 4, 1, 64, "", "frames of a film", ""),
    WW_REAL(ww_view, deg_per_px, 0.125, 0.0001, 10, "deg", "visual angle of a pixel", ""),
    WW_REAL(ww_view, frame_ms, 50, 0.1, 10000, "ms", "time from frame to frame", ""),
    WW_PARAM_END};

const ww_param ww_brain_top_params[] = {WW_INT(ww_brain_numbers, steps, 1, 1, 32, "",
                                               "time steps; feedback acts from one to the next",
                                               ""),
                                        WW_PARAM_END};

const ww_param ww_brain_training_params[] = {
    WW_INT(ww_brain_numbers, samples_per_epoch, 4096, 1, 100000000, "", "scenes of an epoch", ""),
    WW_INT(ww_brain_numbers, validation_samples, 256, 0, 1000000, "",
           "scenes kept apart to watch learning", ""),
    WW_PARAM_END};

const ww_param ww_brain_wiring_params[] = {
    WW_REAL(ww_brain_numbers, cost, 0, 0, 1000, "", "penalty on the weights of pathways", ""),
    WW_PARAM_END};

int ww_brain_draft_area(const ww_brain_draft *d, const char *name)
{
    for (int i = 0; i < d->n_areas; i++)
        if (ww_text_in_list(name, d->area[i].name))
            return i;
    return -1;
}

const char *ww_brain_draft_hint(const ww_brain_draft *d, const char *name)
{
    const char **names = ww_arena_array(d->arena, (size_t)d->n_areas + 1, sizeof *names);
    for (int i = 0; names != NULL && i < d->n_areas; i++)
        names[i] = d->area[i].name;
    const char *near = names ? ww_text_nearest(name, names, (size_t)d->n_areas) : NULL;
    const char *hint = near ? ww_arena_printf(d->arena, "; did you mean '%s'?", near) : NULL;
    return hint ? hint : "";
}

/* ---- sections ---- */

/* A section that may be left out; NULL then. */
static ww_status section(const ww_yaml **out, const ww_yaml *root, const char *key)
{
    *out = ww_yaml_find(root, key);
    if (*out != NULL && (*out)->kind == WW_YAML_SCALAR && (*out)->text[0] == '\0')
        *out = NULL;
    return WW_OK;
}

static ww_status read_text(const char **out, const ww_yaml *root, const char *key, bool wanted)
{
    const ww_yaml *node = ww_yaml_find(root, key);
    if (node == NULL && !wanted) {
        *out = "";
        return WW_OK;
    }
    WW_TRY(ww_yaml_get(&node, root, key));
    WW_TRY(ww_yaml_expect(node, WW_YAML_SCALAR));
    *out = node->text;
    return WW_OK;
}

static ww_status find_item(size_t *out, const char *family_name, const char *name,
                           const ww_yaml *at, const char *key)
{
    const ww_family *family;
    WW_TRY(ww_family_find(&family, family_name));
    ww_status status = ww_item_find(out, family, name);
    if (status != WW_OK)
        ww_error_prefix("%s:%d: %s: ", at->file, at->line, key);
    return status;
}

/* `stimulus: scene`, or `stimulus: {scene: {n_faces: 10}}`. */
static ww_status read_stimulus(ww_brain_draft *d, const ww_yaml *root)
{
    const ww_yaml *node;
    const char *name = "scene";
    size_t index;
    WW_TRY(section(&node, root, "stimulus"));
    const ww_yaml *params = NULL, *at = node ? node : root;
    if (node != NULL && node->kind == WW_YAML_SCALAR)
        name = node->text;
    else if (node != NULL) {
        WW_TRY(ww_yaml_expect(node, WW_YAML_MAP));
        if (node->count != 1)
            return WW_LINE_FAIL(d, node->line, "stimulus: %d are given, one is wanted",
                                node->count);
        params = at = node->item[0];
        name = params->key;
    }
    WW_TRY(find_item(&index, "stimuli", name, at, "stimulus"));
    const ww_stimulus *stimulus = ww_stimuli[index];
    d->brain->stimulus = stimulus;
    d->brain->stimulus_params = ww_arena_alloc(d->arena, stimulus->item.params_size + 1);
    if (d->brain->stimulus_params == NULL)
        return WW_ENOMEM;
    ww_params_defaults(stimulus->item.params, d->brain->stimulus_params);
    if (params == NULL)
        return WW_OK;
    return ww_yaml_params(params, stimulus->item.params, d->brain->stimulus_params, "stimulus.",
                          NULL, d->arena);
}

/* Sets the keys of `node` that `table` has, and leaves the others to other tables. */
static ww_status some_params(const ww_yaml *node, const ww_param *table, void *self,
                             const char *path, const ww_param *others, ww_arena *arena)
{
    const char *except[64] = {NULL};
    size_t n = ww_params_count(others);
    for (size_t i = 0; i < n && i < 63; i++)
        except[i] = others[i].name;
    return ww_yaml_params(node, table, self, path, except, arena);
}

/* What could have no effect is refused, unless it says what would be so anyway. */
static ww_status check_training(const ww_brain *brain, const ww_yaml *node)
{
    ww_training defaults;
    char text[64], usual[64];
    ww_params_defaults(ww_training_params, &defaults);
    for (int i = 0; i < node->count; i++) {
        const char *key = node->item[i]->key, *idle = ww_training_idle(&brain->training, key);
        const ww_param *row = ww_params_find(ww_training_params, key);
        if (idle != NULL && strcmp(ww_param_print(row, &brain->training, text, sizeof text),
                                   ww_param_print(row, &defaults, usual, sizeof usual)) != 0)
            return WW_FAIL(WW_EPARSE, "%s:%d: training.%s: %s", node->file, node->item[i]->line,
                           key, idle);
    }
    return WW_OK;
}

static ww_status read_training(ww_brain_draft *d, const ww_yaml *root)
{
    const ww_yaml *node;
    ww_brain *brain = d->brain;
    ww_params_defaults(ww_training_params, &brain->training);
    ww_params_defaults(ww_augment_params, &brain->augment);
    WW_TRY(section(&node, root, "augment"));
    if (node != NULL)
        WW_TRY(
            ww_yaml_params(node, ww_augment_params, &brain->augment, "augment.", NULL, d->arena));
    WW_TRY(section(&node, root, "training"));
    if (node == NULL)
        return WW_OK;
    WW_TRY(ww_yaml_params(node, ww_training_params, &brain->training, "training.", beyond_training,
                          d->arena));
    WW_TRY(check_training(brain, node));
    return some_params(node, ww_brain_training_params, &d->numbers, "training.", ww_training_params,
                       d->arena);
}

static ww_status read_sections(ww_brain_draft *d, const ww_yaml *root)
{
    const ww_yaml *node, *wiring, *areas;
    ww_brain *brain = d->brain;
    WW_TRY(read_text(&brain->name, root, "brain", true));
    WW_TRY(read_text(&brain->summary, root, "summary", false));
    ww_params_defaults(ww_view_params, &brain->view);
    ww_params_defaults(ww_brain_top_params, &d->numbers);
    ww_params_defaults(ww_brain_training_params, &d->numbers);
    ww_params_defaults(ww_brain_wiring_params, &d->numbers);
    WW_TRY(section(&node, root, "view"));
    if (node != NULL)
        WW_TRY(ww_yaml_params(node, ww_view_params, &brain->view, "view.", NULL, d->arena));
    const char *others[16];
    int n = 0;
    for (int i = 0; top_keys[i] != NULL; i++)
        if (strcmp(top_keys[i], "steps") != 0)
            others[n++] = top_keys[i];
    others[n] = NULL;
    WW_TRY(ww_yaml_params(root, ww_brain_top_params, &d->numbers, "", others, d->arena));
    WW_TRY(read_stimulus(d, root));
    WW_TRY(read_training(d, root));
    WW_TRY(section(&wiring, root, "wiring"));
    WW_TRY(ww_brain_read_table(d, wiring));
    WW_TRY(ww_yaml_get(&areas, root, "areas"));
    WW_TRY(ww_brain_read_areas(d, areas));
    WW_TRY(ww_brain_read_wiring(d, wiring));
    WW_TRY(section(&node, root, "tasks"));
    return ww_brain_read_tasks(d, node);
}

/* ---- what follows ---- */

static ww_status check_optimiser(const ww_brain_draft *d)
{
    const ww_family *family;
    size_t index;
    WW_TRY(ww_family_find(&family, "optimisers"));
    ww_status status = ww_item_find(&index, family, d->brain->training.optimiser);
    if (status != WW_OK)
        ww_error_prefix("%s: training.optimiser: ", d->file);
    return status;
}

static void set_grids(ww_brain_draft *d)
{
    const ww_view *view = &d->brain->view;
    for (int i = 0; i < d->n_areas; i++) {
        const ww_area *type = d->area[i].type;
        int width = ((const ww_area_common *)d->area[i].params)->grid;
        int height = (int)lround((double)width * view->height_px / view->width_px);
        if (type->sampling != NULL)
            type->sampling(d->area[i].params, view, &height, &width);
        d->area[i].width = width;
        d->area[i].height = height > 0 ? height : 1;
    }
}

static ww_status finish_tasks(ww_brain_draft *d, const int *order)
{
    ww_task *task = ww_arena_array(d->arena, (size_t)d->n_tasks + 1, sizeof *task);
    if (task == NULL)
        return WW_ENOMEM;
    for (int t = 0; t < d->n_tasks; t++) {
        const ww_brain_task_draft *from = &d->task[t];
        for (int i = 0; i < from->n_reads; i++)
            from->reads[i] = order[from->reads[i]];
        task[t] = (ww_task){.name = from->name,
                            .n_reads = from->n_reads,
                            .reads = from->reads,
                            .label = (ww_label)from->numbers.label,
                            .classes = from->numbers.classes,
                            .readout = from->numbers.readout,
                            .weight = from->numbers.weight,
                            .dropout = from->numbers.dropout};
    }
    d->brain->task = task;
    d->brain->n_tasks = d->n_tasks;
    return WW_OK;
}

static ww_status finish(ww_brain_draft *d)
{
    int *order;
    WW_TRY(check_optimiser(d));
    set_grids(d);
    d->brain->steps = d->numbers.steps;
    d->brain->wiring_cost = d->numbers.cost;
    d->brain->samples_per_epoch = d->numbers.samples_per_epoch;
    d->brain->validation_samples = d->numbers.validation_samples;
    WW_TRY(ww_brain_resolve_tasks(d));
    WW_TRY(ww_brain_write_yaml(d));
    WW_TRY(ww_brain_wire(d, &order));
    return finish_tasks(d, order);
}

/* The same of --set, under the schedule that all of them leave. */
static ww_status check_settings(const ww_brain *brain, const char *const *set, ww_arena *arena)
{
    static const char path[] = "training.";
    for (int i = 0; set != NULL && set[i] != NULL; i++) {
        if (strncmp(set[i], path, strlen(path)) != 0)
            continue;
        const char *key = ww_arena_printf(arena, "%.*s", (int)strcspn(set[i] + strlen(path), "="),
                                          set[i] + strlen(path));
        const char *idle = key == NULL ? NULL : ww_training_idle(&brain->training, key);
        if (key == NULL)
            return WW_ENOMEM;
        if (idle != NULL)
            return WW_FAIL(WW_EPARSE, "--set %s%s: %s", path, key, idle);
    }
    return WW_OK;
}

ww_status ww_brain_parse(ww_brain **out, const char *yaml, const char *file, const char *const *set,
                         ww_arena *arena)
{
    ww_yaml *root;
    WW_TRY(ww_yaml_parse(&root, yaml, file, arena));
    WW_TRY(ww_yaml_expect(root, WW_YAML_MAP));
    WW_TRY(ww_yaml_only(root, top_keys, NULL));
    ww_brain_draft d = {.brain = ww_arena_alloc(arena, sizeof *d.brain), .arena = arena};
    if (d.brain == NULL || (d.file = ww_arena_strdup(arena, file)) == NULL)
        return WW_ENOMEM;
    d.brain->file = d.file;
    WW_TRY(read_sections(&d, root));
    for (int i = 0; set != NULL && set[i] != NULL; i++)
        WW_TRY(ww_brain_set(&d, set[i]));
    WW_TRY(check_settings(d.brain, set, arena));
    WW_TRY(finish(&d));
    *out = d.brain;
    return WW_OK;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length > tail && strcmp(text + length - tail, end) == 0;
}

ww_status ww_brain_read(ww_brain **out, const char *name, const char *const *set, ww_arena *arena)
{
    char path[4096];
    char *text;
    size_t bytes;
    const char *file = name;
    if (strchr(name, '/') == NULL && !ends_with(name, ".yaml") && !ends_with(name, ".yml")) {
        const char *relative = ww_arena_printf(arena, "connectome/brains/%s.yaml", name);
        if (relative == NULL)
            return WW_ENOMEM;
        WW_TRY(ww_data_path(path, sizeof path, relative));
        file = path;
    }
    WW_TRY(ww_file_read(&text, &bytes, file, MOST_BYTES, arena));
    if (strlen(text) != bytes)
        return WW_FAIL(WW_EPARSE, "%s: not a text", file);
    return ww_brain_parse(out, text, file, set, arena);
}

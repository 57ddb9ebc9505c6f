/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Tasks: which areas are read, and what the read-out has to say. The label, if not given, is that
 * with which the name of the task begins (face_identity: face); loss and number of classes follow
 * from the label, the classes from the stimulus ("n_faces"). */
#include <stdio.h>
#include <string.h>

#include "connectome/brain_parts.h"
#include "engine/base/text.h"

static const char *const label_word[] = {"category",  "face",     "word",  "object", "colour",
                                         "direction", "position", "class", NULL};
static const char *const loss_word[] = {"cross-entropy", "squared-error", NULL};
static const char *const readout_word[] = {"flat", "average", "max", "place", NULL};
enum { CROSS_ENTROPY, SQUARED_ERROR, CATEGORIES = 3 };

const ww_param ww_task_params[] = {
    WW_CHOICE(ww_task_numbers, label, -1, label_word, "what the read-out has to say", ""),
    WW_CHOICE(ww_task_numbers, loss, -1, loss_word, "follows from the label", ""),
    WW_CHOICE(ww_task_numbers, readout, -1, readout_word, "how maps are read", ""),
    WW_INT(ww_task_numbers, classes, 0, 2, 1000000, "", "of the label 'class'", ""),
    WW_REAL(ww_task_numbers, weight, 1, 0, 1e6, "", "in the loss", ""),
    WW_REAL(ww_task_numbers, dropout, 0, 0, 0.99, "", "before the read-out", "srivastava2014"),
    WW_PARAM_END};

static ww_status read_reads(ww_brain_draft *d, ww_brain_task_draft *task, const ww_yaml *node)
{
    const ww_yaml *reads;
    const char *const *words;
    WW_TRY(ww_yaml_get(&reads, node, "reads"));
    WW_TRY(ww_yaml_words(reads, &words, &task->n_reads, d->arena));
    task->reads = ww_arena_array(d->arena, (size_t)task->n_reads + 1, sizeof *task->reads);
    if (task->reads == NULL)
        return WW_ENOMEM;
    if (task->n_reads == 0)
        return WW_LINE_FAIL(d, reads->line, "tasks.%s.reads: an area is wanted", task->name);
    for (int i = 0; i < task->n_reads; i++) {
        int area = ww_brain_draft_area(d, words[i]);
        if (area < 0)
            return WW_LINE_FAIL(d, reads->line, "tasks.%s.reads: the brain has no area '%s'%s",
                                task->name, words[i], ww_brain_draft_hint(d, words[i]));
        for (int k = 0; k < i; k++)
            if (task->reads[k] == area)
                return WW_LINE_FAIL(d, reads->line, "tasks.%s.reads: %s is named twice", task->name,
                                    d->area[area].name);
        task->reads[i] = area;
    }
    return WW_OK;
}

ww_status ww_brain_read_tasks(ww_brain_draft *d, const ww_yaml *tasks)
{
    static const char *const except[] = {"reads", NULL};
    if (tasks == NULL)
        return WW_OK;
    WW_TRY(ww_yaml_expect(tasks, WW_YAML_MAP));
    d->task = ww_arena_array(d->arena, (size_t)tasks->count + 1, sizeof *d->task);
    if (d->task == NULL)
        return WW_ENOMEM;
    for (int t = 0; t < tasks->count; t++) {
        const ww_yaml *node = tasks->item[t];
        ww_brain_task_draft *task = &d->task[d->n_tasks++];
        *task = (ww_brain_task_draft){.name = node->key, .line = node->line};
        if (strpbrk(task->name, " ./>:") != NULL || task->name[0] == '\0')
            return WW_LINE_FAIL(d, node->line, "tasks: '%s' is no name of a task", task->name);
        ww_params_defaults(ww_task_params, &task->numbers);
        const char *path = ww_arena_printf(d->arena, "tasks.%s.", task->name);
        if (path == NULL)
            return WW_ENOMEM;
        WW_TRY(read_reads(d, task, node));
        WW_TRY(ww_yaml_params(node, ww_task_params, &task->numbers, path, except, d->arena));
    }
    return WW_OK;
}

/* The label with which a name begins, -1 if with none. */
static int label_in(const char *name)
{
    for (int i = 0; label_word[i] != NULL; i++) {
        size_t length = strlen(label_word[i]);
        if (strncmp(name, label_word[i], length) == 0 &&
            (name[length] == '\0' || name[length] == '_'))
            return i;
    }
    return -1;
}

/* How many values a label can have in the stimulus of the brain. */
static ww_status count_classes(ww_brain_draft *d, ww_brain_task_draft *task)
{
    static const char *const count_param[] = {[WW_LABEL_FACE] = "n_faces",
                                              [WW_LABEL_WORD] = "n_words",
                                              [WW_LABEL_OBJECT] = "n_objects",
                                              [WW_LABEL_COLOUR] = "n_colours",
                                              [WW_LABEL_DIRECTION] = "n_directions"};
    ww_task_numbers *n = &task->numbers;
    if (n->label == WW_LABEL_CLASS) {
        if (n->classes == 0)
            return WW_LINE_FAIL(d, task->line,
                                "tasks.%s: the label 'class' wants 'classes', their "
                                "number",
                                task->name);
        return WW_OK;
    }
    if (n->classes != 0)
        return WW_LINE_FAIL(d, task->line,
                            "tasks.%s.classes: only the label 'class' takes it; the "
                            "stimulus says how many there are",
                            task->name);
    if (n->label == WW_LABEL_POSITION || n->label == WW_LABEL_CATEGORY) {
        n->classes = n->label == WW_LABEL_POSITION ? 2 : CATEGORIES;
        return WW_OK;
    }
    const ww_item *stimulus = &d->brain->stimulus->item;
    const ww_param *param = ww_params_find(stimulus->params, count_param[n->label]);
    if (param == NULL)
        return WW_LINE_FAIL(d, task->line,
                            "tasks.%s: the stimulus %s has no parameter %s to tell "
                            "the classes from",
                            task->name, stimulus->name, count_param[n->label]);
    char text[64];
    long long count = 0;
    ww_param_print(param, d->brain->stimulus_params, text, sizeof text);
    ww_text_to_int(text, &count);
    n->classes = (int)count;
    return WW_OK;
}

static ww_status resolve(ww_brain_draft *d, ww_brain_task_draft *task)
{
    ww_task_numbers *n = &task->numbers;
    if (n->label < 0 && (n->label = label_in(task->name)) < 0)
        return WW_LINE_FAIL(d, task->line, "tasks.%s: 'label' is missing", task->name);
    bool place = n->label == WW_LABEL_POSITION;
    int loss = place ? SQUARED_ERROR : CROSS_ENTROPY;
    if (n->loss >= 0 && n->loss != loss)
        return WW_LINE_FAIL(d, task->line, "tasks.%s.loss: the label %s wants %s, not %s",
                            task->name, label_word[n->label], loss_word[loss], loss_word[n->loss]);
    n->loss = loss;
    if (n->readout < 0)
        n->readout = place ? WW_READ_PLACE : WW_READ_FLAT;
    if (n->readout == WW_READ_PLACE && !place)
        return WW_LINE_FAIL(d, task->line,
                            "tasks.%s.readout: 'place' is for positions, not for "
                            "the label %s",
                            task->name, label_word[n->label]);
    return count_classes(d, task);
}

ww_status ww_brain_resolve_tasks(ww_brain_draft *d)
{
    for (int t = 0; t < d->n_tasks; t++)
        WW_TRY(resolve(d, &d->task[t]));
    return WW_OK;
}

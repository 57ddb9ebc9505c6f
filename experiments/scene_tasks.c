/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How well a brain sees: all of its tasks on fresh scenes, intact or lesioned. The measuring part
 * of the lesion battery, for studies of one's own. */
#include "experiments/parts/tasks.h"

struct scene_tasks {
    ww_task_params tasks;
};

static const ww_param params[] = {WW_TASK_PARAMS(struct scene_tasks), WW_PARAM_END};

static ww_status open(void **state, const void *params_, ww_model *model, uint64_t seed)
{
    const struct scene_tasks *p = params_;
    return ww_tasks_open(state, &p->tasks, model, seed);
}

const ww_experiment ww_experiment_scene_tasks = {
    .item = {.name = "scene-tasks",
             .summary = "every task of a brain on fresh scenes",
             .sources = "majaj2015",
             .example = "whatwhere run my-study.yaml",
             .params = params,
             .params_size = sizeof(struct scene_tasks)},
    .n_measures = WW_TASK_MEASURES,
    .measures = ww_task_measures,
    .open = open,
    .close = ww_tasks_close,
    .measure = ww_tasks_measure,
    .chance = ww_tasks_chance,
    .describe = ww_tasks_describe};

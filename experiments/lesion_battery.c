/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lesion battery: each area in turn, and the lesions that made neuropsychology - FFA and VWFA,
 * V4 and MT, the layers of the LGN, right parietal cortex, V1 - in doses, beside random units of
 * the same number; every task on fresh scenes. Its claims are in parts/battery_claims.c. */
#include "experiments/parts/battery.h"

struct lesion_battery {
    ww_task_params tasks;
};

static const ww_param params[] = {WW_TASK_PARAMS(struct lesion_battery), WW_PARAM_END};

static ww_status open(void **state, const void *params_, ww_model *model, uint64_t seed)
{
    const struct lesion_battery *p = params_;
    return ww_tasks_open(state, &p->tasks, model, seed);
}

static ww_status report(const ww_grid *grid, ww_h5 *results, ww_claim **claims, int *n_claims,
                        ww_arena *arena)
{
    WW_TRY(ww_battery_figures(grid, results, arena));
    return ww_battery_claims(grid, claims, n_claims, arena);
}

const ww_experiment ww_experiment_lesion_battery = {
    .item = {.name = "lesion-battery",
             .summary = "what each lesion costs each task, held against patients and monkeys",
             .sources = "barton2002 gaillard2006 zihl1983 zeki1990 schiller1990 mozer1997 "
                        "weiskrantz1986 sincich2004 dobs2022 shallice1988",
             .example = "whatwhere run lesion-battery --demo",
             .params = params,
             .params_size = sizeof(struct lesion_battery)},
    .study = "experiments/lesion-battery.yaml",
    .n_measures = WW_TASK_MEASURES,
    .measures = ww_task_measures,
    .open = open,
    .close = ww_tasks_close,
    .measure = ww_tasks_measure,
    .chance = ww_tasks_chance,
    .describe = ww_tasks_describe,
    .report = report};

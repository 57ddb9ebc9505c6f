/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/grid.h"

#include <stdio.h>

static ww_status write_names(ww_h5 *file, const char *group, const ww_grid *grid, ww_arena *arena)
{
    char name[300];
    const char **texts = ww_arena_array(arena, (size_t)grid->n_measures, sizeof *texts);
    const char **units = ww_arena_array(arena, (size_t)grid->n_measures, sizeof *units);
    int64_t *seeds = ww_arena_array(arena, (size_t)grid->n_seeds, sizeof *seeds);
    if (texts == NULL || units == NULL || seeds == NULL)
        return WW_ENOMEM;
    for (int m = 0; m < grid->n_measures; m++) {
        texts[m] = grid->measure[m].name;
        units[m] = grid->measure[m].unit;
    }
    for (int s = 0; s < grid->n_seeds; s++)
        seeds[s] = (int64_t)grid->seed[s];
    snprintf(name, sizeof name, "%s/measure", group);
    WW_TRY(ww_h5_write_texts(file, name, texts, grid->n_measures));
    snprintf(name, sizeof name, "%s/unit", group);
    WW_TRY(ww_h5_write_texts(file, name, units, grid->n_measures));
    snprintf(name, sizeof name, "%s/brain", group);
    WW_TRY(ww_h5_write_texts(file, name, grid->name, grid->n_brains));
    snprintf(name, sizeof name, "%s/condition", group);
    WW_TRY(ww_h5_write_texts(file, name, grid->condition, grid->n_conditions));
    snprintf(name, sizeof name, "%s/seed", group);
    return ww_h5_write_ints(file, name, seeds, 1, (int64_t[]){grid->n_seeds});
}

ww_status ww_grid_write(ww_h5 *file, const char *experiment, const ww_grid *grid, ww_arena *arena)
{
    char group[200], name[300];
    int64_t shape[4] = {grid->n_brains, grid->n_seeds, grid->n_conditions, grid->n_measures};
    int64_t chance[3] = {grid->n_brains, grid->n_seeds, grid->n_measures};
    snprintf(group, sizeof group, "/grid/%s", experiment);
    snprintf(name, sizeof name, "%s/value", group);
    WW_TRY(ww_h5_write_doubles(file, name, grid->value, 4, shape));
    WW_TRY(ww_h5_attribute(file, name, "dimensions", "brain seed condition measure"));
    snprintf(name, sizeof name, "%s/chance", group);
    WW_TRY(ww_h5_write_doubles(file, name, grid->chance, 3, chance));
    WW_TRY(ww_h5_attribute(file, name, "dimensions", "brain seed measure"));
    return write_names(file, group, grid, arena);
}

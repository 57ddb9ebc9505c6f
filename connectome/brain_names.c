/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>

#include "connectome/brain.h"

int ww_brain_area_find(const ww_brain *brain, const char *name)
{
    for (int i = 0; i < brain->n_areas; i++)
        if (strcmp(brain->area[i].name, name) == 0)
            return i;
    return -1;
}

int ww_brain_path_find(const ww_brain *brain, const char *name)
{
    for (int i = 0; i < brain->n_paths; i++)
        if (strcmp(brain->path[i].name, name) == 0)
            return i;
    return -1;
}

int ww_brain_task_find(const ww_brain *brain, const char *name)
{
    for (int i = 0; i < brain->n_tasks; i++)
        if (strcmp(brain->task[i].name, name) == 0)
            return i;
    return -1;
}

bool ww_brain_path_idle(const ww_brain *brain, int path)
{
    return brain->steps == 1 && brain->path[path].kind != WW_PATH_ASCENDING;
}

int ww_brain_idle_paths(const ww_brain *brain)
{
    int idle = 0;
    for (int p = 0; p < brain->n_paths; p++)
        idle += ww_brain_path_idle(brain, p);
    return idle;
}

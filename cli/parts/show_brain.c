/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/parts/show_brain.h"

#include <stdio.h>
#include <string.h>

#include "cli/parts/data_list.h"
#include "cli/parts/listing.h"
#include "connectome/model.h"
#include "engine/learning/checkpoint.h"

bool ww_is_brain_word(const char *word)
{
    const ww_data_kind *kind = ww_data_kind_find(word);
    return kind != NULL && strcmp(kind->singular, "brain") == 0;
}

static ww_status read_brain(ww_brain **out, const ww_cli *cli, const char *name)
{
    const char *yaml;
    if (!ww_model_is_checkpoint(name))
        return ww_brain_read(out, name, cli->set, cli->arena);
    if (cli->set[0] != NULL)
        return ww_usage_error("--set %s: %s is trained, its keys stay as they are", cli->set[0],
                              name);
    WW_TRY(ww_checkpoint_metadata(name, &yaml, cli->arena));
    return ww_brain_parse(out, yaml, name, NULL, cli->arena);
}

static void print_view(const ww_view *view)
{
    printf("%-13s %d x %d px, %.3g x %.3g deg, %d frames of %.3g ms\n", "view", view->width_px,
           view->height_px, ww_view_width_deg(view), ww_view_height_deg(view), view->frames,
           view->frame_ms);
}

static void print_paths(const ww_brain *brain)
{
    int of_kind[3] = {0}, skip = 0, idle = ww_brain_idle_paths(brain);
    for (int p = 0; p < brain->n_paths; p++) {
        of_kind[brain->path[p].kind]++;
        skip += brain->path[p].skip;
    }
    printf("%-13s %d ascending (%d skip a level or more), %d lateral, %d feedback\n", "pathways",
           of_kind[WW_PATH_ASCENDING], skip, of_kind[WW_PATH_LATERAL], of_kind[WW_PATH_FEEDBACK]);
    if (idle > 0)
        printf("%-13s %d of them: they act from one time step to the next; --set steps=2 lets them "
               "act\n",
               "idle", idle);
}

static ww_status print_tasks(const ww_brain *brain, ww_arena *arena)
{
    for (int t = 0; t < brain->n_tasks; t++) {
        const ww_task *task = &brain->task[t];
        const char **area = ww_arena_array(arena, (size_t)task->n_reads + 1, sizeof *area);
        const char *head =
            task->label == WW_LABEL_POSITION
                ? ww_arena_printf(arena, "%s: x and y from", task->name)
                : ww_arena_printf(arena, "%s: one of %d from", task->name, task->classes);
        if (area == NULL || head == NULL)
            return WW_ENOMEM;
        area[0] = head;
        for (int i = 0; i < task->n_reads; i++)
            area[i + 1] = brain->area[task->reads[i]].name;
        ww_print_wrapped(t == 0 ? "tasks" : "", area, (size_t)task->n_reads + 1);
    }
    return WW_OK;
}

ww_status ww_show_brain(const ww_cli *cli, const char *name)
{
    ww_brain *brain;
    WW_TRY(read_brain(&brain, cli, name));
    const char **area = ww_arena_array(cli->arena, (size_t)brain->n_areas + 1, sizeof *area);
    const char *count = ww_arena_printf(cli->arena, "%d:", brain->n_areas);
    if (area == NULL || count == NULL)
        return WW_ENOMEM;
    area[0] = count;
    for (int a = 0; a < brain->n_areas; a++)
        area[a + 1] = brain->area[a].name;
    printf("brain %s: %s\n", brain->name, brain->summary);
    printf("%-13s %s\n", "file", brain->file);
    print_view(&brain->view);
    printf("%-13s %d\n", "steps", brain->steps);
    printf("%-13s %s\n", "stimulus", brain->stimulus->item.name);
    ww_print_wrapped("areas", area, (size_t)brain->n_areas + 1);
    print_paths(brain);
    return print_tasks(brain, cli->arena);
}

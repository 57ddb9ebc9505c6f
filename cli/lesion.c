/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trained brain, intact and under lesions: every task on fresh scenes. */
#include <math.h>
#include <stdio.h>

#include "cli/command.h"
#include "experiments/parts/tasks.h"

struct lesion {
    const char *lesion;
    int trials;
};

static const ww_param params[] = {
    WW_TEXT(struct lesion, lesion, "",
            "what is damaged: FFA, V4:0.5, LIP:hemifield=left, V1>MT; once for each lesion", ""),
    WW_INT(struct lesion, trials, 1000, 10, 1000000, "", "fresh scenes to test on", ""),
    WW_PARAM_END};

static void print_row(const char *name, const double *value)
{
    printf("%-28s", name);
    for (int m = 0; m < WW_TASK_MEASURES; m++)
        if (isfinite(value[m]))
            printf(" %9.3f", value[m]);
        else
            printf(" %9s", "-");
    putchar('\n');
}

static void print_head(void)
{
    static const char *const head[WW_TASK_MEASURES] = {
        "category", "face", "word", "object", "colour", "motion", "place", "left", "right"};
    printf("%-28s", "lesion");
    for (int m = 0; m < WW_TASK_MEASURES; m++)
        printf(" %9s", head[m]);
    putchar('\n');
}

static ww_status test_one(ww_cli *cli, ww_model *model, void *state, const ww_lesion *lesion,
                          const ww_unit_statistics *statistics)
{
    double value[WW_TASK_MEASURES];
    WW_TRY(ww_lesion_apply(model->brain, model->values, lesion, 1, cli->seed, statistics));
    ww_status status = ww_tasks_measure(state, model, value);
    ww_lesion_clear(model->brain, model->values);
    if (status == WW_OK)
        print_row(lesion->text, value);
    return status;
}

static ww_status test_all(ww_cli *cli, const struct lesion *p, ww_model *model,
                          const ww_lesion *lesion, int n)
{
    ww_unit_statistics statistics;
    ww_trials *trials = NULL;
    void *state = NULL;
    double chance[WW_TASK_MEASURES];
    bool wanted = false;
    for (int i = 0; i < n; i++)
        wanted = wanted || lesion[i].how == WW_NOISE || lesion[i].most != NULL;
    ww_status status = WW_OK;
    if (wanted)
        status = ww_trials_draw(&trials, model->brain, 600, cli->seed, "statistics");
    if (status == WW_OK && wanted)
        status = ww_model_statistics(model, trials, &statistics, cli->arena);
    ww_trials_free(trials);
    ww_task_params tasks = {p->trials, 1};
    if (status == WW_OK)
        status = ww_tasks_open(&state, &tasks, model, cli->seed);
    if (status == WW_OK)
        print_head();
    for (int i = 0; i < n && status == WW_OK; i++) {
        ww_progress_step(&cli->progress, "lesions", i, n, lesion[i].text);
        status = test_one(cli, model, state, &lesion[i], wanted ? &statistics : NULL);
        if (status == WW_OK && ww_interrupted())
            status = WW_FAIL(WW_EINTERRUPTED, "interrupted");
    }
    if (status == WW_OK) {
        ww_tasks_chance(state, model, chance);
        print_row("(blind answer)", chance);
        puts("shares correct; place, left and right: median error in degrees");
    }
    ww_tasks_close(state);
    return status;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct lesion *p = self;
    const char *const *word;
    ww_model *model;
    int n;
    WW_TRY(ww_usage_count(argc, argv, 1, 1, "BRAIN.h5"));
    WW_TRY(ww_option_values(cli, p->lesion, &word, &n));
    ww_lesion *lesion = ww_arena_array(cli->arena, (size_t)n + 1, sizeof *lesion);
    if (lesion == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_model_open(&model, argv[0]));
    ww_status status = ww_lesion_parse(&lesion[0], "none", "", model->brain, cli->arena);
    for (int i = 0; i < n && status == WW_OK; i++)
        status = ww_usage(
            ww_lesion_parse(&lesion[i + 1], word[i], "--lesion: ", model->brain, cli->arena));
    if (status == WW_OK)
        status = test_all(cli, p, model, lesion, n + 1);
    ww_model_free(model);
    return status;
}

const ww_command ww_command_lesion = {
    .item = {.name = "lesion",
             .summary = "tests a trained brain intact and under lesions",
             .example = "whatwhere lesion small.h5 --lesion FFA --lesion V4:0.5",
             .params = params,
             .params_size = sizeof(struct lesion)},
    .synopsis = "BRAIN.h5",
    .run = run};

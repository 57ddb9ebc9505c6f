/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Figures drawn again from a results file: all of them, or one; or their names. */
#include <stdio.h>

#include "analysis/figures/figure.h"
#include "cli/command.h"

struct figure {
    bool list;
};

static const ww_param params[] = {
    WW_BOOL(struct figure, list, false, "only say which figures there are", ""), WW_PARAM_END};

static ww_status each(const ww_h5 *file, const char *const *names, size_t n, bool list,
                      const char *folder, ww_arena *arena)
{
    for (size_t i = 0; i < n; i++) {
        ww_figure_data data;
        WW_TRY(ww_figure_load(file, names[i], &data, arena));
        if (list) {
            printf("%-32s %-8s %s\n", names[i], data.kind, data.title);
            continue;
        }
        WW_TRY(ww_figure_draw(&data, folder));
        printf("%s/%s.pdf\n", folder, names[i]);
    }
    return WW_OK;
}

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct figure *p = self;
    const char *const *names;
    size_t n = 0;
    ww_h5 *file;
    WW_TRY(ww_usage_count(argc, argv, 1, 2, "RESULTS.h5 [NAME]"));
    if (p->list)
        WW_TRY(ww_refuse(cli, "output", "--list draws nothing"));
    WW_TRY(ww_h5_open(&file, argv[0]));
    ww_status status = WW_OK;
    if (argc == 2) {
        names = &argv[1];
        n = 1;
    } else if (ww_h5_has(file, "/figures")) {
        status = ww_h5_list(file, "/figures", &names, &n, cli->arena);
    } else {
        status = WW_FAIL(WW_ENOTFOUND, "%s: there are no figures; results.h5 of a study has some",
                         argv[0]);
    }
    if (status == WW_OK)
        status = each(file, names, n, p->list, cli->output ? cli->output : ".", cli->arena);
    ww_h5_close(file);
    return status;
}

const ww_command ww_command_figure = {
    .item = {.name = "figure",
             .summary = "draws the figures of a results file again, as PDF, SVG and PNG",
             .example = "whatwhere figure results/results.h5 --list",
             .params = params,
             .params_size = sizeof(struct figure)},
    .synopsis = "RESULTS.h5 [NAME]",
    .writes = "the folder for the figures, with their scripts and data; here without one",
    .run = run};

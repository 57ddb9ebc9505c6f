/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/parts/data_list.h"
#include "cli/parts/listing.h"

struct list {
    bool names, files;
};

static const ww_param params[] = {
    WW_BOOL(struct list, names, false, "only the names, one a line", ""),
    WW_BOOL(struct list, files, false, "names and source files, a tab between them", ""),
    WW_PARAM_END};

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct list *p = self;
    const ww_family *family;
    WW_TRY(ww_usage_count(argc, argv, 0, 1, "FAMILY or nothing"));
    if (argc == 0)
        WW_TRY(ww_refuse(cli, "files", "of which family?"));
    if (p->names)
        WW_TRY(ww_refuse(cli, "files", "it does not go with --names"));
    if (argc == 0)
        return ww_list_families(p->names, cli->arena);
    const ww_data_kind *kind = ww_data_kind_find(argv[0]);
    if (kind != NULL)
        WW_TRY(ww_refuse(cli, "files", "only parts have source files"));
    if (kind != NULL)
        return ww_list_data(kind, p->names, cli->arena);
    WW_TRY(ww_usage(ww_family_find(&family, argv[0])));
    if (p->files)
        ww_list_files(family);
    else
        ww_list_items(family, p->names);
    return WW_OK;
}

const ww_command ww_command_list = {
    .item = {.name = "list",
             .summary = "lists the families of parts, brains and studies, or the members of one",
             .example = "whatwhere list stimuli",
             .params = params,
             .params_size = sizeof(struct list)},
    .synopsis = "[FAMILY]",
    .run = run};

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/parts/listing.h"

struct show {
    bool markdown;
};

static const ww_param params[] = {
    WW_BOOL(struct show, markdown, false, "as a section of a reference page", ""), WW_PARAM_END};

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const struct show *p = self;
    const ww_family *family;
    size_t index;
    WW_TRY(ww_usage_count(argc, argv, 2, 2, "FAMILY NAME"));
    WW_TRY(ww_usage(ww_family_find(&family, argv[0])));
    WW_TRY(ww_usage(ww_item_find(&index, family, argv[1])));
    return (p->markdown ? ww_show_item_markdown : ww_show_item)(family, index, cli->arena);
}

const ww_command ww_command_show = {
    .item = {.name = "show",
             .summary = "shows what a part is: its parameters, ranges, units and sources",
             .example = "whatwhere show stimulus grating",
             .params = params,
             .params_size = sizeof(struct show)},
    .synopsis = "FAMILY NAME",
    .run = run};

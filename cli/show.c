/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/command.h"
#include "cli/parts/listing.h"
#include "cli/parts/show_brain.h"

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
    if (ww_is_brain_word(argv[0]))
        return p->markdown ? ww_usage_error("--markdown is for parts, not for brains")
                           : ww_show_brain(cli, argv[1]);
    if (cli->set[0] != NULL)
        return ww_usage_error("--set is for brains; '%s' shows what can be set", argv[1]);
    WW_TRY(ww_usage(ww_family_find(&family, argv[0])));
    WW_TRY(ww_usage(ww_item_find(&index, family, argv[1])));
    return (p->markdown ? ww_show_item_markdown : ww_show_item)(family, index, cli->arena);
}

const ww_command ww_command_show = {
    .item = {.name = "show",
             .summary = "shows what a part is (parameters, ranges, units, sources), or a brain",
             .example = "whatwhere show stimulus grating",
             .params = params,
             .params_size = sizeof(struct show)},
    .synopsis = "FAMILY NAME\nbrain BRAIN",
    .sets = "keys of the brain (steps=2)",
    .run = run};

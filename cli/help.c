/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/parts/options.h"

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    const ww_family *family;
    size_t index;
    (void)cli;
    (void)self;
    WW_TRY(ww_usage_count(argc, argv, 1, 1, "COMMAND"));
    WW_TRY(ww_family_find(&family, "commands"));
    WW_TRY(ww_usage(ww_item_find(&index, family, argv[0])));
    ww_options_help(ww_commands[index], stdout);
    return WW_OK;
}

const ww_command ww_command_help = {
    .item = {.name = "help",
             .summary = "shows the options of a command and an example",
             .example = "whatwhere help stimuli"},
    .synopsis = "COMMAND",
    .run = run};

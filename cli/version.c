/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/version.h"

#include <stdio.h>

#include "cli/command.h"
#include "engine/base/threads.h"

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    (void)cli;
    (void)self;
    WW_TRY(ww_usage_count(argc, argv, 0, 0, ""));
    printf("whatwhere %s (commit %s)\n", ww_version(), ww_commit());
    printf("compiler  %s\nlibraries %s\ncores     %d\n", ww_compiler(), ww_libraries(), ww_cores());
    puts("licence   GPL-3.0-or-later; there is no warranty");
    return WW_OK;
}

const ww_command ww_command_version = {
    .item = {.name = "version",
             .summary = "says which release, commit and libraries this is",
             .example = "whatwhere version"},
    .synopsis = "",
    .run = run};

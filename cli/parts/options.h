/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CLI_PARTS_OPTIONS_H
#define WW_CLI_PARTS_OPTIONS_H

/* Options through popt: those that every command has, and those of a command's parameter table. */

#include <stdio.h>

#include "cli/command.h"

/** What is left when the options are taken out. */
typedef struct ww_arguments {
    int argc;
    const char *const *argv;
    bool help; /* --help was among the options */
} ww_arguments;

/** Reads argv[1 .. argc-1], what follows the name of `command`, into `cli` and `self` (which holds
 * the defaults of item.params). All texts live in cli->arena. Failures are wrong usage. */
ww_status ww_options_parse(ww_arguments *out, ww_cli *cli, const ww_command *command, void *self,
                           int argc, const char **argv);

/** Prints usage, options and an example of a command. */
void ww_options_help(const ww_command *command, FILE *stream);

#endif

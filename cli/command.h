/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CLI_COMMAND_H
#define WW_CLI_COMMAND_H

/* The commands of `whatwhere`, one a file; each ends with its descriptor ww_command_<file>. */

#include <stdint.h>

#include "engine/base/progress.h"
#include "engine/base/registry.h"

/** What every command gets: the options that all share. */
typedef struct ww_cli {
    uint64_t seed;
    int threads;
    bool quiet;
    const char *output; /* -o, or NULL */
    const char **set;   /* "key=value" of every --set, NULL-terminated */
    ww_progress progress;
    ww_arena *arena;
} ww_cli;

struct poptOption;

typedef struct ww_command {
    ww_item item;         /* example: one whole command line that works */
    const char *synopsis; /* "FAMILY NAME" */
    /** The command's own options (NULL: none); `self` is item.params_size zeroed bytes that the
     * options write into. */
    const struct poptOption *(*options)(void *self);
    /** Does it. Positional arguments in argv[0 .. argc-1]. Prints results to stdout only.
     * WW_EINVAL with ww_cli_usage_error set means wrong usage (exit 2). */
    ww_status (*run)(ww_cli *cli, void *self, int argc, const char *const *argv);
} ww_command;

extern const ww_command *const ww_commands[];
extern const size_t ww_commands_count;

/** Fails with WW_EINVAL and marks the failure as wrong usage: exit status 2. */
ww_status ww_usage_error(const char *format, ...) WW_PRINTF(1, 2);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CLI_COMMAND_H
#define WW_CLI_COMMAND_H

/* The commands of `whatwhere`, one a file; each ends with its descriptor ww_command_<file>.
 *
 * A command's own options are its parameter table: a row `all_frames` becomes `--all-frames`, with
 * the type, range, default and help of the row; yes/no rows take no value (a row whose default is
 * yes becomes `--no-...`). main.c parses, prints errors and exits; a command only returns. Helpers
 * that commands share stand in cli/parts/. */

#include <stdint.h>

#include "engine/base/progress.h"
#include "engine/base/registry.h"

/** What every command gets: the options that all share. */
typedef struct ww_cli {
    uint64_t seed;            /* --seed; 1 without one */
    int threads;              /* --threads, already set; all cores without one */
    const char *plan;         /* --plan, already followed; NULL without one */
    bool quiet;               /* -q */
    const char *output;       /* -o, or NULL */
    const char *const *set;   /* "key=value" of every --set, NULL-terminated */
    const char *given;        /* names of the options that were given: " seed all-pathways " */
    const char *command_line; /* as it was typed: for the provenance of results */
    ww_progress progress;
    ww_arena *arena; /* lives as long as the command */
} ww_cli;

typedef struct ww_command {
    ww_item item;         /* example: one whole command line that works; params: its options */
    const char *synopsis; /* what follows the command's name, "FAMILY NAME"; a line for each form */
    const char *sets;     /* what --set sets ("parameters of the stimulus"); NULL: refused */
    const char *repeats;  /* options of type text that may be given again ("lesion"), or NULL */
    const char *writes;   /* what -o names ("the contact sheet, a PNG"); NULL: refused */
    bool draws;           /* random numbers under --seed; else that is refused */
    bool plans;           /* chooses kernels (--plan); else that is refused */
    /** Does it. `self` holds item.params as the options left it; positional arguments stand in
     * argv[0 .. argc-1]. Prints results to stdout only. */
    ww_status (*run)(ww_cli *cli, const void *self, int argc, const char *const *argv);
} ww_command;

extern const ww_command *const ww_commands[];
extern const size_t ww_commands_count;

/** Fails with WW_EINVAL and marks the failure as wrong usage: exit status 2. */
ww_status ww_usage_error(const char *format, ...) WW_PRINTF(1, 2);

/** Marks a failure as wrong usage (a word of the command line that a lower layer refused) and
 * passes it on; WW_OK stays WW_OK. */
ww_status ww_usage(ww_status status);

/** Whether the last failure was wrong usage. */
bool ww_usage_failed(void);

/** Fails with wrong usage unless least <= argc <= most; `what` names what is wanted: "FAMILY
 * NAME". */
ww_status ww_usage_count(int argc, const char *const *argv, int least, int most, const char *what);

/** Whether an option was given ("all-pathways"), whatever its value. */
bool ww_given(const ww_cli *cli, const char *option);

/** Fails with wrong usage if one of the options ("items columns") was given: "--items: WHY". What
 * cannot have an effect is not ignored. */
ww_status ww_refuse(const ww_cli *cli, const char *options, const char *why);

/** Takes --set number `i` apart at its '=', into cli->arena. */
ww_status ww_set_split(const ww_cli *cli, int i, const char **key, const char **value);

/** Lets every --set change `self` through one parameter table; failures are wrong usage. */
ww_status ww_set_all(const ww_cli *cli, const ww_param *table, void *self);

/** An option that may be given again (`repeats`) and was holds its values with line ends between
 * them (`--lesion FFA --lesion "V1>MT"`); this takes them apart. An empty text has no values. */
ww_status ww_option_values(const ww_cli *cli, const char *text, const char *const **values,
                           int *count);

#endif

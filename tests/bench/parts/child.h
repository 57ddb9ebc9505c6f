/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_BENCH_PARTS_CHILD_H
#define WW_TESTS_BENCH_PARTS_CHILD_H

/* Processes that are asked lines and answer lines, and what they took. */

#include <stdio.h>
#include <sys/types.h>

#include "engine/base/status.h"

typedef struct ww_child {
    pid_t pid; /* 0: not running */
    FILE *to, *from;
    char *line; /* the last answer */
    size_t room;
} ww_child;

/** Starts argv[0] (found in PATH) with the variables of `environment` ("NAME=value",
 * NULL-terminated) added and standard error appended to the file `log`. */
ww_status ww_child_start(ww_child *child, const char *const *argv, const char *const *environment,
                         const char *log);

/** Sends a line (NULL: none) and waits for the answer; *answer is what follows "ok". WW_EBACKEND
 * with the message of a "failed", or if the process ended. */
ww_status ww_child_ask(ww_child *child, const char *line, const char **answer);

/** Closes its input and waits until it has ended; *peak_mib (may be NULL): most memory that it ever
 * had. */
ww_status ww_child_end(ww_child *child, double *peak_mib);

#endif

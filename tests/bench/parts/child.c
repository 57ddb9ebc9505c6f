/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/parts/child.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static void become(const char *const *argv, const char *const *environment, const char *log,
                   const int to[2], const int from[2])
{
    int errors = open(log, O_WRONLY | O_CREAT | O_APPEND, 0644);
    dup2(to[0], 0);
    dup2(from[1], 1);
    if (errors >= 0)
        dup2(errors, 2);
    for (int fd = 3; fd < 64; fd++) /* the ends of other children's pipes, and our own */
        close(fd);
    for (; *environment != NULL; environment++)
        putenv((char *)(size_t)*environment);
    execvp(argv[0], (char *const *)(size_t)argv);
    _exit(127);
}

ww_status ww_child_start(ww_child *child, const char *const *argv, const char *const *environment,
                         const char *log)
{
    int to[2], from[2];
    *child = (ww_child){0};
    if (pipe(to) != 0 || pipe(from) != 0)
        return WW_FAIL(WW_EIO, "%s: no pipe", argv[0]);
    fflush(stdout);
    child->pid = fork();
    if (child->pid < 0)
        return WW_FAIL(WW_EIO, "%s: cannot be started", argv[0]);
    if (child->pid == 0)
        become(argv, environment, log, to, from);
    close(to[0]);
    close(from[1]);
    child->to = fdopen(to[1], "w");
    child->from = fdopen(from[0], "r");
    return child->to != NULL && child->from != NULL ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory");
}

ww_status ww_child_ask(ww_child *child, const char *line, const char **answer)
{
    if (line != NULL) {
        fprintf(child->to, "%s\n", line);
        fflush(child->to);
    }
    ssize_t n = getline(&child->line, &child->room, child->from);
    if (n < 0)
        return WW_FAIL(WW_EBACKEND, "the process has ended");
    child->line[strcspn(child->line, "\n")] = '\0';
    if (strncmp(child->line, "ok", 2) != 0)
        return WW_FAIL(WW_EBACKEND, "%s", child->line);
    *answer = child->line + 2;
    return WW_OK;
}

ww_status ww_child_end(ww_child *child, double *peak_mib)
{
    struct rusage used;
    int status = 0;
    if (child->pid <= 0)
        return WW_OK;
    fclose(child->to);
    fclose(child->from);
    free(child->line);
    pid_t ended = wait4(child->pid, &status, 0, &used);
    *child = (ww_child){0};
    if (ended < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return WW_FAIL(WW_EBACKEND, "a process of the benchmark failed");
    if (peak_mib != NULL)
        *peak_mib = (double)used.ru_maxrss / 1024; /* Linux counts in KiB */
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The command `whatwhere`. The only place that prints errors and exits: one line on stderr, status
 * 1 for a failure, 2 for wrong usage, 130 after Ctrl-C, 143 after a polite kill. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/parts/options.h"
#include "cli/parts/spin.h"
#include "engine/base/plan.h"
#include "engine/base/threads.h"
#include "engine/store/h5.h"

enum { DONE = 0, FAILED = 1, WRONG_USAGE = 2, BY_SIGNAL = 128 };

static volatile sig_atomic_t caught = SIGINT;

static void on_interrupt(int signal_number)
{
    caught = signal_number;
    ww_interrupt();
}

/* The first Ctrl-C (or a polite kill) asks the work to stop at a safe place; the second one kills.
 * A reader of our output that goes away is no error, and no reason to die in a pipe to gnuplot. */
static void set_signals(void)
{
    struct sigaction action = {.sa_handler = on_interrupt};
    action.sa_flags = SA_RESETHAND | SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
}

static int report(ww_status status)
{
    const char *message = ww_error_message();
    const char *debug = getenv("WW_DEBUG");
    if (message[0] == '\0')
        message = ww_status_text(status);
    if (debug != NULL && strcmp(debug, "1") == 0)
        fprintf(stderr, "whatwhere: %s (%s)\n", message, ww_error_origin());
    else
        fprintf(stderr, "whatwhere: %s\n", message);
    if (status == WW_EINTERRUPTED)
        return BY_SIGNAL + (int)caught;
    return ww_usage_failed() ? WRONG_USAGE : FAILED;
}

/* What could not be written to stdout is a failure, unless its reader has left. */
static int flush_output(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    struct pollfd out = {.fd = STDOUT_FILENO, .events = POLLOUT};
    if (poll(&out, 1, 0) == 1 && (out.revents & POLLERR) != 0)
        return code;
    return report(WW_FAIL(WW_EIO, "standard output could not be written"));
}

static int help_all(void)
{
    puts("whatwhere simulates the visual streams of the primate brain.\n\n"
         "Usage: whatwhere COMMAND [options]\n\nCommands:");
    for (size_t i = 0; i < ww_commands_count; i++)
        printf("  %-12s %s\n", ww_commands[i]->item.name, ww_commands[i]->item.summary);
    puts("\n'whatwhere COMMAND --help' shows the options of a command and an example.");
    return DONE;
}

/* The command line as one text; words with anything odd in them are quoted. */
static const char *joined(int argc, char **argv, ww_arena *arena)
{
    const char *line = "whatwhere";
    for (int i = 1; i < argc && line != NULL; i++) {
        bool plain = argv[i][0] != '\0' && strpbrk(argv[i], " \t\n'\"\\$&|;<>()*?#~`") == NULL;
        line = ww_arena_printf(arena, plain ? "%s %s" : "%s '%s'", line, argv[i]);
    }
    return line;
}

static ww_status find_command(const ww_command **out, const char *name)
{
    const ww_family *family;
    size_t index;
    if (strcmp(name, "--version") == 0)
        name = "version";
    if (name[0] == '-')
        return ww_usage_error("%s: the command comes first, its options after it", name);
    WW_TRY(ww_family_find(&family, "commands"));
    WW_TRY(ww_usage(ww_item_find(&index, family, name)));
    *out = ww_commands[index];
    return WW_OK;
}

/* Kernels are chosen by estimate or by measuring, or as they were in a file of results. */
static ww_status follow_plan(const char *how)
{
    bool measure = strcmp(how, "measure") == 0;
    ww_plan_effort_set(measure ? WW_PLAN_MEASURE : WW_PLAN_ESTIMATE);
    return measure || strcmp(how, "estimate") == 0 ? WW_OK : ww_h5_follow_plan(how);
}

static ww_status run(ww_arena *arena, int argc, char **argv)
{
    static const char *const nothing[] = {NULL};
    const ww_command *command = NULL;
    ww_arguments rest;
    ww_cli cli = {.seed = 1, .threads = ww_cores(), .set = nothing, .arena = arena};
    WW_TRY(find_command(&command, argv[1]));
    void *self = ww_arena_alloc(arena, command->item.params_size + 1);
    if (self == NULL || (cli.command_line = joined(argc, argv, arena)) == NULL)
        return WW_ENOMEM;
    ww_params_defaults(command->item.params, self);
    WW_TRY(ww_options_parse(&rest, &cli, command, self, argc - 1, (const char **)argv + 1));
    if (rest.help) {
        ww_options_help(command, stdout);
        return WW_OK;
    }
    ww_threads_set(cli.threads);
    if (cli.plan != NULL)
        WW_TRY(follow_plan(cli.plan));
    cli.progress = ww_progress_terminal(stderr, cli.quiet);
    ww_status status = command->run(&cli, self, rest.argc, rest.argv);
    ww_progress_end(&cli.progress);
    return status;
}

int main(int argc, char **argv)
{
    ww_spin_briefly(argv);
    set_signals();
    (void)setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* a line shows at once, in a pipe too */
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
        return flush_output(help_all());
    ww_arena *arena = ww_arena_create();
    ww_status status = arena != NULL ? run(arena, argc, argv) : WW_ENOMEM;
    int code = flush_output(status == WW_OK ? DONE : report(status));
    ww_arena_free(arena);
    return code;
}

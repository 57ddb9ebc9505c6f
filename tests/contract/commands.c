/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What every command promises. What it does is tested by tests/cli/NAME.t, which must exist. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command.h"
#include "cli/parts/options.h"

static const char *const shared[] = {"set", "output", "seed", "threads", "quiet", "help", NULL};

Test(commands, say_what_they_are)
{
    cr_assert(ww_commands_count > 0);
    for (size_t i = 0; i < ww_commands_count; i++) {
        const ww_command *command = ww_commands[i];
        char begin[64], file[128];
        snprintf(begin, sizeof begin, "whatwhere %s", command->item.name);
        cr_expect(command->item.summary != NULL && command->synopsis != NULL &&
                      command->run != NULL,
                  "%s: summary, synopsis and run are wanted", command->item.name);
        cr_expect(command->item.example != NULL &&
                      strncmp(command->item.example, begin, strlen(begin)) == 0,
                  "%s: the example does not begin with '%s'", command->item.name, begin);
        snprintf(file, sizeof file, "tests/cli/%s.t", command->item.name);
        cr_expect(access(file, R_OK) == 0, "%s is missing", file);
    }
}

Test(commands, have_no_option_of_a_shared_name)
{
    for (size_t i = 0; i < ww_commands_count; i++)
        for (int k = 0; shared[k] != NULL; k++)
            cr_expect(ww_params_find(ww_commands[i]->item.params, shared[k]) == NULL,
                      "%s: every command has --%s already", ww_commands[i]->item.name, shared[k]);
}

Test(commands, help_shows_usage_and_example)
{
    for (size_t i = 0; i < ww_commands_count; i++) {
        char text[16384], wanted[256];
        FILE *stream = fmemopen(text, sizeof text, "w");
        cr_assert(stream != NULL);
        ww_options_help(ww_commands[i], stream);
        fclose(stream);
        snprintf(wanted, sizeof wanted, "Usage: whatwhere %s", ww_commands[i]->item.name);
        cr_expect(strncmp(text, wanted, strlen(wanted)) == 0, "%s", text);
        snprintf(wanted, sizeof wanted, "\nExample:\n  %s\n", ww_commands[i]->item.example);
        cr_expect(strstr(text, wanted) != NULL, "%s", text);
    }
}

Test(commands, refuse_an_unknown_option)
{
    static const char *const nothing[] = {NULL};
    for (size_t i = 0; i < ww_commands_count; i++) {
        const ww_command *command = ww_commands[i];
        const char *argv[] = {command->item.name, "--no-such-option", NULL};
        ww_arguments rest;
        ww_cli cli = {.set = nothing, .arena = ww_arena_create()};
        void *self = ww_arena_alloc(cli.arena, command->item.params_size + 1);
        cr_expect_eq(ww_options_parse(&rest, &cli, command, self, 2, argv), WW_EINVAL);
        cr_expect(ww_usage_failed());
        char wanted[128];
        snprintf(wanted, sizeof wanted,
                 "--no-such-option: unknown option; 'whatwhere %s --help' lists them",
                 command->item.name);
        cr_expect_str_eq(ww_error_message(), wanted);
        ww_arena_free(cli.arena);
    }
}

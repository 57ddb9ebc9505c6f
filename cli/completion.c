/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completion for shells. The script knows nothing by itself: it asks the command for families,
 * names and options, so that a part which is dropped in is completed from then on. */
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static const char bash[] =
    "# bash completion of whatwhere; written by 'whatwhere completion bash'\n"
    "_whatwhere() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} words=\n"
    "    COMPREPLY=()\n"
    "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n"
    "        words=$(whatwhere list commands --names)\n"
    "    elif [ \"${word:0:1}\" = - ]; then\n"
    "        words=$(whatwhere help \"$command\" 2> /dev/null |\n"
    "            sed -n 's/^  .*\\(--[a-z-]*\\).*/\\1/p')\n"
    "    else\n"
    "        case \"$COMP_CWORD $command ${COMP_WORDS[2]}\" in\n"
    "        2\\ help*) words=$(whatwhere list commands --names) ;;\n"
    "        2\\ list* | 2\\ show*) words=$(whatwhere list --names) ;;\n"
    "        3\\ show*) words=$(whatwhere list \"${COMP_WORDS[2]}\" --names 2> /dev/null) ;;\n"
    "        2\\ stimuli*) words='list show' ;;\n"
    "        3\\ stimuli\\ show) words=$(whatwhere list stimuli --names) ;;\n"
    "        2\\ train*) words=$(whatwhere list brains --names) ;;\n"
    "        2\\ run*) words=$(whatwhere list studies --names) ;;\n"
    "        2\\ completion*) words=bash ;;\n"
    "        esac\n"
    "    fi\n"
    "    COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
    "    [ ${#COMPREPLY[@]} -gt 0 ] || compopt -o default\n"
    "}\n"
    "complete -F _whatwhere whatwhere\n";

static ww_status run(ww_cli *cli, const void *self, int argc, const char *const *argv)
{
    (void)cli;
    (void)self;
    WW_TRY(ww_usage_count(argc, argv, 1, 1, "SHELL"));
    if (strcmp(argv[0], "bash") != 0)
        return ww_usage_error("unknown shell '%s'; there is bash", argv[0]);
    fputs(bash, stdout);
    return WW_OK;
}

const ww_command ww_command_completion = {
    .item = {.name = "completion",
             .summary = "prints the script by which a shell completes our words",
             .example = "whatwhere completion bash"},
    .synopsis = "bash",
    .run = run};

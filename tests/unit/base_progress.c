/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Progress where it is no terminal: when there is a line, and what it says of the time. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/progress.h"

static FILE *stream;

static void begin(void)
{
    stream = tmpfile();
}

static void end(void)
{
    fclose(stream);
}

TestSuite(base_progress, .init = begin, .fini = end);

/* As if so many seconds had gone by. */
static void pass(ww_progress *p, double seconds)
{
    p->started_s -= seconds;
    p->shown_s -= seconds;
}

/* A step, and what it has written. */
static void says(ww_progress *p, double done, double total, const char *wanted)
{
    char line[200] = "";
    long before = ftell(stream);
    ww_progress_step(p, "learning", done, total, NULL);
    fseek(stream, before, SEEK_SET);
    size_t n = fread(line, 1, sizeof line - 1, stream);
    fseek(stream, 0, SEEK_END);
    cr_assert(n == strlen(wanted) && strcmp(line, wanted) == 0, "'%s', not '%s'", line, wanted);
}

Test(base_progress, a_line_where_something_was_done_and_one_a_minute)
{
    ww_progress p = ww_progress_terminal(stream, false);
    says(&p, 0, 4, ""); /* nothing below two seconds */
    pass(&p, 30);
    says(&p, 0, 4, ""); /* nothing has been done */
    pass(&p, 150);
    says(&p, 0, 4, "learning: 0 %, 3 min so far\n");
    pass(&p, 20);
    says(&p, 0, 4, "");
    says(&p, 1, 4, "learning: 25 %, 10 min left\n");
    says(&p, 2, 4, ""); /* too soon */
    pass(&p, 20);
    says(&p, 2, 4, "learning: 50 %, 4 min left\n");
    pass(&p, 7200);
    says(&p, 2, 4, "learning: 50 %, 2.1 h left\n");
}

Test(base_progress, quiet_says_nothing)
{
    ww_progress p = ww_progress_terminal(stream, true);
    says(&p, 0, 4, "");
    pass(&p, 100);
    says(&p, 1, 4, "");
    ww_progress_step(NULL, "learning", 1, 4, NULL);
}

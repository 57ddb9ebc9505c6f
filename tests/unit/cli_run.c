/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Runs the command on the cases of tests/cli/NAME.t, one test a file. A case is a block of lines:
 *
 *     % printf 'x' > broken.png           prepares (as many lines as wanted; exit 77 skips)
 *     $ whatwhere list stimulis           the command line, for sh, in a fresh folder
 *     ? 2                                 its exit status; 0 without this line
 *     ! whatwhere: unknown family ...     all of stderr, line by line; nothing without this line
 *     !~ ^whatwhere: .* not found         the same as an extended regular expression
 *     > ^grating +sinusoidal              a line of stdout; an extended regular expression
 *
 * Blank lines end a case, lines with # are comments. $WW_ROOT is the source tree, $WW_DATA the
 * folder of optional data. WW_EXE and WW_ROOT come from the makefile. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <glob.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

enum { LINE_BYTES = 2048, TEXT_BYTES = 16384, MOST_LINES = 32, MOST_FILES = 128, SKIP = 77 };

struct check {
    char text[LINE_BYTES];
    bool is_pattern;
};

struct a_case {
    const char *file;
    int line; /* of the command */
    char prepare[TEXT_BYTES], command[LINE_BYTES];
    int status, n_errors, n_outputs;
    struct check error[MOST_LINES], output[MOST_LINES];
};

static bool matches(const char *pattern, const char *text, const struct a_case *c)
{
    regex_t regex;
    cr_assert(regcomp(&regex, pattern, REG_EXTENDED | REG_NOSUB) == 0, "%s:%d: bad pattern '%s'",
              c->file, c->line, pattern);
    bool found = regexec(&regex, text, 0, NULL, 0) == 0;
    regfree(&regex);
    return found;
}

/* Runs `text` in sh within `folder`; what it prints goes to folder/../{out,err}. */
static int run_in(const char *folder, const char *text)
{
    static char script[2 * TEXT_BYTES];
    snprintf(script, sizeof script,
             "mkdir -p %s/in && cd %s/in && { %s\n} > ../out 2> ../err < /dev/null", folder, folder,
             text);
    int status = system(script);
    cr_assert(status != -1);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Reads the lines of folder/name; returns how many there are. */
static int read_lines(const char *folder, const char *name, char line[][LINE_BYTES], int most)
{
    char path[256];
    int n = 0;
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "r");
    cr_assert(file != NULL);
    while (n < most && fgets(line[n], LINE_BYTES, file) != NULL) {
        line[n][strcspn(line[n], "\n")] = '\0';
        n++;
    }
    fclose(file);
    return n;
}

static void check_errors(const struct a_case *c, const char *folder)
{
    static char line[MOST_LINES][LINE_BYTES];
    int n = read_lines(folder, "err", line, MOST_LINES);
    for (int i = 0; i < n && i < c->n_errors; i++) {
        const struct check *wanted = &c->error[i];
        bool same = wanted->is_pattern ? matches(wanted->text, line[i], c)
                                       : strcmp(wanted->text, line[i]) == 0;
        cr_expect(same, "%s:%d: stderr has\n  %s\nwanted\n  %s", c->file, c->line, line[i],
                  wanted->text);
    }
    cr_expect(n == c->n_errors, "%s:%d: %d lines on stderr, %d wanted; %s: %s", c->file, c->line, n,
              c->n_errors, n > c->n_errors ? "too much" : "missing",
              n > c->n_errors ? line[c->n_errors] : c->error[n].text);
}

static void check_outputs(const struct a_case *c, const char *folder)
{
    enum { MOST_OUTPUT = 1024 };
    static char line[MOST_OUTPUT][LINE_BYTES];
    int n = read_lines(folder, "out", line, MOST_OUTPUT);
    for (int i = 0; i < c->n_outputs; i++) {
        bool found = false;
        for (int k = 0; k < n && !found; k++)
            found = matches(c->output[i].text, line[k], c);
        cr_expect(found, "%s:%d: no line of stdout matches\n  %s\nthe first is\n  %s", c->file,
                  c->line, c->output[i].text, n > 0 ? line[0] : "(nothing)");
    }
}

static void run_case(const struct a_case *c)
{
    char folder[] = "/tmp/ww-cli-XXXXXX", clean[64];
    cr_assert(mkdtemp(folder) != NULL);
    int prepared = c->prepare[0] != '\0' ? run_in(folder, c->prepare) : 0;
    cr_expect(prepared == 0 || prepared == SKIP, "%s:%d: the preparation ended with %d", c->file,
              c->line, prepared);
    if (prepared == 0) {
        int status = run_in(folder, c->command);
        cr_expect(status == c->status, "%s:%d: exit status %d, wanted %d", c->file, c->line, status,
                  c->status);
        check_errors(c, folder);
        check_outputs(c, folder);
    }
    snprintf(clean, sizeof clean, "chmod -R u+rwx %s; rm -rf %s", folder, folder);
    cr_assert(system(clean) == 0);
}

static void add_check(struct check *list, int *n, const char *text, bool is_pattern)
{
    cr_assert(*n < MOST_LINES);
    snprintf(list[*n].text, LINE_BYTES, "%s", text);
    list[(*n)++].is_pattern = is_pattern;
}

/* Takes one line of a file into the case at hand. */
static void take_line(struct a_case *c, const char *line, int number)
{
    size_t used = strlen(c->prepare);
    if (strncmp(line, "% ", 2) == 0) {
        snprintf(c->prepare + used, sizeof c->prepare - used, "%s || exit $?\n", line + 2);
    } else if (strncmp(line, "$ ", 2) == 0) {
        snprintf(c->command, sizeof c->command, "%s", line + 2);
        c->line = number;
    } else if (strncmp(line, "? ", 2) == 0) {
        c->status = atoi(line + 2);
    } else if (strncmp(line, "! ", 2) == 0) {
        add_check(c->error, &c->n_errors, line + 2, false);
    } else if (strncmp(line, "!~ ", 3) == 0) {
        add_check(c->error, &c->n_errors, line + 3, true);
    } else if (strncmp(line, "> ", 2) == 0) {
        add_check(c->output, &c->n_outputs, line + 2, true);
    } else if (line[0] != '#') {
        cr_assert_fail("%s:%d: '%s' is no line of a case", c->file, number, line);
    }
}

static void run_file(const char *path)
{
    static struct a_case c;
    char line[LINE_BYTES];
    int number = 0, cases = 0;
    FILE *file = fopen(path, "r");
    cr_assert(file != NULL, "%s cannot be read", path);
    bool more = true;
    c = (struct a_case){.file = path};
    while (more) {
        more = fgets(line, sizeof line, file) != NULL;
        line[more ? strcspn(line, "\n") : 0] = '\0';
        number++;
        if (line[0] != '\0') {
            take_line(&c, line, number);
        } else if (c.command[0] != '\0') {
            run_case(&c);
            cases++;
            c = (struct a_case){.file = path};
        }
    }
    fclose(file);
    cr_expect(cases > 0, "%s has no case", path);
}

static void set_environment(void)
{
    static char path[8192];
    char folder[] = WW_EXE;
    *strrchr(folder, '/') = '\0';
    snprintf(path, sizeof path, "%s:%s", folder, getenv("PATH"));
    setenv("PATH", path, 1);
    setenv("LC_ALL", "C", 1);
    setenv("WW_ROOT", WW_ROOT, 1);
    setenv("WW_DATA", WW_ROOT "/../shared/data", 0);
    unsetenv("WW_DEBUG");
    unsetenv("WHATWHERE_HOME");
}

ParameterizedTestParameters(cli, cases)
{
    static int index[MOST_FILES];
    glob_t files;
    size_t n = glob(WW_ROOT "/tests/cli/*.t", 0, NULL, &files) == 0 ? files.gl_pathc : 0;
    for (size_t i = 0; i < n && i < MOST_FILES; i++)
        index[i] = (int)i;
    if (n > 0)
        globfree(&files);
    return cr_make_param_array(int, index, n < MOST_FILES ? n : MOST_FILES);
}

ParameterizedTest(int *index, cli, cases)
{
    glob_t files;
    cr_assert(glob(WW_ROOT "/tests/cli/*.t", 0, NULL, &files) == 0);
    set_environment();
    run_file(files.gl_pathv[*index]);
    globfree(&files);
}

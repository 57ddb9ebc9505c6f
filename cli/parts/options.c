/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli/parts/options.h"

#include <errno.h>
#include <limits.h>
#include <popt.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"
#include "engine/base/threads.h"

enum { SET = 1, OUTPUT, SEED, THREADS, PLAN, QUIET, HELP, FIRST_OWN }; /* as in `shared` */
enum { MOST_THREADS = 1024 };

static const struct poptOption shared[] = {
    {"set", '\0', POPT_ARG_STRING, NULL, SET, "set %s", "KEY=VALUE"},
    {"output", 'o', POPT_ARG_STRING, NULL, OUTPUT, "write %s", "FILE"},
    {"seed", '\0', POPT_ARG_STRING, NULL, SEED, "seed of all random numbers (1)", "N"},
    {"threads", '\0', POPT_ARG_STRING, NULL, THREADS, "number of threads (all cores)", "N"},
    {"plan", '\0', POPT_ARG_STRING, NULL, PLAN,
     "kernels by 'estimate', by 'measure', or as in the results FILE (estimate)", "HOW"},
    {"quiet", 'q', POPT_ARG_NONE, NULL, QUIET, "no progress", NULL},
    {"help", 'h', POPT_ARG_NONE, NULL, HELP, "this text", NULL},
};
enum { SHARED = sizeof shared / sizeof shared[0] };

/* The options of a command: the shared ones, then one for each row of its table. */
typedef struct menu {
    const ww_command *command;
    ww_param *row;            /* the rows with names as the option has them: all-frames */
    struct poptOption *entry; /* [SHARED + rows + 1] */
    size_t count;
} menu;

static bool takes_no_value(const ww_param *row)
{
    return row->type == WW_PARAM_BOOL;
}

static const char *value_word(const ww_param *row, ww_arena *arena)
{
    char range[256];
    switch (row->type) {
    case WW_PARAM_INT:
        return "N";
    case WW_PARAM_REAL:
        return "NUMBER";
    case WW_PARAM_REALS:
        return "NUMBERS";
    case WW_PARAM_CHOICE:
        ww_param_range(row, range, sizeof range);
        for (char *comma; (comma = strstr(range, ", ")) != NULL;) {
            *comma = '|';
            memmove(comma + 1, comma + 2, strlen(comma + 2) + 1);
        }
        return ww_arena_strdup(arena, range);
    default:
        return takes_no_value(row) ? NULL : "TEXT";
    }
}

static const char *dashed(const char *prefix, const char *name, ww_arena *arena)
{
    char *copy = ww_arena_printf(arena, "%s%s", prefix, name);
    for (char *c = copy; c != NULL && *c != '\0'; c++)
        if (*c == '_')
            *c = '-';
    return copy;
}

static ww_status menu_of(menu *out, const ww_command *command, ww_arena *arena)
{
    size_t rows = ww_params_count(command->item.params);
    *out = (menu){.command = command, .count = SHARED + rows};
    out->row = ww_arena_array(arena, rows + 1, sizeof *out->row);
    out->entry = ww_arena_array(arena, out->count + 1, sizeof *out->entry);
    if (out->row == NULL || out->entry == NULL)
        return WW_ENOMEM;
    memcpy(out->entry, shared, sizeof shared);
    for (size_t i = 0; i < rows; i++) {
        ww_param *row = &out->row[i];
        *row = command->item.params[i];
        row->name = dashed("", row->name, arena);
        out->entry[SHARED + i] = (struct poptOption){
            .longName = takes_no_value(row) && row->value != 0 ? dashed("no-", row->name, arena)
                                                               : row->name,
            .argInfo = takes_no_value(row) ? POPT_ARG_NONE : POPT_ARG_STRING,
            .val = FIRST_OWN + (int)i,
            .descrip = row->help,
            .argDescrip = value_word(row, arena)};
    }
    return WW_OK;
}

/* Appends a --set to the list. */
static ww_status add_set(ww_cli *cli, const char *text)
{
    size_t n = 0;
    if (strchr(text, '=') == NULL || text[0] == '=')
        return ww_usage_error("--set %s: write --set key=value", text);
    while (cli->set[n] != NULL)
        n++;
    const char **longer = ww_arena_array(cli->arena, n + 2, sizeof *longer);
    if (longer == NULL)
        return WW_ENOMEM;
    memcpy(longer, cli->set, n * sizeof *longer);
    longer[n] = text;
    cli->set = longer;
    return WW_OK;
}

static ww_status read_seed(const char *text, uint64_t *seed)
{
    char *end = NULL;
    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0)
        return ww_usage_error("--seed: '%s' is not an integer from 0 to %llu", text, ULLONG_MAX);
    *seed = value;
    return WW_OK;
}

static ww_status read_threads(const char *text, int *threads)
{
    long long value;
    if (!ww_text_to_int(text, &value))
        return ww_usage_error("--threads: '%s' is not an integer", text);
    if (value < 1 || value > MOST_THREADS)
        return ww_usage_error("--threads: %lld is outside 1 to %d", value, MOST_THREADS);
    *threads = (int)value;
    return WW_OK;
}

/* Takes one option of the command's own table. */
static ww_status take_own(const menu *m, const ww_param *row, void *self, const char *text,
                          ww_arena *arena)
{
    if (takes_no_value(row))
        text = row->value != 0 ? "no" : "yes";
    if (row->type == WW_PARAM_TEXT && text[0] == '\0')
        return ww_usage_error("--%s: a value is missing", row->name);
    if (row->type == WW_PARAM_TEXT) { /* given again: the values with line ends between them */
        const char **field = (const char **)((char *)self + row->offset);
        if (*field != row->text && (text = ww_arena_printf(arena, "%s\n%s", *field, text)) == NULL)
            return WW_ENOMEM;
    }
    return ww_usage(ww_params_set(m->row, self, row->name, text, "--", arena));
}

/* Of two values one would be lost. */
static ww_status refuse_again(const menu *m, const char *option, int val, const ww_cli *cli)
{
    const char *again = m->command->repeats;
    bool value =
        m->entry[val < FIRST_OWN ? val - SET : SHARED + val - FIRST_OWN].argInfo != POPT_ARG_NONE;
    if (!value || val == SET || !ww_given(cli, option) ||
        (again != NULL && ww_text_in_list(option, again)))
        return WW_OK;
    return ww_usage_error("--%s: it was given twice", option);
}

static ww_status take(const menu *m, int val, const char *text, ww_cli *cli, void *self,
                      ww_arguments *out)
{
    const char *name = m->command->item.name;
    const char *option =
        val < FIRST_OWN ? shared[val - SET].longName : m->row[val - FIRST_OWN].name;
    WW_TRY(refuse_again(m, option, val, cli));
    cli->given = ww_arena_printf(cli->arena, "%s%s ", cli->given ? cli->given : " ", option);
    if (cli->given == NULL)
        return WW_ENOMEM;
    switch (val) {
    case SET:
        if (m->command->sets == NULL)
            return ww_usage_error("--set: there is nothing to set for '%s'", name);
        return add_set(cli, text);
    case OUTPUT:
        if (m->command->writes == NULL)
            return ww_usage_error("-o: '%s' writes no file", name);
        if (text[0] == '\0')
            return ww_usage_error("-o: a value is missing");
        cli->output = text;
        return WW_OK;
    case SEED:
        if (!m->command->draws)
            return ww_usage_error("--seed: '%s' draws no random numbers%s", name,
                                  strcmp(name, "run") == 0
                                      ? " of its own; --seeds N or --set study.seeds=3,7 names "
                                        "those of a study"
                                      : "");
        return read_seed(text, &cli->seed);
    case THREADS:
        return read_threads(text, &cli->threads);
    case PLAN:
        if (!m->command->plans)
            return ww_usage_error("--plan: '%s' chooses no kernels", name);
        cli->plan = text;
        return WW_OK;
    case QUIET:
        cli->quiet = true;
        return WW_OK;
    case HELP:
        out->help = true;
        return WW_OK;
    default:
        return take_own(m, &m->row[val - FIRST_OWN], self, text, cli->arena);
    }
}

/* What popt could not read, in our words. */
static ww_status refused(const menu *m, int error, const char *option)
{
    if (error == POPT_ERROR_NOARG)
        return ww_usage_error("%s: a value is missing", option);
    if (error == POPT_ERROR_UNWANTEDARG)
        return ww_usage_error("%s: it takes no value", option);
    if (error != POPT_ERROR_BADOPT)
        return ww_usage_error("%s: %s", option, poptStrerror(error));
    const char *names[128];
    size_t count = 0;
    for (size_t i = 0; i < m->count && count < 128; i++)
        names[count++] = m->entry[i].longName;
    const char *word = option + strspn(option, "-");
    const char *near = strlen(word) > 1 ? ww_text_nearest(word, names, count) : NULL;
    if (near != NULL)
        return ww_usage_error("%s: unknown option; did you mean '--%s'?", option, near);
    return ww_usage_error("%s: unknown option; 'whatwhere %s --help' lists them", option,
                          m->command->item.name);
}

static ww_status copy_arguments(poptContext context, ww_arguments *out, ww_arena *arena)
{
    const char **given = poptGetArgs(context);
    int n = 0;
    while (given != NULL && given[n] != NULL)
        n++;
    const char **copy = ww_arena_array(arena, (size_t)n + 1, sizeof *copy);
    if (copy == NULL)
        return WW_ENOMEM;
    for (int i = 0; i < n; i++)
        if ((copy[i] = ww_arena_strdup(arena, given[i])) == NULL)
            return WW_ENOMEM;
    out->argc = n;
    out->argv = copy;
    return WW_OK;
}

ww_status ww_options_parse(ww_arguments *out, ww_cli *cli, const ww_command *command, void *self,
                           int argc, const char **argv)
{
    menu m;
    *out = (ww_arguments){0};
    WW_TRY(menu_of(&m, command, cli->arena));
    poptContext context = poptGetContext("whatwhere", argc, argv, m.entry, 0);
    if (context == NULL)
        return WW_FAIL(WW_ENOMEM, "no memory for the options");
    ww_status status = WW_OK;
    int val = 0;
    while (status == WW_OK && (val = poptGetNextOpt(context)) > 0) {
        char *text = poptGetOptArg(context);
        const char *kept = ww_arena_strdup(cli->arena, text);
        status = text != NULL && kept == NULL ? WW_ENOMEM : take(&m, val, kept, cli, self, out);
        free(text);
    }
    if (status == WW_OK && val < -1)
        status = refused(&m, val, poptBadOption(context, POPT_BADOPTION_NOALIAS));
    if (status == WW_OK)
        status = copy_arguments(context, out, cli->arena);
    poptFreeContext(context);
    return status;
}

/* "  -o, --output=FILE" and what it does, with default and range where there are any. */
static void print_option(const struct poptOption *option, const ww_param *row, const char *what,
                         FILE *stream)
{
    char left[128], range[256] = "";
    snprintf(left, sizeof left, "%c%c%c --%s%s%s", option->shortName ? '-' : ' ',
             option->shortName ? option->shortName : ' ', option->shortName ? ',' : ' ',
             option->longName, option->argDescrip ? "=" : "",
             option->argDescrip ? option->argDescrip : "");
    fprintf(stream, "  %-26s  ", left);
    fprintf(stream, option->val == SET || option->val == OUTPUT ? option->descrip : "%s",
            what != NULL ? what : option->descrip);
    if (row != NULL && !takes_no_value(row)) {
        if (row->type == WW_PARAM_TEXT || row->type == WW_PARAM_REALS) {
            if (row->text[0] != '\0')
                fprintf(stream, " (%s)", row->text);
        } else if (row->type == WW_PARAM_CHOICE)
            fprintf(stream, " (%s)", row->choices[(int)row->value]);
        else
            fprintf(stream, " (%.9g; %s)", row->value, ww_param_range(row, range, sizeof range));
    }
    fputc('\n', stream);
}

void ww_options_help(const ww_command *command, FILE *stream)
{
    menu m;
    ww_arena *arena = ww_arena_create();
    if (arena == NULL || menu_of(&m, command, arena) != WW_OK) {
        ww_arena_free(arena);
        return;
    }
    const char *line = command->synopsis;
    for (const char *word = "Usage:"; line != NULL; word = "      ") {
        size_t length = strcspn(line, "\n");
        fprintf(stream, "%s whatwhere %s%s%.*s [options]\n", word, command->item.name,
                length > 0 ? " " : "", (int)length, line);
        line = line[length] == '\n' ? line + length + 1 : NULL;
    }
    fprintf(stream, "%s.\n\nOptions:\n", command->item.summary);
    for (size_t i = SHARED; i < m.count; i++)
        print_option(&m.entry[i], &m.row[i - SHARED], NULL, stream);
    for (size_t i = 0; i < SHARED; i++) {
        bool set = m.entry[i].val == SET, output = m.entry[i].val == OUTPUT;
        const char *what = set ? command->sets : output ? command->writes : NULL;
        bool useless = (m.entry[i].val == SEED && !command->draws) ||
                       (m.entry[i].val == PLAN && !command->plans);
        if ((what != NULL || !(set || output)) && !useless)
            print_option(&m.entry[i], NULL, what, stream);
    }
    fprintf(stream, "\nExample:\n  %s\n", command->item.example);
    ww_arena_free(arena);
}

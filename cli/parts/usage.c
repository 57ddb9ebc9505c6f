/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cli/command.h"

static bool failed;

ww_status ww_usage_error(const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    return ww_usage(WW_FAIL(WW_EINVAL, "%s", text));
}

ww_status ww_usage(ww_status status)
{
    failed = status != WW_OK;
    return status;
}

bool ww_usage_failed(void)
{
    return failed;
}

ww_status ww_usage_count(int argc, const char *const *argv, int least, int most, const char *what)
{
    if (argc > most)
        return ww_usage_error("'%s' is one argument too many; wanted: %s", argv[most],
                              what[0] != '\0' ? what : "none");
    if (argc < least)
        return ww_usage_error("an argument is missing; wanted: %s", what);
    return WW_OK;
}

static bool given(const ww_cli *cli, const char *option, size_t length)
{
    const char *at = cli->given;
    for (; at != NULL && (at = strstr(at, " ")) != NULL && at[1] != '\0'; at++)
        if (strncmp(at + 1, option, length) == 0 && at[1 + length] == ' ')
            return true;
    return false;
}

bool ww_given(const ww_cli *cli, const char *option)
{
    return given(cli, option, strlen(option));
}

ww_status ww_refuse(const ww_cli *cli, const char *options, const char *why)
{
    for (const char *at = options; *at != '\0';) {
        size_t length = strcspn(at, " ");
        if (given(cli, at, length))
            return ww_usage_error("--%.*s: %s", (int)length, at, why);
        at += length + strspn(at + length, " ");
    }
    return WW_OK;
}

ww_status ww_set_split(const ww_cli *cli, int i, const char **key, const char **value)
{
    const char *equals = strchr(cli->set[i], '=');
    if (equals == NULL || equals == cli->set[i])
        return ww_usage_error("--set %s: write --set key=value", cli->set[i]);
    *key = ww_arena_printf(cli->arena, "%.*s", (int)(equals - cli->set[i]), cli->set[i]);
    *value = equals + 1;
    return *key != NULL ? WW_OK : WW_ENOMEM;
}

ww_status ww_set_all(const ww_cli *cli, const ww_param *table, void *self)
{
    for (int i = 0; cli->set[i] != NULL; i++) {
        const char *key = NULL, *value = NULL;
        WW_TRY(ww_set_split(cli, i, &key, &value));
        WW_TRY(ww_usage(ww_params_set(table, self, key, value, "--set ", cli->arena)));
    }
    return WW_OK;
}

ww_status ww_option_values(const ww_cli *cli, const char *text, const char *const **values,
                           int *count)
{
    size_t lines = 1;
    for (const char *c = text; *c != '\0'; c++)
        lines += *c == '\n';
    char *copy = ww_arena_strdup(cli->arena, text), *rest = NULL;
    const char **list = ww_arena_array(cli->arena, lines + 1, sizeof *list);
    if (copy == NULL || list == NULL)
        return WW_ENOMEM;
    *count = 0;
    for (char *line = strtok_r(copy, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        list[(*count)++] = line;
    *values = list;
    return WW_OK;
}

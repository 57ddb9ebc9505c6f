/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 1024 };

static _Thread_local char message[MESSAGE_BYTES];
static _Thread_local char origin[256];

const char *ww_status_text(ww_status code)
{
    switch (code) {
#define WW_STATUS_CASE(name, text)                                                                 \
    case name:                                                                                     \
        return text;
        WW_STATUS_LIST(WW_STATUS_CASE)
#undef WW_STATUS_CASE
    }
    return "unknown status";
}

/* A message is one line on a terminal whatever a file or an argument put into it. */
static void keep_one_line(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c != '\0'; c++)
        if (*c < 0x20 || *c == 0x7f)
            *c = '?';
}

ww_status ww_fail(ww_status code, const char *c_file, int c_line, const char *format, ...)
{
    char fresh[MESSAGE_BYTES]; /* the arguments may quote the old message */
    va_list args;
    va_start(args, format);
    vsnprintf(fresh, sizeof fresh, format, args);
    va_end(args);
    keep_one_line(fresh);
    memcpy(message, fresh, sizeof message);
    snprintf(origin, sizeof origin, "%s:%d", c_file, c_line);
    return code;
}

void ww_error_prefix(const char *format, ...)
{
    if (message[0] == '\0')
        return;
    char prefix[MESSAGE_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(prefix, sizeof prefix, format, args);
    va_end(args);
    keep_one_line(prefix);
    char old[MESSAGE_BYTES];
    memcpy(old, message, sizeof old);
    size_t length = strnlen(prefix, sizeof prefix - 1);
    memcpy(message, prefix, length);
    size_t rest = strnlen(old, sizeof message - 1 - length);
    memcpy(message + length, old, rest);
    message[length + rest] = '\0';
}

const char *ww_error_message(void)
{
    return message;
}

const char *ww_error_origin(void)
{
    return origin;
}

void ww_error_clear(void)
{
    message[0] = '\0';
    origin[0] = '\0';
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/base/param.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "engine/base/text.h"

enum { MOST_NAMES = 128 };

/* C has no pointer arithmetic on void; these two are the only casts of the file. */
static void *field_of(const ww_param *param, void *self)
{
    return (char *)self + param->offset;
}

static const void *field_in(const ww_param *param, const void *self)
{
    return (const char *)self + param->offset;
}

size_t ww_params_count(const ww_param *table)
{
    size_t n = 0;
    while (table != NULL && table[n].name != NULL)
        n++;
    return n;
}

static bool read_reals(const char *text, ww_reals *list)
{
    char copy[512];
    if (strlen(text) >= sizeof copy)
        return false;
    strcpy(copy, text);
    *list = (ww_reals){0};
    char *rest = NULL;
    for (char *word = strtok_r(copy, " ,[]", &rest); word; word = strtok_r(NULL, " ,[]", &rest)) {
        if (list->count == WW_REALS_MAX || !ww_text_to_real(word, &list->value[list->count]))
            return false;
        list->count++;
    }
    return list->count > 0;
}

void ww_params_defaults(const ww_param *table, void *self)
{
    for (const ww_param *p = table; p != NULL && p->name != NULL; p++) {
        void *field = field_of(p, self);
        switch (p->type) {
        case WW_PARAM_REAL:
            *(double *)field = p->value;
            break;
        case WW_PARAM_INT:
        case WW_PARAM_CHOICE:
            *(int *)field = (int)p->value;
            break;
        case WW_PARAM_BOOL:
            *(bool *)field = p->value != 0;
            break;
        case WW_PARAM_TEXT:
            *(const char **)field = p->text;
            break;
        case WW_PARAM_REALS:
            (void)read_reals(p->text, field);
            break;
        case WW_PARAM_NONE:
            break;
        }
    }
}

const ww_param *ww_params_find(const ww_param *table, const char *name)
{
    for (const ww_param *p = table; p != NULL && p->name != NULL; p++)
        if (strcmp(p->name, name) == 0)
            return p;
    return NULL;
}

static ww_status unknown_key(const ww_param *table, const char *name, const char *where)
{
    const char *names[MOST_NAMES] = {0};
    size_t count = 0;
    for (const ww_param *p = table; p != NULL && p->name != NULL && count < MOST_NAMES; p++)
        names[count++] = p->name;
    const char *near = ww_text_nearest(name, names, count);
    if (near != NULL)
        return WW_FAIL(WW_EPARSE, "%s%s: unknown key; did you mean '%s'?", where, name, near);
    if (count == 0)
        return WW_FAIL(WW_EPARSE, "%s%s: unknown key; there are no parameters here", where, name);
    char known[400] = "";
    size_t used = 0;
    for (size_t i = 0; i < count && used + strlen(names[i]) + 3 < sizeof known; i++)
        used +=
            (size_t)snprintf(known + used, sizeof known - used, "%s%s", i ? ", " : "", names[i]);
    return WW_FAIL(WW_EPARSE, "%s%s: unknown key; known here: %s", where, name, known);
}

static ww_status wrong_type(const ww_param *p, const char *text, const char *where)
{
    static const char *const wanted[] = {"", "a number", "an integer",       "yes or no",
                                         "", "a text",   "a list of numbers"};
    return WW_FAIL(WW_EPARSE, "%s%s: '%s' is not %s", where, p->name, text, wanted[p->type]);
}

static ww_status check_range(const ww_param *p, double value, const char *where)
{
    if (value >= p->low && value <= p->high)
        return WW_OK;
    char range[128];
    return WW_FAIL(WW_EPARSE, "%s%s: %.9g is outside %s", where, p->name, value,
                   ww_param_range(p, range, sizeof range));
}

static int choice_index(const ww_param *p, const char *text)
{
    for (int i = 0; p->choices[i] != NULL; i++)
        if (strcasecmp(p->choices[i], text) == 0)
            return i;
    return -1;
}

static ww_status set_choice(const ww_param *p, int *field, const char *text, const char *where)
{
    int index = choice_index(p, text);
    if (index < 0) {
        size_t count = 0;
        while (p->choices[count] != NULL)
            count++;
        const char *near = ww_text_nearest(text, p->choices, count);
        char range[256];
        ww_param_range(p, range, sizeof range);
        if (near != NULL)
            return WW_FAIL(WW_EPARSE, "%s%s: '%s' is not one of %s; did you mean '%s'?", where,
                           p->name, text, range, near);
        return WW_FAIL(WW_EPARSE, "%s%s: '%s' is not one of %s", where, p->name, text, range);
    }
    *field = index;
    return WW_OK;
}

static ww_status set_bool(const ww_param *p, bool *field, const char *text, const char *where)
{
    if (ww_text_in_list(text, "yes true on 1"))
        *field = true;
    else if (ww_text_in_list(text, "no false off 0"))
        *field = false;
    else
        return wrong_type(p, text, where);
    return WW_OK;
}

static ww_status set_reals(const ww_param *p, ww_reals *field, const char *text, const char *where)
{
    ww_reals list;
    if (!read_reals(text, &list))
        return wrong_type(p, text, where);
    for (int i = 0; i < list.count; i++)
        WW_TRY(check_range(p, list.value[i], where));
    *field = list;
    return WW_OK;
}

ww_status ww_params_set(const ww_param *table, void *self, const char *name, const char *text,
                        const char *where, ww_arena *arena)
{
    const ww_param *p = ww_params_find(table, name);
    if (p == NULL)
        return unknown_key(table, name, where);
    void *field = field_of(p, self);
    double real;
    long long integer;
    char *copy;
    switch (p->type) {
    case WW_PARAM_REAL:
        if (!ww_text_to_real(text, &real))
            return wrong_type(p, text, where);
        WW_TRY(check_range(p, real, where));
        *(double *)field = real;
        return WW_OK;
    case WW_PARAM_INT:
        if (!ww_text_to_int(text, &integer))
            return wrong_type(p, text, where);
        WW_TRY(check_range(p, (double)integer, where));
        *(int *)field = (int)integer;
        return WW_OK;
    case WW_PARAM_BOOL:
        return set_bool(p, field, text, where);
    case WW_PARAM_CHOICE:
        return set_choice(p, field, text, where);
    case WW_PARAM_TEXT:
        if ((copy = ww_arena_strdup(arena, text)) == NULL)
            return WW_ENOMEM;
        *(const char **)field = copy;
        return WW_OK;
    case WW_PARAM_REALS:
        return set_reals(p, field, text, where);
    case WW_PARAM_NONE:
        break;
    }
    return WW_FAIL(WW_EINVAL, "%s%s: the table has no type for it", where, name);
}

char *ww_param_print(const ww_param *p, const void *self, char *buffer, size_t bytes)
{
    const void *field = field_in(p, self);
    size_t used = 0;
    buffer[0] = '\0';
    switch (p->type) {
    case WW_PARAM_REAL:
        snprintf(buffer, bytes, "%.9g", *(const double *)field);
        break;
    case WW_PARAM_INT:
        snprintf(buffer, bytes, "%d", *(const int *)field);
        break;
    case WW_PARAM_BOOL:
        snprintf(buffer, bytes, "%s", *(const bool *)field ? "yes" : "no");
        break;
    case WW_PARAM_CHOICE:
        snprintf(buffer, bytes, "%s", p->choices[*(const int *)field]);
        break;
    case WW_PARAM_TEXT:
        snprintf(buffer, bytes, "%s", *(const char *const *)field);
        break;
    case WW_PARAM_REALS:
        for (int i = 0; i < ((const ww_reals *)field)->count && used < bytes; i++)
            used += (size_t)snprintf(buffer + used, bytes - used, "%s%.9g", i ? ", " : "",
                                     ((const ww_reals *)field)->value[i]);
        break;
    case WW_PARAM_NONE:
        break;
    }
    return buffer;
}

char *ww_param_range(const ww_param *p, char *buffer, size_t bytes)
{
    size_t used = 0;
    const char *gap = p->unit != NULL && p->unit[0] != '\0' ? " " : "";
    buffer[0] = '\0';
    switch (p->type) {
    case WW_PARAM_REAL:
    case WW_PARAM_INT:
    case WW_PARAM_REALS:
        snprintf(buffer, bytes, "%.9g to %.9g%s%s", p->low, p->high, gap, p->unit ? p->unit : "");
        break;
    case WW_PARAM_BOOL:
        snprintf(buffer, bytes, "yes or no");
        break;
    case WW_PARAM_CHOICE:
        for (int i = 0; p->choices[i] != NULL && used < bytes; i++)
            used +=
                (size_t)snprintf(buffer + used, bytes - used, "%s%s", i ? ", " : "", p->choices[i]);
        break;
    case WW_PARAM_TEXT:
    case WW_PARAM_NONE:
        break;
    }
    return buffer;
}

const char *ww_param_type_name(ww_param_type type)
{
    static const char *const name[] = {"",       "number", "integer", "yes/no",
                                       "choice", "text",   "numbers"};
    return name[type];
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_PARAM_H
#define WW_ENGINE_BASE_PARAM_H

/* Typed parameter tables.
 *
 * A table describes the fields of one struct: name, default, range, unit, help and source. YAML
 * files, `--set` on the command line, `whatwhere show`, range errors and the reference pages all
 * follow from it. The macros compare the field's C type with the row's type at compile time, so a
 * row of the wrong type is a compiler warning.
 *
 *     struct v4 { double gain; int channels; };
 *     static const ww_param params[] = {
 *         WW_REAL(struct v4, gain, 1, 0, 100, "", "response gain", "carandini2012"),
 *         WW_INT(struct v4, channels, 32, 1, 4096, "", "feature channels", ""),
 *         WW_PARAM_END};
 */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/arena.h"
#include "engine/base/status.h"

typedef enum ww_param_type {
    WW_PARAM_NONE,   /* ends a table */
    WW_PARAM_REAL,   /* double */
    WW_PARAM_INT,    /* int */
    WW_PARAM_BOOL,   /* bool: yes/no, true/false, on/off */
    WW_PARAM_CHOICE, /* int: index into `choices` */
    WW_PARAM_TEXT,   /* const char *, never NULL */
    WW_PARAM_REALS   /* ww_reals: a short list of numbers */
} ww_param_type;

enum { WW_REALS_MAX = 32 };

/** A short list of numbers, for example the preferred frequencies of a filter bank. */
typedef struct ww_reals {
    int count;
    double value[WW_REALS_MAX];
} ww_reals;

typedef struct ww_param {
    const char *name;
    ww_param_type type;
    size_t offset;
    double value, low, high;    /* default and range (of each number; choices: the index) */
    const char *text;           /* default of TEXT and REALS ("1, 2, 4") */
    const char *const *choices; /* NULL-terminated words of a CHOICE */
    const char *unit, *help, *source;
} ww_param;

/* offsetof(struct, field), with a warning where the field is not of the C type */
#define WW_FIELD(S, field, type) (offsetof(S, field) + 0 * sizeof(1 ? (type *)0 : &((S *)0)->field))

#define WW_REAL(S, field, value, low, high, unit, help, source)                                    \
    {                                                                                              \
#field, WW_PARAM_REAL, WW_FIELD(S, field, double), value, low, high, NULL, NULL, unit,     \
            help, source                                                                           \
    }
#define WW_INT(S, field, value, low, high, unit, help, source)                                     \
    {                                                                                              \
#field, WW_PARAM_INT, WW_FIELD(S, field, int), value, low, high, NULL, NULL, unit, help,   \
            source                                                                                 \
    }
#define WW_BOOL(S, field, value, help, source)                                                     \
    {                                                                                              \
#field, WW_PARAM_BOOL, WW_FIELD(S, field, bool), value, 0, 1, NULL, NULL, "", help, source \
    }
#define WW_CHOICE(S, field, value, choices, help, source)                                          \
    {                                                                                              \
#field, WW_PARAM_CHOICE, WW_FIELD(S, field, int), value, 0, 0, NULL, choices, "", help,    \
            source                                                                                 \
    }
#define WW_TEXT(S, field, value, help, source)                                                     \
    {                                                                                              \
#field, WW_PARAM_TEXT, WW_FIELD(S, field, const char *), 0, 0, 0, value, NULL, "", help,   \
            source                                                                                 \
    }
#define WW_REALS(S, field, values, low, high, unit, help, source)                                  \
    {                                                                                              \
#field, WW_PARAM_REALS, WW_FIELD(S, field, ww_reals), 0, low, high, values, NULL, unit,    \
            help, source                                                                           \
    }
#define WW_PARAM_END                                                                               \
    {                                                                                              \
        NULL, WW_PARAM_NONE, 0, 0, 0, 0, NULL, NULL, NULL, NULL, NULL                              \
    }

/** Number of rows before the end of `table`; a NULL table has none. */
size_t ww_params_count(const ww_param *table);

/** Writes every default into `self`, the struct that the table describes. */
void ww_params_defaults(const ww_param *table, void *self);

/** The row called `name`, NULL if there is none. */
const ww_param *ww_params_find(const ww_param *table, const char *name);

/** Reads `text` into the field `name` of `self`.
 * `where` stands before the key in messages ("lesion.yaml:14: area.V1." or "--set area.V1.");
 * texts are copied into `arena`, which must outlive `self`.
 * Errors: WW_EPARSE for an unknown key (with a suggestion), a value of the wrong type, or one
 * outside the range; `self` is then unchanged. */
ww_status ww_params_set(const ww_param *table, void *self, const char *name, const char *text,
                        const char *where, ww_arena *arena);

/** Prints the present value of one field as ww_params_set would read it. Returns `buffer`. */
char *ww_param_print(const ww_param *param, const void *self, char *buffer, size_t bytes);

/** Prints the range or the choices of a row for people: "0.01 to 10 deg". Returns `buffer`. */
char *ww_param_range(const ww_param *param, char *buffer, size_t bytes);

/** The word for a type: "number", "integer", "yes/no", "choice", "text", "numbers". */
const char *ww_param_type_name(ww_param_type type);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CLI_PARTS_DATA_LIST_H
#define WW_CLI_PARTS_DATA_LIST_H

/* What lies in the data folders as YAML files and can be named like a part: brains and studies. */

#include "engine/base/arena.h"

/** One kind of file. */
typedef struct ww_data_kind {
    const char *name, *singular; /* "brains", "brain" */
    const char *folder;          /* "connectome/brains" */
} ww_data_kind;

extern const ww_data_kind ww_data_kinds[]; /* ends with a NULL name */

/** The kind called `name` (plural or singular, case ignored), NULL if there is none. */
const ww_data_kind *ww_data_kind_find(const char *name);

/** The names of all files of a kind without their ending, each once, sorted; in `arena`. */
ww_status ww_data_names(const ww_data_kind *kind, const char *const **names, size_t *count,
                        ww_arena *arena);

/** Prints them with the summary that each file gives; `names`: only the names. */
ww_status ww_list_data(const ww_data_kind *kind, bool names, ww_arena *arena);

#endif

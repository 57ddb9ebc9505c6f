/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CLI_PARTS_LISTING_H
#define WW_CLI_PARTS_LISTING_H

/* Families and items as text on stdout. */

#include "engine/base/registry.h"

/** `head`, then names with blanks between them, wrapped at 96 columns. */
void ww_print_wrapped(const char *head, const char *const *name, size_t count);

/** All families, brains and studies, with the names of their items wrapped at 96 columns; `names`:
 * only the names of the families. */
ww_status ww_list_families(bool names, ww_arena *arena);

/** The items of a family with their summaries; `names`: only their names, members included. */
void ww_list_items(const ww_family *family, bool names);

/** The items of a family, each with its source file behind a tab. */
void ww_list_files(const ww_family *family);

/** Everything that an item says of itself, for a terminal. */
ww_status ww_show_item(const ww_family *family, size_t index, ww_arena *arena);

/** The same as a section of a reference page in Markdown. */
ww_status ww_show_item_markdown(const ww_family *family, size_t index, ww_arena *arena);

#endif

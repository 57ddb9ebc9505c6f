/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_REGISTRY_H
#define WW_ENGINE_BASE_REGISTRY_H

/* Families and their members.
 *
 * tools/registry.sh writes, from the directory listing at build time, one table per family
 * (`ww_areas`, `ww_areas_count`) of pointers to the descriptors, and one table of all families.
 * Each descriptor starts with the ww_item below, so that listing, looking up by name, help and
 * reference pages are written once. Dropping a file in registers it; a file without its
 * descriptor fails the link. */

#include <stddef.h>

#include "engine/base/param.h"
#include "engine/base/status.h"

/** What every registered thing says of itself; the first member of each descriptor. */
typedef struct ww_item {
    const char *name;       /* what the user types: "V4", "grating", "adam" */
    const char *members;    /* further names that this file serves ("PITd PITv"), or NULL */
    const char *summary;    /* one line, no full stop */
    const char *sources;    /* citation keys, blank-separated (docs/references.bib), or NULL */
    const char *example;    /* an example of its use, or NULL */
    const ww_param *params; /* its typed parameters, or NULL */
    size_t params_size;     /* bytes of the struct that the parameters describe */
} ww_item;

/** A family: all operators, all areas, ... */
typedef struct ww_family {
    const char *name;     /* plural, as typed: "areas" */
    const char *singular; /* "area" */
    const char *folder;   /* where its files stand: "areas" */
    const ww_item *const *items;
    const char *const *files; /* the source file of each item */
    size_t count;
} ww_family;

extern const ww_family ww_families[];
extern const size_t ww_families_count;

/** The family called `name` (plural or singular); WW_ENOTFOUND with a suggestion. */
ww_status ww_family_find(const ww_family **out, const char *name);

/** The index in `family` of the item that is called `name` or lists it among its members, case
 * ignored. WW_ENOTFOUND with a suggestion, as "unknown area 'V44'; did you mean 'V4'?". */
ww_status ww_item_find(size_t *out, const ww_family *family, const char *name);

#endif

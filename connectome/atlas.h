/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_ATLAS_H
#define WW_CONNECTOME_ATLAS_H

/* Anatomical tables: areas and pathways, each row with its source (connectome/NAME.tsv). */

#include "areas/area.h"

typedef struct ww_atlas_area {
    const char *name;
    ww_stream stream;
    int level;          /* hierarchical level: retina 0, LGN 1, V1 2, ... as in the table */
    double surface_mm2; /* NAN if unknown */
    double rf_deg;      /* receptive-field diameter at 5 deg eccentricity, NAN if unknown */
    const char *source; /* citation keys */
} ww_atlas_area;

typedef struct ww_atlas_path {
    int from, to; /* indices of areas */
    const char *source;
} ww_atlas_path;

typedef struct ww_atlas {
    const char *name;
    int n_areas, n_paths;
    const ww_atlas_area *area;
    const ww_atlas_path *path; /* sorted by from, then to; no pathway twice, none to itself */
} ww_atlas;

/** Reads the table called `name` ("felleman_vanessen_1991", or a path to a TSV) into `arena`.
 * Errors are one line with file and line: unknown area of a pathway, double rows, wrong numbers. */
ww_status ww_atlas_read(ww_atlas **out, const char *name, ww_arena *arena);

/** Index of an area, -1 if there is none. */
int ww_atlas_find(const ww_atlas *atlas, const char *area);

/** Levels that a pathway climbs (negative: descends). */
int ww_atlas_span(const ww_atlas *atlas, const ww_atlas_path *path);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_MEASURES_H
#define WW_CONNECTOME_MEASURES_H

/* Graph measures of a table of areas and pathways (or of the wiring of a brain). */

#include "connectome/brain.h"

enum { WW_STREAMS = WW_STREAM_LIMBIC + 1 };

/** All measures count directed pathways ("links"). Where a mean has nothing to average, it is not
 * a number. Arrays are [areas] unless said otherwise. */
typedef struct ww_measures {
    int areas, links;
    double density;              /* links / (n (n - 1)) */
    int reciprocated;            /* links whose opposite exists */
    int pairs, reciprocal_pairs; /* pairs of areas with a link either way, and both ways */

    double path_length; /* mean steps from one area to another, over the pairs with a way */
    int diameter;       /* largest of these */
    int unreachable;    /* ordered pairs without a way */
    double clustering;  /* directed (Fagiolo 2007, equation 8), mean over the areas */

    const int *out_degree, *in_degree;
    int degree_min, degree_max; /* of in + out */
    double degree_mean;

    int ascending, lateral, descending;
    int most_span;           /* largest difference of two levels */
    const int *by_span;      /* [most_span + 1] ascending links that climb so many levels */
    const int *pairs_a_span; /* [most_span + 1] pairs of areas so many levels apart */
    double mean_span;        /* of the ascending links */
    int skip, skip_two;      /* ascending links that bypass at least one, two levels */
    int orphans;             /* areas above the root that no ascending link reaches */

    int stream_links[WW_STREAMS][WW_STREAMS]; /* [from][to] */
    int stream_pairs[WW_STREAMS][WW_STREAMS]; /* ordered pairs of two areas */

    const int *steps;       /* fewest steps from the root; -1: none */
    const double *ways;     /* strictly ascending ways from the root */
    const int *longest_way; /* links of the longest of them; -1: none */
} ww_measures;

/** Measures `atlas`; `root` is the area from which ways are counted (V1). Arrays in `arena`. */
ww_status ww_measures_compute(ww_measures *out, const ww_atlas *atlas, int root, ww_arena *arena);

/** The part of a table whose areas have keep[area], with the pathways among them. */
ww_status ww_atlas_among(ww_atlas **out, const ww_atlas *atlas, const bool *keep, ww_arena *arena);

/** The wiring of a brain as a table. */
ww_status ww_brain_atlas(ww_atlas **out, const ww_brain *brain, ww_arena *arena);

#endif

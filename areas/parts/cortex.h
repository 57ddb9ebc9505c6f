/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_AREAS_PARTS_CORTEX_H
#define WW_AREAS_PARTS_CORTEX_H

/* The circuit that cortical areas share: weighted sum of afferents, normalisation over samples,
 * rectification, divisive normalisation. */

#include "areas/area.h"

/** The first fields of the parameters of areas that have this circuit; WW_CORTEX_PARAMS. */
typedef struct ww_cortex_params {
    ww_area_common common;
    int kernel;   /* of pathways that climb at most `reach` levels */
    int reach;    /* levels */
    double sigma; /* semi-saturation of divisive normalisation; 0: none */
} ww_cortex_params;

/* clang-format off */
#define WW_CORTEX_PARAMS(S, grid_, channels_, kernel_, sigma_)                                     \
    WW_AREA_GRID(S, cortex.common, grid_),                                                         \
    WW_AREA_CHANNELS(S, cortex.common, channels_),                                                 \
    WW_AREA_INT(S, "kernel", cortex.kernel, kernel_, 1, 15,                                        \
                "units across what it sums of a near afferent (odd)"),                             \
    WW_AREA_INT(S, "reach", cortex.reach, 3, 0, 20,                                                \
                "levels that an afferent may climb and still count as near"),                      \
    {"sigma", WW_PARAM_REAL, WW_FIELD(S, cortex.sigma, double), sigma_, 0, 1000, NULL, NULL, "",   \
     "semi-saturation of divisive normalisation among its channels; 0: none", "carandini2012"}
/* clang-format on */

/** Whether an afferent of one of the `ports` (blank-separated; NULL: any) is there. */
bool ww_cortex_reached(const ww_area_site *site, const char *ports);

/** The weighted sum [N, channels, height, width] on the area's grid of the afferents of `ports`
 * (NULL: all). Each pathway has parameters of its own, "weight.SOURCE[.PORT]" [channels, C, k, k],
 * with "TAG." before if the area has several such sums. Pathways from the same level or up to
 * `reach` levels below have k = `kernel`; those that come from further or descend have k = 1.
 * Wiring costs are added to the site. Fails the graph if no afferent is there. */
ww_var ww_cortex_drive(ww_area_site *site, const char *tag, const char *ports, int channels,
                       int kernel, int reach);

/** Batch normalisation (statistics of their own in each time step) and rectification. */
ww_var ww_cortex_respond(ww_area_site *site, const char *tag, ww_var drive);

/** "AREA/decay", the factor on all weights that reach the area. */
ww_var ww_cortex_decay(ww_area_site *site);

/** A map times a gain of 0 to 2 that the feedback which reaches the area sets: feedback modulates
 * and does not drive (Crick & Koch 1998). Without feedback the map itself. */
ww_var ww_cortex_modulate(ww_area_site *site, const char *tag, ww_var map);

/** drive and respond with all afferents, then divisive normalisation among the channels of a place.
 */
ww_var ww_cortex(ww_area_site *site, const ww_cortex_params *params);

/** A whole area that is no more than that: its `build`. */
void ww_cortex_build(ww_area_site *site, const void *params);

/** A map minus `weight` times its mean over size x size places: a suppressive surround. */
ww_var ww_cortex_surround(ww_area_site *site, ww_var map, int size, double weight);

/** The map [N, C, H, W] divided by `sigma` plus the mean of its channels over the whole field:
 * places compete. */
ww_var ww_cortex_compete(ww_area_site *site, ww_var map, double sigma);

#endif

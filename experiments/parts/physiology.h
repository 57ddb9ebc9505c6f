/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_PHYSIOLOGY_H
#define WW_EXPERIMENTS_PARTS_PHYSIOLOGY_H

/* Recording from an area: pictures in, responses of a column of units out. The units are those at
 * the place nearest to the centre of gaze, one for each channel of the area's first port. Nothing
 * is known of them but their responses. */

#include "connectome/model.h"

typedef struct ww_probe {
    ww_model *model;
    int area, units;     /* one a channel */
    double x_deg, y_deg; /* where they look */
    size_t floats;       /* of a movie */
    ww_trials *trials;   /* room for the pictures that are shown together */
    size_t places, place;
} ww_probe;

/** Opens a probe on the area called `area`. Errors: WW_ENOTFOUND with the areas of the brain. */
ww_status ww_probe_open(ww_probe *probe, ww_model *model, const char *area);
/** Frees what the probe has compiled, not the model; once more does nothing. */
void ww_probe_close(ww_probe *probe);

/** Draws picture `i` as movie[frames][3][height][width]. Called from many threads at once. */
typedef void (*ww_picture)(const void *context, size_t i, const ww_view *view, float *movie);

/** Takes the responses response[units] to picture `i`; called in order of i. */
typedef void (*ww_recorder)(void *context, size_t i, const float *response);

/** Shows `n` pictures and records. */
ww_status ww_probe_show(ww_probe *probe, size_t n, ww_picture draw, const void *pictures,
                        ww_recorder record, void *recording);

/** A drifting grating: bars at right angles to normal_deg, in a round window (0: everywhere). */
typedef struct ww_drift {
    double frequency_cpd, normal_deg, contrast, temporal_hz, diameter_deg;
} ww_drift;

/** Shows `n` gratings at `phases` phases of their drift (in the last frame of a movie) and gives
 * the mean F0 and the amplitude F1 of the first harmonic of each unit's response over a cycle:
 * f0[n][units], f1[n][units]. `response` (or NULL) gets all of them, [n][phases][units]. */
ww_status ww_probe_drift(ww_probe *probe, const ww_drift *drift, size_t n, int phases, float *f0,
                         float *f1, float *response);

#endif

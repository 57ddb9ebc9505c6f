/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_WAVE_H
#define WW_STIMULI_PARTS_WAVE_H

/* Drifting sinusoids, the parts of gratings, Gabor patches and plaids. */

#include "engine/base/random.h"
#include "stimuli/stimulus.h"

/** One plane wave: contrast * cos(2 pi (f (x cos a + y sin a) - ft t) + phase). It drifts along
 * `normal_deg`, which stands at right angles to its bars. */
typedef struct ww_wave {
    double frequency_cpd, normal_deg, phase_rad, contrast, temporal_hz;
} ww_wave;

/** Adds the wave at time `t_s` to `plane`, which holds contrasts (0 = mean luminance). */
void ww_wave_add(const ww_wave *wave, const ww_view *view, double t_s, float *plane);

/** Multiplies contrasts by a round window of `diameter_deg` (its edge one pixel wide; 0: whole
 * view) centred at the view, turns them into luminances, and copies them to all three colours.
 * `mask` (or NULL) gets 1 inside. */
void ww_wave_window(float *frame, const ww_view *view, double diameter_deg, unsigned char *mask);

/** Refuses spatial and temporal frequencies that the pixels and frames of the view cannot show. */
ww_status ww_wave_check(const char *stimulus, const ww_view *view, double frequency_cpd,
                        double temporal_hz);

/** Draws which of `n` equally spaced directions is shown; `label` gets its number. Degrees. */
double ww_wave_direction(ww_random *random, int n, double first_deg, int *label);

/** An angle brought into 0 .. period. */
double ww_wave_wrap(double degrees, double period);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_NOISE_H
#define WW_STIMULI_PARTS_NOISE_H

/* Noise whose amplitude falls with frequency as 1 / f^slope: slope 0 is white, 1 is like natural
 * scenes. One ww_noise serves any number of threads. */

#include "engine/base/random.h"
#include "engine/base/status.h"

typedef struct ww_noise ww_noise;

/** Prepares the spectrum and the transforms for planes of this size. */
ww_status ww_noise_open(ww_noise **out, int width, int height, double slope);
/** Frees it; NULL is allowed. */
void ww_noise_close(ww_noise *noise);

/** Draws one plane[height][width] of mean 0 and standard deviation 1. */
ww_status ww_noise_draw(const ww_noise *noise, ww_random *random, float *plane);

#endif

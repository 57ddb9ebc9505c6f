/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_LEAVES_H
#define WW_STIMULI_PARTS_LEAVES_H

/* Dead leaves: discs that hide each other. */

#include "engine/base/random.h"
#include "stimuli/stimulus.h"

typedef struct ww_leaves {
    double radius_min_deg, radius_max_deg;
    double contrast; /* greys lie evenly within 0.5 (1 -+ contrast) */
} ww_leaves;

/** Refuses radii that are the wrong way round; `stimulus` is named in the message. */
ww_status ww_leaves_check(const char *stimulus, const ww_leaves *leaves);

/** Covers plane[height][width] with leaves. */
void ww_leaves_draw(const ww_leaves *leaves, const ww_view *view, ww_random *random, float *plane);

#endif

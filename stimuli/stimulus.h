/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_STIMULUS_H
#define WW_STIMULI_STIMULUS_H

/* Stimuli: what is shown to a brain, in degrees of visual angle, with the truth of what was shown.
 *
 * A stimulus is a pure function of (parameters, view, seed, index): item `index` of a stimulus is
 * the same on any number of threads and machines. One generator a file; the last thing in the
 * file is its descriptor `const ww_stimulus ww_stimulus_<file>`.
 *
 * Geometry: x to the right and y up, in degrees, (0, 0) at the centre of the view. Directions are
 * in degrees counter-clockwise, 0 = rightward. Pixels are linear RGB in 0 .. 1, grey 0.5 is the
 * mean luminance; contrast c of a grating spans 0.5 (1 - c) .. 0.5 (1 + c). */

#include <stdint.h>

#include "engine/base/registry.h"

/** The window onto the world. Frames are equally spaced in time. */
typedef struct ww_view {
    int width_px, height_px, frames;
    double deg_per_px;
    double frame_ms;
} ww_view;

/** Size of the view in degrees. */
static inline double ww_view_width_deg(const ww_view *view)
{
    return view->width_px * view->deg_per_px;
}
/** The height likewise. */
static inline double ww_view_height_deg(const ww_view *view)
{
    return view->height_px * view->deg_per_px;
}

enum { WW_UNKNOWN = -1 }; /* a label that does not apply: the face of a word */

/** What is in a picture. Labels count from 0; WW_UNKNOWN where one does not apply. */
typedef struct ww_truth {
    int category;           /* 0 face, 1 word, 2 object */
    int face, word, object; /* which one, within its category */
    int colour;             /* index of the hue */
    int direction;          /* index of the motion direction, counter-clockwise from rightward */
    double x_deg, y_deg;    /* centre of the (target) item in the last frame */
    double size_deg, speed_deg_s, orientation_deg;
} ww_truth;

/** A truth in which nothing is known yet (labels WW_UNKNOWN, numbers 0). */
ww_truth ww_truth_unknown(void);

typedef struct ww_stimulus {
    ww_item item;

    /** Prepares what many drawings share (fonts, spectra); NULL if there is nothing to prepare.
     * `*state` is handed to draw and close. Checks what the single ranges cannot, for example
     * frequency against the pixel grid. */
    ww_status (*open)(void **state, const void *params, const ww_view *view);
    void (*close)(void *state);

    /** Draws item `index`: rgb[frames][3][height][width]; mask[height][width] gets 0 for the
     * ground and 1 + item number for the items of the last frame (NULL: not wanted); `truth` is
     * never NULL. Thread safe for one `state`; never allocates more than scratch memory. */
    ww_status (*draw)(void *state, const void *params, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth);
} ww_stimulus;

extern const ww_stimulus *const ww_stimuli[];
extern const size_t ww_stimuli_count;

#endif

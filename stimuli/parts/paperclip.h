/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_PAPERCLIP_H
#define WW_STIMULI_PARTS_PAPERCLIP_H

/* Paperclips: bent wires in three dimensions, all alike in kind and told apart by shape alone. */

#include "stimuli/stimulus.h"

enum { WW_PAPERCLIP_SEGMENTS = 16 };

/** A chain of straight pieces. Its corners lie around the origin, the farthest at a distance of
 * 1/2; x points right, y up, z to the viewer. */
typedef struct ww_paperclip {
    int n_segments;
    double corner[WW_PAPERCLIP_SEGMENTS + 1][3];
} ww_paperclip;

/** How it is shown. */
typedef struct ww_paperclip_pose {
    double rotation_deg; /* about the vertical axis; the near side moves right */
    double size_deg;     /* diameter of the sphere that it fits in */
    double x_deg, y_deg; /* of its centre */
    double thickness;    /* diameter of the wire, in units of size_deg */
} ww_paperclip_pose;

/** Clip number `number` of the set `set`, with 1 to WW_PAPERCLIP_SEGMENTS pieces; the same whoever
 * asks. */
ww_paperclip ww_paperclip_make(uint64_t set, int number, int n_segments);

/** Draws a clip, lit from above left, over one plane [height][width]: the wire has luminance
 * 1/4 to 1 of `luminance` by its slant to the light. Parts outside the view are cut off.
 * `mask` (or NULL) gets 1 where at least half of a pixel is wire. */
void ww_paperclip_draw(const ww_paperclip *clip, const ww_paperclip_pose *pose, const ww_view *view,
                       double luminance, float *plane, unsigned char *mask);

#endif

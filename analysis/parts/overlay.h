/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ANALYSIS_PARTS_OVERLAY_H
#define WW_ANALYSIS_PARTS_OVERLAY_H

/* Saliency laid over the picture that it is of. */

#include "areas/parts/saliency.h"

/** Lays map[height][width] in 0 .. 1 over a picture, as rgb[3][height][width]: grey where the map
 * is 0, through violet and orange to yellow where it is 1. */
void ww_overlay_map(const ww_picture *picture, const float *map, float *rgb);

/** Draws the way of the gaze onto rgb[3][height][width]: numbered discs joined by lines. */
ww_status ww_overlay_gaze(const ww_fixation *fixation, int n, float *rgb, int height, int width);

#endif

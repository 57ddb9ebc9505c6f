/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_FRAME_H
#define WW_STIMULI_PARTS_FRAME_H

/* Pixels of a film and their places: rgb[frames][3][height][width], row 0 at the top. */

#include <math.h>
#include <string.h>

#include "stimuli/stimulus.h"

#define WW_PI 3.14159265358979323846

/** Pixels of one plane. */
static inline size_t ww_frame_plane(const ww_view *view)
{
    return (size_t)view->width_px * (size_t)view->height_px;
}

/** The first of the three planes of `frame`. */
static inline float *ww_frame_at(float *rgb, const ww_view *view, int frame)
{
    return rgb + 3 * (size_t)frame * ww_frame_plane(view);
}

/** Degrees to the right of the view's centre, of the centre of a pixel; columns count from the
 * left. */
static inline double ww_frame_x_deg(const ww_view *view, double column)
{
    return (column - 0.5 * (view->width_px - 1)) * view->deg_per_px;
}
/** Degrees above the view's centre; rows count from the top. */
static inline double ww_frame_y_deg(const ww_view *view, double row)
{
    return (0.5 * (view->height_px - 1) - row) * view->deg_per_px;
}

/** Copies the first plane of a frame to the other two. */
static inline void ww_frame_grey(float *frame, const ww_view *view)
{
    size_t n = ww_frame_plane(view);
    memcpy(frame + n, frame, n * sizeof *frame);
    memcpy(frame + 2 * n, frame, n * sizeof *frame);
}

/** Fills the whole film with one grey. */
static inline void ww_frame_fill(float *rgb, const ww_view *view, float grey)
{
    size_t n = 3 * ww_frame_plane(view) * (size_t)view->frames;
    for (size_t i = 0; i < n; i++)
        rgb[i] = grey;
}

/** Cosine of an angle in degrees. */
static inline double ww_cos_deg(double degrees)
{
    return cos(degrees * WW_PI / 180);
}
/** Sine of an angle in degrees. */
static inline double ww_sin_deg(double degrees)
{
    return sin(degrees * WW_PI / 180);
}

/** `value`, but no less than `low` and no more than `high`. */
static inline double ww_clamp(double value, double low, double high)
{
    return value < low ? low : value > high ? high : value;
}

/** The lower of two numbers; fminf is a call of libm, for the sake of NAN. */
static inline float ww_lower(float a, float b)
{
    return a < b ? a : b;
}
/** The higher of two numbers, likewise. */
static inline float ww_higher(float a, float b)
{
    return a > b ? a : b;
}

/** Share of a pixel inside an edge: `inside` pixels from the pixel's centre to the edge. */
static inline double ww_edge(double inside)
{
    return ww_clamp(inside + 0.5, 0, 1);
}

#endif

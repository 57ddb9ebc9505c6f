/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_CANVAS_H
#define WW_STIMULI_PARTS_CANVAS_H

/* Vector drawing through cairo, and the way from its pixels to float planes and back.
 *
 * A canvas starts transparent; its user space has the origin in the middle, x to the right and y
 * up, in units of which `px_per_unit` pixels make one (degrees, or the height of an item). A
 * canvas belongs to one thread. */

#include <cairo.h>

#include "engine/base/status.h"

typedef struct ww_canvas {
    cairo_surface_t *surface;
    cairo_t *cr;
    int width, height;
} ww_canvas;

/** A red-green-blue colour, each in 0 .. 1. */
typedef struct ww_rgb {
    double r, g, b;
} ww_rgb;

/** Opens a canvas; close it with ww_canvas_close also after a failure. */
ww_status ww_canvas_open(ww_canvas *canvas, int width, int height, double px_per_unit);
/** Frees what a canvas has opened, not the canvas. */
void ww_canvas_close(ww_canvas *canvas);

/** Ends drawing and reports what went wrong in any of it. */
ww_status ww_canvas_finish(const ww_canvas *canvas);

/** Red, green, blue (premultiplied by coverage) and coverage of the pixels of a row: [width][4]. */
void ww_canvas_line(const ww_canvas *canvas, int row, float *rgba);

/** Lays the canvas over the planes rgb[3][height][width]. */
void ww_canvas_over(const ww_canvas *canvas, float *rgb);

/** Fills the canvas, opaque, from the planes rgb[3][height][width]. */
void ww_canvas_load(ww_canvas *canvas, const float *rgb);

/** Sets the colour to draw with. */
void ww_canvas_colour(cairo_t *cr, ww_rgb colour, double alpha);

/** Adds an ellipse to the path. */
void ww_canvas_ellipse(cairo_t *cr, double x, double y, double rx, double ry);

/** The colour that is `t` of the way from `a` to `b`. */
ww_rgb ww_rgb_mix(ww_rgb a, ww_rgb b, double t);

/** Hue `k` of `n`, all of luminance `luminance`: equally spaced on a circle in the plane of equal
 * luminance, as wide as the screen allows. */
ww_rgb ww_rgb_hue(int k, int n, double luminance);

/** Luminance of a linear colour (ITU-R BT.709 weights). */
double ww_rgb_luminance(ww_rgb colour);

#endif

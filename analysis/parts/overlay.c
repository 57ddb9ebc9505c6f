/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The colours rise in luminance with the map (as those of the "inferno" map of Smith & van der
 * Walt), so that the order is seen by every kind of colour vision and in grey print. */
#include "analysis/parts/overlay.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "stimuli/parts/canvas.h"

enum { STOPS = 5 };

static const double ramp[STOPS][3] = {{0.00, 0.00, 0.02},
                                      {0.34, 0.06, 0.43},
                                      {0.74, 0.21, 0.33},
                                      {0.98, 0.56, 0.04},
                                      {0.99, 1.00, 0.64}};

void ww_overlay_map(const ww_picture *picture, const float *map, float *rgb)
{
    size_t plane = (size_t)picture->height * (size_t)picture->width;
    for (size_t i = 0; i < plane; i++) {
        double value = fmin(fmax(map[i], 0), 1), grey = 0, at = value * (STOPS - 1);
        int k = at >= STOPS - 1 ? STOPS - 2 : (int)at;
        for (int c = 0; c < picture->channels; c++)
            grey += picture->pixel[(size_t)c * plane + i] / picture->channels;
        double cover = 0.75 * sqrt(value);
        for (int c = 0; c < 3; c++) {
            double colour = ramp[k][c] + (at - k) * (ramp[k + 1][c] - ramp[k][c]);
            rgb[(size_t)c * plane + i] = (float)((1 - cover) * grey + cover * colour);
        }
    }
}

static void way(cairo_t *cr, const ww_fixation *f, int n, double width)
{
    for (int i = 0; i < n; i++)
        cairo_line_to(cr, f[i].x_px + 0.5, f[i].y_px + 0.5);
    cairo_set_line_width(cr, width);
    cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
    cairo_stroke(cr);
}

static void disc(cairo_t *cr, const ww_fixation *f, int number, double radius)
{
    char text[12];
    cairo_text_extents_t box;
    double x = f->x_px + 0.5, y = f->y_px + 0.5;
    snprintf(text, sizeof text, "%d", number);
    cairo_arc(cr, x, y, radius, 0, 6.2831853);
    cairo_set_source_rgb(cr, 1, 1, 1);
    cairo_fill_preserve(cr);
    cairo_set_source_rgb(cr, 0, 0, 0);
    cairo_set_line_width(cr, radius / 6);
    cairo_stroke(cr);
    cairo_set_font_size(cr, 1.3 * radius);
    cairo_text_extents(cr, text, &box);
    cairo_move_to(cr, x - box.x_bearing - box.width / 2, y - box.y_bearing - box.height / 2);
    cairo_show_text(cr, text);
}

ww_status ww_overlay_gaze(const ww_fixation *fixation, int n, float *rgb, int height, int width)
{
    ww_canvas canvas;
    double radius = fmax(5, fmin(height, width) / 32.);
    ww_status status = ww_canvas_open(&canvas, width, height, 1);
    if (status == WW_OK) {
        ww_canvas_load(&canvas, rgb);
        cairo_identity_matrix(canvas.cr);
        cairo_select_font_face(canvas.cr, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                               CAIRO_FONT_WEIGHT_BOLD);
        cairo_set_source_rgb(canvas.cr, 0, 0, 0);
        way(canvas.cr, fixation, n, radius / 2);
        cairo_set_source_rgb(canvas.cr, 1, 1, 1);
        way(canvas.cr, fixation, n, radius / 4);
        for (int i = n - 1; i >= 0; i--)
            disc(canvas.cr, &fixation[i], i + 1, radius);
        status = ww_canvas_finish(&canvas);
    }
    if (status == WW_OK)
        ww_canvas_over(&canvas, rgb);
    ww_canvas_close(&canvas);
    return status;
}

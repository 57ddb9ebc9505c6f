/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Vector drawing. Values are linear light throughout: cairo only blends, it does not care.
 *
 * The hues are those of the isoluminant plane of cone-opponent space (Derrington, Krauskopf &
 * Lennie 1984), so that luminance says nothing of the colour's name: a brain that lost its colour
 * cannot cheat. */
#include "stimuli/parts/canvas.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#include "stimuli/parts/frame.h"

ww_status ww_canvas_open(ww_canvas *canvas, int width, int height, double px_per_unit)
{
    *canvas = (ww_canvas){.width = width, .height = height};
    canvas->surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, width, height);
    canvas->cr = cairo_create(canvas->surface);
    cairo_translate(canvas->cr, 0.5 * width, 0.5 * height);
    cairo_scale(canvas->cr, px_per_unit, -px_per_unit);
    return ww_canvas_finish(canvas);
}

void ww_canvas_close(ww_canvas *canvas)
{
    if (canvas->cr)
        cairo_destroy(canvas->cr);
    if (canvas->surface)
        cairo_surface_destroy(canvas->surface);
    *canvas = (ww_canvas){0};
}

ww_status ww_canvas_finish(const ww_canvas *canvas)
{
    cairo_status_t status = cairo_status(canvas->cr);
    if (status == CAIRO_STATUS_NO_MEMORY)
        return WW_FAIL(WW_ENOMEM, "no memory for a canvas of %d x %d pixels", canvas->width,
                       canvas->height);
    if (status != CAIRO_STATUS_SUCCESS)
        return WW_FAIL(WW_EBACKEND, "cairo: %s", cairo_status_to_string(status));
    cairo_surface_flush(canvas->surface);
    return WW_OK;
}

static const uint32_t *line_of(const ww_canvas *canvas, int row)
{
    const unsigned char *data = cairo_image_surface_get_data(canvas->surface);
    int stride = cairo_image_surface_get_stride(canvas->surface);
    return (const uint32_t *)(const void *)(data + (size_t)row * (size_t)stride);
}

static void unpack(uint32_t argb, float rgba[4])
{
    const float scale = 1.0f / 255;
    rgba[0] = scale * (float)(argb >> 16 & 255);
    rgba[1] = scale * (float)(argb >> 8 & 255);
    rgba[2] = scale * (float)(argb & 255);
    rgba[3] = scale * (float)(argb >> 24);
}

void ww_canvas_line(const ww_canvas *canvas, int row, float *rgba)
{
    const uint32_t *line = line_of(canvas, row);
    for (int column = 0; column < canvas->width; column++)
        unpack(line[column], rgba + 4 * (size_t)column);
}

void ww_canvas_over(const ww_canvas *canvas, float *rgb)
{
    size_t plane = (size_t)canvas->width * (size_t)canvas->height, i = 0;
    for (int row = 0; row < canvas->height; row++) {
        const uint32_t *line = line_of(canvas, row);
        for (int column = 0; column < canvas->width; column++, i++) {
            float rgba[4];
            if (line[column] == 0)
                continue;
            unpack(line[column], rgba);
            for (size_t c = 0; c < 3; c++)
                rgb[c * plane + i] = rgba[c] + (1 - rgba[3]) * rgb[c * plane + i];
        }
    }
}

void ww_canvas_load(ww_canvas *canvas, const float *rgb)
{
    size_t plane = (size_t)canvas->width * (size_t)canvas->height, i = 0;
    int stride = cairo_image_surface_get_stride(canvas->surface);
    unsigned char *data = cairo_image_surface_get_data(canvas->surface);
    for (int row = 0; row < canvas->height; row++) {
        uint32_t *line = (uint32_t *)(void *)(data + (size_t)row * (size_t)stride);
        for (int column = 0; column < canvas->width; column++, i++) {
            uint32_t argb = 255;
            for (size_t c = 0; c < 3; c++)
                argb =
                    argb << 8 | (uint32_t)lrint(255 * ww_clamp((double)rgb[c * plane + i], 0, 1));
            line[column] = argb;
        }
    }
    cairo_surface_mark_dirty(canvas->surface);
}

void ww_canvas_colour(cairo_t *cr, ww_rgb colour, double alpha)
{
    cairo_set_source_rgba(cr, colour.r, colour.g, colour.b, alpha);
}

void ww_canvas_ellipse(cairo_t *cr, double x, double y, double rx, double ry)
{
    cairo_save(cr);
    cairo_translate(cr, x, y);
    cairo_scale(cr, rx, ry);
    cairo_new_sub_path(cr);
    cairo_arc(cr, 0, 0, 1, 0, 2 * WW_PI);
    cairo_close_path(cr);
    cairo_restore(cr);
}

ww_rgb ww_rgb_mix(ww_rgb a, ww_rgb b, double t)
{
    return (ww_rgb){a.r + t * (b.r - a.r), a.g + t * (b.g - a.g), a.b + t * (b.b - a.b)};
}

#define RED_WEIGHT   0.2126
#define GREEN_WEIGHT 0.7152
#define BLUE_WEIGHT  0.0722

ww_rgb ww_rgb_hue(int k, int n, double luminance)
{
    double angle = 2 * WW_PI * k / n;
    double radius = fmin(luminance, 1 - luminance);
    double red = radius * cos(angle), blue = radius * sin(angle);
    double green = -(RED_WEIGHT * red + BLUE_WEIGHT * blue) / GREEN_WEIGHT;
    return (ww_rgb){luminance + red, luminance + green, luminance + blue};
}

double ww_rgb_luminance(ww_rgb colour)
{
    return RED_WEIGHT * colour.r + GREEN_WEIGHT * colour.g + BLUE_WEIGHT * colour.b;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/digits.h"

#include <math.h>
#include <string.h>

#include "stimuli/parts/canvas.h"
#include "stimuli/parts/word.h"

enum { LEAST = 8, SIDE = 28, DIGITS = 10 };

static const double pi = 3.14159265358979323846;

ww_status ww_digits_read(ww_digits *out, const char *path, ww_split split, ww_arena *arena)
{
    ww_labelled *set;
    WW_TRY(ww_labelled_read(&set, path, split, 0, 0, 0, arena));
    if (set->height < LEAST || set->width < LEAST)
        return WW_FAIL(WW_EINVAL, "%s: pictures of %d x %d px are too small; %d x %d at least",
                       path, set->width, set->height, LEAST, LEAST);
    *out = (ww_digits){set->count, set->height, set->width, set->classes, set->pixel, set->label};
    if (set->channels == 1)
        return WW_OK;
    size_t plane = (size_t)set->height * (size_t)set->width;
    unsigned char *grey = ww_arena_array(arena, set->count * plane, 1);
    if (grey == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < set->count * plane; i++) {
        const unsigned char *rgb = set->pixel + i / plane * 3 * plane + i % plane;
        grey[i] =
            (unsigned char)lrint(0.2126 * rgb[0] + 0.7152 * rgb[plane] + 0.0722 * rgb[2 * plane]);
    }
    out->pixel = grey;
    return WW_OK;
}

/* ---- written digits ---- */

/* One digit with straight lines kept straight. */
static ww_status draw(const ww_word_set *set, int digit, ww_random *random, unsigned char *ink)
{
    ww_canvas canvas;
    int font = (int)ww_random_below(random, WW_WORD_FONTS);
    double turn = ww_random_range(random, -12, 12) * pi / 180;
    double slant = ww_random_range(random, -0.25, 0.25);
    double high = ww_random_range(random, 15, 20), broad = ww_random_range(random, 0.8, 1.2);
    double x = ww_random_range(random, -1, 1), y = ww_random_range(random, -1, 1);
    double size = high / ww_word_aspect(set, digit, font);
    ww_status status = ww_canvas_open(&canvas, SIDE, SIDE, 1);
    if (status == WW_OK) {
        cairo_matrix_t lean = {1, 0, slant, 1, 0, 0};
        cairo_translate(canvas.cr, x, y);
        cairo_rotate(canvas.cr, turn);
        cairo_transform(canvas.cr, &lean);
        cairo_scale(canvas.cr, fmin(size, high) * broad, size);
        ww_word_path(canvas.cr, set, digit, font);
        ww_canvas_colour(canvas.cr, (ww_rgb){1, 1, 1}, 1);
        cairo_fill(canvas.cr);
        status = ww_canvas_finish(&canvas);
    }
    for (int row = 0; row < SIDE && status == WW_OK; row++) {
        float rgba[4 * SIDE];
        ww_canvas_line(&canvas, row, rgba);
        for (int i = 0; i < SIDE; i++)
            ink[row * SIDE + i] = (unsigned char)lrint(255 * (double)rgba[4 * i + 3]);
    }
    ww_canvas_close(&canvas);
    return status;
}

/* The value between the pixels, 0 beyond them. */
static double between(const unsigned char *pixel, int height, int width, double y, double x)
{
    int y0 = (int)floor(y), x0 = (int)floor(x);
    double sum = 0;
    for (int k = 0; k < 4; k++) {
        int row = y0 + k / 2, column = x0 + k % 2;
        if (row >= 0 && column >= 0 && row < height && column < width)
            sum += (1 - fabs(y - row)) * (1 - fabs(x - column)) * pixel[row * width + column];
    }
    return sum / 255;
}

/* Bends a picture by a wave along each axis. */
static void bend(const unsigned char *ink, ww_random *random, unsigned char *pixel)
{
    double reach[2], phase[2], turns[2];
    for (int k = 0; k < 2; k++) {
        reach[k] = ww_random_range(random, 0, 1.5);
        phase[k] = ww_random_range(random, 0, 2 * pi);
        turns[k] = ww_random_range(random, 0.5, 1.5);
    }
    for (int i = 0; i < SIDE * SIDE; i++) {
        int row = i / SIDE, column = i % SIDE;
        double y = row + reach[0] * sin(2 * pi * turns[0] * column / SIDE + phase[0]);
        double x = column + reach[1] * sin(2 * pi * turns[1] * row / SIDE + phase[1]);
        pixel[i] = (unsigned char)lrint(255 * between(ink, SIDE, SIDE, y, x));
    }
}

ww_status ww_digits_write(ww_digits *out, size_t count, uint64_t seed, const char *purpose,
                          ww_arena *arena)
{
    static const char *const texts[DIGITS] = {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"};
    ww_word_set *set;
    unsigned char *pixel = ww_arena_array(arena, count * SIDE * SIDE, 1);
    int *label = ww_arena_array(arena, count, sizeof *label);
    if (pixel == NULL || label == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_word_set_open_texts(&set, texts, DIGITS));
    ww_status status = WW_OK;
    for (size_t i = 0; i < count && status == WW_OK; i++) {
        unsigned char ink[SIDE * SIDE];
        ww_random random = ww_random_stream(ww_hash_text(purpose) ^ seed, "digits", i);
        label[i] = (int)ww_random_below(&random, DIGITS);
        status = draw(set, label[i], &random, ink);
        if (status == WW_OK)
            bend(ink, &random, pixel + i * SIDE * SIDE);
    }
    ww_word_set_close(set);
    *out = (ww_digits){count, SIDE, SIDE, DIGITS, pixel, label};
    return status;
}

/* ---- showing ---- */

void ww_digit_lay(const ww_digits *d, size_t index, const ww_digit_change *change, double share,
                  const ww_view *view, uint64_t seed, float *out)
{
    int height = d->height, width = d->width, longer = height > width ? height : width;
    size_t plane = (size_t)height * (size_t)width;
    const unsigned char *pixel = d->pixel + index * plane;
    double zoom = share * view->width_px / longer, scale = change->scale > 0 ? change->scale : 1;
    double c = cos(change->turn_deg * pi / 180), s = sin(change->turn_deg * pi / 180);
    ww_random random = ww_random_stream(seed, "digits/noise", index);
    for (int i = 0; i < view->height_px * view->width_px; i++) {
        double x = (i % view->width_px - 0.5 * (view->width_px - 1)) / zoom - change->right_px;
        double y = (i / view->width_px - 0.5 * (view->height_px - 1)) / zoom - change->down_px;
        double u = (c * x - s * y) / scale + 0.5 * (width - 1);
        double v = (s * x + c * y) / scale + 0.5 * (height - 1);
        double value = between(pixel, height, width, v, u);
        if (change->noise > 0)
            value = fmin(1, fmax(0, value + change->noise * ww_random_normal(&random)));
        out[i] = (float)value;
    }
}

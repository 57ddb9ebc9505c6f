/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The three categories share one way from a description to pixels. */
#include "stimuli/parts/thing.h"

#include "stimuli/parts/frame.h"

static void draw_thing(const ww_canvas *canvas, const ww_thing *thing, const ww_word_set *words)
{
    cairo_t *cr = canvas->cr;
    cairo_rotate(cr, thing->tilt_deg * WW_PI / 180);
    if (thing->category == WW_FACE) {
        ww_face_draw(cr, &thing->face, &thing->pose);
    } else if (thing->category == WW_WORD) {
        double tall = ww_word_aspect(words, thing->which, thing->font);
        if (tall > 1)
            cairo_scale(cr, 1 / tall, 1 / tall);
        ww_word_path(cr, words, thing->which, thing->font);
        ww_canvas_colour(cr, thing->colour, 1);
        cairo_fill(cr);
    } else {
        ww_object_draw(cr, thing->which, thing->texture, thing->colour);
    }
}

ww_status ww_thing_sprite(ww_sprite *sprite, const ww_thing *thing, const ww_word_set *words,
                          const ww_view *view)
{
    *sprite = (ww_sprite){0};
    double px = WW_SPRITE_SCALE * thing->size_deg / view->deg_per_px;
    double tilt = thing->tilt_deg;
    double tall = thing->category == WW_WORD ? ww_word_aspect(words, thing->which, thing->font) : 1;
    double wide = tall > 1 ? 1 / tall : 1; /* the box of the thing, then of the turned thing */
    tall = fmin(tall, 1);
    double box_w = wide * fabs(ww_cos_deg(tilt)) + tall * fabs(ww_sin_deg(tilt));
    double box_h = wide * fabs(ww_sin_deg(tilt)) + tall * fabs(ww_cos_deg(tilt));
    ww_canvas canvas;
    ww_status status =
        ww_canvas_open(&canvas, (int)ceil(px * box_w) + 4, (int)ceil(px * box_h) + 4, px);
    if (status == WW_OK) {
        draw_thing(&canvas, thing, words);
        status = ww_sprite_take(sprite, &canvas);
    }
    ww_canvas_close(&canvas);
    if (status == WW_OK && thing->light != 0)
        ww_sprite_light(sprite, thing->light);
    return status;
}

void ww_thing_truth(const ww_thing *thing, ww_truth *truth)
{
    truth->category = thing->category;
    if (thing->category == WW_FACE)
        truth->face = thing->which;
    else if (thing->category == WW_WORD)
        truth->word = thing->which;
    else
        truth->object = thing->which;
    truth->size_deg = thing->size_deg;
    truth->orientation_deg = thing->tilt_deg;
}

ww_status ww_thing_show(const ww_thing *thing, const ww_word_set *words, const ww_view *view,
                        double x_deg, double y_deg, double ground, float *rgb, unsigned char *mask,
                        ww_truth *truth)
{
    ww_sprite sprite;
    ww_status status = ww_thing_sprite(&sprite, thing, words, view);
    if (status == WW_OK) {
        ww_frame_fill(rgb, view, (float)ground);
        if (mask)
            memset(mask, 0, ww_frame_plane(view));
        for (int f = 0; f < view->frames; f++)
            ww_sprite_over(&sprite, view, x_deg, y_deg, ww_frame_at(rgb, view, f), mask, 1);
        ww_thing_truth(thing, truth);
        truth->x_deg = x_deg;
        truth->y_deg = y_deg;
    }
    ww_sprite_free(&sprite);
    return status;
}

ww_status ww_thing_check(const char *stimulus, const char *key, double size_deg,
                         const ww_view *view)
{
    double most = fmin(ww_view_width_deg(view), ww_view_height_deg(view));
    if (size_deg > most)
        return WW_FAIL(WW_EINVAL, "stimulus %s: %s = %g deg does not fit a view of %g x %g deg",
                       stimulus, key, size_deg, ww_view_width_deg(view), ww_view_height_deg(view));
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_SPRITE_H
#define WW_STIMULI_PARTS_SPRITE_H

/* A picture with coverage that is drawn once and then laid over many frames, at places between the
 * pixels. */

#include "stimuli/parts/canvas.h"
#include "stimuli/stimulus.h"

enum { WW_SPRITE_SCALE = 2 }; /* sprite pixels in a pixel of the view, each way */

typedef struct ww_sprite {
    int width, height;         /* sprite pixels */
    float *rgba;               /* [height][width][4], premultiplied */
    double centre_x, centre_y; /* centre of mass of the coverage, in sprite pixels from top left */
    double left, right, up, down; /* how far the coverage reaches from there, in view pixels */
} ww_sprite;

/** Takes over what is on a canvas of WW_SPRITE_SCALE pixels for one of the view. */
ww_status ww_sprite_take(ww_sprite *sprite, const ww_canvas *canvas);
/** Frees its pixels, not the sprite. */
void ww_sprite_free(ww_sprite *sprite);

/** Side light: multiplies colours by 1 + gradient from -1 on the left to +1 on the right. */
void ww_sprite_light(ww_sprite *sprite, double gradient);

/** Brings colours towards grey 0.5: contrast 1 leaves them. */
void ww_sprite_contrast(ww_sprite *sprite, double contrast);

/** Writes into the truth the place of its centre of mass at fractions u and v (0 .. 1) of where the
 * whole sprite is within the view; the middle where it is larger than the view. */
void ww_sprite_place(const ww_sprite *sprite, const ww_view *view, double u, double v,
                     ww_truth *truth);

/** Lays the sprite over a frame, its centre of mass at (x_deg, y_deg); `mask` (or NULL) gets
 * `number` where the sprite covers at least half of a pixel. */
void ww_sprite_over(const ww_sprite *sprite, const ww_view *view, double x_deg, double y_deg,
                    float *frame, unsigned char *mask, unsigned char number);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_DIGITS_H
#define WW_EXPERIMENTS_PARTS_DIGITS_H

/* Pictures of characters, from disk or written here, and how they are laid into a view. */

#include "engine/base/arena.h"
#include "engine/base/random.h"
#include "engine/store/labelled.h"
#include "stimuli/stimulus.h"

/** Grey pictures with labels. */
typedef struct ww_digits {
    size_t count;
    int height, width, classes;
    const unsigned char *pixel; /* [count][height][width] */
    const int *label;           /* [count] */
} ww_digits;

/** What lies in the folder `path` (ww_labelled_read; colour becomes luminance), in the order of
 * the files. Refuses pictures of fewer than 8 pixels a side. In `arena`. */
ww_status ww_digits_read(ww_digits *out, const char *path, ww_split split, ww_arena *arena);

/** `count` digits, light on dark, 28 x 28 pixels, each of a class and font drawn at random, turned,
 * slanted, stretched, moved and bent a little; `purpose` keeps sets apart. In `arena`. */
ww_status ww_digits_write(ww_digits *out, size_t count, uint64_t seed, const char *purpose,
                          ww_arena *arena);

/** How a picture is changed before it is shown. */
typedef struct ww_digit_change {
    double right_px, down_px; /* pixels of the picture */
    double scale;             /* 0: 1 */
    double turn_deg;          /* counter-clockwise */
    double noise;             /* sd of what is added to every pixel of the view */
} ww_digit_change;

/** Lays picture number `index` into the middle of a view, out[height_px][width_px] in 0 .. 1; its
 * longer side takes `share` of the view's width. Bilinear. Noise is clipped to 0 .. 1; it follows
 * from `seed` and `index`. */
void ww_digit_lay(const ww_digits *digits, size_t index, const ww_digit_change *change,
                  double share, const ww_view *view, uint64_t seed, float *out);

#endif

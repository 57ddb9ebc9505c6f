/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_THING_H
#define WW_STIMULI_PARTS_THING_H

/* One face, word or object, ready to be put into a picture. */

#include "engine/base/random.h"
#include "stimuli/parts/face.h"
#include "stimuli/parts/object.h"
#include "stimuli/parts/sprite.h"
#include "stimuli/parts/word.h"

enum { WW_FACE, WW_WORD, WW_OBJECT, WW_CATEGORIES }; /* as in ww_truth.category */

typedef struct ww_thing {
    int category, which;
    double size_deg; /* the larger of height and width */
    ww_rgb colour;   /* words and objects */
    int font;        /* words */
    int texture;     /* objects */
    double tilt_deg; /* turn in the picture plane, counter-clockwise */
    ww_face face;    /* faces: who, how, and the side light in -1 .. 1 */
    ww_face_pose pose;
    double light;
} ww_thing;

/** Draws the thing; free the sprite also after a failure. `words` may be NULL for no words. */
ww_status ww_thing_sprite(ww_sprite *sprite, const ww_thing *thing, const ww_word_set *words,
                          const ww_view *view);

/** Writes category, label and size into the truth. */
void ww_thing_truth(const ww_thing *thing, ww_truth *truth);

/** Shows the thing at a fixed place in all frames, on an even ground. */
ww_status ww_thing_show(const ww_thing *thing, const ww_word_set *words, const ww_view *view,
                        double x_deg, double y_deg, double ground, float *rgb, unsigned char *mask,
                        ww_truth *truth);

/** Refuses things larger than the view. */
ww_status ww_thing_check(const char *stimulus, const char *key, double size_deg,
                         const ww_view *view);

#endif

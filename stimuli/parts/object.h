/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_OBJECT_H
#define WW_STIMULI_PARTS_OBJECT_H

/* Objects: a vocabulary of outlines, each with a name, filled with a texture. */

#include <cairo.h>

#include "stimuli/parts/canvas.h"

enum { WW_OBJECTS = 24, WW_TEXTURES = 4 }; /* textures: plain, stripes, checks, dots */

/** The name of shape `i`, 0 .. WW_OBJECTS - 1. */
const char *ww_object_name(int i);

/** Draws shape `i` into the box of side 1 around the origin, y up. */
void ww_object_draw(cairo_t *cr, int i, int texture, ww_rgb colour);

#endif

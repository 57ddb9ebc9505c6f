/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_FACE_H
#define WW_STIMULI_PARTS_FACE_H

/* Faces from a parametric face space. */

#include <cairo.h>
#include <stdint.h>

#include "stimuli/parts/canvas.h"

enum { WW_FACE_HAIRS = 6 };

/** What makes a person; each number runs from -1 to 1, 0 is the mean face. */
typedef struct ww_face {
    double head_width, jaw, eye_spacing, eye_size, eye_height, brow_angle, brow_weight;
    double nose_length, nose_width, mouth_width, mouth_height, lip_fullness;
    double skin, hair_tone, iris;
    int hair; /* 0 bald, 1 short, 2 long, 3 fringe, 4 parted, 5 round */
} ww_face;

/** How the person looks just now. */
typedef struct ww_face_pose {
    double yaw_deg;    /* head turned to the viewer's right */
    double expression; /* -1 sad, 0 neutral, 1 smiling */
} ww_face_pose;

/** Person number `identity` of the face space `space`; the same whoever asks. */
ww_face ww_face_identity(uint64_t space, int identity);

/** The face `t` of the way from `a` to `b` (t > 1: a caricature of b); hair style of the nearer. */
ww_face ww_face_morph(const ww_face *a, const ww_face *b, double t);

/** Draws the face into a box of height 1 (and less width) around the origin. */
void ww_face_draw(cairo_t *cr, const ww_face *face, const ww_face_pose *pose);

#endif

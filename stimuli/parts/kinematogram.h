/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_KINEMATOGRAM_H
#define WW_STIMULI_PARTS_KINEMATOGRAM_H

/* Positions of the dots of a random-dot kinematogram, apart from how they are painted. */

#include "engine/base/random.h"

typedef struct ww_kinematogram {
    double width_deg, height_deg; /* the field; dots that leave it come in on the other side */
    double coherence;             /* chance that a dot moves with the signal in a step */
    double step_x_deg, step_y_deg;
    int lifetime_frames; /* a dot is born anew after so many frames; 0: never */
} ww_kinematogram;

typedef struct ww_dot {
    double x_deg, y_deg;
    int age;
} ww_dot;

/** Scatters `n` dots over the field, at ages drawn at random. */
void ww_kinematogram_start(const ww_kinematogram *k, ww_random *random, ww_dot *dots, int n);

/** Moves all dots by one frame. */
void ww_kinematogram_step(const ww_kinematogram *k, ww_random *random, ww_dot *dots, int n);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Random-position noise with signal dots chosen anew in every step, so that no single dot can be
 * followed to tell the direction (Newsome & Pare 1988; Scase, Braddick & Raymond 1996 compare it
 * with the other kinds of noise). */
#include "stimuli/parts/kinematogram.h"

#include <math.h>

static void scatter(const ww_kinematogram *k, ww_random *random, ww_dot *dot)
{
    dot->x_deg = k->width_deg * (ww_random_uniform(random) - 0.5);
    dot->y_deg = k->height_deg * (ww_random_uniform(random) - 0.5);
}

static double wrap(double value, double extent)
{
    return value - extent * floor(value / extent + 0.5);
}

void ww_kinematogram_start(const ww_kinematogram *k, ww_random *random, ww_dot *dots, int n)
{
    for (int i = 0; i < n; i++) {
        scatter(k, random, &dots[i]);
        dots[i].age = 0;
        if (k->lifetime_frames > 0)
            dots[i].age = (int)ww_random_below(random, (uint64_t)k->lifetime_frames);
    }
}

void ww_kinematogram_step(const ww_kinematogram *k, ww_random *random, ww_dot *dots, int n)
{
    for (int i = 0; i < n; i++) {
        int dies = k->lifetime_frames > 0 && ++dots[i].age >= k->lifetime_frames;
        if (dies)
            dots[i].age = 0;
        if (dies || ww_random_uniform(random) >= k->coherence) {
            scatter(k, random, &dots[i]);
        } else {
            dots[i].x_deg = wrap(dots[i].x_deg + k->step_x_deg, k->width_deg);
            dots[i].y_deg = wrap(dots[i].y_deg + k->step_y_deg, k->height_deg);
        }
    }
}

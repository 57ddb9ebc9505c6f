/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_LEARNING_AUGMENT_H
#define WW_ENGINE_LEARNING_AUGMENT_H

/* Augmentation: a picture shifted, flipped, scaled, rotated, cropped, changed in contrast, with
 * noise, or with a piece cut out (Simard 2003; Krizhevsky 2012; DeVries & Taylor 2017), as a pure
 * function of (seed, epoch, sample). */

#include <stdint.h>

#include "engine/base/param.h"

typedef struct ww_augment {
    double shift_px, scale, rotate_deg; /* each way; scale 0.1: 0.9 to 1.1 */
    bool flip;                          /* left-right, half of the time */
    double crop_px;                     /* random crop after padding by so much */
    double contrast, noise_sd;          /* contrast 0.2: 0.8 to 1.2 about the mean */
    int cutout_px;                      /* side of a grey square */
} ww_augment;

extern const ww_param ww_augment_params[];

/** Whether anything is changed at all. */
bool ww_augment_any(const ww_augment *augment);

/** from -> to, both [channels][height][width]; they must not overlap. Outside is filled with the
 * edge's pixels. */
void ww_augment_picture(const ww_augment *augment, uint64_t seed, uint64_t epoch, uint64_t sample,
                        const float *from, float *to, int channels, int height, int width);

#endif

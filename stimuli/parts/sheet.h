/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_SHEET_H
#define WW_STIMULI_PARTS_SHEET_H

/* Contact sheets: many items of a stimulus in one picture, to be looked at. */

#include "stimuli/stimulus.h"

typedef struct ww_sheet {
    int items, columns; /* items in rows of so many */
    bool all_frames;    /* every frame of an item side by side, instead of the last one */
    int gap_px;         /* dark lines between the pictures */
    int zoom;           /* each pixel drawn as zoom x zoom */
} ww_sheet;

/** Width and height of the sheet in pixels. */
void ww_sheet_size(const ww_sheet *sheet, const ww_view *view, int *width, int *height);

/** Draws items 0 .. items - 1 under `seed` into rgb[3][height][width] of ww_sheet_size. */
ww_status ww_sheet_draw(const ww_sheet *sheet, const ww_stimulus *stimulus, const void *params,
                        const ww_view *view, uint64_t seed, float *rgb);

#endif

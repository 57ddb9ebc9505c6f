/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_PICTURE_H
#define WW_ENGINE_STORE_PICTURE_H

/* Pictures in and out. The only place that includes libpng's and libjpeg's headers. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/status.h"

typedef struct ww_picture {
    int channels, height, width; /* channels 1 (grey) or 3 (RGB); alpha is laid over mid-grey */
    float *pixel;                /* [channels][height][width] in 0 .. 1, as stored (gamma kept) */
} ww_picture;

/** Reads PNG, JPEG, PGM or PPM (told by content, not by name). Free with ww_picture_free. Errors
 * name the file: WW_EIO, WW_EPARSE (corrupt, truncated, larger than 32768 a side). */
ww_status ww_picture_read(ww_picture *out, const char *path);
/** Frees the pixels; nothing if there are none. */
void ww_picture_free(ww_picture *picture);

/** Writes an 8-bit PNG of `channels` 1 or 3 from planes in 0 .. 1 (clipped), through a temporary
 * name. */
ww_status ww_picture_write_png(const char *path, const float *pixel, int channels, int height,
                               int width);

/** Resizes planes by area averaging (smaller) or bilinearly (larger). */
void ww_picture_resize(const float *from, int channels, int height, int width, float *to,
                       int to_height, int to_width);

#endif

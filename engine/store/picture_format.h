/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_PICTURE_FORMAT_H
#define WW_ENGINE_STORE_PICTURE_FORMAT_H

/* The formats behind picture.h; included by nobody else. Each decodes a whole file in memory. */

#include "engine/store/picture.h"

/** Takes memory for the pixels of a picture after it has checked their number: at most 32768 a
 * side, 2^27 in all, and at most `most` (what the file could hold). */
ww_status ww_picture_start(ww_picture *out, int channels, unsigned long height, unsigned long width,
                           double most, const char *path);

/** Decoders of whole files in memory; `path` is for messages. Free the picture with
 * ww_picture_free, after a failure too. Errors: WW_EPARSE (corrupt, truncated, too large),
 * WW_ENOMEM. */
ww_status ww_png_decode(ww_picture *out, const unsigned char *data, size_t bytes, const char *path);
/** As ww_png_decode, of JPEG. */
ww_status ww_jpeg_decode(ww_picture *out, const unsigned char *data, size_t bytes,
                         const char *path);
/** As ww_png_decode, of PGM and PPM. */
ww_status ww_pnm_decode(ww_picture *out, const unsigned char *data, size_t bytes, const char *path);

#endif

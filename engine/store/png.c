/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PNG in and out, through libpng. An error of libpng jumps; the jump never leaves the function that
 * called setjmp, and all that it could lose stands in a struct of that function's caller. */
#include <png.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/file.h"
#include "engine/store/picture_format.h"

enum { MOST_RATIO = 1032 }; /* deflate shrinks no further */

struct reader {
    png_structp png;
    png_infop info;
    const unsigned char *at, *end;
    const char *path;
    unsigned char *raw; /* samples as libpng gives them, and the rows in it */
    png_bytep *row;
    ww_picture *out;
    ww_status status; /* of our own checks */
    char reason[128];
};

static void on_error(png_structp png, png_const_charp text)
{
    char *reason = png_get_error_ptr(png);
    snprintf(reason, sizeof(((struct reader *)0)->reason), "%s", text);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp text)
{
    (void)png, (void)text;
}

static void give_bytes(png_structp png, png_bytep to, size_t bytes)
{
    struct reader *r = png_get_io_ptr(png);
    if ((size_t)(r->end - r->at) < bytes)
        png_error(png, "cut short");
    memcpy(to, r->at, bytes);
    r->at += bytes;
}

/* Reads the header and takes memory; false when r->status says why not. */
static bool prepare(struct reader *r, size_t file_bytes)
{
    unsigned long height = png_get_image_height(r->png, r->info);
    unsigned long width = png_get_image_width(r->png, r->info);
    double bits = (double)png_get_bit_depth(r->png, r->info) * png_get_channels(r->png, r->info);
    double most = MOST_RATIO * 8.0 * (double)file_bytes / bits;
    png_set_expand(
        r->png); /* palettes to RGB, 1, 2 and 4 bits to 8, transparent colours to alpha */
    png_set_interlace_handling(r->png);
    png_read_update_info(r->png, r->info);
    int channels = png_get_channels(r->png, r->info) < 3 ? 1 : 3;
    r->status = ww_picture_start(r->out, channels, height, width, most, r->path);
    if (r->status != WW_OK)
        return false;
    size_t row_bytes = png_get_rowbytes(r->png, r->info);
    r->raw = malloc(row_bytes * height);
    r->row = malloc(height * sizeof *r->row);
    if (r->raw == NULL || r->row == NULL) {
        r->status = WW_FAIL(WW_ENOMEM, "%s: out of memory", r->path);
        return false;
    }
    for (size_t y = 0; y < height; y++)
        r->row[y] = r->raw + y * row_bytes;
    return true;
}

/* The part that may jump. False when it did, or when r->status says why. */
static bool read_samples(struct reader *r)
{
    if (setjmp(png_jmpbuf(r->png)) != 0)
        return false;
    png_set_user_limits(r->png, PNG_UINT_31_MAX, PNG_UINT_31_MAX); /* ours come with a message */
    png_set_read_fn(r->png, r, give_bytes);
    png_read_info(r->png, r->info);
    if (!prepare(r, (size_t)(r->end - r->at)))
        return false;
    png_read_image(r->png, r->row);
    png_read_end(r->png, NULL);
    return true;
}

/* Samples to planes; alpha is laid over mid-grey. */
static void take_samples(const struct reader *r)
{
    ww_picture *out = r->out;
    int channels = png_get_channels(r->png, r->info);
    bool wide = png_get_bit_depth(r->png, r->info) == 16, alpha = channels % 2 == 0;
    double scale = wide ? 1.0 / 65535 : 1.0 / 255;
    size_t plane = (size_t)out->height * (size_t)out->width;
    for (size_t y = 0, i = 0; y < (size_t)out->height; y++) {
        const unsigned char *from = r->row[y];
        for (int x = 0; x < out->width; x++, i++) {
            double sample[4];
            for (int c = 0; c < channels; c++, from += wide ? 2 : 1)
                sample[c] = scale * (wide ? from[0] * 256 + from[1] : from[0]);
            double opaque = alpha ? sample[channels - 1] : 1;
            for (int c = 0; c < out->channels; c++)
                out->pixel[(size_t)c * plane + i] =
                    (float)(opaque * sample[c] + (1 - opaque) * 0.5);
        }
    }
}

ww_status ww_png_decode(ww_picture *out, const unsigned char *data, size_t bytes, const char *path)
{
    struct reader r = {.at = data, .end = data + bytes, .path = path, .out = out};
    r.png = png_create_read_struct(PNG_LIBPNG_VER_STRING, r.reason, on_error, on_warning);
    r.info = r.png ? png_create_info_struct(r.png) : NULL;
    ww_status status = WW_OK;
    if (r.info == NULL)
        status = WW_FAIL(WW_ENOMEM, "%s: out of memory", path);
    else if (read_samples(&r))
        take_samples(&r);
    else if (r.status != WW_OK)
        status = r.status;
    else
        status = WW_FAIL(WW_EPARSE, "%s: a damaged PNG file: %s", path, r.reason);
    png_destroy_read_struct(&r.png, &r.info, NULL);
    free(r.raw);
    free(r.row);
    return status;
}

struct writer {
    png_structp png;
    png_infop info;
    ww_draft *draft;
    unsigned char *row;
    const float *pixel;
    int channels, height, width;
    ww_status status;
    char reason[128];
};

static void take_bytes(png_structp png, png_bytep from, size_t bytes)
{
    struct writer *w = png_get_io_ptr(png);
    w->status = ww_draft_write(w->draft, from, bytes);
    if (w->status != WW_OK)
        png_error(png, "cannot be written");
}

static void flush_nothing(png_structp png)
{
    (void)png;
}

static unsigned char byte_of(float value)
{
    return value >= 1 ? 255 : value > 0 ? (unsigned char)(value * 255 + 0.5f) : 0; /* NaN: 0 */
}

static bool write_samples(struct writer *w)
{
    if (setjmp(png_jmpbuf(w->png)) != 0)
        return false;
    size_t plane = (size_t)w->height * (size_t)w->width;
    png_set_write_fn(w->png, w, take_bytes, flush_nothing);
    png_set_IHDR(w->png, w->info, (png_uint_32)w->width, (png_uint_32)w->height, 8,
                 w->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_write_info(w->png, w->info);
    for (int y = 0; y < w->height; y++) {
        const float *from = w->pixel + (size_t)y * (size_t)w->width;
        unsigned char *to = w->row;
        for (int x = 0; x < w->width; x++)
            for (int c = 0; c < w->channels; c++)
                *to++ = byte_of(from[(size_t)c * plane + (size_t)x]);
        png_write_row(w->png, w->row);
    }
    png_write_end(w->png, NULL);
    return true;
}

ww_status ww_picture_write_png(const char *path, const float *pixel, int channels, int height,
                               int width)
{
    struct writer w = {.pixel = pixel, .channels = channels, .height = height, .width = width};
    WW_TRY(ww_draft_open(&w.draft, path));
    w.png = png_create_write_struct(PNG_LIBPNG_VER_STRING, w.reason, on_error, on_warning);
    w.info = w.png ? png_create_info_struct(w.png) : NULL;
    w.row = malloc((size_t)width * (size_t)channels);
    ww_status status = WW_OK;
    if (w.info == NULL || w.row == NULL)
        status = WW_FAIL(WW_ENOMEM, "%s: out of memory", path);
    else if (!write_samples(&w))
        status = w.status != WW_OK ? w.status : WW_FAIL(WW_EINVAL, "%s: %s", path, w.reason);
    png_destroy_write_struct(&w.png, &w.info);
    free(w.row);
    if (status == WW_OK)
        return ww_draft_commit(w.draft);
    ww_draft_discard(w.draft);
    return status;
}

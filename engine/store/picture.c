/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures, whatever their format. */
#include "engine/store/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/store/file.h"
#include "engine/store/picture_format.h"

enum { MOST_BYTES = 512 * 1024 * 1024, MOST_SIDE = 32768, MOST_PIXELS = 1 << 27 };

ww_status ww_picture_start(ww_picture *out, int channels, unsigned long height, unsigned long width,
                           double most, const char *path)
{
    double pixels = (double)height * (double)width;
    if (height == 0 || width == 0)
        return WW_FAIL(WW_EPARSE, "%s: no pixels", path);
    if (height > MOST_SIDE || width > MOST_SIDE || pixels > MOST_PIXELS)
        return WW_FAIL(WW_EPARSE, "%s: %lu x %lu pixels; at most %d a side, %d in all, are read",
                       path, width, height, MOST_SIDE, MOST_PIXELS);
    if (pixels > most)
        return WW_FAIL(WW_EPARSE, "%s: cut short: %lu x %lu pixels are more than the file can hold",
                       path, width, height);
    out->pixel = malloc((size_t)channels * height * width * sizeof *out->pixel);
    if (out->pixel == NULL)
        return WW_FAIL(WW_ENOMEM, "%s: out of memory", path);
    out->channels = channels;
    out->height = (int)height;
    out->width = (int)width;
    return WW_OK;
}

void ww_picture_free(ww_picture *picture)
{
    free(picture->pixel);
    *picture = (ww_picture){0};
}

static ww_status decode(ww_picture *out, const char *data, size_t bytes, const char *path)
{
    const unsigned char *from = (const unsigned char *)data;
    if (bytes >= 8 && memcmp(data, "\211PNG\r\n\032\n", 8) == 0)
        return ww_png_decode(out, from, bytes, path);
    if (bytes >= 3 && memcmp(data, "\377\330\377", 3) == 0)
        return ww_jpeg_decode(out, from, bytes, path);
    if (bytes >= 3 && data[0] == 'P' && memchr("2356", data[1], 4) != NULL)
        return ww_pnm_decode(out, from, bytes, path);
    return WW_FAIL(WW_EPARSE, "%s: no picture; PNG, JPEG, PGM or PPM is wanted", path);
}

ww_status ww_picture_read(ww_picture *out, const char *path)
{
    *out = (ww_picture){0};
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_ENOMEM;
    char *data;
    size_t bytes;
    ww_status status = ww_file_read(&data, &bytes, path, MOST_BYTES, arena);
    if (status == WW_OK)
        status = decode(out, data, bytes, path);
    if (status != WW_OK)
        ww_picture_free(out);
    ww_arena_free(arena);
    return status;
}

/* The source pixels along one axis that make a pixel of the result. */
struct span {
    int first, count;
    double low, high; /* shrinking: the interval covered; growing: low is the centre */
    bool shrink;
};

static struct span span_of(int i, int from, int to)
{
    double scale = (double)from / to;
    struct span s = {.shrink = from >= to};
    if (s.shrink) {
        s.low = i * scale;
        s.high = i + 1 == to ? from : (i + 1) * scale;
        s.first = (int)s.low;
        s.count = (int)ceil(s.high) - s.first;
    } else {
        s.low = fmin(fmax((i + 0.5) * scale - 0.5, 0), from - 1);
        s.first = (int)s.low;
        s.count = s.first + 1 < from ? 2 : 1;
    }
    return s;
}

static double weight(const struct span *s, int k)
{
    int at = s->first + k;
    if (s->shrink)
        return (fmin(s->high, at + 1) - fmax(s->low, at)) / (s->high - s->low);
    return 1 - fabs(s->low - at);
}

void ww_picture_resize(const float *from, int channels, int height, int width, float *to,
                       int to_height, int to_width)
{
    for (int c = 0; c < channels; c++, from += (size_t)height * (size_t)width)
        for (int y = 0; y < to_height; y++) {
            struct span rows = span_of(y, height, to_height);
            for (int x = 0; x < to_width; x++) {
                struct span columns = span_of(x, width, to_width);
                double sum = 0;
                for (int j = 0; j < rows.count; j++) {
                    const float *row = from + (size_t)(rows.first + j) * (size_t)width;
                    double part = 0;
                    for (int i = 0; i < columns.count; i++)
                        part += weight(&columns, i) * (double)row[columns.first + i];
                    sum += weight(&rows, j) * part;
                }
                *to++ = (float)sum;
            }
        }
}

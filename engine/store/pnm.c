/* SPDX-License-Identifier: GPL-3.0-or-later */
/* PGM and PPM, as the netpbm manual defines them: "P5", then width, height and the largest sample
 * value as decimal numbers between blanks and comments, one blank, and the samples row by row: one
 * byte each, or two, high byte first, if the largest is above 255. P2 and P3 write the samples as
 * decimal numbers too. */
#include <ctype.h>

#include "engine/store/picture_format.h"

struct reader {
    const unsigned char *at, *end;
    const char *path;
};

/* Passes over blanks and over comments, which end with their line. */
static void skip_blanks(struct reader *r)
{
    while (r->at < r->end && (isspace(*r->at) || *r->at == '#')) {
        if (*r->at == '#')
            while (r->at < r->end && *r->at != '\n' && *r->at != '\r')
                r->at++;
        else
            r->at++;
    }
}

static ww_status take_number(struct reader *r, unsigned long *value, const char *what)
{
    unsigned long number = 0;
    skip_blanks(r);
    if (r->at == r->end)
        return WW_FAIL(WW_EPARSE, "%s: cut short: %s is missing", r->path, what);
    if (!isdigit(*r->at))
        return WW_FAIL(WW_EPARSE, "%s: %s is no number", r->path, what);
    for (; r->at < r->end && isdigit(*r->at); r->at++)
        if (number < 100000000)
            number = 10 * number + (unsigned long)(*r->at - '0');
    *value = number;
    return WW_OK;
}

static ww_status take_sample(struct reader *r, bool ascii, unsigned long most, unsigned long *value)
{
    if (ascii) {
        WW_TRY(take_number(r, value, "a sample"));
    } else { /* their number was checked */
        *value = *r->at++;
        if (most > 255)
            *value = *value * 256 + *r->at++;
    }
    if (*value > most)
        return WW_FAIL(WW_EPARSE, "%s: a sample of %lu; the largest should be %lu", r->path, *value,
                       most);
    return WW_OK;
}

ww_status ww_pnm_decode(ww_picture *out, const unsigned char *data, size_t bytes, const char *path)
{
    struct reader r = {data + 2, data + bytes, path};
    bool ascii = data[1] < '4';
    int channels = data[1] == '2' || data[1] == '5' ? 1 : 3;
    unsigned long width, height, most, sample = 0;
    WW_TRY(take_number(&r, &width, "the width"));
    WW_TRY(take_number(&r, &height, "the height"));
    WW_TRY(take_number(&r, &most, "the largest sample"));
    if (most == 0 || most > 65535)
        return WW_FAIL(WW_EPARSE, "%s: the largest sample is %lu; 1 to 65535 is wanted", path,
                       most);
    if (!ascii && r.at < r.end)
        r.at++; /* the one blank before the samples */
    double left = (double)(r.end - r.at), size = ascii || most > 255 ? 2 : 1;
    WW_TRY(ww_picture_start(out, channels, height, width,
                            (left + (ascii ? 1 : 0)) / size / channels, path));
    size_t plane = (size_t)height * (size_t)width;
    for (size_t i = 0; i < plane; i++)
        for (size_t c = 0; c < (size_t)channels; c++) {
            WW_TRY(take_sample(&r, ascii, most, &sample));
            out->pixel[c * plane + i] = (float)((double)sample / (double)most);
        }
    return WW_OK;
}

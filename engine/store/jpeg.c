/* SPDX-License-Identifier: GPL-3.0-or-later */
/* JPEG in, through libjpeg. Its errors jump, never out of read_samples. What it only warns of, and
 * fills with grey (data that end early or make no sense), is an error here too. */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jerror.h>
#include <jpeglib.h>

#include "engine/store/picture_format.h"

/* A block of 64 pixels takes at least one bit, of which an arithmetic coder saves half and more. A
 * progressive file of more scans than that was made to waste time. */
enum { MOST_PIXELS_PER_BYTE = 1024, MOST_SCANS = 200 };

struct reader {
    struct jpeg_error_mgr errors; /* libjpeg's part stands first */
    struct jpeg_decompress_struct jpeg;
    struct jpeg_progress_mgr progress;
    jmp_buf jump;
    const char *path;
    unsigned char *row;
    ww_picture *out;
    ww_status status; /* of our own checks */
    char reason[JMSG_LENGTH_MAX];
};

static void on_error(j_common_ptr jpeg)
{
    struct reader *r = (struct reader *)jpeg->err;
    jpeg->err->format_message(jpeg, r->reason);
    longjmp(r->jump, 1);
}

/* Negative levels are warnings; the three that leave every pixel right are passed over. */
static void on_message(j_common_ptr jpeg, int level)
{
    int code = jpeg->err->msg_code;
    if (level < 0 && code != JWRN_EXTRANEOUS_DATA && code != JWRN_ADOBE_XFORM &&
        code != JWRN_JFIF_MAJOR)
        on_error(jpeg);
}

static void on_progress(j_common_ptr jpeg)
{
    struct reader *r = (struct reader *)jpeg->err;
    if (r->jpeg.input_scan_number > MOST_SCANS) {
        snprintf(r->reason, sizeof r->reason, "more than %d scans", MOST_SCANS);
        longjmp(r->jump, 1);
    }
}

/* One row of samples to planes. Adobe's programs write CMYK inverted, and say so by a marker. */
static void take_row(const struct reader *r, int y)
{
    ww_picture *out = r->out;
    const unsigned char *from = r->row;
    size_t plane = (size_t)out->height * (size_t)out->width;
    float *to = out->pixel + (size_t)y * (size_t)out->width;
    bool cmyk = r->jpeg.out_color_space == JCS_CMYK, inverted = r->jpeg.saw_Adobe_marker;
    for (int x = 0; x < out->width; x++, from += r->jpeg.output_components)
        for (int c = 0; c < out->channels; c++) {
            float value = (float)from[c] / 255;
            if (cmyk) {
                float black = (float)from[3] / 255;
                value = inverted ? value * black : (1 - value) * (1 - black);
            }
            to[(size_t)c * plane + (size_t)x] = value;
        }
}

/* The part that may jump. False when it did, or when r->status says why. */
static bool read_samples(struct reader *r, const unsigned char *data, size_t bytes)
{
    struct jpeg_decompress_struct *jpeg = &r->jpeg;
    if (setjmp(r->jump) != 0)
        return false;
    jpeg_create_decompress(jpeg);
    jpeg->progress = &r->progress;
    jpeg_mem_src(jpeg, data, (unsigned long)bytes);
    jpeg_read_header(jpeg, TRUE);
    int channels = jpeg->num_components == 1 ? 1 : 3;
    r->status = ww_picture_start(r->out, channels, jpeg->image_height, jpeg->image_width,
                                 MOST_PIXELS_PER_BYTE * (double)bytes, r->path);
    if (r->status != WW_OK)
        return false;
    jpeg->out_color_space = channels == 1               ? JCS_GRAYSCALE
                            : jpeg->num_components == 4 ? JCS_CMYK
                                                        : JCS_RGB;
    jpeg_start_decompress(jpeg);
    r->row = malloc((size_t)jpeg->output_width * (size_t)jpeg->output_components);
    if (r->row == NULL) {
        r->status = WW_FAIL(WW_ENOMEM, "%s: out of memory", r->path);
        return false;
    }
    while (jpeg->output_scanline < jpeg->output_height) {
        jpeg_read_scanlines(jpeg, &r->row, 1);
        take_row(r, (int)jpeg->output_scanline - 1);
    }
    jpeg_finish_decompress(jpeg);
    return true;
}

ww_status ww_jpeg_decode(ww_picture *out, const unsigned char *data, size_t bytes, const char *path)
{
    struct reader *r = calloc(1, sizeof *r);
    if (r == NULL)
        return WW_FAIL(WW_ENOMEM, "%s: out of memory", path);
    ww_status status = WW_OK;
    r->path = path;
    r->out = out;
    r->jpeg.err = jpeg_std_error(&r->errors);
    r->errors.error_exit = on_error;
    r->errors.emit_message = on_message;
    r->progress.progress_monitor = on_progress;
    if (!read_samples(r, data, bytes))
        status = r->status != WW_OK
                     ? r->status
                     : WW_FAIL(WW_EPARSE, "%s: a damaged JPEG file: %s", path, r->reason);
    jpeg_destroy_decompress(&r->jpeg);
    free(r->row);
    free(r);
    return status;
}

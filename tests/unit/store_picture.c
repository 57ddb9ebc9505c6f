/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Pictures of every format, made here with the libraries themselves; damaged ones; and resizing. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

#include "engine/store/file.h"
#include "engine/store/picture.h"
#include "tests/support/folder.h"

static ww_arena *arena;

static void begin(void)
{
    ww_folder_make();
    arena = ww_arena_create();
}

static void end(void)
{
    ww_arena_free(arena);
    ww_folder_remove();
}

TestSuite(store_picture, .init = begin, .fini = end);

enum { W = 5, H = 3 };

/* A PNG of W x H; sample c of pixel i is `sample` [i * channels + c], of `depth` bits. */
static const char *png_file(const char *name, int type, int depth, int channels, int interlace,
                            const unsigned *sample, const png_color *palette)
{
    const char *where = ww_path(name);
    FILE *stream = fopen(where, "wb");
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
    png_infop info = png_create_info_struct(png);
    unsigned char row[H][W * 8];
    png_bytep rows[H];
    png_init_io(png, stream);
    png_set_IHDR(png, info, W, H, depth, type, interlace, 0, 0);
    if (palette != NULL)
        png_set_PLTE(png, info, palette, 4);
    for (int y = 0; y < H; y++) {
        rows[y] = row[y];
        for (int i = 0; i < W * channels; i++) {
            unsigned value = sample[y * W * channels + i];
            if (depth == 16) {
                row[y][2 * i] = (unsigned char)(value >> 8);
                row[y][2 * i + 1] = (unsigned char)value;
            } else {
                row[y][i] = (unsigned char)value;
            }
        }
    }
    png_write_info(png, info);
    png_set_packing(png); /* one sample a byte, whatever the depth */
    png_write_image(png, rows);
    png_write_end(png, NULL);
    png_destroy_write_struct(&png, &info);
    fclose(stream);
    return where;
}

static ww_picture read_good(const char *where, int channels)
{
    ww_picture picture;
    expect_ok(ww_picture_read(&picture, where));
    cr_assert_eq(picture.channels, channels);
    cr_assert_eq(picture.height, H);
    cr_assert_eq(picture.width, W);
    return picture;
}

Test(store_picture, png_of_every_kind)
{
    static const struct {
        int type, depth, channels;
    } kinds[] = {
        {PNG_COLOR_TYPE_GRAY, 1, 1},        {PNG_COLOR_TYPE_GRAY, 2, 1},
        {PNG_COLOR_TYPE_GRAY, 4, 1},        {PNG_COLOR_TYPE_GRAY, 8, 1},
        {PNG_COLOR_TYPE_GRAY, 16, 1},       {PNG_COLOR_TYPE_GRAY_ALPHA, 8, 2},
        {PNG_COLOR_TYPE_GRAY_ALPHA, 16, 2}, {PNG_COLOR_TYPE_RGB, 8, 3},
        {PNG_COLOR_TYPE_RGB, 16, 3},        {PNG_COLOR_TYPE_RGB_ALPHA, 8, 4},
        {PNG_COLOR_TYPE_RGB_ALPHA, 16, 4},  {PNG_COLOR_TYPE_PALETTE, 2, 1},
    };
    static const png_color palette[4] = {{1, 2, 3}, {40, 50, 60}, {255, 0, 128}, {7, 7, 7}};
    for (size_t k = 0; k < 2 * (sizeof kinds / sizeof kinds[0]); k++) {
        int type = kinds[k / 2].type, depth = kinds[k / 2].depth, n = kinds[k / 2].channels;
        unsigned sample[W * H * 4], most = (1u << depth) - 1;
        for (unsigned i = 0; i < W * H * 4; i++)
            sample[i] = i * 2654435761u >> 16 & most;
        bool indexed = type == PNG_COLOR_TYPE_PALETTE, alpha = n % 2 == 0;
        int channels = indexed || n > 2 ? 3 : 1;
        ww_picture p = read_good(png_file("a.png", type, depth, n, k % 2 ? PNG_INTERLACE_ADAM7 : 0,
                                          sample, indexed ? palette : NULL),
                                 channels);
        for (int i = 0; i < W * H; i++)
            for (int c = 0; c < channels; c++) {
                double want = sample[i * n + (indexed ? 0 : c)] / (double)most;
                if (indexed) {
                    const png_color *colour = &palette[sample[i]];
                    want = (c == 0 ? colour->red : c == 1 ? colour->green : colour->blue) / 255.0;
                }
                double opaque = alpha ? sample[i * n + n - 1] / (double)most : 1;
                want = want * opaque + 0.5 * (1 - opaque);
                cr_assert_float_eq((double)p.pixel[c * W * H + i], want, 1e-6, "kind %zu", k);
            }
        ww_picture_free(&p);
        cr_assert_null(p.pixel);
    }
}

/* A JPEG of 16 x 16 in one colour, as RGB, grey or CMYK. */
static const char *jpeg_file(const char *name, J_COLOR_SPACE space, int channels,
                             const unsigned char *colour, bool adobe, bool progressive)
{
    struct jpeg_compress_struct jpeg;
    struct jpeg_error_mgr errors;
    unsigned char row[16 * 4], *data = NULL, *line = row;
    unsigned long bytes = 0;
    jpeg.err = jpeg_std_error(&errors);
    jpeg_create_compress(&jpeg);
    jpeg_mem_dest(&jpeg, &data, &bytes);
    jpeg.image_width = jpeg.image_height = 16;
    jpeg.input_components = channels;
    jpeg.in_color_space = space;
    jpeg_set_defaults(&jpeg);
    jpeg_set_quality(&jpeg, 100, TRUE);
    jpeg.write_Adobe_marker = adobe;
    if (progressive)
        jpeg_simple_progression(&jpeg);
    jpeg_start_compress(&jpeg, TRUE);
    for (int x = 0; x < 16; x++)
        memcpy(row + x * channels, colour, (size_t)channels);
    while (jpeg.next_scanline < 16)
        jpeg_write_scanlines(&jpeg, &line, 1);
    jpeg_finish_compress(&jpeg);
    jpeg_destroy_compress(&jpeg);
    const char *where = ww_file_with(name, data, bytes);
    free(data);
    return where;
}

Test(store_picture, jpeg_of_every_kind)
{
    static const unsigned char colour[] = {200, 100, 40, 220};
    static const struct {
        J_COLOR_SPACE space;
        int channels;
        bool adobe;
        double want[3];
    } kinds[] = {
        {JCS_GRAYSCALE, 1, false, {200, 0, 0}},
        {JCS_RGB, 3, false, {200, 100, 40}},
        {JCS_CMYK, 4, true, {200 * 220 / 255.0, 100 * 220 / 255.0, 40 * 220 / 255.0}},
        {JCS_CMYK, 4, false, {55 * 35 / 255.0, 155 * 35 / 255.0, 215 * 35 / 255.0}},
    };
    for (size_t k = 0; k < 8; k++) {
        ww_picture p;
        int channels = kinds[k / 2].channels == 1 ? 1 : 3;
        expect_ok(ww_picture_read(&p, jpeg_file("a.png", kinds[k / 2].space, kinds[k / 2].channels,
                                                colour, kinds[k / 2].adobe, k % 2)));
        cr_assert(p.channels == channels && p.width == 16 && p.height == 16);
        for (int c = 0; c < channels; c++)
            for (int i = 0; i < 256; i++)
                cr_assert_float_eq((double)p.pixel[c * 256 + i] * 255, kinds[k / 2].want[c], 2.5);
        ww_picture_free(&p);
    }
}

/* A file with the bytes of a literal, whatever they are. */
#define file_of(literal) ww_file_with("a", literal, sizeof(literal) - 1)

Test(store_picture, pgm_and_ppm)
{
    ww_picture p;
    expect_ok(ww_picture_read(&p, file_of("P5\n# made by hand\n2 #x\n 2\n255\n\0\377\63 ")));
    cr_assert(p.channels == 1 && p.width == 2 && p.height == 2);
    cr_assert(p.pixel[0] == 0 && p.pixel[1] == 1 && p.pixel[2] == 0.2f);
    cr_assert_float_eq((double)p.pixel[3], 32 / 255.0, 1e-7, "a sample that looks like a blank");
    ww_picture_free(&p);
    expect_ok(ww_picture_read(&p, file_of("P6 1 2 1000 \1\364\0\0\3\350\0\144\0\1\0\2")));
    cr_assert(p.channels == 3 && p.width == 1 && p.height == 2);
    static const float want[] = {0.5f, 0.1f, 0, 0.001f, 1, 0.002f};
    for (int i = 0; i < 6; i++)
        cr_assert_float_eq((double)p.pixel[i], (double)want[i], 1e-7);
    ww_picture_free(&p);
    expect_ok(ww_picture_read(&p, ww_file_with_text("a", "P2\n3 1\n10\n0 5 # c\n10")));
    cr_assert(p.channels == 1 && p.pixel[0] == 0 && p.pixel[1] == 0.5f && p.pixel[2] == 1);
    ww_picture_free(&p);
    expect_ok(ww_picture_read(&p, ww_file_with_text("a", "P3 1 1 4 1 2 3\n")));
    cr_assert(p.channels == 3 && p.pixel[0] == 0.25f && p.pixel[2] == 0.75f);
    ww_picture_free(&p);
}

Test(store_picture, says_what_is_wrong)
{
    static const struct {
        const char *text, *message;
    } bad[] = {
        {"", "@/a: no picture; PNG, JPEG, PGM or PPM is wanted"},
        {"GIF89a", "@/a: no picture; PNG, JPEG, PGM or PPM is wanted"},
        {"P4 1 1 ", "@/a: no picture; PNG, JPEG, PGM or PPM is wanted"},
        {"P5\n", "@/a: cut short: the width is missing"},
        {"P5\n12 # comment", "@/a: cut short: the height is missing"},
        {"P5\n12 x", "@/a: the height is no number"},
        {"P5 -3 3", "@/a: the width is no number"},
        {"P5 2 2 0 ", "@/a: the largest sample is 0; 1 to 65535 is wanted"},
        {"P5 2 2 65536 ", "@/a: the largest sample is 65536; 1 to 65535 is wanted"},
        {"P5 0 2 255 ", "@/a: no pixels"},
        {"P5 2 2 255 abc", "@/a: cut short: 2 x 2 pixels are more than the file can hold"},
        {"P5 2 2 256 abcdefg", "@/a: cut short: 2 x 2 pixels are more than the file can hold"},
        {"P6 1 2 255 abcde", "@/a: cut short: 1 x 2 pixels are more than the file can hold"},
        {"P5 2 1 64 @a", "@/a: a sample of 97; the largest should be 64"},
        {"P2 2 1 9 3", "@/a: cut short: 2 x 1 pixels are more than the file can hold"},
        {"P2 2 1 9 333", "@/a: a sample of 333; the largest should be 9"},
        {"P2 2 1 999 333", "@/a: cut short: a sample is missing"},
        {"P5 32769 1 255 ",
         "@/a: 32769 x 1 pixels; at most 32768 a side, 134217728 in all, are read"},
        {"P5 30000 30000 255 ",
         "@/a: 30000 x 30000 pixels; at most 32768 a side, 134217728 in all, are read"},
        {"P5 99999999999999999999999 1 255 ",
         "@/a: 999999999 x 1 pixels; at most 32768 a side, 134217728 in all, are read"},
        {"P5 9999 9999 255 a",
         "@/a: cut short: 9999 x 9999 pixels are more than the file can hold"},
    };
    ww_picture p;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_failure(ww_picture_read(&p, ww_file_with_text("a", bad[i].text)), WW_EPARSE,
                       bad[i].message);
        cr_assert_null(p.pixel);
    }
    expect_failure(ww_picture_read(&p, ww_path("no.png")), WW_EIO,
                   "@/no.png: no such file or directory");
    expect_failure(ww_picture_read(&p, ww_path("")), WW_EIO, "@/: is a directory");
}

/* A file that ends early is an error wherever it ends, not a picture that turns grey. */
static void expect_cut_refused(const char *where, size_t tail)
{
    char *data;
    size_t bytes;
    ww_picture p;
    expect_ok(ww_file_read(&data, &bytes, where, 1 << 20, arena));
    for (size_t n = 0; n + tail < bytes; n++) {
        cr_assert_eq(ww_picture_read(&p, ww_file_with("cut", data, n)), WW_EPARSE, "%zu of %zu", n,
                     bytes);
        cr_assert_not_null(strstr(ww_error_message(), "/cut: "));
    }
}

static void set_be(char *to, unsigned value)
{
    for (int i = 0; i < 4; i++)
        to[i] = (char)(value >> (24 - 8 * i));
}

Test(store_picture, damaged_png_and_jpeg)
{
    static const unsigned sample[W * H] = {0, 100, 200};
    static const unsigned char colour[] = {200, 100, 40};
    char *data;
    size_t bytes;
    ww_picture p;
    expect_cut_refused(png_file("a.png", PNG_COLOR_TYPE_GRAY, 8, 1, 0, sample, NULL), 0);
    for (int progressive = 0; progressive < 2; progressive++) /* the last two bytes end the file */
        expect_cut_refused(jpeg_file("a.jpg", JCS_RGB, 3, colour, false, progressive), 1);
    expect_ok(ww_file_read(&data, &bytes, ww_path("a.jpg"), 1 << 20, arena));
    expect_failure(ww_picture_read(&p, ww_file_with("cut.jpg", data, bytes - 10)), WW_EPARSE,
                   "@/cut.jpg: a damaged JPEG file: Premature end of JPEG file");
    expect_failure(ww_picture_read(&p, ww_file_with("cut.jpg", data, 3)), WW_EPARSE,
                   "@/cut.jpg: a damaged JPEG file: Premature end of JPEG file");

    expect_ok(ww_file_read(&data, &bytes, ww_path("a.png"), 1 << 20, arena));
    expect_failure(ww_picture_read(&p, ww_file_with("cut.png", data, bytes - 3)), WW_EPARSE,
                   "@/cut.png: a damaged PNG file: cut short");
    unsigned char *sum = (unsigned char *)data + 41 + (unsigned char)data[36]; /* of the pixels */
    sum[0] ^= 1;
    expect_failure(ww_picture_read(&p, ww_file_with("bad.png", data, bytes)), WW_EPARSE,
                   "@/bad.png: a damaged PNG file: IDAT: CRC error");
    sum[0] ^= 1;
    set_be(data + 16, 40000); /* the width, and the check sum of its chunk */
    set_be(data + 29, (unsigned)crc32(0, (unsigned char *)data + 12, 17));
    expect_failure(
        ww_picture_read(&p, ww_file_with("wide.png", data, bytes)), WW_EPARSE,
        "@/wide.png: 40000 x 3 pixels; at most 32768 a side, 134217728 in all, are read");
    set_be(data + 16, 30000);
    set_be(data + 29, (unsigned)crc32(0, (unsigned char *)data + 12, 17));
    expect_failure(ww_picture_read(&p, ww_file_with("wide.png", data, bytes)), WW_EPARSE,
                   "@/wide.png: cut short: 30000 x 3 pixels are more than the file can hold");
}

Test(store_picture, what_is_written_reads_back)
{
    enum { N = 256 };
    float pixel[3 * N];
    for (int channels = 1; channels <= 3; channels += 2) {
        for (int i = 0; i < channels * N; i++)
            pixel[i] = (float)(i * 37 % 256) / 255;
        pixel[0] = -1;
        pixel[1] = 2;
        pixel[2] = NAN;
        expect_ok(ww_picture_write_png(ww_path("a.png"), pixel, channels, 32, 8));
        cr_assert_eq(ww_folder_entries(), 1);
        ww_picture p;
        expect_ok(ww_picture_read(&p, ww_path("a.png")));
        cr_assert(p.channels == channels && p.height == 32 && p.width == 8);
        cr_assert(p.pixel[0] == 0 && p.pixel[1] == 1 && p.pixel[2] == 0);
        for (int i = 3; i < channels * N; i++)
            cr_assert_eq(p.pixel[i], pixel[i]);
        ww_picture_free(&p);
    }
    expect_failure(ww_picture_write_png("/dev/full", pixel, 1, 8, 8), WW_EIO,
                   "/dev/full: no space left on device");
    expect_failure(ww_picture_write_png(ww_path("no/a.png"), pixel, 1, 8, 8), WW_EIO,
                   "@/no/a.png: no such file or directory");
    ww_limit_file_size(60);
    ww_status status = ww_picture_write_png(ww_path("a.png"), pixel, 1, 16, 16);
    ww_unlimit_file_size();
    expect_failure(status, WW_EIO, "@/a.png: file too large");
    cr_assert_eq(ww_folder_entries(), 1);
}

static double mean(const float *x, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += (double)x[i] / n;
    return sum;
}

Test(store_picture, resizing_keeps_means_planes_and_ramps)
{
    enum { SIDE = 30 };
    static float from[2 * SIDE * SIDE], to[2 * 64 * 64];
    static const int sizes[][2] = {{30, 30}, {15, 10}, {7, 29}, {1, 1}, {30, 11}};
    for (int i = 0; i < 2 * SIDE * SIDE; i++)
        from[i] = (float)(i * 7919 % 1000) / 1000;
    for (size_t k = 0; k < sizeof sizes / sizeof sizes[0]; k++) {
        int h = sizes[k][0], w = sizes[k][1];
        ww_picture_resize(from, 2, SIDE, SIDE, to, h, w);
        for (int c = 0; c < 2; c++) /* each pixel is an average, so the whole keeps its mean */
            cr_assert_float_eq(mean(to + c * h * w, h * w),
                               mean(from + c * SIDE * SIDE, SIDE * SIDE), 1e-6);
    }
    ww_picture_resize(from, 2, SIDE, SIDE, to, SIDE, SIDE);
    cr_assert_arr_eq(to, from, sizeof from);
    ww_picture_resize(from, 1, SIDE, SIDE, to, 15, 15);
    cr_assert_float_eq((double)to[16], (double)(from[62] + from[63] + from[92] + from[93]) / 4,
                       1e-6);

    for (int y = 0; y < SIDE; y++) /* a ramp stays one between the outermost centres */
        for (int x = 0; x < SIDE; x++)
            from[y * SIDE + x] = (float)(2 * x - y);
    ww_picture_resize(from, 1, SIDE, SIDE, to, 60, 45);
    for (int y = 0; y < 60; y++)
        for (int x = 0; x < 45; x++) {
            double u = (x + 0.5) * SIDE / 45 - 0.5, v = (y + 0.5) * SIDE / 60 - 0.5;
            u = fmin(fmax(u, 0), SIDE - 1);
            v = fmin(fmax(v, 0), SIDE - 1);
            cr_assert_float_eq((double)to[y * 45 + x], 2 * u - v, 1e-5);
        }
}

Test(store_picture, reads_the_pictures_of_the_data_folder)
{
    static const struct {
        const char *name;
        int channels, height, width;
    } some[] = {
        {"textures_ps/text.pgm", 1, 256, 256},
        {"orl_faces/s1/1.pgm", 1, 112, 92},
        {"skimage/camera.png", 1, 512, 512},
        {"skimage/coffee.png", 3, 400, 600},
    };
    const char *folder = ww_data_folder("images");
    if (folder == NULL)
        return;
    for (size_t i = 0; i < sizeof some / sizeof some[0]; i++) {
        char where[1024];
        ww_picture p;
        snprintf(where, sizeof where, "%s/%s", folder, some[i].name);
        expect_ok(ww_picture_read(&p, where));
        cr_assert(p.channels == some[i].channels && p.height == some[i].height &&
                      p.width == some[i].width,
                  "%s: %d x %d x %d", where, p.channels, p.height, p.width);
        double m = mean(p.pixel, p.height * p.width);
        cr_assert(m > 0.1 && m < 0.9, "%g", m);
        ww_picture_free(&p);
    }
}

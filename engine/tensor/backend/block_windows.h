/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_BLOCK_WINDOWS_H
#define WW_ENGINE_TENSOR_BACKEND_BLOCK_WINDOWS_H

/* Pooling of maps in blocks of channels (op.h): every lane is a channel, so a window is read pixel
 * by pixel (loops.h says what each function does). `most` is how many of the lanes are used: all
 * but where the vectors are longer than the blocks. Windows of 2x2 and 3x3 inside a map have loops
 * of known length. */

#include "engine/tensor/backend/windows.h"

/* Of a window, the rows and columns inside the map; its first column is column `at` of the map. */
typedef struct part_inside {
    int rows[2], columns[2];
    int64_t at;
} part_inside;

INLINE part_inside inside_of(const ww_block_row *w, int64_t u)
{
    part_inside part = {{w->begin, w->end}, {0, w->size}, u * w->stride - w->pad};
    if (part.at < 0)
        part.columns[0] = (int)-part.at;
    if (part.at + w->size > w->width)
        part.columns[1] = (int)(w->width - part.at);
    return part;
}

/* Whether the window is one of so many pixels, all of them inside. */
INLINE bool is_whole(const ww_block_row *w, const part_inside *part, int size)
{
    return w->size == size && part->rows[0] == 0 && part->rows[1] == size &&
           part->columns[0] == 0 && part->columns[1] == size;
}

/* The same part, known to be whole. */
INLINE part_inside whole_of(const part_inside *part, const int size)
{
    return (part_inside){{0, size}, {0, size}, part->at};
}

/* x points at the first of the rows. */
TARGET INLINE void max_window(const ww_block_row *w, const int size, const int most,
                              const part_inside part, const float *x, float *y, uint8_t *which)
{
    vec top = ALL(-INFINITY);
    taps_vec tap = NO_TAPS;
    if (part.rows[0] == 0 && part.columns[0] == 0) /* the first, even if it is not a number */
        top = load_up_to(x + part.at * w->channels, most);
    for (int row = part.rows[0]; row < part.rows[1]; row++, x += w->width * w->channels)
        for (int c = part.columns[0]; c < part.columns[1]; c++) {
            fetch(x + (part.at + c) * w->channels);
            raise(load_up_to(x + (part.at + c) * w->channels, most), row * size + c, &top, &tap);
        }
    store_up_to(y, top, most);
    if (which != NULL)
        store_taps(which, tap, most);
}

TARGET INLINE void max_blocks_of(const ww_block_row *w, const int most, const float *x, float *y,
                                 uint8_t *which)
{
    for (int64_t u = 0; u < w->n; u++) {
        const part_inside part = inside_of(w, u);
        for (int64_t l = 0; l < w->channels; l += most) {
            const int64_t at = u * w->channels + l;
            uint8_t *won = which == NULL ? NULL : which + at;
            if (is_whole(w, &part, 2))
                max_window(w, 2, most, whole_of(&part, 2), x + l, y + at, won);
            else if (is_whole(w, &part, 3))
                max_window(w, 3, most, whole_of(&part, 3), x + l, y + at, won);
            else
                max_window(w, w->size, most, part, x + l, y + at, won);
        }
    }
}

TARGET static void max_blocks(const ww_block_row *w, const float *x, float *y, uint8_t *which)
{
    if (w->channels % LANES == 0)
        max_blocks_of(w, LANES, x, y, which);
    else
        max_blocks_of(w, 8, x, y, which);
}

/* The part of one pixel in the mean. */
INLINE float share_of(const part_inside *part)
{
    const int rows = part->rows[1] - part->rows[0], columns = part->columns[1] - part->columns[0];
    return 1 / ((float)rows * (float)columns);
}

TARGET INLINE void mean_window(const ww_block_row *w, const int most, const part_inside part,
                               float share, const float *x, float *y)
{
    vec sum = ALL(0);
    for (int row = part.rows[0]; row < part.rows[1]; row++, x += w->width * w->channels)
        for (int c = part.columns[0]; c < part.columns[1]; c++) {
            fetch(x + (part.at + c) * w->channels);
            sum = ADD(sum, load_up_to(x + (part.at + c) * w->channels, most));
        }
    store_up_to(y, MUL(sum, ALL(share)), most);
}

TARGET INLINE void mean_blocks_of(const ww_block_row *w, const int most, const float *x, float *y)
{
    for (int64_t u = 0; u < w->n; u++) {
        const part_inside part = inside_of(w, u);
        const float share = share_of(&part);
        for (int64_t l = 0; l < w->channels; l += most) {
            const int64_t at = u * w->channels + l;
            if (is_whole(w, &part, 2))
                mean_window(w, most, whole_of(&part, 2), share, x + l, y + at);
            else if (is_whole(w, &part, 3))
                mean_window(w, most, whole_of(&part, 3), share, x + l, y + at);
            else
                mean_window(w, most, part, share, x + l, y + at);
        }
    }
}

TARGET static void mean_blocks(const ww_block_row *w, const float *x, float *y)
{
    if (w->channels % LANES == 0)
        mean_blocks_of(w, LANES, x, y);
    else
        mean_blocks_of(w, 8, x, y);
}

/* d goes to the pixels that have won, without `which` to all. */
TARGET INLINE void back_window(const ww_block_row *w, const int size, const int most,
                               const part_inside part, const bool add, vec d, const uint8_t *which,
                               float *dx)
{
    const taps_vec tap = which == NULL ? NO_TAPS : load_taps(which, most);
    for (int row = part.rows[0]; row < part.rows[1]; row++, dx += w->width * w->channels)
        for (int c = part.columns[0]; c < part.columns[1]; c++) {
            float *to = dx + (part.at + c) * w->channels;
            if (!add)
                fetch_to_write(to);
            vec v = which == NULL ? d : where_tap(tap, row * size + c, d);
            store_up_to(to, add ? ADD(load_up_to(to, most), v) : v, most);
        }
}

TARGET INLINE void back_blocks_of(const ww_block_row *w, const int most, const bool add,
                                  const float *dy, const uint8_t *which, float *dx)
{
    for (int64_t u = 0; u < w->n; u++) {
        const part_inside part = inside_of(w, u);
        const float share = which == NULL ? share_of(&part) : 1;
        for (int64_t l = 0; l < w->channels; l += most) {
            const int64_t at = u * w->channels + l;
            const uint8_t *won = which == NULL ? NULL : which + at;
            const vec d = MUL(load_up_to(dy + at, most), ALL(share));
            if (is_whole(w, &part, 2))
                back_window(w, 2, most, whole_of(&part, 2), add, d, won, dx + l);
            else if (is_whole(w, &part, 3))
                back_window(w, 3, most, whole_of(&part, 3), add, d, won, dx + l);
            else
                back_window(w, w->size, most, part, add, d, won, dx + l);
        }
    }
}

TARGET INLINE void back_blocks(const ww_block_row *w, const float *dy, const uint8_t *which,
                               float *dx)
{
    if (w->channels % LANES != 0)
        back_blocks_of(w, 8, w->stride != w->size, dy, which, dx);
    else if (w->stride == w->size)
        back_blocks_of(w, LANES, false, dy, which, dx);
    else
        back_blocks_of(w, LANES, true, dy, which, dx);
}

TARGET static void max_blocks_back(const ww_block_row *w, const float *dy, const uint8_t *which,
                                   float *dx)
{
    back_blocks(w, dy, which, dx);
}

TARGET static void mean_blocks_back(const ww_block_row *w, const float *dy, float *dx)
{
    back_blocks(w, dy, NULL, dx);
}

/* Half a vector of doubles at a time, `channels` of them in all. */
TARGET INLINE void sum_pixels(const int channels, const float *x, int64_t n, double *sum)
{
    enum { HALF = LANES / 2, MOST = 16 / HALF };
    dvec all[MOST];
#pragma GCC unroll 8
    for (int k = 0; k < channels / HALF; k++)
        all[k] = DALL(0);
    for (int64_t i = 0; i < n; i++, x += channels)
#pragma GCC unroll 8
        for (int k = 0; k < channels / HALF; k++)
            all[k] = DADD(all[k], DLOAD(x + k * HALF));
#pragma GCC unroll 8
    for (int k = 0; k < channels / HALF; k++)
        DSTORE(sum + k * HALF, all[k]);
}

TARGET static void sum_blocks(const float *x, int64_t channels, int64_t n, double *sum)
{
    if (channels == 16)
        sum_pixels(16, x, n, sum);
    else
        sum_pixels(8, x, n, sum);
}

/* So many pixels are turned four at a time, of as many channels as there are lanes. */
INLINE int64_t fours_of(int64_t channels, int64_t n, int64_t step)
{
    return channels % LANES == 0 && step <= INT32_MAX / LANES ? n / 4 * 4 : 0;
}

TARGET static void from_blocks(const float *x, int64_t channels, int64_t n, float *y, int64_t step)
{
    const int64_t fours = fours_of(channels, n, step);
    int32_t offset[LANES];
    for (int l = 0; l < LANES; l++)
        offset[l] = (int32_t)(l * step);
    for (int64_t l = 0; l < channels && fours > 0; l += LANES)
        for (int64_t i = 0; i < fours; i += 4) {
            const float *p = x + i * channels + l;
            const vec pixel[4] = {LOAD(p), LOAD(p + channels), LOAD(p + 2 * channels),
                                  LOAD(p + 3 * channels)};
            for (int k = 0; k < LANES && i % 16 == 0; k++) /* the row behind */
                __builtin_prefetch(y + (l + k) * step + i + n, 1);
            store_columns(y + l * step + i, offset, 1, pixel, false);
        }
    for (int64_t l = 0; l < channels; l++)
        for (int64_t i = fours; i < n; i++)
            y[l * step + i] = x[i * channels + l];
}

TARGET static void to_blocks(const float *x, int64_t step, int64_t channels, int64_t n, float *y)
{
    const int64_t fours = fours_of(channels, n, step);
    int32_t offset[LANES];
    for (int l = 0; l < LANES; l++)
        offset[l] = (int32_t)(l * step);
    for (int64_t l = 0; l < channels && fours > 0; l += LANES)
        for (int64_t i = 0; i < fours; i += 4) {
            vec pixel[4];
            load_columns(x + l * step + i, offset, 1, 4, pixel);
            for (int j = 0; j < 4; j++)
                STORE(y + (i + j) * channels + l, pixel[j]);
        }
    for (int64_t l = 0; l < channels; l++)
        for (int64_t i = fours; i < n; i++)
            y[i * channels + l] = x[l * step + i];
}

#endif

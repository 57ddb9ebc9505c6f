/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The gradient of the weights by Winograd's minimal filtering; winograd.c has the theory:
 *
 *     dg = G' [ sum over tiles of (B' d B) * (A dY A') ] G.
 *
 * Lanes are channels. The tiles are cut into a number of parts that depends on the sizes alone; a
 * task takes a part, or some channels of it, through a core's cache, a chunk at a time, and no
 * number that one core has written is read by another but the sums of the parts, at the end: cores
 * hand lines to each other so slowly that shared chunks took longer with two threads than with one.
 * No sum depends on how the work is shared out.
 *
 * With a stride of 2, channels stand in lots of as many as there are lanes, all lots of the first
 * phase, then those of the second, ..; the four phases of a lot are read from one stage. */
#include <string.h>

#include "engine/base/shares.h"

#include "engine/tensor/backend/winograd_inside.h"

enum { CHUNK_FLOATS = 3 << 15, CHUNK_MOST = 3 << 17, CHUNK_TILES = 48 };
enum {
    PARTS_FLOATS = 1 << 21,
    PART_TILES = 256,
    CUT_TILES = 128,
    PARTS_MOST = 8,
    BLOCK_PARTS = 16
};

/* Channels of x: of each phase, all lots of them, or as they are. */
static int64_t of_phase(const ww_winograd *w)
{
    return ww_up(w->c / PHASES, w->kernels->lanes);
}

static int64_t channels_of(const ww_winograd *w)
{
    return w->cut == 2 ? PHASES * of_phase(w) : w->c;
}

/* Parts that are worth their sums and do not take too much memory; where they are fewer than
 * threads, shares of the channels. */
static void plan_tasks(ww_winograd *w)
{
    int64_t lanes = w->kernels->lanes,
            lots[2] = {ww_up(channels_of(w), lanes) / lanes, ww_up(w->k, lanes) / lanes};
    int64_t points = (int64_t)ww_winograd_points(w);
    int64_t room = PARTS_FLOATS / (points * lots[0] * lots[1] * lanes * lanes);
    int64_t tiles = w->cut == 2 ? CUT_TILES : PART_TILES; /* of a part */
    int64_t parts = ww_least(w->tiles / tiles, room < 2 ? 2 : room);
    w->parts = ww_least(ww_least(parts < 1 ? 1 : parts, w->blocks ? BLOCK_PARTS : PARTS_MOST),
                        w->blocks ? w->n : w->n * w->down);
    w->n_shares[0] = w->n_shares[1] = 1;
    for (int most = 0; w->parts * w->n_shares[0] * w->n_shares[1] < w->threads;) {
        most = w->cut == 2 || lots[1] * w->n_shares[0] > lots[0] * w->n_shares[1];
        if (w->n_shares[most] == lots[most])
            break;
        w->n_shares[most]++;
    }
    for (int i = 0; i < 2; i++) {
        w->share[i] = (lots[i] + w->n_shares[i] - 1) / w->n_shares[i] * lanes;
        w->n_shares[i] = (lots[i] * lanes + w->share[i] - 1) / w->share[i];
    }
}

/* Products of n rows and m columns take this long: rows come in halves, columns in vectors, and few
 * vectors do not keep a core busy. */
static double cost(const ww_winograd *w, int64_t n, int64_t m)
{
    int64_t lanes = w->kernels->lanes;
    double slow = m <= lanes ? 1.25 : m <= 2 * lanes ? 1.05 : 1;
    return slow * (double)ww_up(n, w->kernels->rows / 2) * (double)ww_up(m, lanes);
}

/* Small, so that a chunk's elements are still near when they are multiplied, but with enough tiles
 * to be worth reading and writing the sums once more. */
static int64_t chunk_tiles(const ww_winograd *w)
{
    int64_t floats = (int64_t)ww_winograd_points(w) * (w->share[0] + w->share[1]),
            small = CHUNK_FLOATS / floats;
    return small >= CHUNK_TILES ? small : ww_least(CHUNK_TILES, CHUNK_MOST / floats);
}

void ww_winograd_plan_weights(ww_winograd *w)
{
    int64_t lanes = w->kernels->lanes;
    plan_tasks(w);
    w->filter_floats = (size_t)(ww_up(channels_of(w), lanes) * ww_up(w->k, lanes));
    if (w->blocks) {
        ww_winograd_chunk_blocks(w);
        return;
    }
    int64_t c = ww_least(w->share[0], channels_of(w)), k = ww_least(w->share[1], w->k);
    w->rows = cost(w, k, c) < cost(w, c, k);
    int64_t rows = chunk_tiles(w) / w->across;
    rows = ww_least(rows < 1 ? 1 : rows, (w->n * w->down + w->parts - 1) / w->parts);
    w->block = rows * w->across;
    w->step[0] = ww_winograd_spread(w->share[0] * w->block);
    w->step[1] = ww_winograd_spread(w->share[1] * w->block);
    w->stage_floats = (size_t)(lanes * PATCH * w->cut * w->stride * w->cut);
}

/* The lanes' rows of a row of tiles, zero outside their maps: stage[rows][stride][lanes]. */
static void fill_stage(const ww_winograd *w, const struct ww_winograd_view *v, int64_t stride,
                       float *stage, const float *maps, const int32_t *offset, int64_t width,
                       int64_t rows)
{
    int64_t lanes = w->kernels->lanes, row = stride * lanes;
    int64_t top = v->to / stride, left = v->to % stride, last = top + v->rows;
    size_t before = (size_t)(left * lanes), pixels = (size_t)(v->width * lanes);
    memset(stage, 0, (size_t)(top * row) * sizeof *stage);
    for (int64_t i = top; i < last; i++) {
        memset(stage + i * row, 0, before * sizeof *stage);
        memset(stage + (size_t)(i * row) + before + pixels, 0,
               ((size_t)row - before - pixels) * sizeof *stage);
    }
    w->kernels->across_maps(stage + v->to * lanes, stride, maps + v->from, width, offset, v->rows,
                            v->width);
    memset(stage + last * row, 0, (size_t)((rows - last) * row) * sizeof *stage);
}

/* The pixels of one row of tiles of as many channels, from `first` on, as there are lanes. Patches
 * share some rows with those above; if the stage holds these, the rows are moved up. */
static void stage_row(const ww_winograd *w, bool patches, bool below, int64_t row, int64_t first,
                      const float *maps, float *stage)
{
    int64_t cut = patches ? w->cut : 1, border = cut * w->border, tile = cut * w->tile;
    int64_t lanes = w->kernels->lanes, channels = !patches ? w->k : cut == 2 ? w->c / PHASES : w->c;
    int64_t h = patches ? w->h : w->oh, width = patches ? w->w : w->ow, pad = patches ? w->pad : 0;
    int64_t rows = patches && !below ? tile + border : tile, stride = cut * w->stride;
    int64_t top = row % w->down * tile - pad;
    int32_t offset[MOST_LANES];
    if (patches && below) {
        memmove(stage, stage + tile * stride * lanes,
                (size_t)(border * stride * lanes) * sizeof *stage);
        stage += border * stride * lanes, top += border;
    }
    struct ww_winograd_view v = ww_winograd_clip(h, width, top, -pad, rows, stride, stride);
    for (int64_t l = 0; l < lanes; l++) /* lanes without a channel do the last one once more */
        offset[l] = (int32_t)(ww_least(l, channels - 1 - first) * h * width);
    fill_stage(w, &v, stride, stage, maps + (row / w->down * channels + first) * h * width, offset,
               width, rows);
}

/* One row of tiles of the channels of a lot: [points][channels/lanes][tiles][lanes]. */
static void transform_row(const ww_winograd *w, bool patches, int64_t lot, int64_t at, float *stage,
                          float *to)
{
    int64_t lanes = w->kernels->lanes, apart = w->cut * lanes, stride = w->cut * w->stride;
    int64_t phases = w->cut == 2 ? PHASES : 1, lots = of_phase(w) / lanes;
    to += (lot * w->block + at) * lanes;
    for (int64_t i = 0; i < w->across && !patches; i++)
        w->kernels->gradient_tile(w->side, stage + i * w->tile * lanes, w->stride, (int)w->tile,
                                  to + i * lanes, w->step[1]);
    for (int64_t p = 0; p < phases && patches; p++, to += lots * w->block * lanes) {
        const float *from = stage + (p / 2 * stride + p % 2) * lanes;
        for (int64_t i = 0; i < w->across; i++)
            w->kernels->input_tile(w->side, from + i * w->tile * apart, w->cut * stride, w->cut,
                                   to + i * lanes, w->step[0]);
    }
}

/* Rows of tiles of all lots of channels from `first` on. */
static void transform_rows(const ww_winograd *w, bool patches, int64_t first_row, int64_t rows,
                           int64_t first, int64_t lots, const float *maps, float *stage, float *to)
{
    for (int64_t lot = 0; lot < lots; lot++)
        for (int64_t row = 0; row < rows; row++) {
            bool below = row > 0 && (first_row + row) % w->down != 0;
            stage_row(w, patches, below, first_row + row, first + lot * w->kernels->lanes, maps,
                      stage);
            transform_row(w, patches, lot, row * w->across, stage, to);
        }
}

/* sums (first: =, else +=) of a chunk of rows of tiles, for a task's channels from first_of[0] (of
 * the c's) and first_of[1] (of the k's) on. */
static void run_chunk(const ww_winograd *w, int64_t first_row, int64_t rows,
                      const int64_t first_of[2], const float *x, const float *y, float *sums,
                      bool first, float *scratch)
{
    int64_t lanes = w->kernels->lanes, height = w->kernels->rows, lots[2];
    int64_t all[2] = {channels_of(w), w->k};
    float *turned[2] = {scratch, scratch + ww_winograd_points(w) * w->step[0]};
    float *stage = turned[1] + ww_winograd_points(w) * w->step[1];
    for (int i = 0; i < 2; i++) {
        lots[i] = ww_least(w->share[i], ww_up(all[i], lanes) - first_of[i]) / lanes;
        transform_rows(w, i == 0, first_row, rows, first_of[i],
                       i == 0 && w->cut == 2 ? lots[i] / PHASES : lots[i], i == 0 ? x : y, stage,
                       turned[i]);
    }
    int a = w->rows, b = 1 - a;
    int64_t row = ww_up(all[b], lanes), n = ww_least(lots[a] * lanes, all[a] - first_of[a]);
    ww_panels panels = {
        .a_step = lanes, .b_step = lanes, .b_vector = w->block * lanes, .c_row = row};
    for (size_t p = 0; p < ww_winograd_points(w); p++)
        for (int64_t i = 0; i < n; i += height) {
            panels.half = n - i <= height / 2;
            w->kernels->product(
                &panels, turned[a] + p * w->step[a] + i / lanes * w->block * lanes + i % lanes,
                turned[b] + p * w->step[b],
                sums + p * w->filter_floats + (first_of[a] + i) * row + first_of[b], lots[b],
                rows * w->across, !first);
        }
}

/* Of maps in blocks, parts are of whole samples. */
int64_t ww_winograd_part(const ww_winograd *w, int64_t part)
{
    return w->blocks ? w->n * part / w->parts * w->down : w->n * w->down * part / w->parts;
}

struct run {
    const ww_winograd *w;
    const float *x, *y;
    float *sums, *weight;
};

static void run_task(const void *context, int64_t task, float *own)
{
    const struct run *run = context;
    const ww_winograd *w = run->w;
    int64_t part = task / (w->n_shares[0] * w->n_shares[1]);
    int64_t channels[2] = {task / w->n_shares[1] % w->n_shares[0] * w->share[0],
                           task % w->n_shares[1] * w->share[1]};
    int64_t begin = ww_winograd_part(w, part), end = ww_winograd_part(w, part + 1);
    int64_t rows = w->block / w->across;
    float *sums = run->sums + part * ww_winograd_filter_floats(w);
    for (int64_t row = begin; row < end; row += rows)
        (w->blocks ? ww_winograd_run_chunk_blocks : run_chunk)(
            w, row, ww_least(rows, end - row), channels, run->x, run->y, sums, row == begin, own);
}

/* The taps[n][lanes] of filter k and channel c to their places. */
static void put_filter(const ww_winograd *w, int64_t k, int64_t c, const float *taps, float *weight)
{
    int64_t lanes = w->kernels->lanes, n = ww_winograd_taps(w), channels = w->c / PHASES;
    if (w->cut == 1) {
        for (int64_t q = 0; q < n; q++)
            weight[(k * w->c + c) * n + q] = taps[q * lanes];
        return;
    }
    int64_t phase = c / of_phase(w), channel = c % of_phase(w);
    for (int64_t q = 0; q < n && channel < channels; q++)
        weight[(k * channels + channel) * TAPS_OF_CUT + ww_winograd_tap(phase, q)] =
            taps[q * lanes];
}

/* The parts' sums of a row of products become filters. */
static void finish_weights(const void *context, int64_t turn, float *none)
{
    const struct run *run = context;
    const ww_winograd *w = run->w;
    (void)none;
    int64_t lanes = w->kernels->lanes;
    int64_t of = w->rows == 0 ? w->k : channels_of(w), row = ww_up(of, lanes); /* vectors */
    int64_t apart = ww_winograd_filter_floats(w);
    for (int64_t v = 0; v < of; v += lanes) {
        float sum[MOST_POINTS * MOST_LANES], taps[MOST_TAPS * MOST_LANES];
        for (int64_t p = 0; p < w->side * w->side; p++) {
            const float *from = run->sums + p * (int64_t)w->filter_floats + turn * row + v;
            float *own = sum + p * lanes;
            memcpy(own, from, (size_t)lanes * sizeof *own);
            for (int64_t part = 1; part < w->parts; part++)
                for (int64_t l = 0; l < lanes; l++)
                    own[l] += from[part * apart + l];
        }
        w->kernels->weight_tiles(sum, (size_t)lanes, w->size, taps);
        for (int64_t l = 0; l < ww_least(lanes, of - v); l++)
            put_filter(w, w->rows == 0 ? v + l : turn, w->rows == 0 ? turn : v + l, taps + l,
                       run->weight);
    }
}

void ww_winograd_finish_weights(const ww_winograd *w, float *sums, float *weight)
{
    const struct run run = {.w = w, .sums = sums, .weight = weight};
    ww_turns_run(&(ww_turns){.n = w->rows == 0 ? channels_of(w) : w->k,
                             .threads = w->threads,
                             .work = finish_weights,
                             .context = &run});
}

void ww_winograd_run_weights(const ww_winograd *w, const float *x, float *weight, const float *y,
                             float *scratch)
{
    const struct run run = {w, x, y, scratch, weight};
    ww_turns_run(&(ww_turns){.n = w->parts * w->n_shares[0] * w->n_shares[1],
                             .threads = w->threads,
                             .work = run_task,
                             .context = &run,
                             .own = scratch + w->parts * ww_winograd_filter_floats(w),
                             .own_floats = ww_winograd_own_floats(w)});
    ww_winograd_finish_weights(w, scratch, weight);
}

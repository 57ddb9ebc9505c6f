/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Winograd's F(4x4, 3x3) and F(2x2, 5x5) on maps in blocks of channels (op.h); winograd.c has the
 * theory.
 *
 * A vector is a pixel of as many channels as there are lanes, so patches are read from the maps and
 * tiles are written to them as they lie: nothing is staged, turned or shuffled. What is left to
 * save are the transformed tiles, 36 numbers for 16 pixels (4), written and read once more from a
 * second cache. So a block of tiles is done a row of six points at a time,
 *
 *     V_i = (B' d)_i B,   M_i = sum over channels of U_i * V_i,   O_i = M_i A,   then Y = A' O:
 *
 * the patches are read for each row anew (for two rows, of a and -a, at once), V_i stays in a first
 * cache, M_i in registers, and only O, 24 (12) numbers a tile, is kept. The sums of a weight
 * gradient take rows of B' d B and of A dY A' likewise. */
#include "engine/base/shares.h"
#include "engine/tensor/backend/winograd_inside.h"

enum {
    FOUR = 4,
    FEW_TILES = 16,
    TILES = 32,
    PANEL = 64,
    CHUNK_FLOATS = 3 << 13,
    CHUNK_TILES = 48,
    NEAR_FLOATS = 1 << 17
};

static int64_t lots(const ww_winograd *w, int64_t channels)
{
    return channels / w->kernels->lanes;
}

static int rows_of(ww_row_pair pair)
{
    return pair == WW_ROWS_A || pair == WW_ROWS_B ? 2 : 1;
}

static int first_row(ww_row_pair pair)
{
    return pair == WW_ROW_ZERO ? 0 : pair == WW_ROWS_A ? 1 : pair == WW_ROWS_B ? 3 : PATCH - 1;
}

/* Samples that have a block's tiles together, at least. */
static int64_t samples_of(const ww_winograd *w)
{
    return (w->block + w->down * w->across - 1) / (w->down * w->across);
}

/* So many, if they stay near. */
static int64_t near(int64_t floats)
{
    return floats <= NEAR_FLOATS ? ww_up(floats, LINE) : 0;
}

/* Of a thread: two rows of V; O; partial sums; and, for groups of samples, x. */
void ww_winograd_plan_blocks(ww_winograd *w)
{
    w->block = ww_least(w->c > PANEL ? TILES : FEW_TILES,
                        ww_up((w->tiles + w->threads - 1) / w->threads, FOUR));
    w->filter_floats = (size_t)(w->c * w->k);
    w->step[0] = (size_t)(w->block * PATCH * w->c);
    w->step[1] = ww_winograd_spread(w->block * w->tile * w->k);
    if (w->pass == WW_CONV_FORWARD)
        w->near_floats = near(samples_of(w) * w->c * w->h * w->w);
    w->own_floats = 2 * w->step[0] + PATCH * w->step[1] + (size_t)(w->block * PATCH * w->k) +
                    (size_t)w->near_floats;
}

struct run {
    const ww_winograd *w;
    const float *in, *filters;
    float *out;
    bool add;
    const ww_around *around;
};

/* Tiles of a block, from its i-th on, that lie in one row of one sample. */
struct place {
    int64_t i, sample, row, column, count;
};

/* Lists those of tiles first .. last-1; returns how many. */
static int places_of(const ww_winograd *w, int64_t first, int64_t last, struct place *place)
{
    int n = 0;
    for (int64_t tile = first; tile < last; tile += place[n++].count) {
        int64_t row = tile / w->across, column = tile % w->across;
        place[n] = (struct place){tile - first, row / w->down, row % w->down, column,
                                  ww_least(w->across - column, last - tile)};
    }
    return n;
}

static void transform(const struct run *run, const struct place *p, ww_row_pair pair, float *to)
{
    const ww_winograd *w = run->w;
    int64_t lanes = w->kernels->lanes, blocks = lots(w, w->c), pixels = w->h * w->w;
    for (int64_t b = 0; b < blocks; b++) {
        ww_tile_row row = {(float *)run->in + (p->sample * blocks + b) * pixels * lanes,
                           w->h,
                           w->w,
                           p->row * w->tile - w->pad,
                           p->column * w->tile - w->pad,
                           p->count,
                           w->tile};
        w->kernels->block_inputs(pair, &row, to + (b * w->block + p->i) * PATCH * lanes,
                                 (int64_t)w->step[0]);
    }
}

static void finish(const struct run *run, const struct place *p, const float *from)
{
    const ww_winograd *w = run->w;
    int64_t lanes = w->kernels->lanes, blocks = lots(w, w->k), pixels = w->oh * w->ow;
    for (int64_t b = 0; b < blocks; b++) {
        ww_tile_row row = {run->out + (p->sample * blocks + b) * pixels * lanes,
                           w->oh,
                           w->ow,
                           p->row * w->tile,
                           p->column * w->tile,
                           p->count,
                           w->tile};
        w->kernels->block_outputs(&row, from + (b * w->block + p->i) * w->tile * lanes,
                                  (int64_t)w->step[1], run->add);
    }
}

/* One row of points of so many tiles. */
static void product(const struct run *run, int row, int64_t tiles, const float *maps, float *sums,
                    float *partial)
{
    const ww_winograd *w = run->w;
    ww_block_product p = {.a = maps,
                          .b = run->filters + (size_t)row * PATCH * w->filter_floats,
                          .c = sums + (size_t)row * w->step[1],
                          .partial = partial,
                          .tiles = w->block,
                          .rows = ww_up(tiles, FOUR),
                          .channels = w->c,
                          .vectors = lots(w, w->k),
                          .tile = w->tile};
    for (; p.first < w->c; p.first += PANEL) {
        p.last = ww_least(p.first + PANEL, w->c);
        w->kernels->block_product(&p);
    }
}

/* Tiles first .. last-1, of a block at most. */
static void run_tiles(const struct run *run, int64_t first, int64_t last, float *maps)
{
    const ww_winograd *w = run->w;
    struct place place[TILES];
    int n = places_of(w, first, last, place);
    float *sums = maps + 2 * w->step[0], *partial = sums + PATCH * w->step[1];
    for (ww_row_pair pair = 0; pair < WW_ROW_PAIRS; pair++) {
        for (int i = 0; i < n; i++)
            transform(run, &place[i], pair, maps);
        for (int i = 0; i < rows_of(pair); i++)
            product(run, first_row(pair) + i, last - first, maps + (size_t)i * w->step[0], sums,
                    partial);
    }
    for (int i = 0; i < n; i++)
        finish(run, &place[i], sums);
}

/* A block. */
static void run_block(const void *context, int64_t turn, float *own)
{
    const struct run *run = context;
    int64_t block = run->w->block, first = turn * block;
    run_tiles(run, first, ww_least(first + block, run->w->tiles), own);
}

/* All tiles of some samples. */
static void run_samples(const struct run *run, int64_t first, int64_t last, float *own)
{
    const ww_winograd *w = run->w;
    int64_t end = last * w->down * w->across;
    for (int64_t tile = first * w->down * w->across; tile < end; tile += w->block)
        run_tiles(run, tile, ww_least(tile + w->block, end), own);
}

/* Some samples, with what is to be done before and after. */
static void run_group(const void *context, int64_t turn, float *own)
{
    struct run run = *(const struct run *)context;
    const ww_winograd *w = run.w;
    int64_t samples = samples_of(w), first = turn * samples;
    int64_t last = ww_least(first + samples, w->n);
    if (run.around->before != NULL)
        run.around->run(run.around->before, first, last, run.in == NULL ? own : NULL);
    if (run.in == NULL)
        run.in = own - first * w->c * w->h * w->w;
    run_samples(&run, first, last, own + w->near_floats);
    if (run.around->after != NULL)
        run.around->run(run.around->after, first, last, NULL);
}

void ww_winograd_run_blocks(const ww_winograd *w, const float *in, const float *filters, float *out,
                            float *own, bool add, const ww_around *around)
{
    const struct run run = {w, in, filters, out, add, around};
    int64_t of = around != NULL ? w->n : w->tiles, each = around != NULL ? samples_of(w) : w->block;
    ww_turns_run(&(ww_turns){.n = (of + each - 1) / each,
                             .threads = of > each ? w->threads : 1,
                             .work = around != NULL ? run_group : run_block,
                             .context = &run,
                             .own = own,
                             .own_floats = ww_winograd_own_floats(w)});
}

bool ww_winograd_can_around(const ww_winograd *w)
{
    return w->blocks && w->pass == WW_CONV_FORWARD;
}

void ww_winograd_run_around(ww_winograd *w, float *x, float *weight, float *y, float *scratch,
                            const ww_around *around)
{
    const float *filters = ww_winograd_filters(w, weight, &scratch);
    ww_winograd_run_blocks(w, x, filters, y, scratch, false, around);
}

/* ---- the gradient of the weights: a chunk of rows of tiles ---- */

/* Two rows of points of a chunk's tiles, of x and of y, stay in a second cache, where there are few
 * channels in a first; with enough tiles to be worth reading and writing the sums once more. */
void ww_winograd_chunk_blocks(ww_winograd *w)
{
    int64_t floats = 2 * PATCH * (w->share[0] + w->share[1]), small = CHUNK_FLOATS / floats;
    int64_t most = (w->n * w->down + w->parts - 1) / w->parts;
    int64_t rows = (small > CHUNK_TILES ? small : CHUNK_TILES) / w->across;
    w->block = ww_least(rows < 1 ? 1 : rows, most) * w->across;
    w->step[0] = (size_t)(w->block * PATCH * w->share[0]);
    w->step[1] = (size_t)(w->block * PATCH * w->share[1]);
    w->own_floats = 2 * (w->step[0] + w->step[1]);
}

/* A pair of rows of points of `channels` from `first` on. */
static void transform_chunk(const ww_winograd *w, ww_row_pair pair, bool patches, int64_t from_row,
                            int64_t rows, int64_t first, int64_t channels, const float *maps,
                            float *to)
{
    int64_t lanes = w->kernels->lanes, blocks = lots(w, patches ? w->c : w->k);
    int64_t h = patches ? w->h : w->oh, width = patches ? w->w : w->ow, pad = patches ? w->pad : 0;
    for (int64_t lot = 0; lot < lots(w, channels); lot++)
        for (int64_t i = 0; i < rows; i++, to += w->across * PATCH * lanes) {
            int64_t row = from_row + i, block = row / w->down * blocks + lots(w, first) + lot;
            ww_tile_row tiles = {(float *)maps + block * h * width * lanes,
                                 h,
                                 width,
                                 row % w->down * w->tile - pad,
                                 -pad,
                                 w->across,
                                 w->tile};
            (patches ? w->kernels->block_inputs : w->kernels->block_gradients)(
                pair, &tiles, to, (int64_t)w->step[patches ? 0 : 1]);
        }
}

void ww_winograd_run_chunk_blocks(const ww_winograd *w, int64_t from_row, int64_t rows,
                                  const int64_t first[2], const float *x, const float *y,
                                  float *sums, bool begin, float *own)
{
    int64_t channels[2] = {ww_least(w->share[0], w->c - first[0]),
                           ww_least(w->share[1], w->k - first[1])};
    float *turned[2] = {own, own + 2 * w->step[0]};
    for (ww_row_pair pair = 0; pair < WW_ROW_PAIRS; pair++) {
        transform_chunk(w, pair, true, from_row, rows, first[0], channels[0], x, turned[0]);
        transform_chunk(w, pair, false, from_row, rows, first[1], channels[1], y, turned[1]);
        for (int i = 0; i < rows_of(pair); i++) {
            size_t row = (size_t)(first_row(pair) + i);
            w->kernels->block_weights(&(ww_block_weights){
                .a = turned[0] + (size_t)i * w->step[0],
                .b = turned[1] + (size_t)i * w->step[1],
                .c = sums + row * PATCH * w->filter_floats + first[0] * w->k + first[1],
                .c_point = w->filter_floats,
                .c_row = w->k,
                .tiles = rows * w->across,
                .rows = rows * w->across,
                .channels = channels[0],
                .vectors = lots(w, channels[1]),
                .add = !begin});
        }
    }
}

/* ---- both gradients ---- */

struct both {
    struct run data;
    const ww_winograd *weights;
    const float *x;
    float *sums;
};

bool ww_winograd_can_both(const ww_winograd *data, const ww_winograd *weights)
{
    return data->blocks && weights->blocks && data->threads == weights->threads &&
           weights->n_shares[0] * weights->n_shares[1] == 1;
}

/* Samples that are done at a time, and floats of their y, where that stays near: then it need not
 * be in memory at all, if something else makes it. */
static int64_t samples_at_once(const ww_winograd *w)
{
    return ww_up(w->block / w->across, w->down) / w->down;
}

static int64_t near_y(const ww_winograd *w)
{
    return near(samples_at_once(w) * w->k * w->oh * w->ow);
}

static int64_t near_x(const ww_winograd *w)
{
    return near(samples_at_once(w) * w->c * w->h * w->w);
}

bool ww_winograd_can_near(const ww_winograd *forward, const ww_winograd *data,
                          const ww_winograd *weights)
{
    return forward->near_floats > 0 && ww_winograd_can_both(data, weights) && near_x(weights) > 0;
}

static size_t both_own_floats(const ww_winograd *data, const ww_winograd *weights)
{
    size_t a = ww_winograd_own_floats(data), b = ww_winograd_own_floats(weights);
    return (a > b ? a : b) + (size_t)(near_y(weights) + near_x(weights));
}

size_t ww_winograd_both_scratch(const ww_winograd *data, const ww_winograd *weights)
{
    return (size_t)(ww_winograd_filter_floats(data) +
                    weights->parts * ww_winograd_filter_floats(weights)) +
           (size_t)data->threads * both_own_floats(data, weights);
}

/* Some samples of a part: first the gradient of their maps, then the sums. Own: y, x, workspace. */
static void run_some(const struct both *both, int64_t row, int64_t stop, float *sums, bool begin,
                     float *own)
{
    const ww_winograd *w = both->weights;
    const ww_around *around = both->data.around;
    static const int64_t none[2] = {0, 0};
    int64_t first = row / w->down, last = stop / w->down, chunk = w->block / w->across;
    struct run data = both->data;
    const float *x = both->x;
    float *room = own + near_y(w) + near_x(w);
    if (around != NULL && around->before != NULL) {
        around->run(around->before, first, last, near_y(w) > 0 ? own : NULL);
        if (near_y(w) > 0)
            data.in = own - first * w->k * w->oh * w->ow;
    }
    run_samples(&data, first, last, room);
    if (around != NULL && around->after != NULL)
        around->run(around->after, first, last, NULL);
    if (x == NULL) {
        around->run(around->again, first, last, own + near_y(w));
        x = own + near_y(w) - first * w->c * w->h * w->w;
    }
    for (int64_t at = row; at < stop; at += chunk)
        ww_winograd_run_chunk_blocks(w, at, ww_least(chunk, stop - at), none, x, data.in, sums,
                                     begin && at == row, room);
}

static void run_part(const void *context, int64_t part, float *own)
{
    const struct both *both = context;
    const ww_winograd *w = both->weights;
    float *sums = both->sums + part * ww_winograd_filter_floats(w);
    int64_t begin = ww_winograd_part(w, part), end = ww_winograd_part(w, part + 1);
    int64_t rows = samples_at_once(w) * w->down;
    for (int64_t row = begin; row < end; row += rows)
        run_some(both, row, ww_least(row + rows, end), sums, row == begin, own);
}

void ww_winograd_run_both(ww_winograd *data, ww_winograd *weights, float *x, float *weight,
                          float *y, float *x_gradient, float *weight_gradient, float *scratch,
                          bool add, const ww_around *around)
{
    const float *filters = ww_winograd_filters(data, weight, &scratch);
    const struct both both = {{data, y, filters, x_gradient, add, around}, weights, x, scratch};
    scratch += weights->parts * ww_winograd_filter_floats(weights);
    ww_turns_run(&(ww_turns){.n = weights->parts,
                             .threads = weights->threads,
                             .work = run_part,
                             .context = &both,
                             .own = scratch,
                             .own_floats = both_own_floats(data, weights)});
    ww_winograd_finish_weights(weights, both.sums, weight_gradient);
}

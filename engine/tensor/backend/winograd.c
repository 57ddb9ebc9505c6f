/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolution with filters of 3x3 and 5x5, and of 4x4 with a stride of 2, by Winograd's minimal
 * filtering, F(4x4, 3x3), F(2x2, 5x5) and F(4x4, 2x2) (Winograd 1980; Lavin & Gray 2016, "Fast
 * algorithms for convolutional neural networks").
 *
 * A tile of 4x4 (2x2) outputs Y comes from 6x6 inputs d and one filter g, both taken as polynomials
 * that are multiplied at six points in each dimension:
 *
 *     Y = A' [ sum over channels of (G g G') * (B' d B) ] A,
 *
 * with * the product of elements: 36 products a tile and channel where the definition has 144
 * (100). With the tiles of many samples side by side, each of the 36 elements is a matrix product
 * of [filters, channels] and [channels, tiles]. The gradient of the maps is the same with filters
 * turned by 180 degrees, that of the weights is
 *
 *     dg = G' [ sum over tiles of (B' d B) * (A dY A') ] G.
 *
 * Points: 0, a, -a, b, -b and infinity give, with p, q running through them, m outputs and n taps,
 *
 *     B' = | a2b2   0    -a2-b2   0     1   0 |     A' column p = 1, p, .. p^(m-1) (infinity: 0 ..
 * 1), |  0   -p q2   -q2     p     1   0 |     G row p = (1, p, .. p^(n-1)) / product of |  0 a2b2
 * 0   -a2-b2   0   1 |     (p - others) (infinity: 0 .. 1)
 *
 * where q = b for p = a, -a and the reverse. Lavin & Gray take a = 1, b = 2; with a = 5/8, b = 3/2
 * the rounding error is 2.2 times smaller (compare Barabasz et al. 2020, "Error analysis and
 * improving the accuracy of Winograd convolution for deep neural networks"), and all of B and A are
 * exact in binary. Relative rms error against sums in double, normal numbers, 3x3: 8e-7 for 64
 * channels, 2e-6 for 512, 3e-6 at most for the weights of maps of 64x64; so F(2x2, 3x3), which has
 * 2.25 products an output for 4, is not wanted for its accuracy. 5x5: 4e-7 to 8e-7 for up to 24
 * channels, 1e-6 at most. 4x4 with a stride: 1e-6 for 70 channels, 2e-6 for 96.
 *
 * With a stride of 2 the pixels x(2 v + p, 2 u + q) of each of four phases (p, q) meet the taps
 * w(2 a + p, 2 b + q) alone, two along each side (phases.c): four times as many channels, without a
 * stride. F(4x4, 2x2) needs no more than the five finite points, 25 products for 64.
 *
 * Forward and the gradient of the maps work on blocks of tiles, each by one thread from the input
 * to the output, small enough to stay in its cache; lanes are tiles, so any number of channels will
 * do. No sum depends on how the work is shared out. winograd_blocks.c does the same on maps in
 * blocks of channels, winograd_weights.c has the gradient of the weights. */
#include "engine/tensor/backend/winograd_inside.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/shares.h"

/* A product's panels of maps and of filters stay in a core's first cache (48 KiB, with room for
 * sums); its channels are added up PANEL at a time. */
enum { CACHE_FLOATS = 10 << 10, PANEL = 256, AHEAD = 2, FOUR = 4 };

/* On maps smaller than 5x5 filters most taps meet zeros, and their rounding errors remain. */
bool ww_winograd_supports(const ww_conv_size *size, ww_conv_pass pass)
{
    if (size->stride == 2)
        return size->kh == 4 && size->kw == 4 && size->dilation == 1 && size->groups == 1 &&
               size->pad < 4 && pass != WW_CONV_DATA;
    int64_t smallest = ww_least(ww_least(size->h, size->w), ww_least(size->oh, size->ow));
    return size->kh == size->kw && (size->kh == 3 || (size->kh == 5 && smallest >= 5)) &&
           size->stride == 1 && size->dilation == 1 && size->groups == 1 && size->pad < size->kh;
}

bool ww_winograd_supports_blocks(const ww_conv_size *size, int64_t lanes)
{
    return lanes >= EIGHT && size->stride == 1 && ww_winograd_supports(size, WW_CONV_FORWARD) &&
           size->c % lanes == 0 && size->k % lanes == 0;
}

/* Tiles of a block: as many as a core's first cache holds the panels of, and no fewer blocks than
 * threads. */
static int64_t block_size(const ww_winograd *w)
{
    int64_t lanes = w->kernels->lanes, most = WW_WINOGRAD_BLOCK / lanes * lanes;
    int64_t fit = (CACHE_FLOATS / ww_least(w->c, PANEL) - EIGHT) / lanes * lanes;
    most = ww_least(most, fit < lanes ? lanes : fit);
    int64_t blocks = ww_up((w->tiles + most - 1) / most, w->threads);
    return ww_least(most, ww_up((w->tiles + blocks - 1) / blocks, lanes));
}

/* How many tiles of a vector lie side by side in every row of tiles. */
static int side_by_side(const ww_winograd *w)
{
    int run = w->tile == 4 ? w->kernels->lanes / 4 : 1;
    while (w->across % run != 0 || w->block % run != 0)
        run /= 2;
    return run;
}

/* Lane of each tile of a block's vectors: those side by side are four lanes apart (simd.h). */
static void order_lanes(ww_winograd *w)
{
    int64_t lanes = w->kernels->lanes, group = lanes / 4;
    for (int64_t t = 0; t < WW_WINOGRAD_BLOCK; t++) {
        int64_t i = t % lanes;
        w->lane[t] = (uint8_t)(w->few ? t : t - i + i % group * 4 + i / group);
    }
}

static void plan_maps(ww_winograd *w)
{
    int64_t strips;
    w->block = block_size(w);
    w->run = side_by_side(w);
    strips = ww_least(w->block, w->block / w->across + 2);
    w->filter_floats = (size_t)(ww_up(w->k, EIGHT) * w->c);
    w->step[0] = ww_winograd_spread(w->c * w->block);
    w->step[1] = ww_winograd_spread(ww_up(w->k, EIGHT) * w->block);
    w->stage_floats = (size_t)(strips * PATCH * w->stride);
    if (w->cut == 2) /* a stage a phase; a vector behind each is read */
        w->stage_floats = PHASES * (w->stage_floats + MOST_LANES);
}

ww_status ww_winograd_create(ww_winograd **out, const ww_conv_size *s, ww_conv_pass pass,
                             int threads, const ww_kernels *kernels, bool keep, bool blocks)
{
    assert(ww_winograd_supports(s, pass));
    assert(!blocks || ww_winograd_supports_blocks(s, kernels->lanes));
    *out = NULL;
    ww_winograd *w = malloc(sizeof *w);
    if (w == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    bool turned = pass == WW_CONV_DATA, cut = s->stride == 2;
    *w = (ww_winograd){.kernels = kernels,
                       .pass = pass,
                       .threads = threads,
                       .blocks = blocks,
                       .size = cut ? 2 : (int)s->kh,
                       .side = cut ? PATCH - 1 : PATCH,
                       .cut = (int)s->stride,
                       .tile = cut ? 4 : PATCH + 1 - s->kh,
                       .border = cut ? 1 : s->kh - 1,
                       .n = s->n,
                       .c = cut      ? PHASES * s->c
                            : turned ? s->k
                                     : s->c,
                       .h = turned ? s->oh : s->h,
                       .w = turned ? s->ow : s->w,
                       .k = turned ? s->c : s->k,
                       .oh = turned ? s->h : s->oh,
                       .ow = turned ? s->w : s->ow,
                       .pad = turned ? s->kh - 1 - s->pad : s->pad};
    w->down = (w->oh + w->tile - 1) / w->tile;
    w->across = (w->ow + w->tile - 1) / w->tile;
    w->tiles = w->n * w->down * w->across;
    w->whole = w->oh % w->tile == 0 && w->ow % w->tile == 0;
    w->stride = w->tile * w->across + w->border;
    if (pass != WW_CONV_WEIGHTS && !cut) /* two pixels behind a patch are read */
        w->stride = ww_up(w->stride + 2, MOST_LANES);
    w->few = pass != WW_CONV_WEIGHTS && !cut && !blocks && ww_winograd_are_few(w);
    order_lanes(w);
    if (pass == WW_CONV_WEIGHTS)
        ww_winograd_plan_weights(w);
    else if (w->few)
        ww_winograd_plan_few(w);
    else if (blocks)
        ww_winograd_plan_blocks(w);
    else
        plan_maps(w);
    ww_status status = WW_OK;
    if (keep && pass != WW_CONV_WEIGHTS && !w->few)
        status = ww_kept_create(&w->kept, ww_winograd_points(w) * w->filter_floats);
    if (status != WW_OK)
        ww_winograd_free(w);
    else
        *out = w;
    return status;
}

void ww_winograd_free(ww_winograd *w)
{
    if (w == NULL)
        return;
    ww_kept_free(&w->kept);
    free(w);
}

size_t ww_winograd_scratch(const ww_winograd *w)
{
    if (w->few)
        return ww_winograd_few_floats(w);
    size_t copies = w->pass == WW_CONV_WEIGHTS ? (size_t)w->parts : w->kept.made == NULL;
    size_t filters = copies * (size_t)ww_winograd_filter_floats(w);
    return filters + (size_t)w->threads * ww_winograd_own_floats(w);
}

/* ---- filters: to[36][k/8][c][8], for blocks as ww_block_product wants ---- */

/* Filters k, .., as many as there are lanes, of channels c, ..: points[channels][..][lanes] to
 * their places. One element after the other: so far apart, they fall on one set of a cache. */
static void put_filters(const ww_winograd *w, const float *points, int64_t k, int64_t c,
                        int64_t channels, float *to)
{
    int64_t lanes = w->kernels->lanes, n = (int64_t)ww_winograd_points(w);
    int64_t step = lanes == FOUR ? FOUR : EIGHT, last = ww_least(lanes, ww_up(w->k, EIGHT) - k);
    for (int64_t p = 0; p < n; p++, points += lanes)
        for (int64_t l = 0; l < last; l += step) {
            const float *from = points + l;
            float *eight = to + p * (int64_t)w->filter_floats +
                           ((k + l) / EIGHT * w->c + c) * EIGHT + (k + l) % EIGHT;
            for (int64_t i = 0; i < channels; i++, from += n * lanes, eight += EIGHT)
                if (step == EIGHT) /* a length known beforehand takes no call */
                    memcpy(eight, from, EIGHT * sizeof *to);
                else
                    memcpy(eight, from, FOUR * sizeof *to);
        }
}

static void put_in_blocks(const ww_winograd *w, const float *points, int64_t k, int64_t c,
                          int64_t channels, float *to)
{
    int64_t lanes = w->kernels->lanes, row = PATCH * lanes;
    to += (k * w->c + c * lanes) * PATCH;
    for (int64_t i = 0; i < channels; i++, to += row)
        for (int64_t p = 0; p < PATCH; p++, points += row)
            memcpy(to + p * PATCH * (int64_t)w->filter_floats, points, (size_t)row * sizeof *to);
}

/* As many filters as there are lanes, from k on, of one channel, or of the phases of one; lanes
 * without a filter have the last one. */
static void transform_channel(const ww_winograd *w, const float *weight, int64_t k, int64_t c,
                              float *points)
{
    float taps[MOST_TAPS * MOST_LANES], some[TAPS_OF_CUT * MOST_LANES];
    bool turned = w->pass == WW_CONV_DATA;
    int64_t lanes = w->kernels->lanes, phases = w->cut == 2 ? PHASES : 1;
    int64_t n = w->cut == 2 ? TAPS_OF_CUT : ww_winograd_taps(w), channels = w->c / phases;
    int32_t offset[MOST_LANES];
    for (int64_t l = 0; l < lanes; l++) /* of weights [k][c][n] or, turned, [c][k][n] */
        offset[l] = (int32_t)(ww_least(k + l, w->k - 1) * (turned ? n : channels * n));
    w->kernels->across_maps(taps, n, weight + (turned ? c * w->k * n : c * n), n, offset, 1, n);
    if (phases == 1)
        w->kernels->filter_tiles(taps, w->size, turned, points);
    for (int64_t phase = 0; phase < phases && phases > 1; phase++) {
        for (int64_t q = 0; q < ww_winograd_taps(w); q++)
            memcpy(some + q * lanes, taps + ww_winograd_tap(phase, q) * lanes,
                   (size_t)lanes * sizeof *taps);
        w->kernels->filter_tiles(some, w->size, turned,
                                 points + phase * (int64_t)ww_winograd_points(w) * lanes);
    }
}

static void transform_filters(const ww_winograd *w, const float *weight, float *to)
{
    int64_t lanes = w->kernels->lanes, lots = (ww_up(w->k, EIGHT) + lanes - 1) / lanes;
    int64_t phases = w->cut == 2 ? PHASES : 1, n = (int64_t)ww_winograd_points(w);
#pragma omp parallel for collapse(2) num_threads(w->threads) if (w->c * w->k > 4096)
    for (int64_t lot = 0; lot < lots; lot++)
        for (int64_t c = 0; c < w->c; c += EIGHT) {
            float points[EIGHT * MOST_POINTS * MOST_LANES];
            int64_t channels = ww_least(EIGHT, w->c - c);
            for (int64_t i = 0; i < channels; i += phases)
                transform_channel(w, weight, lot * lanes, (c + i) / phases, points + i * n * lanes);
            (w->blocks ? put_in_blocks : put_filters)(w, points, lot * lanes, c, channels, to);
        }
}

const float *ww_winograd_filters(ww_winograd *w, const float *weight, float **scratch)
{
    float *filters = w->kept.made != NULL ? w->kept.made : *scratch;
    if (w->kept.made == NULL)
        *scratch += ww_winograd_filter_floats(w);
    int64_t n = w->c * w->k * ww_winograd_taps(w);
    if (w->kept.made == NULL || !ww_kept_holds(&w->kept, weight, n, w->threads))
        transform_filters(w, weight, filters);
    return filters;
}

/* ---- maps ---- */

static void list_strips(const ww_winograd *w, int64_t first, int64_t last,
                        struct ww_winograd_block *b)
{
    b->n_strips = 0;
    for (int64_t tile = first; tile < last;) {
        int64_t row = tile / w->across, column = tile % w->across;
        struct ww_winograd_strip s = {row / w->down, row % w->down, column,
                                      ww_least(w->across - column, last - tile), 1};
        while (s.count == w->across && s.row + s.rows < w->down &&
               last - tile >= (s.rows + 1) * w->across)
            s.rows++;
        tile += s.rows * s.count;
        b->strip[b->n_strips++] = s;
    }
}

void ww_winograd_list(const ww_winograd *w, int64_t first, int64_t last,
                      struct ww_winograd_block *b)
{
    int64_t t = 0, n = last - first, lanes = w->kernels->lanes, stage_row = 0;
    b->vectors = (n + lanes - 1) / lanes;
    list_strips(w, first, last, b);
    for (int64_t i = 0; i < b->n_strips; i++) {
        const struct ww_winograd_strip *s = &b->strip[i];
        int64_t apart = (s->sample - b->strip[0].sample) * w->k * w->oh * w->ow;
        b->view[i] = ww_winograd_clip(w->h, w->w, s->row * w->tile - w->pad,
                                      s->column * w->tile - w->pad, s->rows * w->tile + w->border,
                                      s->count * w->tile + w->border, w->stride);
        b->view[i].to += stage_row * w->stride;
        for (int64_t row = 0; row < s->rows; row++, stage_row += w->tile) {
            int64_t place = stage_row * w->stride;
            int64_t out =
                w->whole ? apart + (s->row + row) * w->tile * w->ow + s->column * w->tile : place;
            for (int64_t j = 0; j < s->count * w->tile; j += w->tile, t++) {
                b->in[w->lane[t]] = (int32_t)(place + j);
                b->out[w->lane[t]] = (int32_t)(out + j);
            }
        }
        stage_row += w->border;
    }
    for (; t < b->vectors * lanes; t++) { /* lanes without tiles do the last ones once more */
        b->in[w->lane[t]] = b->in[w->lane[t - w->run]];
        b->out[w->lane[t]] = b->out[w->lane[t - w->run]];
    }
}

/* The maps come from far away, a page each: those that follow are fetched meanwhile. */
void ww_winograd_stage(const ww_winograd *w, const struct ww_winograd_block *b, const float *maps,
                       int64_t c, float *stage)
{
    int64_t pixels = w->h * w->w;
    for (int64_t i = 0; i < b->n_strips; i++) {
        const struct ww_winograd_view *v = &b->view[i];
        const float *map = maps + (b->strip[i].sample * w->c + c) * pixels;
        w->kernels->copy_rows(stage + v->to, w->stride, map + v->from, w->w, v->rows, v->width,
                              c + AHEAD < w->c ? AHEAD * pixels : 0);
    }
}

static void tiles_of(const ww_winograd *w, const struct ww_winograd_block *b, const float *stage,
                     float *to)
{
    for (int64_t v = 0; v < b->vectors; v++)
        w->kernels->input_tiles(w->side, stage, w->stride, b->in + v * w->kernels->lanes, w->run,
                                to + v * w->kernels->lanes, w->step[0]);
}

/* The phases of one map of a block's strips, to a stage each, `apart` from one another. */
static void cut_stages(const ww_winograd *w, const struct ww_winograd_block *b, const float *maps,
                       int64_t c, float *stages, int64_t apart)
{
    for (int64_t i = 0; i < b->n_strips; i++) {
        const struct ww_winograd_strip *s = &b->strip[i];
        int64_t rows = s->rows * w->tile + w->border, left = 2 * s->column * w->tile - w->pad;
        const float *map = maps + (s->sample * w->c / PHASES + c) * w->h * w->w;
        for (int64_t p = 0; p < 2; p++) {
            int64_t top = 2 * s->row * w->tile + p - w->pad, first, last; /* top, top + 2, .. */
            ww_inside(top, 2, rows, w->h, &first, &last);
            ww_spaced of = {.maps = 1,
                            .columns = 2,
                            .to_column = apart,
                            .step = 1,
                            .rows = last - first,
                            .n = w->stride,
                            .from_row = 2 * w->w,
                            .begin = -left,
                            .end = w->w - left,
                            .before = first * w->stride,
                            .behind = (rows - last) * w->stride,
                            .every = 2};
            w->kernels->spaced_rows(stages + 2 * p * apart, map + (top + 2 * first) * w->w + left,
                                    &of);
        }
        stages += rows * w->stride;
    }
}

static void transform(const ww_winograd *w, const struct ww_winograd_block *b, const float *maps,
                      float *stage, float *to)
{
    int64_t apart = (int64_t)w->stage_floats / PHASES;
    memset(stage, 0, w->stage_floats * sizeof *stage);
    for (int64_t c = 0; c < w->c; c++, to += w->block) {
        if (w->cut == 2 && c % PHASES == 0)
            cut_stages(w, b, maps, c / PHASES, stage, apart);
        else if (w->cut == 1)
            ww_winograd_stage(w, b, maps, c, stage);
        tiles_of(w, b, w->cut == 2 ? stage + c % PHASES * apart : stage, to);
    }
}

void ww_winograd_unstage(const ww_winograd *w, const struct ww_winograd_block *b, int64_t k,
                         const float *stage, float *maps)
{
    for (int64_t i = 0; i < b->n_strips; i++) {
        const struct ww_winograd_strip *s = &b->strip[i];
        int64_t top = s->row * w->tile, left = s->column * w->tile;
        w->kernels->copy_rows(maps + ((s->sample * w->k + k) * w->oh + top) * w->ow + left, w->ow,
                              stage, w->stride, ww_least(s->rows * w->tile, w->oh - top),
                              ww_least(s->count * w->tile, w->ow - left), 0);
        stage += (s->rows * w->tile + w->border) * w->stride;
    }
}

/* The same, added to what is there. */
static void add_stage(const ww_winograd *w, const struct ww_winograd_block *b, int64_t k,
                      const float *stage, float *maps)
{
    for (int64_t i = 0; i < b->n_strips; i++) {
        const struct ww_winograd_strip *s = &b->strip[i];
        int64_t top = s->row * w->tile, left = s->column * w->tile;
        float *to = maps + ((s->sample * w->k + k) * w->oh + top) * w->ow + left;
        for (int64_t v = 0; v < ww_least(s->rows * w->tile, w->oh - top); v++)
            for (int64_t u = 0; u < ww_least(s->count * w->tile, w->ow - left); u++)
                to[v * w->ow + u] += stage[v * w->stride + u];
        stage += (s->rows * w->tile + w->border) * w->stride;
    }
}

static void finish_block(const ww_winograd *w, const struct ww_winograd_block *b, const float *sums,
                         float *stage, float *maps, bool add)
{
    const ww_kernels *kernels = w->kernels;
    bool at_once = add && w->whole;
    float *first = maps + b->strip[0].sample * w->k * w->oh * w->ow;
    for (int64_t k = 0; k < w->k; k++) {
        float *to = w->whole ? first + k * w->oh * w->ow : stage;
        for (int64_t v = 0; v < b->vectors; v++)
            (at_once ? kernels->add_output_tiles : kernels->output_tiles)(
                w->side, sums + k * w->block + v * kernels->lanes, w->step[1], to,
                w->whole ? w->ow : w->stride, b->out + v * kernels->lanes, (int)w->tile, w->run);
        if (!w->whole)
            (add ? add_stage : ww_winograd_unstage)(w, b, k, stage, maps);
    }
}

struct run {
    const ww_winograd *w;
    const float *in, *filters;
    float *out;
    bool add;
};

static void run_block(const void *context, int64_t turn, float *scratch)
{
    const struct run *run = context;
    const ww_winograd *w = run->w;
    struct ww_winograd_block b;
    int64_t first = turn * w->block, rows = w->kernels->rows;
    float *maps = scratch, *sums = maps + ww_winograd_points(w) * w->step[0],
          *stage = sums + ww_winograd_points(w) * w->step[1];
    ww_winograd_list(w, first, ww_least(first + w->block, w->tiles), &b);
    transform(w, &b, run->in, stage, maps);
    ww_panels panels = {
        .a_step = EIGHT, .b_step = w->block, .b_vector = w->kernels->lanes, .c_row = w->block};
    for (size_t p = 0; p < ww_winograd_points(w); p++)
        for (int64_t c = 0; c < w->c; c += PANEL)
            for (int64_t k = 0; k < w->k; k += rows) {
                panels.half = w->k - k <= rows / 2;
                w->kernels->product(&panels,
                                    run->filters + p * w->filter_floats + k / EIGHT * EIGHT * w->c +
                                        c * EIGHT + k % EIGHT,
                                    maps + p * w->step[0] + c * w->block,
                                    sums + p * w->step[1] + k * w->block, b.vectors,
                                    ww_least(PANEL, w->c - c), c > 0);
            }
    finish_block(w, &b, sums, stage, run->out, run->add);
}

static void run_maps(ww_winograd *w, const float *in, const float *weight, float *out,
                     float *scratch, bool add)
{
    if (w->few) {
        ww_winograd_run_few(w, in, weight, out, scratch);
        return;
    }
    const float *filters = ww_winograd_filters(w, weight, &scratch);
    if (w->blocks) {
        ww_winograd_run_blocks(w, in, filters, out, scratch, add, NULL);
        return;
    }
    const struct run run = {w, in, filters, out, add};
    ww_turns_run(&(ww_turns){.n = (w->tiles + w->block - 1) / w->block,
                             .threads = w->tiles > w->block ? w->threads : 1,
                             .work = run_block,
                             .context = &run,
                             .own = scratch,
                             .own_floats = ww_winograd_own_floats(w)});
}

bool ww_winograd_can_add(const ww_winograd *w)
{
    return w->pass == WW_CONV_DATA && !w->few;
}

void ww_winograd_run(ww_winograd *w, float *x, float *weight, float *y, float *scratch, bool add)
{
    assert(!add || ww_winograd_can_add(w));
    if (w->pass == WW_CONV_FORWARD)
        run_maps(w, x, weight, y, scratch, false);
    else if (w->pass == WW_CONV_DATA)
        run_maps(w, y, weight, x, scratch, add);
    else
        ww_winograd_run_weights(w, x, weight, y, scratch);
}

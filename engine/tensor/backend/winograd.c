/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolution with 3x3 filters by Winograd's minimal filtering, F(4x4, 3x3) (Winograd 1980; Lavin &
 * Gray 2016, "Fast algorithms for convolutional neural networks").
 *
 * A tile of 4x4 outputs Y comes from 6x6 inputs d and one filter g, both taken as polynomials that
 * are multiplied at six points in each dimension:
 *
 *     Y = A' [ sum over channels of (G g G') * (B' d B) ] A,
 *
 * with * the product of elements: 36 products a tile and channel where the definition has 144. With
 * the tiles of many samples side by side, each of the 36 elements is a matrix product of [filters,
 * channels] and [channels, tiles]. The gradient of the maps is the same with filters turned by 180
 * degrees, that of the weights is
 *
 *     dg = G' [ sum over tiles of (B' d B) * (A dY A') ] G.
 *
 * Points: 0, a, -a, b, -b and infinity give, with p, q running through them,
 *
 *     B' = | a2b2   0    -a2-b2   0     1   0 |     A' column p = 1, p, p2, p3 (infinity: 0 0 0 1),
 *          |  0   -p q2   -q2     p     1   0 |     G row p = (1, p, p2) / product of (p - others)
 *          |  0    a2b2    0   -a2-b2   0   1 |     (infinity: 0 0 1)
 *
 * where q = b for p = a, -a and the reverse. Lavin & Gray take a = 1, b = 2; with a = 5/8, b = 3/2
 * the rounding error is 2.2 times smaller (compare Barabasz et al. 2020, "Error analysis and
 * improving the accuracy of Winograd convolution for deep neural networks"), and all of B and A are
 * exact in binary. Relative rms error against sums in double, normal numbers: 8e-7 for 64 channels,
 * 2e-6 for 512, 3e-6 at most for the weights of maps of 64x64; so F(2x2, 3x3), which has 2.25
 * products an output for 4, is not wanted for its accuracy.
 *
 * Forward and the gradient of the maps work on blocks of tiles, each by one thread from the input
 * to the output, small enough to stay in its cache; lanes are tiles, so any number of channels will
 * do. The gradient of the weights works on chunks of tiles: all threads transform them, lanes are
 * channels, then all threads add up the products, each other ones of the 36 elements. No sum
 * depends on how the work is shared out. */
#include "engine/tensor/backend/winograd.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 4, PATCH = 6, POINTS = 36, TAPS = 9, EIGHT = 8, LINE = 16, MOST_LANES = 16 };
enum { BLOCK_MOST = 192, BLOCK_FLOATS = 1 << 18, CHUNK_FLOATS = 1 << 21 };

/* The maps that are tiled in 6x6 patches, [n, c, h, w], and in 4x4 tiles, [n, k, oh, ow]; pad and
 * all are those of the pass, so for the gradient of the maps x and y change places. */
struct ww_winograd {
    const ww_kernels *kernels;
    ww_conv_pass pass;
    int threads;
    int64_t n, c, h, w, k, oh, ow, pad;
    int64_t down, across, tiles; /* tiles of a map; of all */
    int64_t block;               /* tiles of a block or chunk */
    int64_t stride;              /* floats of a row of a window */
    bool whole;                  /* no tile reaches beyond the map */
    size_t filter_floats;        /* of one element of transformed filters */
    size_t step[2];              /* between elements of transformed maps: c's and k's */
    size_t stage_floats;
    float *kept, *kept_filters; /* weights, and transformed; NULL unless kept */
    bool known;
};

/* Tiles beside each other in one sample. */
struct strip {
    int64_t sample, row, column, count;
};

/* A block's tiles, and where their pixels lie: of patches in the stage, of whole tiles in the maps
 * of the block's first sample, else in the stage too. */
struct block {
    int64_t n_strips, vectors;
    struct strip strip[BLOCK_MOST];
    int32_t in[BLOCK_MOST], out[BLOCK_MOST];
};

static int64_t up(int64_t n, int64_t to)
{
    return (n + to - 1) / to * to;
}

static int64_t least(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

bool ww_winograd_supports(const ww_conv_size *size)
{
    return size->kh == 3 && size->kw == 3 && size->stride == 1 && size->dilation == 1 &&
           size->groups == 1 && size->pad <= 2;
}

/* Lines apart by an odd number, so that the 36 elements do not fall on one set of a cache. */
static size_t spread(int64_t floats)
{
    return (size_t)(((floats + LINE - 1) / LINE | 1) * LINE);
}

/* Tiles of a block: as many as the cache of a core holds with their sums, and no fewer blocks than
 * threads. Many filters, which come from memory for every block, are worth larger ones. */
static int64_t block_size(const ww_winograd *w)
{
    int64_t lanes = w->kernels->lanes, whole = 3 * lanes;
    int64_t most = BLOCK_FLOATS / (POINTS * (w->c + w->k)) / whole * whole;
    int64_t fewest = w->c * w->k >= 96 * 96 ? up(128, whole) : whole;
    most = most < fewest ? fewest : least(most, BLOCK_MOST / whole * whole);
    int64_t blocks = up((w->tiles + most - 1) / most, w->threads);
    return least(most, up((w->tiles + blocks - 1) / blocks, lanes));
}

static void plan_maps(ww_winograd *w)
{
    int64_t strips;
    w->block = block_size(w);
    strips = least(w->block, w->block / w->across + 2);
    w->filter_floats = (size_t)(up(w->k, EIGHT) * w->c);
    w->step[0] = spread(w->c * w->block);
    w->step[1] = spread(up(w->k, EIGHT) * w->block);
    w->stage_floats = (size_t)(strips * PATCH * w->stride);
}

static void plan_weights(ww_winograd *w)
{
    int64_t lanes = w->kernels->lanes, c = up(w->c, lanes), k = up(w->k, lanes);
    int64_t rows = CHUNK_FLOATS / (POINTS * (c + k)) / w->across;
    rows = least(rows < 1 ? 1 : rows, w->n * w->down);
    w->block = rows * w->across;
    w->filter_floats = (size_t)(c * k);
    w->step[0] = spread(c * w->block);
    w->step[1] = spread(k * w->block);
    w->stage_floats = (size_t)(lanes * PATCH * w->stride);
}

ww_status ww_winograd_create(ww_winograd **out, const ww_conv_size *s, ww_conv_pass pass,
                             int threads, const ww_kernels *kernels, bool keep)
{
    assert(ww_winograd_supports(s));
    *out = NULL;
    ww_winograd *w = malloc(sizeof *w);
    if (w == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    bool turned = pass == WW_CONV_DATA;
    *w = (ww_winograd){.kernels = kernels,
                       .pass = pass,
                       .threads = threads,
                       .n = s->n,
                       .c = turned ? s->k : s->c,
                       .h = turned ? s->oh : s->h,
                       .w = turned ? s->ow : s->w,
                       .k = turned ? s->c : s->k,
                       .oh = turned ? s->h : s->oh,
                       .ow = turned ? s->w : s->ow,
                       .pad = turned ? 2 - s->pad : s->pad};
    w->down = (w->oh + TILE - 1) / TILE;
    w->across = (w->ow + TILE - 1) / TILE;
    w->tiles = w->n * w->down * w->across;
    w->whole = w->oh % TILE == 0 && w->ow % TILE == 0;
    w->stride = up(TILE * w->across + 2, MOST_LANES);
    if (pass == WW_CONV_WEIGHTS)
        plan_weights(w);
    else
        plan_maps(w);
    if (keep && pass != WW_CONV_WEIGHTS) {
        w->kept = malloc((size_t)(w->c * w->k * TAPS) * sizeof(float));
        w->kept_filters = aligned_alloc(64, POINTS * w->filter_floats * sizeof(float));
        if (w->kept == NULL || w->kept_filters == NULL) {
            ww_winograd_free(w);
            return WW_FAIL(WW_ENOMEM, "out of memory for the filters of a convolution");
        }
    }
    *out = w;
    return WW_OK;
}

void ww_winograd_free(ww_winograd *w)
{
    if (w == NULL)
        return;
    free(w->kept);
    free(w->kept_filters);
    free(w);
}

size_t ww_winograd_scratch(const ww_winograd *w)
{
    size_t filters = up((int64_t)(POINTS * w->filter_floats), LINE);
    size_t maps = POINTS * (w->step[0] + w->step[1]);
    if (w->pass == WW_CONV_WEIGHTS)
        return filters + maps + (size_t)w->threads * w->stage_floats;
    return (w->kept != NULL ? 0 : filters) + (size_t)w->threads * (maps + w->stage_floats);
}

/* ---- filters: to[36][k/8][c][8] ---- */

static void transform_filters(const ww_winograd *w, const float *weight, float *to)
{
    bool turned = w->pass == WW_CONV_DATA;
    int64_t apart = turned ? TAPS : w->c * TAPS; /* from one filter to the next */
    int64_t along = turned ? w->k * TAPS : TAPS; /* from one channel to the next */
#pragma omp parallel for num_threads(w->threads) if (w->c * w->k > 1024)
    for (int64_t k = 0; k < w->k; k += EIGHT)
        for (int64_t c = 0; c < w->c; c++) {
            float taps[TAPS * EIGHT] = {0};
            for (int64_t l = 0; l < least(EIGHT, w->k - k); l++)
                for (int64_t q = 0; q < TAPS; q++)
                    taps[q * EIGHT + l] =
                        weight[(k + l) * apart + c * along + (turned ? TAPS - 1 - q : q)];
            w->kernels->filter_tiles(taps, to + k * w->c + c * EIGHT, w->filter_floats);
        }
}

static const float *filters_of(ww_winograd *w, const float *weight, float *scratch)
{
    if (w->kept == NULL) {
        transform_filters(w, weight, scratch);
        return scratch;
    }
    size_t bytes = (size_t)(w->c * w->k * TAPS) * sizeof(float);
    if (!w->known || memcmp(w->kept, weight, bytes) != 0) {
        transform_filters(w, weight, w->kept_filters);
        memcpy(w->kept, weight, bytes);
        w->known = true;
    }
    return w->kept_filters;
}

/* ---- maps ---- */

static void list_tiles(const ww_winograd *w, int64_t first, int64_t last, struct block *b)
{
    int64_t tile = 0, n = last - first, lanes = w->kernels->lanes;
    b->n_strips = 0;
    b->vectors = (n + lanes - 1) / lanes;
    while (tile < n) {
        int64_t at = first + tile, row = at / w->across, column = at % w->across;
        int64_t count = least(w->across - column, n - tile);
        for (int64_t i = 0; i < count; i++, tile++) {
            b->in[tile] = (int32_t)(b->n_strips * PATCH * w->stride + i * TILE);
            int64_t from_first = row / w->down - first / (w->across * w->down);
            b->out[tile] = (int32_t)(w->whole ? from_first * w->k * w->oh * w->ow +
                                                    (row % w->down * w->ow + column + i) * TILE
                                              : b->n_strips * TILE * w->stride + i * TILE);
        }
        b->strip[b->n_strips++] = (struct strip){row / w->down, row % w->down, column, count};
    }
    for (; tile < b->vectors * lanes; tile++) { /* lanes without a tile do the last one once more */
        b->in[tile] = b->in[n - 1];
        b->out[tile] = b->out[n - 1];
    }
}

static void transform_block(const ww_winograd *w, const struct block *b, const float *maps,
                            float *stage, float *to)
{
    const ww_kernels *kernels = w->kernels;
    for (int64_t c = 0; c < w->c; c++) {
        for (int64_t i = 0; i < b->n_strips; i++) {
            const struct strip *s = &b->strip[i];
            const float *map = maps + (s->sample * w->c + c) * w->h * w->w;
            kernels->window(stage + i * PATCH * w->stride, w->stride, map, w->h, w->w,
                            s->row * TILE - w->pad, s->column * TILE - w->pad, PATCH,
                            s->count * TILE + 2);
        }
        for (int64_t v = 0; v < b->vectors; v++)
            kernels->input_tiles(stage, w->stride, b->in + v * kernels->lanes,
                                 to + c * w->block + v * kernels->lanes, w->step[0]);
    }
}

static void finish_block(const ww_winograd *w, const struct block *b, const float *sums,
                         float *stage, float *maps)
{
    const ww_kernels *kernels = w->kernels;
    float *first = maps + b->strip[0].sample * w->k * w->oh * w->ow;
    for (int64_t k = 0; k < w->k; k++) {
        float *to = w->whole ? first + k * w->oh * w->ow : stage;
        for (int64_t v = 0; v < b->vectors; v++)
            kernels->output_tiles(sums + k * w->block + v * kernels->lanes, w->step[1], to,
                                  w->whole ? w->ow : w->stride, b->out + v * kernels->lanes);
        for (int64_t i = 0; !w->whole && i < b->n_strips; i++) {
            const struct strip *s = &b->strip[i];
            int64_t top = s->row * TILE, left = s->column * TILE;
            kernels->put_back(maps + (s->sample * w->k + k) * w->oh * w->ow, w->ow, top, left,
                              stage + i * TILE * w->stride, w->stride, least(TILE, w->oh - top),
                              least(s->count * TILE, w->ow - left));
        }
    }
}

static void run_block(const ww_winograd *w, int64_t first, const float *in, const float *filters,
                      float *out, float *scratch)
{
    struct block b;
    float *maps = scratch, *sums = maps + POINTS * w->step[0], *stage = sums + POINTS * w->step[1];
    list_tiles(w, first, least(first + w->block, w->tiles), &b);
    transform_block(w, &b, in, stage, maps);
    ww_panels panels = {
        .a_step = EIGHT, .b_step = w->block, .b_vector = w->kernels->lanes, .c_row = w->block};
    for (size_t p = 0; p < POINTS; p++)
        for (int64_t k = 0; k < w->k; k += w->kernels->rows)
            w->kernels->product(
                &panels, filters + p * w->filter_floats + k / EIGHT * EIGHT * w->c + k % EIGHT,
                maps + p * w->step[0], sums + p * w->step[1] + k * w->block, b.vectors, w->c,
                false);
    finish_block(w, &b, sums, stage, out);
}

static void run_maps(ww_winograd *w, const float *in, const float *weight, float *out,
                     float *scratch)
{
    const float *filters = filters_of(w, weight, scratch);
    if (w->kept == NULL)
        scratch += up((int64_t)(POINTS * w->filter_floats), LINE);
    size_t own = POINTS * (w->step[0] + w->step[1]) + w->stage_floats;
#pragma omp parallel for num_threads(w->threads) schedule(dynamic) if (w->tiles > w->block)
    for (int64_t first = 0; first < w->tiles; first += w->block)
        run_block(w, first, in, filters, out, scratch + (size_t)omp_get_thread_num() * own);
}

/* ---- weights ---- */

/* One row of tiles of as many channels as there are lanes: [36][channels/lanes][tiles][lanes]. */
static void transform_row(const ww_winograd *w, bool patches, int64_t row, int64_t lot, int64_t at,
                          const float *maps, float *stage, float *to)
{
    const ww_kernels *kernels = w->kernels;
    int64_t lanes = kernels->lanes, channels = patches ? w->c : w->k;
    int64_t h = patches ? w->h : w->oh, width = patches ? w->w : w->ow;
    int64_t rows = patches ? PATCH : TILE, pad = patches ? w->pad : 0;
    int64_t sample = row / w->down, top = row % w->down * TILE - pad;
    int32_t offset[MOST_LANES];
    for (int64_t l = 0; l < lanes; l++) {
        int64_t channel = lot * lanes + l;
        bool there = channel < channels;
        offset[l] = (int32_t)(l * rows * w->stride);
        kernels->window(stage + offset[l], w->stride,
                        maps + (there ? (sample * channels + channel) * h * width : 0),
                        there ? h : 0, width, top, -pad, rows, TILE * w->across + rows - TILE);
    }
    to += (lot * w->block + at) * lanes;
    for (int64_t i = 0; i < w->across; i++, to += lanes)
        if (patches)
            kernels->input_tiles(stage + i * TILE, w->stride, offset, to, w->step[0]);
        else
            kernels->gradient_tiles(stage + i * TILE, w->stride, offset, to, w->step[1]);
}

static void run_chunk(const ww_winograd *w, int64_t first_row, int64_t rows, const float *x,
                      const float *y, float *sums, float *scratch)
{
    int64_t lanes = w->kernels->lanes, height = w->kernels->rows;
    int64_t c_lots = (w->c + lanes - 1) / lanes, lots = c_lots + (w->k + lanes - 1) / lanes;
    int64_t k_floats = (lots - c_lots) * lanes, panels_c = (w->c + height - 1) / height;
    float *maps = scratch, *gradients = maps + POINTS * w->step[0];
    float *stages = gradients + POINTS * w->step[1];
    ww_panels panels = {
        .a_step = lanes, .b_step = lanes, .b_vector = w->block * lanes, .c_row = k_floats};
#pragma omp parallel num_threads(w->threads)
    {
        float *stage = stages + (size_t)omp_get_thread_num() * w->stage_floats;
#pragma omp for schedule(dynamic, 4)
        for (int64_t i = 0; i < rows * lots; i++) {
            int64_t lot = i / rows, row = i % rows;
            bool patches = lot < c_lots;
            transform_row(w, patches, first_row + row, patches ? lot : lot - c_lots,
                          row * w->across, patches ? x : y, stage, patches ? maps : gradients);
        }
#pragma omp for schedule(dynamic)
        for (int64_t i = 0; i < POINTS * panels_c; i++) {
            int64_t p = i / panels_c, c = i % panels_c * height;
            w->kernels->product(
                &panels, maps + (size_t)p * w->step[0] + c / lanes * w->block * lanes + c % lanes,
                gradients + (size_t)p * w->step[1],
                sums + (size_t)p * w->filter_floats + c * k_floats, lots - c_lots, rows * w->across,
                first_row > 0);
        }
    }
}

static void run_weights(const ww_winograd *w, const float *x, float *weight, const float *y,
                        float *scratch)
{
    int64_t lanes = w->kernels->lanes, k_floats = up(w->k, lanes), all = w->n * w->down;
    int64_t rows = w->block / w->across;
    float *sums = scratch;
    scratch += up((int64_t)(POINTS * w->filter_floats), LINE);
    for (int64_t first = 0; first < all; first += rows)
        run_chunk(w, first, least(rows, all - first), x, y, sums, scratch);
#pragma omp parallel for num_threads(w->threads)
    for (int64_t c = 0; c < w->c; c++)
        for (int64_t k = 0; k < w->k; k += lanes) {
            float taps[TAPS * MOST_LANES];
            w->kernels->weight_tiles(sums + c * k_floats + k, w->filter_floats, taps);
            for (int64_t l = 0; l < least(lanes, w->k - k); l++)
                for (int64_t q = 0; q < TAPS; q++)
                    weight[((k + l) * w->c + c) * TAPS + q] = taps[q * lanes + l];
        }
}

void ww_winograd_run(ww_winograd *w, float *x, float *weight, float *y, float *scratch)
{
    if (w->pass == WW_CONV_FORWARD)
        run_maps(w, x, weight, y, scratch);
    else if (w->pass == WW_CONV_DATA)
        run_maps(w, y, weight, x, scratch);
    else
        run_weights(w, x, weight, y, scratch);
}

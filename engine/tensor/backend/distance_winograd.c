/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances to prototypes (distance.c) by Winograd's minimal filtering (winograd.c).
 *
 * A prototype p is cut into blocks of 4x4 (filled up with zeros), a map x into tiles of 4x4 places,
 * so a block moved by 4 meets the next tile: the tiles are transformed once for all blocks, and the
 * sum over blocks (a, b) and channels c is a sum of products of transforms:
 *
 *     x.p of tile (i, j) = A' [ sum over a, b, c of (G p_abc G') * (B' x_c(i + a, j + b) B) ] A
 *
 * F(4x4, 4x4): 49 products for 16 places and 16 taps where the definition has 256. Points: a, -a,
 * b, -b, c, -c and infinity, with 1/4, 7/8 and 7/4 those of multiples of 1/8 that err least (2/3 of
 * what 1/2, 1 and 2 do); B and A are exact in binary or nearly so.
 *
 * Lanes are prototypes: their distances are never stored, only the running minima, which do not
 * depend on how blocks of tiles are shared out among threads. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/distance_ways.h"
#include "engine/tensor/backend/kept.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/sizes.h"

enum { TILE = 4, PATCH = 7, POINTS = 49, PLACES = 16, TAPS = 16, LINE = 16, EIGHT = 8 };
enum { MOST_VECTORS = 3 }; /* of prototypes whose sums are kept */

/* Where things lie in the workspace of a thread, behind the minima of all samples, and what is
 * between the 49 elements of each. */
struct layout {
    size_t patches, patches_step, maps, maps_step, sums, sums_step;
    size_t square, stage, floats;
};

struct plan {
    const ww_kernels *kernels;
    int threads, maps;
    int64_t n, c, p, k;
    int64_t cut, depth;   /* blocks of a prototype's side; blocks of all channels */
    int64_t vectors;      /* of prototypes */
    int64_t tiles, block; /* of a sample, of a block */
    int64_t patches;      /* the most that a block reads, of one channel */
    int64_t stage_floats; /* their pixels */
    struct layout at;
    ww_kept kept;        /* transformed prototypes [vectors / 3][49][depth][3][lanes] */
    double mean, *power; /* of all prototypes; each one's |p - mean|^2 */
    ww_distance_grid grid[];
};

/* Whole rows of tiles of one map, or a part of one row. */
struct strip {
    const ww_distance_grid *grid;
    int64_t map, row, column, rows, count;
    int64_t down, across; /* patches that it reads */
    int64_t h, stride;    /* of the stage: pixels, with zeros beyond the map */
};

static struct strip strip_of(const struct plan *d, int64_t first, int64_t most)
{
    struct strip s = {.rows = 1};
    while (s.map + 1 < d->maps && first >= d->grid[s.map + 1].first)
        s.map++;
    const ww_distance_grid *g = s.grid = &d->grid[s.map];
    s.row = (first - g->first) / g->across;
    s.column = (first - g->first) % g->across;
    s.count = ww_least(g->across - s.column, most);
    if (s.count == g->across)
        s.rows = ww_least(g->down - s.row, most / g->across);
    s.down = s.rows + d->cut - 1;
    s.across = s.count + d->cut - 1;
    s.h = TILE * s.down + PATCH - TILE;
    s.stride = ww_up(TILE * s.across + PATCH - TILE + 1, LINE);
    return s;
}

static void plan_blocks(struct plan *d)
{
    /* they and those sums take half of the second cache while prototypes go by */
    int64_t half = ww_second_cache() / 2 / (int64_t)sizeof(float);
    int64_t most = half / POINTS / (d->depth + MOST_VECTORS * d->kernels->lanes);
    most = most < EIGHT ? EIGHT : most / EIGHT * EIGHT;
    int64_t blocks = ww_up((d->tiles + most - 1) / most, d->threads);
    d->block = ww_up((d->tiles + blocks - 1) / blocks, EIGHT);
    for (int64_t first = 0; first < d->tiles; first += d->block) {
        int64_t last = ww_least(first + d->block, d->tiles);
        for (int64_t at = first; at < last;) {
            struct strip s = strip_of(d, at, last - at);
            int64_t patches = ww_up(s.down * s.across, d->kernels->lanes);
            d->patches = patches > d->patches ? patches : d->patches;
            int64_t floats = 2 * (s.h + 1) * s.stride; /* squares too, and two rows of sums */
            d->stage_floats = floats > d->stage_floats ? floats : d->stage_floats;
            at += s.rows * s.count;
        }
    }
}

/* An odd number of lines, so that the 49 elements do not fall on one set of a cache. */
static size_t spread(int64_t floats)
{
    return (size_t)((ww_up(floats, LINE) / LINE | 1) * LINE);
}

static void plan_room(struct plan *d)
{
    struct layout *at = &d->at;
    at->patches = (size_t)ww_up(d->n * d->vectors * d->kernels->lanes, LINE);
    at->patches_step = spread(d->c * d->patches);
    at->maps = at->patches + POINTS * at->patches_step;
    at->maps_step = spread(d->depth * d->block);
    at->sums = at->maps + POINTS * at->maps_step;
    at->sums_step = spread(d->block * MOST_VECTORS * d->kernels->lanes);
    at->square = at->sums + POINTS * at->sums_step;
    at->stage = at->square + (size_t)(d->block * PLACES);
    at->floats = at->stage + (size_t)ww_up(d->stage_floats, LINE);
}

static double cost_ps(const ww_distance_size *s, int64_t lanes)
{
    static const double product = 185, rest = 60e3; /* of a tile with a vector of prototypes */
    int64_t cut = (s->k + TILE - 1) / TILE, depth = cut * cut * s->c;
    double meetings = (double)(s->n * ww_distance_tile(s, TILE, NULL) * ww_up(s->p, lanes) / lanes);
    return meetings * (product * (double)(POINTS * depth) + rest);
}

static void destroy(void *state)
{
    struct plan *d = state;
    if (d == NULL)
        return;
    ww_kept_free(&d->kept);
    free(d->power);
    free(d);
}

static ww_status create(void **state, const ww_distance_size *s, int threads,
                        const ww_kernels *kernels)
{
    *state = NULL;
    struct plan *d = calloc(1, sizeof *d + (size_t)s->maps * sizeof d->grid[0]);
    double *power = malloc((size_t)s->p * sizeof *power);
    if (d == NULL || power == NULL) {
        free(d);
        free(power);
        return WW_FAIL(WW_ENOMEM, "out of memory for distances to prototypes");
    }
    d->kernels = kernels, d->threads = threads, d->maps = s->maps;
    d->n = s->n, d->c = s->c, d->p = s->p, d->k = s->k;
    d->cut = (s->k + TILE - 1) / TILE;
    d->depth = d->cut * d->cut * s->c;
    d->vectors = (s->p + kernels->lanes - 1) / kernels->lanes;
    d->power = power;
    d->tiles = ww_distance_tile(s, TILE, d->grid);
    plan_blocks(d);
    plan_room(d);
    ww_status status =
        ww_kept_create(&d->kept, (size_t)(POINTS * d->vectors * d->depth * kernels->lanes));
    if (status != WW_OK)
        destroy(d);
    else
        *state = d;
    return status;
}

static size_t scratch_floats(const void *state)
{
    const struct plan *d = state;
    return (size_t)d->threads * d->at.floats;
}

/* ---- prototypes ---- */

/* G g G' of one block, to[49][step]. */
static void transform_block(const double *g, float *to, size_t step)
{
    static const double point[PATCH - 1] = {WW_DISTANCE_A,  -WW_DISTANCE_A, WW_DISTANCE_B,
                                            -WW_DISTANCE_B, WW_DISTANCE_C,  -WW_DISTANCE_C};
    double row[PATCH][TILE] = {{0}}, half[PATCH][TILE];
    for (int i = 0; i < PATCH - 1; i++) {
        double power = 1;
        for (int q = 0; q < PATCH - 1; q++)
            power /= q == i ? 1 : point[i] - point[q];
        for (int j = 0; j < TILE; j++, power *= point[i])
            row[i][j] = power;
    }
    row[PATCH - 1][TILE - 1] = 1;
    for (int i = 0; i < PATCH; i++)
        for (int j = 0; j < TILE; j++) {
            half[i][j] = 0;
            for (int q = 0; q < TILE; q++)
                half[i][j] += row[i][q] * g[q * TILE + j];
        }
    for (int i = 0; i < PATCH; i++)
        for (int j = 0; j < PATCH; j++) {
            double sum = 0;
            for (int q = 0; q < TILE; q++)
                sum += half[i][q] * row[j][q];
            to[(size_t)(i * PATCH + j) * step] = (float)sum;
        }
}

/* Prototype p in blocks, of row a, column b and channel q. */
static void transform_prototype(const struct plan *d, int64_t p, const float *prototype)
{
    int64_t lanes = d->kernels->lanes, first = p / lanes / MOST_VECTORS * MOST_VECTORS;
    int64_t row = ww_least(MOST_VECTORS, d->vectors - first) * lanes;
    float *to = d->kept.made + first * POINTS * d->depth * lanes + (p - first * lanes);
    for (int64_t at = 0; at < d->depth; at++, to += row) {
        int64_t top = at / d->c / d->cut * TILE, left = at / d->c % d->cut * TILE;
        const float *from = prototype + at % d->c * d->k * d->k;
        double taps[TAPS] = {0};
        for (int64_t i = 0; i < ww_least(TILE, d->k - top); i++)
            for (int64_t j = 0; j < ww_least(TILE, d->k - left); j++)
                taps[i * TILE + j] = (double)from[(top + i) * d->k + left + j] - d->mean;
        transform_block(taps, to, (size_t)(d->depth * row));
    }
}

static void transform_prototypes(struct plan *d, const float *prototypes)
{
    int64_t taps = d->c * d->k * d->k, lanes = d->kernels->lanes;
    d->mean = ww_distance_powers(prototypes, d->p, taps, d->power);
#pragma omp parallel for num_threads(d->threads)
    for (int64_t p = 0; p < d->vectors * lanes; p++) /* the last one fills up a vector */
        transform_prototype(d, p, prototypes + ww_least(p, d->p - 1) * taps);
}

/* ---- maps ---- */

/* One channel of a strip, less the mean, and zeros where the map has ended; square += its squares.
 */
static void fill_stage(const struct plan *d, const struct strip *s, const float *map, float *stage,
                       float *square)
{
    int64_t top = s->row * TILE, left = s->column * TILE;
    int64_t width = ww_least(s->stride, s->grid->w - left);
    float mean = (float)d->mean;
    for (int64_t y = 0; y < s->h; y++, stage += s->stride, square += s->stride) {
        int64_t here = top + y < s->grid->h ? width : 0;
        const float *from = map + (here > 0 ? (top + y) * s->grid->w + left : 0);
        for (int64_t x = 0; x < here; x++) {
            stage[x] = from[x] - mean;
            square[x] += stage[x] * stage[x];
        }
        memset(stage + here, 0, (size_t)(s->stride - here) * sizeof *stage);
    }
}

/* to[49][patches_step] of one channel. */
static void transform_patches(const struct plan *d, const struct strip *s, const float *stage,
                              float *to)
{
    int64_t lanes = d->kernels->lanes, n = s->down * s->across;
    int32_t offset[WW_MOST_LANES];
    for (int64_t first = 0; first < n; first += lanes) {
        for (int64_t l = 0; l < lanes; l++) {
            int64_t at = ww_least(first + l, n - 1);
            offset[l] = (int32_t)(at / s->across * TILE * s->stride + at % s->across * TILE);
        }
        d->kernels->distance_tiles(stage, s->stride, offset, to + first, d->at.patches_step);
    }
}

/* maps[49][depth][block] = for each tile, from the strip's first on, the patches that the blocks of
 * a prototype meet. */
static void gather(const struct plan *d, const struct strip *s, const float *patches, float *maps)
{
    for (int64_t at = 0; at < d->depth; at++) {
        int64_t a = at / d->c / d->cut, b = at / d->c % d->cut;
        const float *from = patches + at % d->c * d->patches + a * s->across + b;
        for (size_t point = 0; point < POINTS; point++)
            d->kernels->copy_rows(maps + point * d->at.maps_step + at * d->block, s->count,
                                  from + point * d->at.patches_step, s->across, s->rows, s->count,
                                  0);
    }
}

/* square[tiles][16] = |x|^2 of what lies under a prototype, infinite where there is no place. `row`
 * has room for two rows of the stage. */
static void sum_squares(const struct plan *d, const struct strip *s, const float *pixels,
                        float *row, float *square)
{
    const ww_loops *loops = ww_loops_best();
    int64_t down = s->grid->h - d->k + 1 - s->row * TILE, width = TILE * s->count;
    int64_t across = s->grid->w - d->k + 1 - s->column * TILE;
    float *sum = row + s->stride;
    for (int64_t y = 0; y < TILE * s->rows; y++) {
        loops->sum_columns(&(ww_slab){d->k, s->stride, s->stride}, &(ww_runs){1, 0, 1, d->k},
                           pixels + y * s->stride, row, s->stride);
        loops->sum_shifts(&(ww_slab){1, s->stride, width + d->k - 1}, d->k, row, sum);
        for (int64_t x = y < down && across > 0 ? across : 0; x < width; x++)
            sum[x] = INFINITY;
        float *to = square + y / TILE * s->count * PLACES + y % TILE * TILE;
        for (int64_t t = 0; t < s->count; t++)
            memcpy(to + t * PLACES, sum + t * TILE, TILE * sizeof *to);
    }
}

static void take_strip(const struct plan *d, const struct strip *s, const float *map, float *maps,
                       float *square, float *own)
{
    float *stage = own + d->at.stage, *pixels = stage + s->h * s->stride;
    memset(pixels, 0, (size_t)(s->h * s->stride) * sizeof *pixels);
    for (int64_t q = 0; q < d->c; q++) {
        fill_stage(d, s, map + q * s->grid->h * s->grid->w, stage, pixels);
        transform_patches(d, s, stage, own + d->at.patches + q * d->patches);
    }
    gather(d, s, own + d->at.patches, maps);
    sum_squares(d, s, pixels, pixels + s->h * s->stride, square);
}

/* ---- a block of tiles with all prototypes ---- */

static void meet_prototypes(const struct plan *d, int64_t n, float *own, float *least)
{
    int64_t lanes = d->kernels->lanes, rows = d->kernels->rows;
    for (int64_t first = 0; first < d->vectors; first += MOST_VECTORS) {
        int64_t vectors = ww_least(MOST_VECTORS, d->vectors - first), row = vectors * lanes;
        const ww_panels panels = {
            .a_step = d->block, .b_step = row, .b_vector = lanes, .c_row = row};
        const float *prototypes = d->kept.made + first * POINTS * d->depth * lanes;
        for (size_t point = 0; point < POINTS; point++, prototypes += d->depth * row) {
            for (int64_t t = 0; t < n; t += rows)
                d->kernels->product(
                    &panels, own + d->at.maps + point * d->at.maps_step + t, prototypes,
                    own + d->at.sums + point * d->at.sums_step + t * row, vectors, d->depth, false);
        }
        d->kernels->distance_least(own + d->at.sums, d->at.sums_step, row, n, vectors,
                                   own + d->at.square, least + first * lanes);
    }
}

static void take_block(const struct plan *d, int64_t sample, int64_t first,
                       const float *const *maps, float *own)
{
    int64_t last = ww_least(first + d->block, d->tiles);
    for (int64_t at = first; at < last;) {
        struct strip s = strip_of(d, at, last - at);
        take_strip(d, &s, maps[s.map] + sample * d->c * s.grid->h * s.grid->w,
                   own + d->at.maps + (at - first), own + d->at.square + (at - first) * PLACES,
                   own);
        at += s.rows * s.count;
    }
    meet_prototypes(d, last - first, own, own + sample * d->vectors * d->kernels->lanes);
}

static void run(void *state, const float *prototypes, const float *const *maps, float *out,
                float *scratch)
{
    struct plan *d = state;
    int64_t blocks = (d->tiles + d->block - 1) / d->block, row = d->vectors * d->kernels->lanes;
    if (!ww_kept_holds(&d->kept, prototypes, d->p * d->c * d->k * d->k, d->threads))
        transform_prototypes(d, prototypes);
    for (int t = 0; t < d->threads; t++)
        for (int64_t i = 0; i < d->n * row; i++)
            scratch[(size_t)t * d->at.floats + (size_t)i] = INFINITY;
#pragma omp parallel for schedule(dynamic, 1) num_threads(d->threads)
    for (int64_t i = 0; i < d->n * blocks; i++)
        take_block(d, i / blocks, i % blocks * d->block, maps,
                   scratch + (size_t)omp_get_thread_num() * d->at.floats);
    for (int64_t i = 0; i < d->n * d->p; i++) {
        float low = INFINITY;
        for (int t = 0; t < d->threads; t++) {
            float least = scratch[(size_t)t * d->at.floats + (size_t)(i / d->p * row + i % d->p)];
            low = least < low ? least : low;
        }
        double distance = (double)low + d->power[i % d->p];
        out[i] = (float)(distance > 0 ? distance : 0);
    }
}

const ww_distance_way ww_distance_winograd = {cost_ps, create, destroy, scratch_floats, run};

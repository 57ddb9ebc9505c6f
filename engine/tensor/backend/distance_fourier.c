/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Distances to prototypes (distance.c) by Fourier transforms (fourier.c): the better way for large
 * prototypes, as a place costs the same whatever their size.
 *
 * A map is cut into tiles of V x V places, made from patches of T x T pixels, T = V + k - 1. Two
 * tiles a, b are one of complex numbers, a + i b: a prototype p is real, so
 *
 *     the inverse transform of sum over c of spectrum(a_c + i b_c) conj(spectrum(p_c))
 *
 * has the correlations with a as its real and those with b as its imaginary part; and the spectrum
 * of p at -f is the conjugate of that at f, so that half of it is kept, and read once for the two.
 *
 * Lanes are prototypes: each number of a patch's spectrum meets a vector of them, distances are
 * never stored, only the running minima, and each vector of prototypes is one thread's. The spectra
 * of some tiles are made at a time, so that what a thread then makes of them, column by column and
 * row by row, stays in its second cache while prototypes go by. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/distance_ways.h"
#include "engine/tensor/backend/fourier_plan.h"
#include "engine/tensor/backend/loops.h"

/* Lengths of arrays in floats. */
struct plan {
    const ww_kernels *kernels;
    int threads, maps;
    int64_t n, c, p, k;
    int64_t side, half, valid;     /* T, T/2 + 1 and V */
    int64_t vectors;               /* of prototypes */
    int64_t tiles, planes, chunk;  /* of a sample; pairs of tiles; of those, at a time */
    int64_t number, column, plane; /* a number of all lanes; T of them, not on one set of a cache */
    int64_t row_column;            /* V of them, likewise */
    ww_dft dft;
    float *twiddle;
    ww_kept kept; /* the conjugate spectra [vectors][T/2 + 1 columns][c][T rows] of prototypes */
    double mean, *power; /* of all prototypes; each one's |p - mean|^2 */
    ww_distance_grid grid[];
};

/* Of the length of the least cost; NULL: prototypes are larger than any. */
static const ww_fourier_length *best(const ww_distance_size *s, int64_t lanes, double *least_ps)
{
    /* of a spectrum's number; a length by which what is read no longer stays in the first cache */
    static const double product = 750, longer = 40;
    const ww_fourier_length *found = NULL;
    int n;
    const ww_fourier_length *length = ww_fourier_lengths(&n);
    *least_ps = INFINITY;
    for (int i = 0; i < n; i++) {
        int64_t side = length[i].n;
        if (side < s->k)
            continue;
        int64_t tiles = ww_distance_tile(s, side - s->k + 1, NULL);
        double planes = (double)(s->n * ((tiles + 1) / 2) * (ww_up(s->p, lanes) / lanes));
        double ps =
            planes * (product * (double)(side * side * s->c) +
                      (1 + (double)side / longer) * length[i].ps * (double)(2 * side - s->k + 1));
        if (ps < *least_ps)
            *least_ps = ps, found = &length[i];
    }
    return found;
}

static double cost_ps(const ww_distance_size *s, int64_t lanes)
{
    double ps;
    best(s, lanes, &ps);
    return ps;
}

static void destroy(void *state)
{
    struct plan *d = state;
    if (d == NULL)
        return;
    ww_kept_free(&d->kept);
    free(d->twiddle);
    free(d->power);
    free(d);
}

/* As few chunks as leave half of the second cache to rows, and all about as long. */
static void plan_chunks(struct plan *d)
{
    int64_t half = ww_second_cache() / 2 / (int64_t)sizeof(float);
    int64_t most = half / (d->side * d->row_column);
    most = most < 1 ? 1 : most;
    int64_t chunks = (d->planes + most - 1) / most;
    d->chunk = (d->planes + chunks - 1) / chunks;
}

static ww_status create(void **state, const ww_distance_size *s, int threads,
                        const ww_kernels *kernels)
{
    double ps;
    const ww_fourier_length *length = best(s, kernels->lanes, &ps);
    *state = NULL;
    if (length == NULL)
        return WW_FAIL(WW_EINVAL, "prototypes of %dx%d are too large for Fourier transforms",
                       (int)s->k, (int)s->k);
    struct plan *d = calloc(1, sizeof *d + (size_t)s->maps * sizeof d->grid[0]);
    if (d == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for distances to prototypes");
    d->kernels = kernels, d->threads = threads, d->maps = s->maps;
    d->n = s->n, d->c = s->c, d->p = s->p, d->k = s->k;
    d->side = length->n, d->half = d->side / 2 + 1, d->valid = d->side - s->k + 1;
    d->vectors = (s->p + kernels->lanes - 1) / kernels->lanes;
    d->tiles = ww_distance_tile(s, d->valid, d->grid);
    d->planes = (d->tiles + 1) / 2;
    d->number = 2 * kernels->lanes;
    d->column = (d->side | 1) * d->number;
    d->plane = d->side * d->column;
    d->row_column = (d->valid | 1) * d->number;
    plan_chunks(d);
    d->power = malloc((size_t)s->p * sizeof *d->power);
    d->twiddle = malloc(4 * (size_t)d->side * sizeof *d->twiddle);
    ww_status status = d->power != NULL && d->twiddle != NULL
                           ? WW_OK
                           : WW_FAIL(WW_ENOMEM, "out of memory for distances to prototypes");
    if (status == WW_OK) {
        ww_fourier_dft(&d->dft, length, d->twiddle);
        status =
            ww_kept_create(&d->kept, (size_t)(d->vectors * d->half * d->c * d->side * d->number));
    }
    if (status != WW_OK)
        destroy(d);
    else
        *state = d;
    return status;
}

/* ---- workspace: for all threads the minima, the spectra of a chunk, squares of its tiles; for
 * each a line of numbers, two between passes, and behind them what its work wants ---- */

static int64_t line_floats(const struct plan *d)
{
    return 6 * d->side * d->number;
}

static int64_t spectra_floats(const struct plan *d)
{
    return ww_up(d->chunk * d->c * 2 * d->side * d->side, LINE);
}

static int64_t squares_floats(const struct plan *d)
{
    return ww_up(d->chunk * 2 * d->valid * d->valid, LINE);
}

static int64_t own_floats(const struct plan *d)
{
    int64_t transforms = d->plane + d->number * d->side * d->side; /* and each lane's pixels */
    int64_t rows = d->chunk * d->side * d->row_column;
    int64_t sums = (2 * d->side + 1) * d->side; /* of squares, a patch, and a row */
    int64_t most = transforms > rows ? transforms : rows;
    return line_floats(d) + ww_up(most > sums ? most : sums, LINE);
}

static int64_t minima_floats(const struct plan *d)
{
    return ww_up(d->vectors * d->kernels->lanes, LINE);
}

static size_t scratch_floats(const void *state)
{
    const struct plan *d = state;
    return (size_t)(minima_floats(d) + spectra_floats(d) + squares_floats(d) +
                    d->threads * own_floats(d));
}

/* ---- prototypes ---- */

/* Those of one vector, one channel; the last one fills it up. Taps are real, so their conjugate
 * spectra are inverse transforms. */
static void transform_channel(const struct plan *d, int64_t vector, int64_t q,
                              const float *prototypes, float *own)
{
    int64_t lanes = d->kernels->lanes, area = d->k * d->k, side = d->side;
    float *between = own + side * d->number, *plane = own + line_floats(d);
    float *taps = plane + d->plane;
    float scale = 1.0f / (float)(side * side), mean = (float)d->mean;
    for (int64_t l = 0; l < lanes; l++) {
        const float *from = prototypes + (ww_least(vector * lanes + l, d->p - 1) * d->c + q) * area;
        for (int64_t i = 0; i < area; i++)
            taps[l * area + i] = scale * (from[i] - mean);
    }
    ww_rectangles from = ww_fourier_in_turn(lanes, area, d->k, d->k);
    memset(own, 0, (size_t)(side * d->number) * sizeof *own); /* no imaginary parts */
    for (int64_t row = 0; row < d->k; row++) {
        d->kernels->pixels_in(&from, taps, row, side, own, d->number);
        d->kernels->dft(&d->dft, true, own, d->number, plane + row * d->number, d->column, side,
                        between);
    }
    float *to = d->kept.made + (vector * d->half * d->c + q) * side * d->number;
    for (int64_t u = 0; u < d->half; u++, to += d->c * side * d->number) {
        float *line = plane + u * d->column;
        memset(line + d->k * d->number, 0, (size_t)((side - d->k) * d->number) * sizeof *line);
        d->kernels->dft(&d->dft, true, line, d->number, to, d->number, side, between);
    }
}

static void transform_prototypes(struct plan *d, const float *prototypes, float *owns)
{
    d->mean = ww_distance_powers(prototypes, d->p, d->c * d->k * d->k, d->power);
#pragma omp parallel for num_threads(d->threads)
    for (int64_t i = 0; i < d->vectors * d->c; i++)
        transform_channel(d, i / d->c, i % d->c, prototypes,
                          owns + omp_get_thread_num() * own_floats(d));
}

/* ---- maps ---- */

/* Where a tile lies; map -1: nowhere, it makes up a pair. */
struct spot {
    int map;
    int64_t top, left;
};

static struct spot spot_of(const struct plan *d, int64_t tile)
{
    struct spot s = {.map = tile < d->tiles ? 0 : -1};
    if (s.map < 0)
        return s;
    while (s.map + 1 < d->maps && tile >= d->grid[s.map + 1].first)
        s.map++;
    const ww_distance_grid *g = &d->grid[s.map];
    s.top = (tile - g->first) / g->across * d->valid;
    s.left = (tile - g->first) % g->across * d->valid;
    return s;
}

/* One channel of a patch, less the mean, and zeros where the map has ended. */
static void take_patch(const struct plan *d, int64_t sample, int64_t tile, int64_t q,
                       const float *const *maps, float *to)
{
    struct spot s = spot_of(d, tile);
    memset(to, 0, (size_t)(d->side * d->side) * sizeof *to);
    if (s.map < 0)
        return;
    const ww_distance_grid *g = &d->grid[s.map];
    int64_t rows = ww_least(d->side, g->h - s.top), columns = ww_least(d->side, g->w - s.left);
    const float *from = maps[s.map] + ((sample * d->c + q) * g->h + s.top) * g->w + s.left;
    float mean = (float)d->mean;
    for (int64_t y = 0; y < rows; y++, from += g->w, to += d->side)
        for (int64_t x = 0; x < columns; x++)
            to[x] = from[x] - mean;
}

/* Channels of pairs of tiles, as many as there are lanes: to[pair][c][u][2][v]; columns from T/2 +
 * 1 on from the last row to the first, T - v of them at v. */
static void transform_patches(const struct plan *d, int64_t sample, int64_t chunk, int64_t first,
                              int64_t count, const float *const *maps, float *to, float *own)
{
    const ww_kernels *kernels = d->kernels;
    int64_t side = d->side, area = side * side, number = d->number;
    float *between = own + side * number, *plane = own + line_floats(d), *pixels = plane + d->plane;
    for (int64_t i = 0; i < 2 * count; i++) { /* real parts, then imaginary ones */
        int64_t pair = (first + i % count) / d->c, q = (first + i % count) % d->c;
        take_patch(d, sample, 2 * (chunk + pair) + i / count, q, maps, pixels + i * area);
    }
    ww_rectangles in = ww_fourier_in_turn(count, area, side, side);
    ww_rectangles out = ww_fourier_in_turn(count, 2 * area, 2 * side, side);
    for (int64_t row = 0; row < side; row++) {
        kernels->pixels_in(&in, pixels, row, side, own, number);
        kernels->pixels_in(&in, pixels + count * area, row, side, own + number / 2, number);
        kernels->dft(&d->dft, false, own, number, plane + row * number, d->column, side, between);
    }
    to += first * 2 * area;
    for (int64_t u = 0; u < side; u++) {
        float *line = plane + u * d->column;
        kernels->dft(&d->dft, u >= d->half, line, number, line, number, side, between);
        kernels->pixels_out(&out, to, 2 * u, side, line, number);
        kernels->pixels_out(&out, to, 2 * u + 1, side, line + number / 2, number);
    }
}

/* square[V][V] = |x|^2 of what lies under a prototype, infinite where there is no place. */
static void sum_squares(const struct plan *d, int64_t sample, int64_t tile,
                        const float *const *maps, float *square, float *own)
{
    const ww_loops *loops = ww_loops_best();
    struct spot s = spot_of(d, tile);
    int64_t side = d->side, area = side * side, down = 0, across = 0;
    float *pixels = own, *patch = own + area, *row = patch + area;
    if (s.map >= 0) {
        down = d->grid[s.map].h - d->k + 1 - s.top;
        across = ww_least(d->valid, d->grid[s.map].w - d->k + 1 - s.left);
    }
    memset(pixels, 0, (size_t)area * sizeof *pixels);
    for (int64_t q = 0; q < d->c; q++) {
        take_patch(d, sample, tile, q, maps, patch);
        for (int64_t i = 0; i < area; i++)
            pixels[i] += patch[i] * patch[i];
    }
    for (int64_t v = 0; v < d->valid; v++, square += d->valid) {
        loops->sum_columns(&(ww_slab){d->k, side, side}, &(ww_runs){1, 0, 1, d->k},
                           pixels + v * side, row, side);
        loops->sum_shifts(&(ww_slab){1, side, side}, d->k, row, square);
        for (int64_t u = v < down ? across : 0; u < d->valid; u++)
            square[u] = INFINITY;
    }
}

/* ---- a chunk with all prototypes ---- */

/* What threads share: `planes` of the chunk. */
struct chunk {
    int64_t planes;
    float *least, *spectra, *squares;
};

/* Column u of one vector's spectra with two planes, and column T - u, transformed: the latter is
 * the conjugate of what T - v makes of v. */
static void meet_column(const struct plan *d, const struct chunk *chunk, int64_t vector, int64_t u,
                        int64_t plane, float *rows, float *own)
{
    int64_t side = d->side, line = side * d->number, turned = side - u;
    bool both = u > 0 && turned > u;
    ww_spectra s = {.n = side,
                    .channels = d->c,
                    .x = d->kept.made + (vector * d->half + u) * d->c * line,
                    .z = own,
                    .w = own + 2 * line,
                    .x_step = line,
                    .a_step = 2 * side * side,
                    .a_apart = 2 * side * side * d->c,
                    .z_apart = line,
                    .count = (int)ww_least(2, chunk->planes - plane)};
    s.a = chunk->spectra + plane * s.a_apart + 2 * u * side;
    s.b = both ? chunk->spectra + plane * s.a_apart + 2 * turned * side : NULL;
    d->kernels->spectrum_product(&s);
    for (int64_t i = 0; i < s.count; i++) {
        float *to = rows + (plane + i) * side * d->row_column;
        d->kernels->dft(&d->dft, true, s.z + i * line, d->number, to + u * d->row_column, d->number,
                        d->valid, own + 4 * line);
        if (both)
            d->kernels->dft(&d->dft, false, s.w + i * line, d->number, to + turned * d->row_column,
                            d->number, d->valid, own + 4 * line);
    }
}

static void meet_vector(const struct plan *d, const struct chunk *chunk, int64_t vector, float *own)
{
    const ww_kernels *kernels = d->kernels;
    int64_t side = d->side, number = d->number, valid = d->valid;
    float *between = own + 4 * side * number, *rows = own + line_floats(d);
    for (int64_t u = 0; u < d->half; u++)
        for (int64_t plane = 0; plane < chunk->planes; plane += 2)
            meet_column(d, chunk, vector, u, plane, rows, own);
    float *least = chunk->least + vector * kernels->lanes;
    for (int64_t plane = 0; plane < chunk->planes; plane++, rows += side * d->row_column)
        for (int64_t v = 0; v < valid; v++) {
            const float *square = chunk->squares + (2 * plane * valid + v) * valid;
            kernels->dft(&d->dft, true, rows + v * number, d->row_column, own, number, valid,
                         between);
            kernels->spectrum_least(valid, own, square, square + valid * valid, least);
        }
}

static void take_chunk(const struct plan *d, int64_t sample, int64_t first, struct chunk *chunk,
                       const float *const *maps, float *owns)
{
    int64_t lanes = d->kernels->lanes;
    chunk->planes = ww_least(d->chunk, d->planes - first);
#pragma omp parallel num_threads(d->threads)
    {
        float *own = owns + omp_get_thread_num() * own_floats(d);
#pragma omp for schedule(dynamic) nowait
        for (int64_t i = 0; i < chunk->planes * d->c; i += lanes)
            transform_patches(d, sample, first, i, ww_least(lanes, chunk->planes * d->c - i), maps,
                              chunk->spectra, own);
#pragma omp for schedule(dynamic)
        for (int64_t tile = 0; tile < 2 * chunk->planes; tile++)
            sum_squares(d, sample, 2 * first + tile, maps,
                        chunk->squares + tile * d->valid * d->valid, own);
#pragma omp for schedule(dynamic)
        for (int64_t vector = 0; vector < d->vectors; vector++)
            meet_vector(d, chunk, vector, own);
    }
}

static void run(void *state, const float *prototypes, const float *const *maps, float *out,
                float *scratch)
{
    struct plan *d = state;
    struct chunk chunk = {.least = scratch, .spectra = scratch + minima_floats(d)};
    chunk.squares = chunk.spectra + spectra_floats(d);
    float *owns = chunk.squares + squares_floats(d);
    if (!ww_kept_holds(&d->kept, prototypes, d->p * d->c * d->k * d->k, d->threads))
        transform_prototypes(d, prototypes, owns);
    for (int64_t sample = 0; sample < d->n; sample++, out += d->p) {
        for (int64_t i = 0; i < minima_floats(d); i++)
            chunk.least[i] = INFINITY;
        for (int64_t first = 0; first < d->planes; first += d->chunk)
            take_chunk(d, sample, first, &chunk, maps, owns);
        for (int64_t p = 0; p < d->p; p++) {
            double distance = (double)chunk.least[p] + d->power[p];
            out[p] = (float)(distance > 0 ? distance : 0);
        }
    }
}

const ww_distance_way ww_distance_fourier = {cost_ps, create, destroy, scratch_floats, run};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolution with large filters through Fourier transforms of tiles (fast convolution by the fast
 * Fourier transform of Cooley & Tukey 1965: Stockham 1966; for the three computations of a network:
 * Mathieu, Henaff & LeCun 2013).
 *
 * A patch p of T x T pixels and a filter w of K x K taps, zero elsewhere, with spectra P and W: the
 * inverse transform of P conj(W) is the circular correlation
 *
 *     y[v, u] = sum over i, j of w[i, j] p[(v + i) mod T, (u + j) mod T],
 *
 * in which nothing has gone round for v, u <= T - K. So maps are cut into tiles of V x V outputs, V
 * <= T - K + 1, that are made from overlapping patches ("overlap-save"). Channels are added up in
 * the spectrum. The gradient of the maps is the same with filters turned by 180 degrees and
 * channels and filters exchanged; that of the weights is the inverse transform of
 *
 *     sum over tiles of P conj(D),    D the spectrum of the V x V outputs' gradients, zero
 * elsewhere,
 *
 * of which the first K x K numbers are exact. A tile costs some 20 log2 T operations a pixel,
 * whatever K, where the definition has 2 K^2 an output.
 *
 * Lanes are tiles, so all of it is on whole vectors but for pixels coming in and going out; and a
 * lane has two tiles, a + i b: a filter is real, so the tile that comes back is y(a) + i y(b), and
 * no transform of real numbers is needed. For the weights, the real part of the inverse is the sum
 * of both. A lot of tiles (twice as many as lanes) goes from the maps to the outputs through one
 * core's cache; for the weights, the lots are shared out to a number of parts that depends on the
 * sizes alone, which are added up at the end. So no sum depends on how work is shared out.
 *
 * Planes of spectra are [column][row] with rows contiguous: a plane's rows are transformed into it,
 * then its columns, in the cache of a column. The tile's sides are those of the least cost.
 *
 * Relative rms error against sums in double, normal numbers: 1.5e-7 to 2.1e-7 for all passes, 7 to
 * 31 px and 1 to 32 channels (direct sums in float: 1e-7 to 2e-6). */
#include "engine/tensor/backend/fourier_plan.h"

#include <omp.h>
#include <string.h>

/* ---- filters: spectra[pair][column][2][row] ---- */

/* The taps of as many pairs of filter and channel as there are lanes, scaled. */
static void take_taps(const ww_fourier *f, int64_t first, int64_t count, const float *weight,
                      float *taps)
{
    const ww_fourier_tiling *g = &f->g;
    bool turned = f->pass == WW_CONV_DATA;
    int64_t area = g->axis[0].taps * g->axis[1].taps;
    float scale = 1.0f / (float)(f->dft[0].n * f->dft[1].n);
    for (int64_t l = 0; l < count; l++) {
        int64_t pair = first + l, c = pair % g->c, k = pair / g->c % g->k;
        int64_t group = pair / (g->c * g->k);
        int64_t at = turned ? (group * g->c + c) * g->k + k : pair;
        for (int64_t i = 0; i < area; i++)
            taps[l * area + i] = scale * weight[at * area + (turned ? area - 1 - i : i)];
    }
}

/* Imaginary parts of a line, all zero. */
static void no_imaginary(const ww_fourier *f, int64_t n, float *line)
{
    size_t half = f->number / 2;
    for (int64_t i = 0; i < n; i++)
        memset(line + (size_t)i * f->number + half, 0, half * sizeof *line);
}

/* The columns of a plane that has `rows` rows. */
static void zero_below(const ww_fourier *f, int64_t rows, float *plane)
{
    size_t floats = (size_t)(f->dft[0].n - rows) * f->number;
    for (int64_t u = 0; u < f->dft[1].n; u++)
        memset(plane + (size_t)u * f->column + (size_t)rows * f->number, 0, floats * sizeof *plane);
}

/* The conjugate spectra of some filters: taps are real, so they are inverse transforms. */
static void transform_filters(const ww_fourier *f, int64_t first, const float *weight,
                              float *spectra, float *own)
{
    const ww_kernels *kernels = f->kernels;
    const ww_fourier_axis *v = &f->g.axis[0], *u = &f->g.axis[1];
    int64_t tall = f->dft[0].n, wide = f->dft[1].n, number = (int64_t)f->number;
    int64_t count = ww_least(kernels->lanes, ww_fourier_pairs(f) - first);
    float *between = own + ww_fourier_line_floats(f) / 3, *plane = own + ww_fourier_line_floats(f);
    float *taps = plane + f->plane;
    ww_rectangles from = ww_fourier_in_turn(count, v->taps * u->taps, v->taps, u->taps);
    ww_rectangles to = ww_fourier_in_turn(count, (int64_t)f->filter, 2 * wide, tall);
    take_taps(f, first, count, weight, taps);
    no_imaginary(f, wide, own);
    for (int64_t row = 0; row < v->taps; row++) {
        kernels->pixels_in(&from, taps, row, wide, own, number);
        kernels->dft(&f->dft[1], true, own, number, plane + row * number, (int64_t)f->column, wide,
                     between);
    }
    zero_below(f, v->taps, plane);
    spectra += (size_t)first * f->filter;
    for (int64_t column = 0; column < wide; column++) {
        float *line = plane + (size_t)column * f->column;
        kernels->dft(&f->dft[0], true, line, number, line, number, tall, between);
        kernels->pixels_out(&to, spectra, 2 * column, tall, line, number);
        kernels->pixels_out(&to, spectra, 2 * column + 1, tall, line + number / 2, number);
    }
}

static const float *spectra_of(ww_fourier *f, const float *weight, float *scratch)
{
    float *spectra = f->kept.made != NULL ? f->kept.made : scratch;
    int64_t area = f->g.axis[0].taps * f->g.axis[1].taps, pairs = ww_fourier_pairs(f);
    size_t own = ww_fourier_own_floats(f);
    if (f->kept.made != NULL && ww_kept_holds(&f->kept, weight, pairs * area, f->threads))
        return spectra;
    float *owns = scratch + ww_fourier_shared_floats(f);
    int64_t lanes = f->kernels->lanes;
#pragma omp parallel for num_threads(f->threads) if (pairs > lanes)
    for (int64_t first = 0; first < pairs; first += lanes)
        transform_filters(f, first, weight, spectra, owns + (size_t)omp_get_thread_num() * own);
    return spectra;
}

/* ---- lots ---- */

/* The tiles of a lot: patches of the maps that are read, or outputs. [0]: real parts. */
static void list_tiles(const ww_fourier *f, int64_t lot, bool patches, ww_rectangles tiles[2])
{
    const ww_fourier_tiling *g = &f->g;
    const ww_fourier_axis *v = &g->axis[0], *u = &g->axis[1];
    int64_t lanes = f->kernels->lanes, maps = g->groups * (patches ? g->c : g->k);
    int64_t h = patches ? v->size : v->outputs, w = patches ? u->size : u->outputs;
    for (int64_t i = 0; i < 2 * lanes; i++) {
        ww_rectangles *t = &tiles[i / lanes];
        int64_t l = i % lanes, tile = lot * 2 * lanes + i, sample = tile / (v->tiles * u->tiles);
        int64_t row = tile / u->tiles % v->tiles * v->valid - (patches ? v->pad : 0);
        int64_t column = tile % u->tiles * u->valid - (patches ? u->pad : 0);
        int64_t rows = patches ? v->length->n : v->valid;
        int64_t columns = patches ? u->length->n : u->valid;
        t->stride = w;
        t->at[l] = sample * maps * h * w + row * w + column;
        t->top[l] = row < 0 ? -row : 0;
        t->left[l] = column < 0 ? -column : 0;
        t->bottom[l] = sample < g->n ? ww_least(rows, h - row) : 0;
        t->right[l] = ww_least(columns, w - column);
    }
}

/* Transforms the rows of a lot's tiles of one map into a plane. */
static void rows_in(const ww_fourier *f, const ww_rectangles tiles[2], int64_t rows,
                    const float *maps, float *plane, float *own)
{
    const ww_kernels *kernels = f->kernels;
    int64_t wide = f->dft[1].n, number = (int64_t)f->number;
    for (int64_t row = 0; row < rows; row++) {
        kernels->pixels_in(&tiles[0], maps, row, wide, own, number);
        kernels->pixels_in(&tiles[1], maps, row, wide, own + number / 2, number);
        kernels->dft(&f->dft[1], false, own, number, plane + row * number, (int64_t)f->column, wide,
                     own + wide * number);
    }
    zero_below(f, rows, plane);
}

static void transform_column(const ww_fourier *f, float *line, float *own)
{
    int64_t number = (int64_t)f->number;
    f->kernels->dft(&f->dft[0], false, line, number, line, number, f->dft[0].n,
                    own + ww_fourier_line_floats(f) / 3);
}

/* Some filters' results, from their columns' inverse transforms. */
static void rows_out(const ww_fourier *f, const ww_rectangles tiles[2], const float *rows,
                     float *maps, float *own)
{
    const ww_kernels *kernels = f->kernels;
    int64_t number = (int64_t)f->number, wide = f->dft[1].n, valid = f->g.axis[1].valid;
    for (int64_t row = 0; row < f->g.axis[0].valid; row++) {
        kernels->dft(&f->dft[1], true, rows + row * number, (int64_t)f->row_column, own, number,
                     valid, own + wide * number);
        kernels->pixels_out(&tiles[0], maps, row, valid, own, number);
        kernels->pixels_out(&tiles[1], maps, row, valid, own + number / 2, number);
    }
}

/* The spectra of all filters' results, planes[k], each channel added in turn. */
static void add_channels(const ww_fourier *f, const ww_rectangles tiles[2], int64_t first,
                         int64_t last, const float *in, const float *spectra, float *planes,
                         float *plane, float *own)
{
    const ww_fourier_tiling *g = &f->g;
    int64_t tall = f->dft[0].n, map = g->axis[0].size * g->axis[1].size;
    for (int64_t c = 0; c < g->c; c++) {
        rows_in(f, tiles, tall, in + c * map, plane, own);
        for (int64_t u = 0; u < f->dft[1].n; u++) {
            float *line = plane + (size_t)u * f->column;
            transform_column(f, line, own);
            for (int64_t k = first; k < last; k++)
                f->kernels->spectrum_product(
                    &(ww_spectra){.n = tall,
                                  .channels = 1,
                                  .x = line,
                                  .a = spectra + (size_t)(k * g->c + c) * f->filter + 2 * u * tall,
                                  .z = planes + (size_t)k * f->plane + (size_t)u * f->column,
                                  .count = 1,
                                  .add = c > 0});
        }
    }
}

/* One lot of one group, some of its filters. `in`, `spectra` and `out` begin with the group's. */
static void run_lot(const ww_fourier *f, int64_t lot, int64_t first, int64_t last, const float *in,
                    const float *spectra, float *out, float *own)
{
    const ww_fourier_tiling *g = &f->g;
    int64_t tall = f->dft[0].n, wide = f->dft[1].n, number = (int64_t)f->number;
    int64_t map = g->axis[0].outputs * g->axis[1].outputs;
    float *planes = own + ww_fourier_line_floats(f),
          *results = planes + (size_t)ww_fourier_channel_planes(f) * f->plane;
    float *rows = results + (f->adds ? (size_t)g->k * f->plane : 0);
    ww_rectangles patches[2], tiles[2];
    list_tiles(f, lot, true, patches);
    list_tiles(f, lot, false, tiles);
    if (f->adds)
        add_channels(f, patches, first, last, in, spectra, results, planes, own);
    for (int64_t c = 0; !f->adds && c < g->c; c++)
        rows_in(f, patches, tall, in + c * g->axis[0].size * g->axis[1].size,
                planes + (size_t)c * f->plane, own);
    for (int64_t k = first; k < last; k += f->block) {
        int64_t end = ww_least(last, k + f->block);
        for (int64_t u = 0; u < wide; u++) {
            float *column = planes + (size_t)u * f->column;
            for (int64_t c = 0; !f->adds && k == first && c < g->c; c++)
                transform_column(f, column + (size_t)c * f->plane, own);
            for (int64_t j = k; j < end; j++) {
                const float *line =
                    f->adds ? results + (size_t)j * f->plane + (size_t)u * f->column : own;
                if (!f->adds)
                    f->kernels->spectrum_product(
                        &(ww_spectra){.n = tall,
                                      .channels = g->c,
                                      .x = column,
                                      .a = spectra + (size_t)(j * g->c) * f->filter + 2 * u * tall,
                                      .z = own,
                                      .x_step = (int64_t)f->plane,
                                      .a_step = (int64_t)f->filter,
                                      .count = 1});
                f->kernels->dft(&f->dft[0], true, line, number,
                                rows + (size_t)((j - k) * wide + u) * f->row_column, number,
                                g->axis[0].valid, own + ww_fourier_line_floats(f) / 3);
            }
        }
        for (int64_t j = k; j < end; j++)
            rows_out(f, tiles, rows + (size_t)((j - k) * wide) * f->row_column, out + j * map, own);
    }
}

static void run_maps(ww_fourier *f, const float *in, const float *weight, float *out,
                     float *scratch)
{
    const ww_fourier_tiling *g = &f->g;
    const float *spectra = spectra_of(f, weight, scratch);
    float *owns = scratch + ww_fourier_shared_floats(f);
    size_t own = ww_fourier_own_floats(f);
    int64_t map = g->axis[0].size * g->axis[1].size;
    int64_t out_map = g->axis[0].outputs * g->axis[1].outputs;
    int64_t tasks = g->lots * g->groups * f->shares;
#pragma omp parallel for num_threads(f->threads) schedule(dynamic) if (tasks > 1)
    for (int64_t task = 0; task < tasks; task++) {
        int64_t share = task % f->shares, group = task / f->shares % g->groups;
        run_lot(f, task / (f->shares * g->groups), g->k * share / f->shares,
                g->k * (share + 1) / f->shares, in + group * g->c * map,
                spectra + (size_t)(group * g->k * g->c) * f->filter, out + group * g->k * out_map,
                owns + (size_t)omp_get_thread_num() * own);
    }
}

/* ---- weights: sums[part][pair][column][2][row] ---- */

static void add_lot(const ww_fourier *f, int64_t lot, int64_t first, int64_t last, const float *x,
                    const float *y, float *sums, bool add, float *own)
{
    const ww_fourier_tiling *g = &f->g;
    int64_t tall = f->dft[0].n, map = g->axis[0].size * g->axis[1].size;
    int64_t out_map = g->axis[0].outputs * g->axis[1].outputs;
    float *planes = own + ww_fourier_line_floats(f), *gradients = planes + (size_t)g->c * f->plane;
    ww_rectangles tiles[2];
    list_tiles(f, lot, true, tiles);
    for (int64_t c = 0; c < g->c; c++) {
        float *plane = planes + (size_t)c * f->plane;
        rows_in(f, tiles, tall, x + c * map, plane, own);
        for (int64_t u = 0; u < f->dft[1].n; u++)
            transform_column(f, plane + (size_t)u * f->column, own);
    }
    list_tiles(f, lot, false, tiles);
    for (int64_t k = first; k < last; k++) {
        rows_in(f, tiles, g->axis[0].valid, y + k * out_map, gradients, own);
        for (int64_t u = 0; u < f->dft[1].n; u++) {
            size_t at = (size_t)u * f->column;
            transform_column(f, gradients + at, own);
            for (int64_t c = 0; c < g->c; c++)
                f->kernels->spectrum_sums(tall, planes + (size_t)c * f->plane + at, gradients + at,
                                          sums + (size_t)(k * g->c + c) * f->filter + 2 * u * tall,
                                          add);
        }
    }
}

static void run_part(const ww_fourier *f, int64_t task, const float *x, const float *y, float *sums,
                     float *own)
{
    const ww_fourier_tiling *g = &f->g;
    int64_t share = task % f->shares, group = task / f->shares % g->groups;
    int64_t part = task / (f->shares * g->groups);
    int64_t begin = g->lots * part / f->parts, end = g->lots * (part + 1) / f->parts;
    sums += (size_t)(part * ww_fourier_pairs(f) + group * g->k * g->c) * f->filter;
    for (int64_t lot = begin; lot < end; lot++)
        add_lot(f, lot, g->k * share / f->shares, g->k * (share + 1) / f->shares,
                x + group * g->c * g->axis[0].size * g->axis[1].size,
                y + group * g->k * g->axis[0].outputs * g->axis[1].outputs, sums, lot > begin, own);
}

/* Some pairs' filters from the parts' sums. */
static void finish_weights(const ww_fourier *f, int64_t first, float *sums, float *weight,
                           float *own)
{
    const ww_kernels *kernels = f->kernels;
    const ww_fourier_axis *v = &f->g.axis[0], *u = &f->g.axis[1];
    int64_t tall = f->dft[0].n, wide = f->dft[1].n, number = (int64_t)f->number;
    int64_t count = ww_least(kernels->lanes, ww_fourier_pairs(f) - first), area = v->taps * u->taps;
    float *between = own + ww_fourier_line_floats(f) / 3, *plane = own + ww_fourier_line_floats(f);
    float scale = 1.0f / (float)(tall * wide);
    ww_rectangles from = ww_fourier_in_turn(count, (int64_t)f->filter, 2 * wide, tall);
    ww_rectangles to = ww_fourier_in_turn(count, area, v->taps, u->taps);
    sums += (size_t)first * f->filter;
    for (size_t i = 0; i < (size_t)count * f->filter; i++) {
        float sum = sums[i];
        for (int64_t part = 1; part < f->parts; part++)
            sum += sums[i + (size_t)(part * ww_fourier_pairs(f)) * f->filter];
        sums[i] = scale * sum;
    }
    for (int64_t column = 0; column < wide; column++) {
        float *line = plane + (size_t)column * f->column;
        kernels->pixels_in(&from, sums, 2 * column, tall, line, number);
        kernels->pixels_in(&from, sums, 2 * column + 1, tall, line + number / 2, number);
        kernels->dft(&f->dft[0], true, line, number, line, number, v->taps, between);
    }
    for (int64_t row = 0; row < v->taps; row++) {
        kernels->dft(&f->dft[1], true, plane + row * number, (int64_t)f->column, own, number,
                     u->taps, between);
        kernels->pixels_out(&to, weight + first * area, row, u->taps, own, number);
    }
}

static void run_weights(const ww_fourier *f, const float *x, float *weight, const float *y,
                        float *scratch)
{
    float *owns = scratch + ww_fourier_shared_floats(f);
    size_t own = ww_fourier_own_floats(f);
    int64_t tasks = f->parts * f->g.groups * f->shares, lanes = f->kernels->lanes;
#pragma omp parallel num_threads(f->threads)
    {
        float *mine = owns + (size_t)omp_get_thread_num() * own;
#pragma omp for schedule(dynamic)
        for (int64_t task = 0; task < tasks; task++)
            run_part(f, task, x, y, scratch, mine);
#pragma omp for
        for (int64_t first = 0; first < ww_fourier_pairs(f); first += lanes)
            finish_weights(f, first, scratch, weight, mine);
    }
}

void ww_fourier_run(ww_fourier *f, float *x, float *weight, float *y, float *scratch)
{
    if (f->pass == WW_CONV_FORWARD)
        run_maps(f, x, weight, y, scratch);
    else if (f->pass == WW_CONV_DATA)
        run_maps(f, y, weight, x, scratch);
    else
        run_weights(f, x, weight, y, scratch);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Populations of Gabor cells.
 *
 * Low frequencies need no fine grid. Level k of a pyramid is level k - 1, blurred by a Gaussian of
 * B = 1.4 of its pixels and sampled at every second one, so a pixel of level k is D = 2^k pixels
 * wide and has been blurred by s = B sqrt((D^2 - 1) / 3) of the finest ones. Blur and filter are
 * both Gaussian in frequency, so a Gabor (f, sx, sy) on the map is exactly the blur followed by
 * another Gabor on the level:
 *
 *     sx1^2 = sx^2 - s^2,  sy1^2 = sy^2 - s^2,  f1 = f sx^2 / sx1^2
 *
 * since products of Gaussians add their exponents: f^2/2 (4 pi^2 s^2) + (f - f1)^2/2 (4 pi^2
 * sx1^2). A cell reads the coarsest level on which this filter is well sampled: s at most .75 of
 * its envelope, and f1 with two standard deviations of its bandwidth at most .4 cycles a pixel, so
 * that what is folded about .5 has been taken away by the blur. */
#include "areas/parts/population.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/data_path.h"
#include "engine/base/random.h"
#include "engine/store/table.h"

static const double pi = 3.14159265358979323846;
static const double BLUR = 1.4, REACH = 3.2; /* filters go so many sd from their centre */
enum { BLUR_SIZE = 12, LEVELS = 10 };

/* ---- the distributions ---- */

static ww_status read_row(ww_v1_statistics *out, const ww_table *table, size_t row,
                          const size_t *column)
{
    const char *name = table->cell[row][column[0]];
    ww_histogram *h = strcmp(name, "orientation") == 0 ? &out->orientation
                      : strcmp(name, "frequency") == 0 ? &out->frequency
                      : strcmp(name, "nx_ny") == 0     ? &out->nx_ny
                                                       : NULL;
    if (h == NULL)
        return WW_FAIL(WW_EPARSE, "%s:%d: statistic: there are orientation, frequency, nx_ny",
                       table->file, table->line[row]);
    if (h->n == WW_V1_BINS)
        return WW_FAIL(WW_EPARSE, "%s:%d: %s: more than %d bins", table->file, table->line[row],
                       name, WW_V1_BINS);
    int i = h->n++;
    bool joint = h == &out->nx_ny;
    WW_TRY(ww_table_real(&h->low[i], table, row, column[1], false));
    WW_TRY(ww_table_real(&h->high[i], table, row, column[2], false));
    WW_TRY(ww_table_real(&h->low_2[i], table, row, column[3], !joint));
    WW_TRY(ww_table_real(&h->high_2[i], table, row, column[4], !joint));
    return ww_table_real(&h->count[i], table, row, column[5], false);
}

static ww_status read_statistics(ww_v1_statistics *out, ww_arena *arena)
{
    static const char *const names[] = {"statistic", "low", "high", "low_2", "high_2", "count"};
    char path[4096];
    size_t column[6];
    ww_table *table;
    memset(out, 0, sizeof *out);
    WW_TRY(ww_data_path(path, sizeof path, "connectome/v1_statistics.tsv"));
    WW_TRY(ww_table_read(&table, path, arena));
    for (int i = 0; i < 6; i++)
        WW_TRY(ww_table_column(&column[i], table, names[i]));
    for (size_t row = 0; row < table->rows; row++)
        WW_TRY(read_row(out, table, row, column));
    if (out->orientation.n == 0 || out->frequency.n == 0 || out->nx_ny.n == 0)
        return WW_FAIL(WW_EPARSE, "%s: orientation, frequency and nx_ny are wanted", path);
    return WW_OK;
}

ww_status ww_v1_statistics_read(ww_v1_statistics *out)
{
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = read_statistics(out, arena);
    ww_arena_free(arena);
    return status;
}

static int draw_bin(const ww_histogram *h, ww_random *random)
{
    double total = 0;
    for (int i = 0; i < h->n; i++)
        total += h->count[i];
    double at = total * ww_random_uniform(random);
    int i = 0;
    for (; i < h->n - 1 && at >= h->count[i]; i++)
        at -= h->count[i];
    return i;
}

static double draw_log(double low, double high, ww_random *random)
{
    return low * pow(high / low, ww_random_uniform(random));
}

void ww_population_draw(const ww_v1_statistics *statistics, ww_cell *cell, int n, uint64_t seed)
{
    for (int i = 0; i < n; i++) {
        ww_random random = ww_random_stream(seed, "areas/population", (uint64_t)i);
        const ww_histogram *o = &statistics->orientation, *f = &statistics->frequency;
        const ww_histogram *e = &statistics->nx_ny;
        ww_gabor *gabor = &cell[i].gabor;
        int bin = draw_bin(o, &random);
        gabor->normal_deg = ww_random_range(&random, o->low[bin], o->high[bin]) - 90;
        bin = draw_bin(f, &random);
        gabor->frequency_cpd = draw_log(f->low[bin], f->high[bin], &random);
        bin = draw_bin(e, &random);
        gabor->nx = draw_log(e->low[bin], e->high[bin], &random);
        gabor->ny = draw_log(e->low_2[bin], e->high_2[bin], &random);
        gabor->phase_deg = ww_random_range(&random, 0, 360);
    }
}

ww_status ww_population_create(ww_cell **out, int n, uint64_t seed, double larger)
{
    ww_v1_statistics statistics;
    WW_TRY(ww_v1_statistics_read(&statistics));
    ww_cell *cell = calloc((size_t)n, sizeof *cell);
    if (cell == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_population_draw(&statistics, cell, n, seed);
    for (int i = 0; i < n; i++)
        cell[i].gabor.frequency_cpd /= larger;
    *out = cell;
    return WW_OK;
}

void ww_population_mix(ww_cell *cell, int n, bool continuum, bool simple, uint64_t seed)
{
    for (int i = 0; i < n; i++) {
        ww_random random = ww_random_stream(seed, "areas/modulation", (uint64_t)i);
        cell[i].linear = continuum ? 1 / (1 + exp(-ww_random_normal(&random))) : simple;
    }
}

/* ---- the filters ---- */

/* Standard deviation of the blur of a level, in pixels of the finest one. */
static double blur_of(int level)
{
    double width = ldexp(1, level);
    return BLUR * sqrt((width * width - 1) / 3);
}

/* The Gabor that does on a level what `gabor` does on the finest one; false where it cannot. */
static bool on_level(const ww_gabor *gabor, int level, double deg_per_px, ww_gabor *out)
{
    double f = gabor->frequency_cpd, s = blur_of(level) * deg_per_px;
    double sx = gabor->nx / f, sy = gabor->ny / f;
    if (s > 0.75 * fmin(sx, sy))
        return false;
    double sx1 = sqrt(sx * sx - s * s), sy1 = sqrt(sy * sy - s * s), f1 = f * sx * sx / (sx1 * sx1);
    *out = *gabor;
    out->frequency_cpd = f1;
    out->nx = sx1 * f1;
    out->ny = sy1 * f1;
    double highest = f1 + 2 / (2 * pi * fmin(sx1, sy1));
    return level == 0 || highest * deg_per_px * ldexp(1, level) <= 0.4;
}

static int level_of(const ww_gabor *gabor, double deg_per_px, int coarsest)
{
    ww_gabor unused;
    int level = coarsest;
    while (level > 0 && !on_level(gabor, level, deg_per_px, &unused))
        level--;
    return level;
}

static ww_var blurred(ww_area_site *site, ww_var map)
{
    float filter[BLUR_SIZE * BLUR_SIZE] = {0};
    ww_gaussian_add(BLUR, 1, BLUR_SIZE, filter);
    ww_var blur = ww_fixed(site->graph, "pyramid", WW_SHAPE(1, 1, BLUR_SIZE, BLUR_SIZE), filter);
    return ww_conv2d(site->graph, map, blur, (ww_conv2d_attr){.stride = 2, .pad = 5});
}

/* Writes a Gabor and its quadrature partner, scaled to say 1 to the best grating of amplitude 0.5.
 * The blur and the other frequency leave less of that grating: exp(-(2 pi s f)^2 / 2 -
 * (2 pi sx1 (f1 - f))^2 / 2). */
static void fill_pair(const ww_gabor *whole, int level, double deg_per_px, int size, float *one,
                      float *other)
{
    ww_gabor gabor = *whole;
    on_level(whole, level, deg_per_px, &gabor);
    double f = whole->frequency_cpd, off = gabor.frequency_cpd - f;
    double blur = 2 * pi * blur_of(level) * deg_per_px;
    double along = 2 * pi * gabor.nx / gabor.frequency_cpd;
    double left = exp(-0.5 * (blur * blur * f * f + along * along * off * off));
    for (int k = 0; k < 2; k++) {
        float *filter = k == 0 ? one : other;
        gabor.phase_deg = whole->phase_deg + 90 * k;
        ww_gabor_fill_unit(&gabor, deg_per_px * ldexp(1, level), size, filter);
        for (int i = 0; i < size * size; i++)
            filter[i] = (float)(filter[i] / (0.5 * left));
    }
}

/* What the filters of one level need. */
struct level {
    ww_cell *cell;
    int n, index, stride, size;
    double deg_per_px; /* of the finest level */
    ww_var map;
};

/* Odd or even as the places of the units ask, as large as the largest envelope, at least the
 * stride, and no larger than the map. */
static void set_size(const ww_area_site *site, struct level *l)
{
    int64_t width = ww_var_shape(site->graph, l->map).dim[3];
    double reach = 0, px = l->deg_per_px * ldexp(1, l->index);
    for (int i = 0; i < l->n; i++)
        reach = fmax(reach, REACH * fmax(l->cell[i].gabor.nx, l->cell[i].gabor.ny) /
                                (l->cell[i].gabor.frequency_cpd * px));
    l->stride = (int)(width / site->width);
    int64_t least = ww_var_shape(site->graph, l->map).dim[2];
    least = least < width ? least : width;
    int size = 2 * (int)ceil(reach) + 2, most = (int)(site->width == 1 ? least : 2 * least);
    size = size < most ? size : most;
    size = size > l->stride && site->width > 1 ? size : size > 3 ? size : 3;
    if (site->width > 1 && size < l->stride)
        size = l->stride;
    l->size = size - (size % 2 != l->stride % 2);
}

static ww_var level_pairs(ww_area_site *site, const char *tag, struct level *l, bool plastic)
{
    ww_graph *g = site->graph;
    set_size(site, l);
    size_t plane = (size_t)l->size * (size_t)l->size;
    float *bank = calloc(2 * (size_t)l->n * plane, sizeof *bank);
    if (bank == NULL)
        return ww_graph_fail(g, WW_ENOMEM, "%s: out of memory", site->name);
#pragma omp parallel for schedule(static)
    for (int i = 0; i < l->n; i++)
        fill_pair(&l->cell[i].gabor, l->index, l->deg_per_px, l->size, bank + (size_t)i * plane,
                  bank + (size_t)(l->n + i) * plane);
    char name[64];
    snprintf(name, sizeof name, "%s.%d", tag, l->index);
    ww_shape shape = WW_SHAPE(2 * l->n, 1, l->size, l->size);
    ww_init init = {.kind = WW_INIT_DATA, .data = bank};
    ww_var filters =
        plastic ? ww_parameter(g, name, shape, init, 0) : ww_fixed(g, name, shape, bank);
    free(bank);
    ww_shape map = ww_var_shape(g, l->map);
    ww_var seen = l->map;
    int pad = (l->size - l->stride) / 2, stride = l->stride;
    if (site->width == 1 && site->height == 1 && map.dim[2] >= l->size) { /* one place: its part */
        int64_t top = (map.dim[2] - l->size) / 2, left = (map.dim[3] - l->size) / 2;
        seen = ww_slice(g, ww_slice(g, seen, 2, top, top + l->size), 3, left, left + l->size);
        pad = 0;
        stride = 1;
    }
    return ww_conv2d(g, seen, filters, (ww_conv2d_attr){.stride = stride, .pad = pad});
}

/* Sorts cells by level, keeping their order within one; writes how many each level has. */
static bool sort_cells(ww_cell *cell, int n, double deg_per_px, int coarsest, int *count)
{
    ww_cell *sorted = malloc((size_t)n * sizeof *sorted);
    int k = 0;
    for (int level = 0; level <= coarsest && sorted != NULL; level++) {
        int first = k;
        for (int i = 0; i < n; i++)
            if (level_of(&cell[i].gabor, deg_per_px, coarsest) == level)
                sorted[k++] = cell[i];
        count[level] = k - first;
    }
    if (sorted != NULL)
        memcpy(cell, sorted, (size_t)n * sizeof *sorted);
    free(sorted);
    return sorted != NULL;
}

ww_var ww_population_pairs(ww_area_site *site, const char *tag, ww_cell *cell, int n, ww_var light,
                           bool plastic)
{
    ww_graph *g = site->graph;
    ww_shape shape = ww_var_shape(g, light);
    if (shape.rank != 4)
        return light;
    if (shape.dim[3] % site->width != 0 || shape.dim[2] % site->height != 0 ||
        shape.dim[3] / site->width != shape.dim[2] / site->height) {
        light = ww_area_regrid(g, light, site->height, site->width, WW_POOL_AVERAGE);
        shape = ww_var_shape(g, light);
    }
    double deg_per_px = ww_view_width_deg(site->view) / (double)shape.dim[3];
    int64_t wide = shape.dim[3] / site->width, high = shape.dim[2] / site->height;
    int coarsest = 0, count[LEVELS] = {0};
    while (coarsest + 1 < LEVELS && wide % (2 << coarsest) == 0 && high % (2 << coarsest) == 0)
        coarsest++;
    if (!sort_cells(cell, n, deg_per_px, coarsest, count))
        return ww_graph_fail(g, WW_ENOMEM, "%s: out of memory", site->name);
    ww_var half[2][LEVELS];
    struct level l = {.cell = cell, .deg_per_px = deg_per_px, .map = light};
    int parts = 0;
    for (; l.index <= coarsest; l.index++) {
        if (l.index > 0)
            l.map = blurred(site, l.map);
        l.n = count[l.index];
        if (l.n == 0)
            continue;
        ww_var pairs = level_pairs(site, tag, &l, plastic);
        half[0][parts] = ww_slice(g, pairs, 1, 0, l.n);
        half[1][parts++] = ww_slice(g, pairs, 1, l.n, 2 * l.n);
        l.cell += l.n;
    }
    ww_var all[2 * LEVELS];
    memcpy(all, half[0], (size_t)parts * sizeof *all);
    memcpy(all + parts, half[1], (size_t)parts * sizeof *all);
    return ww_concat(g, 2 * parts, all, 1);
}

ww_var ww_population_potentials(ww_area_site *site, const char *tag, const ww_cell *cell,
                                ww_var pairs, ww_var energy)
{
    ww_graph *g = site->graph;
    int n = (int)(ww_var_shape(g, pairs).dim[1] / 2), linear = 0;
    ww_var response = ww_slice(g, pairs, 1, 0, n);
    for (int i = 0; i < n; i++)
        linear += cell[i].linear == 1;
    if (linear == n)
        return response;
    ww_var root = ww_sqrt(g, energy);
    float *m = calloc(2 * (size_t)n + 1, sizeof *m);
    if (m == NULL)
        return ww_graph_fail(g, WW_ENOMEM, "%s: out of memory", site->name);
    bool mixed = linear > 0;
    for (int i = 0; i < n; i++) {
        m[i] = (float)cell[i].linear;
        m[n + i] = (float)(1 - cell[i].linear);
        mixed = mixed || cell[i].linear > 0;
    }
    if (mixed) {
        char name[2][64];
        snprintf(name[0], sizeof name[0], "%s.linear", tag);
        snprintf(name[1], sizeof name[1], "%s.energy", tag);
        ww_shape each = WW_SHAPE(n, 1, 1);
        root = ww_add(g, ww_mul(g, response, ww_fixed(g, name[0], each, m)),
                      ww_mul(g, root, ww_fixed(g, name[1], each, m + n)));
    }
    free(m);
    return root;
}

void ww_population_tell(ww_area_site *site, const ww_cell *cell, int n)
{
    float *number = calloc((size_t)n * WW_CELL_NUMBERS, sizeof *number);
    for (int i = 0; i < n && number != NULL; i++) {
        float *to = number + (size_t)i * WW_CELL_NUMBERS;
        to[WW_CELL_FREQUENCY_CPD] = (float)cell[i].gabor.frequency_cpd;
        to[WW_CELL_NORMAL_DEG] = (float)cell[i].gabor.normal_deg;
        to[WW_CELL_PHASE_DEG] = (float)cell[i].gabor.phase_deg;
        to[WW_CELL_NX] = (float)cell[i].gabor.nx;
        to[WW_CELL_NY] = (float)cell[i].gabor.ny;
        to[WW_CELL_LINEAR] = (float)cell[i].linear;
    }
    if (number != NULL)
        ww_fixed(site->graph, "population", WW_SHAPE(n, WW_CELL_NUMBERS), number);
    free(number);
}

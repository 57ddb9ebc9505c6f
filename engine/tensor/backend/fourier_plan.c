/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The tiles of fourier.c, what they cost, and what is prepared for them. */
#include "engine/tensor/backend/fourier_plan.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>

enum { PARTS_LEAST = 2, PARTS_MOST = 8, PARTS_FLOATS = 1 << 21 };
enum { TAPS_LEAST = 25, PAIRS_MOST = 1 << 10 }; /* of what is worth a try */
enum { L2_FLOATS = 1 << 18 };                   /* a core's second cache */

/* Lengths of transforms, with their passes, and picoseconds of one on 16 lanes in the first cache.
 */
static const ww_fourier_length lengths[] = {
    {16, {4, 4}, 38e3},     {20, {5, 4}, 49e3},     {24, {6, 4}, 58e3},     {32, {8, 4}, 68e3},
    {36, {6, 6}, 80e3},     {40, {8, 5}, 96e3},     {48, {8, 6}, 115e3},    {64, {8, 8}, 160e3},
    {80, {5, 4, 4}, 235e3}, {96, {8, 4, 3}, 255e3}, {128, {8, 4, 4}, 345e3}};
enum { N_LENGTHS = sizeof lengths / sizeof lengths[0] };

const ww_fourier_length *ww_fourier_lengths(int *n)
{
    *n = N_LENGTHS;
    return lengths;
}

bool ww_fourier_supports(const ww_conv_task *task)
{
    const ww_conv_size *s = &task->size;
    return s->stride == 1 && s->dilation == 1 && s->kh * s->kw >= TAPS_LEAST &&
           s->kh <= WW_FOURIER_LONGEST / 2 && s->kw <= WW_FOURIER_LONGEST / 2 &&
           s->k * s->c / s->groups <= PAIRS_MOST;
}

/* Outputs of a tile: as few as do with as few tiles, but whole vectors where they fit. */
static void cut(ww_fourier_axis *a, const ww_fourier_length *length, int64_t lanes)
{
    int64_t most = length->n - a->taps + 1, count = (a->outputs + most - 1) / most;
    int64_t valid = (a->outputs + count - 1) / count;
    a->length = length;
    a->valid = ww_up(valid, lanes) <= most ? ww_up(valid, lanes) : valid;
    a->tiles = (a->outputs + a->valid - 1) / a->valid;
}

/* What a task takes: lines, products of spectra, pixels in, pixels out, filters, and numbers that
 * do not stay in a core's own cache (forward: on Sapphire Rapids, where that costs more). In
 * picoseconds, fitted as those of conv_kernels.c. */
static double cost_ps(ww_fourier_tiling *g, ww_conv_pass pass, int64_t lanes, bool kept)
{
    static const double factor[][7] = {{0.679, 1160, 5360, 7260, 1.98, 4000, 2e5},
                                       {0.795, 1680, 5180, 5480, 1.49, 1510, 2e5},
                                       {1.27, 2800, 3110, 6550, 0.932, 2100, 3e5}};
    const ww_fourier_axis *v = &g->axis[0], *u = &g->axis[1];
    bool weights = pass == WW_CONV_WEIGHTS;
    double c = (double)g->c, k = (double)g->k, rows = (double)v->valid;
    double tall = v->length->n, wide = u->length->n, line = u->length->ps;
    double columns = wide * v->length->ps;
    int64_t pairs = g->groups * g->c * g->k, lot = 2 * lanes;
    g->lots = (g->n * v->tiles * u->tiles + lot - 1) / lot;
    double lots = (double)(g->lots * g->groups), filters = (double)((pairs + lanes - 1) / lanes);
    double numbers = lots * tall * wide, held = tall * wide * (double)lot;
    held *= c > k && !weights ? k + 1 : c + 1;
    const double term[] = {lots * (c * (tall * line + columns) + k * (rows * line + columns)),
                           numbers * c * k,
                           lots * c * tall * ww_up(u->length->n, 16),
                           lots * k * rows * ww_up(u->valid, 16),
                           kept ? 0
                                : filters * ((double)v->taps * line + columns + 300 * tall * wide),
                           held > L2_FLOATS ? numbers * (c + k + c * k / WW_FOURIER_BLOCK) : 0,
                           1};
    double sum = 0;
    for (size_t i = 0; i < sizeof term / sizeof term[0]; i++)
        sum += factor[pass][i] * term[i];
    return sum;
}

static ww_fourier_tiling untiled(const ww_conv_task *task)
{
    const ww_conv_size *s = &task->size;
    bool turned = task->pass == WW_CONV_DATA;
    return (ww_fourier_tiling){.n = s->n,
                               .c = (turned ? s->k : s->c) / s->groups,
                               .k = (turned ? s->c : s->k) / s->groups,
                               .groups = s->groups,
                               .axis = {{.size = turned ? s->oh : s->h,
                                         .outputs = turned ? s->h : s->oh,
                                         .taps = s->kh,
                                         .pad = turned ? s->kh - 1 - s->pad : s->pad},
                                        {.size = turned ? s->ow : s->w,
                                         .outputs = turned ? s->w : s->ow,
                                         .taps = s->kw,
                                         .pad = turned ? s->kw - 1 - s->pad : s->pad}}};
}

void ww_fourier_tile(ww_fourier_tiling *out, const ww_conv_task *task, int64_t lanes)
{
    ww_fourier_tiling g = untiled(task);
    double least_ps = 0;
    for (int i = 0; i < N_LENGTHS; i++)
        for (int j = 0; j < N_LENGTHS; j++) {
            if (lengths[i].n < g.axis[0].taps || lengths[j].n < g.axis[1].taps)
                continue;
            cut(&g.axis[0], &lengths[i], lanes);
            cut(&g.axis[1], &lengths[j], lanes);
            double ps = cost_ps(&g, task->pass, lanes, false);
            if (least_ps == 0 || ps < least_ps)
                least_ps = ps, *out = g;
        }
}

double ww_fourier_estimate_s(const ww_conv_task *task, bool *alone)
{
    ww_fourier_tiling g;
    bool kept = task->keep && task->pass != WW_CONV_WEIGHTS;
    ww_fourier_tile(&g, task, WW_MOST_LANES);
    *alone = g.lots * g.groups == 1 && g.k == 1;
    return 1e-12 * cost_ps(&g, task->pass, WW_MOST_LANES, kept);
}

/* ---- preparation ---- */

float *ww_fourier_dft(ww_dft *dft, const ww_fourier_length *length, float *twiddle)
{
    *dft = (ww_dft){.n = length->n};
    int64_t butterflies = length->n;
    for (int i = 0; i < WW_DFT_PASSES && length->radix[i] > 0; i++) {
        int radix = dft->radix[dft->passes++] = length->radix[i];
        int64_t n = butterflies; /* of the transforms that this pass works on */
        butterflies /= radix;
        dft->twiddle[i] = twiddle;
        for (int64_t p = 0; p < butterflies; p++)
            for (int64_t j = 1; j < radix; j++) {
                double angle = 2 * 3.14159265358979323846 * (double)(p * j) / (double)n;
                *twiddle++ = (float)cos(angle);
                *twiddle++ = (float)-sin(angle);
            }
    }
    return twiddle;
}

ww_rectangles ww_fourier_in_turn(int64_t count, int64_t apart, int64_t rows, int64_t columns)
{
    ww_rectangles t = {.stride = columns};
    for (int64_t l = 0; l < count; l++) {
        t.at[l] = l * apart;
        t.bottom[l] = rows;
        t.right[l] = columns;
    }
    return t;
}

static void plan_shares(ww_fourier *f)
{
    const ww_fourier_tiling *g = &f->g;
    bool weights = f->pass == WW_CONV_WEIGHTS;
    int64_t parts = PARTS_FLOATS / (g->groups * g->k * g->c * (int64_t)f->filter);
    parts = parts < PARTS_LEAST ? PARTS_LEAST : ww_least(parts, PARTS_MOST);
    f->parts = weights ? ww_least(g->lots, parts) : g->lots;
    int64_t tasks = f->parts * g->groups;
    f->shares = 1;
    while (2 * g->c <= g->k && f->shares < g->k && tasks * f->shares < 4 * f->threads &&
           tasks * f->shares % f->threads != 0)
        f->shares++;
}

/* An odd number of complex numbers apart, so that rows of a plane do not fall on one set of a
 * cache. */
static void lay_out(ww_fourier *f)
{
    const ww_fourier_tiling *g = &f->g;
    f->number = 2 * (size_t)f->kernels->lanes;
    f->column = (size_t)(f->dft[0].n | 1) * f->number;
    f->plane = (size_t)f->dft[1].n * f->column;
    f->row_column = (size_t)(g->axis[0].valid | 1) * f->number;
    f->filter = (size_t)(2 * f->dft[0].n * f->dft[1].n);
    f->adds = f->pass != WW_CONV_WEIGHTS && g->c > 1 && g->c > g->k;
    f->block = f->adds || g->c == 1 ? 1 : ww_least(WW_FOURIER_BLOCK, g->k);
}

ww_status ww_fourier_create(ww_fourier **out, const ww_conv_task *task, const ww_kernels *kernels)
{
    assert(ww_fourier_supports(task));
    *out = NULL;
    ww_fourier *f = malloc(sizeof *f);
    if (f == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    *f = (ww_fourier){.kernels = kernels, .pass = task->pass, .threads = task->threads};
    ww_fourier_tile(&f->g, task, kernels->lanes);
    f->twiddles = malloc(2 * 4 * WW_FOURIER_LONGEST * sizeof *f->twiddles);
    if (f->twiddles != NULL) {
        float *end = ww_fourier_dft(&f->dft[0], f->g.axis[0].length, f->twiddles);
        end = ww_fourier_dft(&f->dft[1], f->g.axis[1].length, end);
        assert(end <= f->twiddles + 2 * 4 * WW_FOURIER_LONGEST);
        lay_out(f);
        plan_shares(f);
    }
    ww_status status =
        f->twiddles != NULL ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    if (status == WW_OK && task->keep && task->pass != WW_CONV_WEIGHTS)
        status = ww_kept_create(&f->kept, (size_t)ww_fourier_pairs(f) * f->filter);
    if (status != WW_OK)
        ww_fourier_free(f);
    else
        *out = f;
    return status;
}

void ww_fourier_free(ww_fourier *f)
{
    if (f == NULL)
        return;
    free(f->twiddles);
    ww_kept_free(&f->kept);
    free(f);
}

size_t ww_fourier_scratch(const ww_fourier *f)
{
    return ww_fourier_shared_floats(f) + (size_t)f->threads * ww_fourier_own_floats(f);
}

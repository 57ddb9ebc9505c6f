/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of squares over windows, first along rows, then down, each by doubling: sums of 2 neighbours
 * from those of 1, of 4 from those of 2, and what k is made of joins,
 *
 *     s_2m(i) = s_m(i) + s_m(i + m),     s_11(i) = s_1(i) + s_2(i + 1) + s_8(i + 3).
 *
 * So a window of side k costs some 3 log2 k additions, in whole vectors; and because nothing is
 * ever taken away (as from sums over all that is above and left), floats are enough, and a window
 * without a lit pixel has a sum of exactly 0. Columns are done in bands that stay in the first
 * cache. */
#include "engine/tensor/parts/window_norms.h"

#include <math.h>
#include <omp.h>
#include <string.h>

#include "engine/tensor/backend/kernels.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/sizes.h"

enum { BAND = 16, LINE = 16 };

static int64_t own_floats(int64_t rows, int64_t w)
{
    return ww_up(w + 2 * rows * BAND, LINE);
}

size_t ww_window_norms_room(int64_t rows, int64_t w, int threads)
{
    return (size_t)(ww_up(rows * w, LINE) + threads * own_floats(rows, w));
}

/* sum[across] of the squares of k pixels of a row. */
static void sum_along(const ww_windows *at, const float *x, float *square, float *sum)
{
    for (int64_t i = 0; i < at->across + at->k - 1; i++)
        square[i] = x[i] * x[i];
    ww_loops_best()->sum_steps(square, 1, at->k, at->across, sum);
}

/* Columns first .. first + n - 1 of the sums along rows. */
static void invert_band(const ww_windows *at, const float *along, int64_t first, int64_t n,
                        float *scale, int64_t stride, float *own, float range[2])
{
    const ww_loops *loops = ww_loops_best();
    const ww_kernels *kernels = ww_kernels_best();
    int64_t rows = at->down + at->k - 1;
    float *sum = own + rows * n;
    kernels->copy_rows(own, n, along + first, at->across, rows, n, 0);
    loops->sum_steps(own, n, at->k, at->down * n, sum);
    loops->invert_squares(sum, at->down * n, own, range);
    kernels->copy_rows(scale + first, stride, own, n, at->down, n, 0);
}

void ww_window_norms(const float *x, const ww_windows *at, int threads, float *scale,
                     int64_t stride, double *ratio, float *room)
{
    int64_t rows = at->down + at->k - 1;
    size_t own = (size_t)own_floats(rows, at->w);
    float *along = room + (size_t)threads * own, least = INFINITY, most = 0; /* squares */
#pragma omp parallel num_threads(threads) reduction(min : least) reduction(max : most)
    {
        float *mine = room + (size_t)omp_get_thread_num() * own, range[2] = {INFINITY, 0};
#pragma omp for schedule(static)
        for (int64_t i = 0; i < rows; i++)
            sum_along(at, x + (at->row + i) * at->w + at->column, mine, along + i * at->across);
#pragma omp for schedule(static)
        for (int64_t first = 0; first < at->across; first += BAND)
            invert_band(at, along, first, ww_least(BAND, at->across - first), scale, stride, mine,
                        range);
        least = range[0];
        most = range[1];
    }
    *ratio = most > 0 ? (double)least / (double)most : 1;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sums of squares over windows, from sums over all that is above and left (Crow 1984, "summed-area
 * tables"), in double:
 *
 *     sum over a window = S(bottom, right) - S(top, right) - S(bottom, left) + S(top, left),
 *
 * and where the same of counts says that no pixel is lit, it is nothing, whatever rounding left. */
#include "engine/tensor/parts/window_norms.h"

#include <math.h>
#include <string.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/sizes.h"

enum { TOGETHER = 4, COLUMNS = 64, LINE = 16 }; /* TOGETHER: rows; additions do not wait then */

int64_t ww_window_norms_rows(int64_t rows)
{
    return ww_up(rows, TOGETHER);
}

void ww_window_norms_room(int64_t rows, int64_t w, size_t floats[2])
{
    int64_t borders = (ww_window_norms_rows(rows) + 1) * (w + 1);
    floats[0] = (size_t)ww_up(2 * borders, LINE);
    floats[1] = (size_t)ww_up(borders, LINE);
}

/* Rows first .. first + 3 along themselves. */
static void add_along(const ww_window_norms *n, const float *x, int64_t first)
{
    int64_t line = n->w + 1;
    const float *from = x + first * n->w;
    double *energy = n->energy + (first + 1) * line, along[TOGETHER] = {0};
    int32_t *lit = n->lit + (first + 1) * line, count[TOGETHER] = {0};
    for (int r = 0; r < TOGETHER; r++) {
        energy[r * line] = 0;
        lit[r * line] = 0;
    }
    for (int64_t i = 0; i < n->w; i++)
        for (int r = 0; r < TOGETHER; r++) {
            double pixel = (double)from[r * n->w + i];
            energy[r * line + i + 1] = along[r] += pixel * pixel;
            lit[r * line + i + 1] = count[r] += pixel != 0;
        }
}

/* Then columns down. */
static void add_down(const ww_window_norms *n, int64_t first, int64_t count)
{
    int64_t line = n->w + 1;
    for (int64_t y = 1; y <= n->rows; y++) {
        double *energy = n->energy + y * line + first;
        int32_t *lit = n->lit + y * line + first;
        for (int64_t i = 0; i < count; i++) {
            energy[i] += energy[i - line];
            lit[i] += lit[i - line];
        }
    }
}

void ww_window_norms_add_up(const ww_window_norms *n, const float *x)
{
    int64_t line = n->w + 1;
    memset(n->energy, 0, (size_t)line * sizeof *n->energy);
    memset(n->lit, 0, (size_t)line * sizeof *n->lit);
#pragma omp parallel num_threads(n->threads)
    {
#pragma omp for schedule(static)
        for (int64_t y = 0; y < n->rows; y += TOGETHER)
            add_along(n, x, y);
#pragma omp for schedule(static)
        for (int64_t first = 0; first < line; first += COLUMNS)
            add_down(n, first, ww_least(COLUMNS, line - first));
    }
}

void ww_window_norms_invert(const ww_window_norms *n, const ww_windows *at, float *scale,
                            int64_t stride, double *ratio)
{
    const ww_loops *loops = ww_loops_best();
    float least = INFINITY, most = 0; /* squares */
#pragma omp parallel for num_threads(n->threads) reduction(min : least) reduction(max : most)
    for (int64_t i = 0; i < at->down; i++) {
        float range[2] = {least, most}, *row = scale + i * stride;
        int64_t top = (at->row + i) * (n->w + 1) + at->column, bottom = top + at->k * (n->w + 1);
        loops->window_squares(n->energy + top, n->energy + bottom, n->lit + top, n->lit + bottom,
                              at->k, at->across, row, range);
        loops->inverse_root(at->across, row);
        least = range[0];
        most = range[1];
    }
    *ratio = most > 0 ? (double)least / (double)most : 1;
}

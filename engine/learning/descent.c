/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Late gradients (engine/tensor/late.c) are multiplied out in pieces that stay in a cache until the
 * optimiser has read them; what lies between them in the array is a range like any other. */
#include "engine/learning/descent.h"

#include <math.h>

#include "engine/learning/penalty.h"
#include "engine/tensor/backend/loops.h"

/* Parameters in a piece. Fewer than PARALLEL are not worth several threads: waking one takes 30 us,
 * a step of sgd over so many 40 us, one of adam 130 us (Zen 5, one thread). */
enum { PIECE = 1 << 14, PARALLEL = 1 << 18 };

/* Up to this norm no element of a product overflows on the way, so it is finite if its norm is. */
static const double SAFE = 1e30;

/* The range of the array before the i-th late gradient, or after the last one; false past that. */
static bool range_before(const ww_program *program, size_t n, size_t i, size_t *begin, size_t *end)
{
    ww_factors f;
    *begin = 0;
    *end = n;
    if (i > 0) {
        if (!ww_program_late(program, i - 1, &f))
            return false;
        *begin = f.offset + (size_t)(f.rows * f.columns);
    }
    if (ww_program_late(program, i, &f))
        *end = f.offset;
    return true;
}

/* ---- norms ---- */

static double sum_by_factors(const ww_factors *f)
{
    const ww_loops *loops = ww_loops_best();
    double sum = 0;
    for (int64_t n = 0; n < f->samples; n++)
        for (int64_t m = n; m < f->samples; m++) {
            double left = loops->dot(f->left + n * f->rows, f->left + m * f->rows, f->rows);
            double right =
                loops->dot(f->right + n * f->columns, f->right + m * f->columns, f->columns);
            sum += (n == m ? 1 : 2) * left * right;
        }
    return fmax(sum, 0); /* rounding may have left less than nothing */
}

/* By all elements. */
static double sum_by_blocks(const ww_factors *f)
{
    float piece[PIECE];
    double sum = 0;
    ww_block b = ww_factors_block(f, PIECE, 0);
    for (int64_t i = 0; i < b.count; i++) {
        b = ww_factors_block(f, PIECE, i);
        ww_factors_multiply(f, &b, piece);
        sum += pow(ww_norm(piece, (size_t)(b.rows * b.columns)), 2);
    }
    return sum;
}

double ww_gradient_norm(ww_program *program)
{
    size_t n, begin, end;
    const float *gradient = ww_program_early_gradients(program, &n);
    ww_factors f;
    if (!ww_program_late(program, 0, &f))
        return ww_norm(gradient, n);
    double sum = 0;
    for (size_t i = 0; range_before(program, n, i, &begin, &end); i++) {
        sum += pow(ww_norm(gradient + begin, end - begin), 2);
        if (!ww_program_late(program, i, &f))
            continue;
        double late = sum_by_factors(&f);
        sum += late < SAFE * SAFE ? late : sum_by_blocks(&f);
    }
    return sqrt(sum);
}

/* ---- steps ---- */

static void move(const ww_descent *d, ww_values *values, size_t i, size_t n, float *gradient,
                 double scale, double rate, uint64_t step)
{
    size_t all;
    float *slot[2] = {NULL};
    for (int k = 0; k < d->optimiser->slots; k++)
        slot[k] = d->slots[k] + i;
    if (scale != 1)
        for (size_t j = 0; j < n; j++)
            gradient[j] *= (float)scale;
    d->optimiser->step(d->params, rate, step, n, ww_values_parameters(values, &all) + i, gradient,
                       d->decay == NULL ? NULL : d->decay + i, slot);
}

static void move_block(const ww_descent *d, ww_values *values, const ww_factors *f, int64_t i,
                       double scale, double rate, uint64_t step)
{
    float piece[PIECE];
    ww_block b = ww_factors_block(f, PIECE, i);
    ww_factors_multiply(f, &b, piece);
    move(d, values, f->offset + (size_t)(b.row * f->columns + b.column),
         (size_t)(b.rows * b.columns), piece, scale, rate, step);
}

void ww_descend(const ww_descent *d, ww_program *program, ww_values *values, double norm,
                double rate, uint64_t step)
{
    size_t n;
    float *gradient = ww_program_early_gradients(program, &n);
    double scale = d->clip > 0 && norm > d->clip ? d->clip / norm : 1;
#pragma omp parallel if (n > PARALLEL)
    {
        size_t begin, end;
        ww_factors f;
        for (size_t i = 0; range_before(program, n, i, &begin, &end); i++) {
#pragma omp for schedule(static) nowait
            for (size_t at = begin; at < end; at += PIECE)
                move(d, values, at, end - at < PIECE ? end - at : PIECE, gradient + at, scale, rate,
                     step);
            if (!ww_program_late(program, i, &f))
                continue;
            int64_t count = ww_factors_block(&f, PIECE, 0).count;
#pragma omp for schedule(static) nowait
            for (int64_t b = 0; b < count; b++)
                move_block(d, values, &f, b, scale, rate, step);
        }
    }
}

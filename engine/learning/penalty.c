/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Penalties, the norm of the gradient, and values that are not finite.
 *
 * l1 alone is the lasso (Tibshirani 1996), l2 alone ridge or weight decay (Krogh & Hertz 1992),
 * both together the elastic net (Zou & Hastie 2005).
 *
 * Sums are taken over CHUNKS equal pieces of the array, each piece in order, then over the pieces
 * in order: the pieces depend on the array's length alone, so the bits do not depend on threads.
 * Below PARALLEL elements, waking a second thread (30 us measured) costs more than it brings. */
#include "engine/learning/penalty.h"

#include <math.h>
#include <string.h>

#include "engine/tensor/backend/loops.h"

enum { CHUNKS = 256, PARALLEL = 1 << 18 };

static size_t bound(size_t n, size_t chunk)
{
    return n / CHUNKS * chunk + n % CHUNKS * chunk / CHUNKS;
}

static double total(const double *part)
{
    double sum = 0;
    for (int i = 0; i < CHUNKS; i++)
        sum += part[i];
    return sum;
}

/* Adds the derivative of l1 |w| + l2/2 w^2 to gradient[n]; returns the sum of the penalty. */
static double add_to(const float *parameter, size_t n, double l1, double l2, float *gradient)
{
    double part[CHUNKS];
#pragma omp parallel for schedule(static) if (n > PARALLEL)
    for (int c = 0; c < CHUNKS; c++) {
        double sum = 0;
        for (size_t i = bound(n, (size_t)c); i < bound(n, (size_t)c + 1); i++) {
            double w = (double)parameter[i];
            sum += l1 * fabs(w) + l2 / 2 * w * w;
            gradient[i] += (float)(l1 * ((w > 0) - (w < 0)) + l2 * w);
        }
        part[c] = sum;
    }
    return total(part);
}

double ww_penalty_add(ww_values *values, double l1, double l2, float *gradient)
{
    double sum = 0;
    for (size_t k = 0; k < ww_values_count(values); k++) {
        const ww_value *v = ww_values_at(values, k);
        if (v->kind == WW_NODE_PARAM && v->decay != 0)
            sum += add_to(v->data, v->size, l1 * v->decay, l2 * v->decay, gradient + v->offset);
    }
    return sum;
}

double ww_norm(const float *x, size_t n)
{
    double part[CHUNKS];
#pragma omp parallel for schedule(static) if (n > PARALLEL)
    for (int c = 0; c < CHUNKS; c++) {
        const size_t begin = bound(n, (size_t)c), end = bound(n, (size_t)c + 1);
        part[c] = ww_loops_best()->dot(x + begin, x + begin, (int64_t)(end - begin));
    }
    return sqrt(total(part));
}

ww_status ww_check_values(ww_values *values, uint64_t step)
{
    for (size_t k = 0; k < ww_values_count(values); k++) {
        const ww_value *v = ww_values_at(values, k);
        if ((v->kind != WW_NODE_PARAM && v->kind != WW_NODE_STATE) ||
            isfinite(ww_norm(v->data, v->size)))
            continue;
        bool nan = false;
        for (size_t i = 0; i < v->size; i++)
            nan = nan || isnan(v->data[i]);
        return WW_FAIL(WW_ENUMERIC, "step %llu: area %.*s: %s is %s", (unsigned long long)step,
                       (int)strcspn(v->name, "/"), v->name, v->name,
                       nan ? "not a number" : "infinite");
    }
    return WW_OK;
}

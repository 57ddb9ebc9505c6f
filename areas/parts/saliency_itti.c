/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From feature maps to saliency (Itti, Koch & Niebur 1998). The operator N promotes maps with few
 * peaks: a unique thing stands out, one of many does not. With + over scales on the grid of scale
 * 4,
 *
 *     I = + N(I(c, s)),   C = + N(RG(c, s)) + N(BY(c, s)),   O = sum over t of N(+ N(O(c, s, t))),
 *     S = (N(I) + N(C) + N(O)) / 3
 *
 * The iterative N (Itti & Koch 2000, Vision Res 40:1489) lets places of a map compete as the
 * surrounds of cortical cells do: M <- M + M * DoG - C, negative values to 0, with excitation of sd
 * 2 % of the width and weight 0.5^2, inhibition of sd 25 % and weight 1.5^2, and C = 0.02. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/saliency.h"

static const float ROUNDING = 1e-5f; /* of maps from 0 to 1 */

static float maximum(const float *map, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = map[i] > most ? map[i] : most;
    return most;
}

/* To 0 .. 1. A map that does not vary but by rounding has no peak, and becomes 0. */
static void to_unit(float *map, size_t n)
{
    float most = maximum(map, n), least = most;
    for (size_t i = 0; i < n; i++)
        least = map[i] < least ? map[i] : least;
    float range = most - least;
    bool flat = range <= 1e-5f * most || range < 1e-6f;
    for (size_t i = 0; i < n; i++)
        map[i] = flat ? 0 : (map[i] - least) / range;
}

/* Higher than its neighbours by more than rounding: what ties is no peak, whichever way the sums of
 * the filters were rounded. */
static bool is_peak(const float *map, int height, int width, int row, int column)
{
    float here = map[row * width + column];
    for (int r = row - 1; r <= row + 1; r++)
        for (int c = column - 1; c <= column + 1; c++)
            if (r >= 0 && r < height && c >= 0 && c < width && (r != row || c != column) &&
                map[r * width + c] > here - ROUNDING)
                return false;
    return true;
}

void ww_promote_maximum(float *map, int height, int width)
{
    size_t n = (size_t)height * (size_t)width;
    double sum = 0, largest = 0;
    int peaks = 0;
    to_unit(map, n);
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            double here = map[r * width + c];
            if (here < 0.1 || !is_peak(map, height, width, r, c))
                continue;
            sum += here;
            largest = here > largest ? here : largest;
            peaks++;
        }
    double others = peaks > 1 ? (sum - largest) / (peaks - 1) : 0;
    for (size_t i = 0; i < n; i++)
        map[i] *= (float)((1 - others) * (1 - others));
}

/* Convolves one axis of a map with a Gaussian tap[0 .. reach], mirrored at the edges. */
static void blur_axis(const float *from, float *to, int n, int stride, const double *tap, int reach)
{
    for (int i = 0; i < n; i++) {
        double sum = 0;
        for (int d = -reach; d <= reach; d++) {
            int period = 2 * n, k = (((i + d) % period) + period) % period;
            sum += tap[abs(d)] * from[(k < n ? k : period - 1 - k) * stride];
        }
        to[i * stride] = (float)sum;
    }
}

enum { MOST_REACH = 1024 };

/* to = weight * (from * Gaussian); `between` is scratch. */
static void blur(const float *from, float *between, float *to, int height, int width, double sd,
                 double weight)
{
    double tap[MOST_REACH + 1], sum = 0;
    int reach = (int)fmin(ceil(3 * sd), MOST_REACH);
    for (int d = -reach; d <= reach; d++)
        sum += tap[abs(d)] = exp(-0.5 * d * d / (sd * sd));
    for (int d = 0; d <= reach; d++)
        tap[d] *= sqrt(weight) / sum;
    for (int r = 0; r < height; r++)
        blur_axis(from + r * width, between + r * width, width, 1, tap, reach);
    for (int c = 0; c < width; c++)
        blur_axis(between + c, to + c, height, width, tap, reach);
}

bool ww_promote_iterative(float *map, int height, int width, int iterations)
{
    const double excite = 0.5, inhibit = 1.5, constant = 0.02;
    size_t n = (size_t)height * (size_t)width;
    float *scratch = malloc(3 * n * sizeof *scratch);
    if (scratch == NULL)
        return false;
    float *near = scratch, *far = near + n, *between = far + n;
    to_unit(map, n);
    for (int k = 0; k < iterations; k++) {
        blur(map, between, near, height, width, fmax(0.02 * width, 0.5), excite * excite);
        blur(map, between, far, height, width, 0.25 * width, inhibit * inhibit);
        for (size_t i = 0; i < n; i++)
            map[i] = (float)fmax(map[i] + near[i] - far[i] - constant, 0);
    }
    free(scratch);
    return true;
}

static ww_status promote(const ww_saliency_params *p, float *map, int height, int width)
{
    if (p->promotion == WW_PROMOTE_MAXIMUM)
        ww_promote_maximum(map, height, width);
    else if (!ww_promote_iterative(map, height, width, p->iterations))
        return WW_FAIL(WW_ENOMEM, "saliency: out of memory");
    return WW_OK;
}

/* Adds a feature map, promoted, to `sum` on the grid of the saliency map. The iterations, whose
 * Gaussians are wide, run on that grid too. */
static ww_status add_feature(const ww_saliency *s, const ww_saliency_params *p,
                             const ww_feature_map *f, float *sum, float *scratch)
{
    size_t n = (size_t)f->height * (size_t)f->width, cells = (size_t)s->height * (size_t)s->width;
    float *small = scratch + n;
    memcpy(scratch, f->value, n * sizeof *scratch);
    if (p->promotion == WW_PROMOTE_MAXIMUM)
        ww_promote_maximum(scratch, f->height, f->width);
    ww_picture_resize(scratch, 1, f->height, f->width, small, s->height, s->width);
    if (p->promotion == WW_PROMOTE_ITERATIVE)
        WW_TRY(promote(p, small, s->height, s->width));
    for (size_t i = 0; i < cells; i++)
        sum[i] += small[i];
    return WW_OK;
}

/* Every seventh feature is the same at another pair of scales. */
static ww_status conspicuity(ww_saliency *s, const ww_saliency_params *p, float *scratch,
                             float *one)
{
    size_t cells = (size_t)s->height * (size_t)s->width;
    for (int m = 0; m < 7; m++) {
        int channel = s->feature[m].channel;
        float *sum = channel == 2 ? one : s->channel[channel];
        if (channel == 2)
            memset(one, 0, cells * sizeof *one);
        for (int i = m; i < s->n_features; i += 7)
            WW_TRY(add_feature(s, p, &s->feature[i], sum, scratch));
        if (channel < 2)
            continue;
        WW_TRY(promote(p, one, s->height, s->width));
        for (size_t i = 0; i < cells; i++)
            s->channel[2][i] += one[i];
    }
    return WW_OK;
}

ww_status ww_saliency_itti(ww_saliency *s, const ww_saliency_params *p, ww_arena *arena)
{
    const ww_feature_map *coarsest = &s->feature[s->n_features - 1], *finest = &s->feature[0];
    s->height = coarsest->height;
    s->width = coarsest->width;
    size_t cells = (size_t)s->height * (size_t)s->width;
    size_t most = (size_t)finest->height * (size_t)finest->width + cells;
    float *scratch = ww_arena_array(arena, most + cells, sizeof *scratch);
    s->map = ww_arena_array(arena, cells, sizeof *s->map);
    for (int c = 0; c < WW_SALIENCY_CHANNELS; c++)
        if ((s->channel[c] = ww_arena_array(arena, cells, sizeof(float))) == NULL)
            return WW_ENOMEM;
    if (scratch == NULL || s->map == NULL)
        return WW_ENOMEM;
    WW_TRY(conspicuity(s, p, scratch, scratch + most));
    for (int c = 0; c < WW_SALIENCY_CHANNELS; c++) {
        WW_TRY(promote(p, s->channel[c], s->height, s->width));
        for (size_t i = 0; i < cells; i++)
            s->map[i] += s->channel[c][i] / WW_SALIENCY_CHANNELS;
    }
    return WW_OK;
}

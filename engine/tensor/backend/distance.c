/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Least squared distances of prototypes to the parts of maps (S2 and C2 of HMAX): the choice of a
 * way.
 *
 * |x - p|^2 = |x|^2 - 2 x.p + |p|^2, where x.p is a correlation of the map with the prototype. It
 * comes from Winograd's minimal filtering (distance_winograd.c), which takes fewer operations for
 * small prototypes, or from Fourier transforms (distance_fourier.c). Either way everything is taken
 * from the mean of all prototypes, which changes no distance but makes the squares that cancel
 * smaller. */
#include <math.h>
#include <stdlib.h>

#include "engine/tensor/backend/distance_ways.h"

struct ww_distance {
    const ww_distance_way *way;
    void *state;
};

int64_t ww_distance_tile(const ww_distance_size *s, int64_t side, ww_distance_grid *grid)
{
    int64_t tiles = 0;
    for (int m = 0; m < s->maps; m++) {
        int64_t h = s->side[m][0], w = s->side[m][1];
        ww_distance_grid g = {.h = h,
                              .w = w,
                              .down = (h - s->k + side) / side,
                              .across = (w - s->k + side) / side,
                              .first = tiles};
        tiles += g.down * g.across;
        if (grid != NULL)
            grid[m] = g;
    }
    return tiles;
}

double ww_distance_powers(const float *prototypes, int64_t p, int64_t taps, double *power)
{
    double sum = 0;
    for (int64_t i = 0; i < p * taps; i++)
        sum += (double)prototypes[i];
    double mean = (double)(float)(sum / (double)(p * taps));
    for (int64_t q = 0; q < p; q++) {
        power[q] = 0;
        for (int64_t i = 0; i < taps; i++)
            power[q] += pow((double)prototypes[q * taps + i] - mean, 2);
    }
    return mean;
}

ww_status ww_distance_create(ww_distance **out, const ww_distance_size *size, int threads,
                             const ww_kernels *kernels, const ww_distance_way *way)
{
    *out = NULL;
    ww_distance *d = malloc(sizeof *d);
    if (d == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for distances to prototypes");
    if (way == NULL)
        way = ww_distance_fourier.cost_ps(size, kernels->lanes) <
                      ww_distance_winograd.cost_ps(size, kernels->lanes)
                  ? &ww_distance_fourier
                  : &ww_distance_winograd;
    d->way = way;
    ww_status status = way->create(&d->state, size, threads, kernels);
    if (status != WW_OK)
        free(d);
    else
        *out = d;
    return status;
}

void ww_distance_free(ww_distance *d)
{
    if (d == NULL)
        return;
    d->way->destroy(d->state);
    free(d);
}

size_t ww_distance_scratch(const ww_distance *d)
{
    return d->way->scratch(d->state);
}

void ww_distance_run(ww_distance *d, const float *prototypes, const float *const *maps, float *out,
                     float *scratch)
{
    d->way->run(d->state, prototypes, maps, out, scratch);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Graph-based visual saliency (Harel, Koch & Perona 2006). The places of a feature map M are the
 * nodes of a graph; a walker goes from i to j with a chance in proportion to how they differ and
 * how near they are,
 *
 *     w(i, j) = |log M(i)/M(j)| F(i - j),   F(d) = exp(-|d|^2 / (2 sigma^2)),
 *
 * and is most often where the map differs from its surround: the equilibrium of the chain is the
 * activation A. A second chain with w(i, j) = A(j) F(i - j) gathers the mass of A at few places;
 * the maps are then added within each channel and over channels.
 *
 * Neither equilibrium has to be iterated for. With symmetric weights a walk on a graph rests at
 * each node in proportion to the sum of its weights, so pi(i) ~ sum over j of w(i, j). The second
 * chain obeys detailed balance with pi(i) ~ A(i) sum over j of A(j) F(i - j), since pi(i) P(i, j) ~
 * A(i) A(j) F(i - j) is symmetric. F is separable, so this sum is two passes.
 *
 * Feature maps are scaled to 0 .. 1 and raised by a floor of 0.01, whose logarithm exists. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/saliency.h"

enum { LONGEST = 64 };

static void gaussian(double *f, int n, double sigma)
{
    for (int d = 0; d < n; d++)
        f[d] = exp(-0.5 * d * d / (sigma * sigma));
}

/* Scales to a sum of 1. */
static void to_share(double *a, int n)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        sum += a[i];
    for (int i = 0; i < n; i++)
        a[i] = sum > 0 ? a[i] / sum : 0;
}

void ww_gbvs_activate(const float *map, int height, int width, double sigma, double *equilibrium)
{
    double f[LONGEST], level[LONGEST * LONGEST];
    int n = height * width;
    float least = map[0], most = map[0];
    gaussian(f, LONGEST, sigma);
    for (int i = 0; i < n; i++) {
        least = fminf(least, map[i]);
        most = fmaxf(most, map[i]);
    }
    bool flat = most - least <= 1e-5f * fmaxf(fabsf(most), fabsf(least)) || most - least < 1e-6f;
    for (int i = 0; i < n; i++) {
        level[i] = flat ? 0 : log(0.01 + (map[i] - least) / (most - least));
        equilibrium[i] = 0;
    }
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++) {
            double near = f[abs(i / width - j / width)] * f[abs(i % width - j % width)];
            double weight = fabs(level[i] - level[j]) * near;
            equilibrium[i] += weight;
            equilibrium[j] += weight;
        }
    to_share(equilibrium, n);
}

void ww_gbvs_concentrate(double *a, int height, int width, double sigma, double *scratch)
{
    double f[LONGEST];
    gaussian(f, LONGEST, sigma);
    for (int r = 0; r < height; r++)
        for (int c = 0; c < width; c++) {
            double sum = 0;
            for (int k = 0; k < width; k++)
                sum += f[abs(c - k)] * a[r * width + k];
            scratch[r * width + c] = sum;
        }
    for (int c = 0; c < width; c++)
        for (int r = 0; r < height; r++) {
            double sum = 0;
            for (int k = 0; k < height; k++)
                sum += f[abs(r - k)] * scratch[k * width + c];
            a[r * width + c] *= sum;
        }
    to_share(a, height * width);
}

/* The equilibrium of one feature map on the common grid. */
static void one_map(const ww_saliency *s, const ww_feature_map *f, double sigma, double *a)
{
    float small[LONGEST * LONGEST];
    double scratch[LONGEST * LONGEST];
    ww_picture_resize(f->value, 1, f->height, f->width, small, s->height, s->width);
    ww_gbvs_activate(small, s->height, s->width, sigma, a);
    ww_gbvs_concentrate(a, s->height, s->width, sigma, scratch);
}

ww_status ww_saliency_gbvs(ww_saliency *s, const ww_saliency_params *p, ww_arena *arena)
{
    const ww_feature_map *first = &s->feature[0];
    int longer = first->height > first->width ? first->height : first->width;
    s->height = (int)lround(fmax(1, (double)p->grid * first->height / longer));
    s->width = (int)lround(fmax(1, (double)p->grid * first->width / longer));
    size_t cells = (size_t)s->height * (size_t)s->width;
    double sigma = p->sigma * (s->height + s->width) / 2;
    double *a = ww_arena_array(arena, cells * (size_t)s->n_features, sizeof *a);
    s->map = ww_arena_array(arena, cells, sizeof *s->map);
    for (int c = 0; c < WW_SALIENCY_CHANNELS; c++)
        if ((s->channel[c] = ww_arena_array(arena, cells, sizeof(float))) == NULL)
            return WW_ENOMEM;
    if (a == NULL || s->map == NULL)
        return WW_ENOMEM;
#pragma omp parallel for schedule(dynamic, 1)
    for (int k = 0; k < s->n_features; k++)
        one_map(s, &s->feature[k], sigma, a + (size_t)k * cells);
    double maps[WW_SALIENCY_CHANNELS] = {0};
    for (int k = 0; k < s->n_features; k++)
        maps[s->feature[k].channel]++;
    for (int k = 0; k < s->n_features; k++)
        for (size_t i = 0; i < cells; i++)
            s->channel[s->feature[k].channel][i] +=
                (float)(a[(size_t)k * cells + i] / maps[s->feature[k].channel]);
    for (int c = 0; c < WW_SALIENCY_CHANNELS; c++)
        for (size_t i = 0; i < cells; i++)
            s->map[i] += s->channel[c][i] / WW_SALIENCY_CHANNELS;
    return WW_OK;
}

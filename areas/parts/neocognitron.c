/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The two kinds of cells of the neocognitron (Fukushima 1980, 1988, 2003).
 *
 * An S cell is excited by the C cells x of its window through connections a, and inhibited, by
 * division, by a V cell that is driven by the root mean square of the same C cells:
 *
 *     s = theta / (1 - theta) relu((1 + sum a x) / (1 + theta b v) - 1),    v = sqrt(sum c x^2)
 *
 * (Fukushima 2003; c: fixed Gaussian weights with sum 1 over the places of the window). With
 * r = theta / (1 - theta) it is the form of 1980 and 1988, r relu((1 + e)/(1 + r/(1+r) b v) - 1):
 * r, or theta, is the selectivity. Learning makes a = q sum of c x over what was learned, and
 * b = sqrt(sum a^2 / c). Let a be scaled such that b is `gain`. In the space of sqrt(c) x the sum
 * is then gain v cos(angle between x and what was learned), and
 *
 *     s = theta / (1 - theta) relu(gain v (cos - theta) / (1 + theta gain v))
 *
 * so a cell answers if and only if cos > theta, whatever the contrast; with strong connections
 * (gain v >> 1) it answers by (cos - theta) / (1 - theta). theta near 0 makes a linear sum.
 *
 * A C cell hears S cells of one plane, blurred by a Gaussian, minus a broader Gaussian (the
 * inhibitory surround of Fukushima 2003, which keeps neighbouring features apart), and saturates:
 *
 *     c = sqrt(relu((G_pool - surround G_surround) * s))
 *
 * Here the saturation follows the sum, G are Gaussians with sum 1, and the C cells of every plane
 * are alike. */
#include "areas/parts/neocognitron.h"

#include <math.h>
#include <stdlib.h>

enum { LARGEST_KERNEL = 31, LARGEST_POOL = 121 };

void ww_neo_window(int size, double sd, float *window)
{
    double sum = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int i = 0; i < size * size; i++) {
            double y = i / size - 0.5 * (size - 1), x = i % size - 0.5 * (size - 1);
            double g = exp(-0.5 * (x * x + y * y) / (sd * sd));
            if (pass == 0)
                sum += g;
            else
                window[i] = (float)(g / sum);
        }
}

/* Connections with sum over window and planes of a^2 / c = 1; all 0 stay so. */
static ww_var normalised(ww_graph *g, ww_var weights, ww_var window, int kernel)
{
    ww_var a = ww_relu(g, weights);
    ww_var share = ww_reshape(g, window, WW_SHAPE(1, 1, kernel, kernel));
    ww_var power =
        ww_reduce(g, ww_div(g, ww_square(g, a), share), WW_SUM, WW_BIT(1) | WW_BIT(2) | WW_BIT(3));
    int64_t planes = ww_var_shape(g, weights).dim[0];
    ww_var b = ww_sqrt(g, ww_affine(g, power, 1, 1e-20));
    return ww_div(g, a, ww_reshape(g, b, WW_SHAPE(planes, 1, 1, 1)));
}

ww_var ww_neo_decay(ww_area_site *site)
{
    return ww_control(site->graph, "decay", WW_SHAPE(1), 1);
}

ww_var ww_neo_simple_cells(ww_area_site *site, ww_var x, ww_var weights, const ww_neo_simple *p)
{
    ww_graph *g = site->graph;
    ww_shape in = ww_var_shape(g, x);
    float window[LARGEST_KERNEL * LARGEST_KERNEL];
    int k = p->kernel;
    if (in.rank != 4)
        return x;
    if (k % 2 == 0)
        return ww_graph_fail(g, WW_EINVAL, "area %s: kernel: %d is not odd", site->name, k);
    if (in.dim[2] < k || in.dim[3] < k)
        return ww_graph_fail(g, WW_EINVAL,
                             "area %s: the picture is too small: what it reads has %lld x %lld "
                             "cells, fewer than its window of %d x %d",
                             site->name, (long long)in.dim[3], (long long)in.dim[2], k, k);
    ww_neo_window(k, p->window_sd, window);
    ww_var c = ww_fixed(g, "window", WW_SHAPE(1, 1, k, k), window);
    ww_conv2d_attr same = {.pad = k / 2};
    ww_var power = ww_reduce(g, ww_square(g, x), WW_SUM, WW_BIT(1));
    power = ww_reshape(g, power, WW_SHAPE(WW_BATCH, 1, in.dim[2], in.dim[3]));
    ww_var v = ww_sqrt(g, ww_relu(g, ww_conv2d(g, power, c, same)));
    v = ww_relu(g, ww_area_gate(site, "V", v));
    ww_var a = ww_mul(g, normalised(g, weights, c, k), ww_neo_decay(site));
    ww_var e = ww_conv2d(g, x, a, same);
    ww_var excited = ww_affine(g, e, p->gain, 1);
    ww_var inhibited = ww_affine(g, v, p->theta * p->gain, 1);
    ww_var s = ww_relu(g, ww_affine(g, ww_div(g, excited, inhibited), 1, -1));
    return ww_area_gate(site, "S", ww_affine(g, s, p->theta / (1 - p->theta), 0));
}

ww_var ww_neo_complex_cells(ww_area_site *site, ww_var s, const ww_neo_complex *p)
{
    ww_graph *g = site->graph;
    ww_shape in = ww_var_shape(g, s);
    if (in.rank != 4)
        return s;
    double surround_sd = p->surround > 0 ? p->pool_sd * p->surround_ratio : 0;
    int radius = (int)ceil(2 * fmax(p->pool_sd, surround_sd));
    radius = radius > LARGEST_POOL / 2 ? LARGEST_POOL / 2 : radius;
    int size = 2 * radius + 1, planes = (int)in.dim[1];
    size_t taps = (size_t)size * (size_t)size;
    float *pool = malloc(((size_t)planes + 1) * taps * sizeof *pool);
    if (pool == NULL)
        return ww_graph_fail(g, WW_ENOMEM, "area %s: out of memory for pools", site->name);
    float *one = pool + (size_t)planes * taps;
    if (radius == 0)
        pool[0] = 1;
    else
        ww_neo_window(size, p->pool_sd, pool);
    if (radius > 0 && p->surround > 0) {
        ww_neo_window(size, surround_sd, one);
        for (size_t i = 0; i < taps; i++)
            pool[i] -= (float)p->surround * one[i];
    }
    for (size_t i = taps; i < (size_t)planes * taps; i++)
        pool[i] = pool[i - taps];
    ww_var weights = ww_fixed(g, "pool", WW_SHAPE(planes, 1, size, size), pool);
    free(pool);
    ww_conv2d_attr attr = {.stride = p->step, .pad = radius, .groups = planes};
    return ww_sqrt(g, ww_relu(g, ww_conv2d(g, s, weights, attr)));
}

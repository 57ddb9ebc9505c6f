/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The retina: light becomes contrast, in three kinds of ganglion cells.
 *
 * A ganglion cell compares its centre with its surround (Kuffler 1953), both Gaussian (Rodieck
 * 1965). Light is taken relative to the mean level 0.5, so uniform grey of that level is silent.
 *
 * Croner & Kaplan (1995, Vision Res 35:7) give radii at which a Gaussian has fallen to 1/e, sqrt(2)
 * of its sd. Their medians, as sd: P cells at 0 to 5 deg centre 0.021, surround 0.13 deg; M cells
 * at 0 to 10 deg centre 0.071, surround 0.51 deg. The defaults are larger, about those of 10 to 20
 * deg (from memory: P centre 0.05, M centre 0.13 deg): a view of 64 pixels over 12 deg shows
 * nothing finer. The weight of the surround (its volume against the centre's) follows from their
 * medians as 0.49 (P) and 0.39 (M); the default, 0.8, is ours: closer to balance, so that uniform
 * light counts little.
 *
 *   midget        fine; luminance with a surround, and red against green, of the last frame:
 *                 sustained cells answer to what is there now
 *   parasol       coarse; luminance with a surround, of every frame
 *   bistratified  coarse; blue against yellow, of the last frame
 *
 * Opponent signals sum to zero over the three primaries, so no grey excites them. Signals keep
 * their sign: one map stands for an ON and an OFF cell. The filters are fixed. */
#include <stdlib.h>
#include <string.h>

#include "areas/area.h"
#include "areas/parts/gabor.h"

struct retina {
    ww_area_common common;
    double centre_deg, surround_deg, surround, parasol_centre_deg, parasol_surround_deg;
};

static const ww_param params[] = {WW_AREA_GRID(struct retina, common, 64),
                                  WW_REAL(struct retina, centre_deg, 0.05, 0, 10, "deg",
                                          "sd of a midget cell's centre", "croner1995"),
                                  WW_REAL(struct retina, surround_deg, 0.35, 0.001, 10, "deg",
                                          "sd of a midget cell's surround", "croner1995"),
                                  WW_REAL(struct retina, surround, 0.8, 0, 1, "",
                                          "weight of the surround against the centre's",
                                          "croner1995"),
                                  WW_REAL(struct retina, parasol_centre_deg, 0.12, 0, 10, "deg",
                                          "sd of a parasol cell's centre", "croner1995"),
                                  WW_REAL(struct retina, parasol_surround_deg, 0.7, 0.001, 10,
                                          "deg", "sd of a parasol cell's surround", "croner1995"),
                                  WW_PARAM_END};

enum { SIZE = 15 };

/* Red, green and blue in the luminance of ITU-R BT.709, and in the two opponent signals. */
static const float luminance[3] = {0.2126f, 0.7152f, 0.0722f};
static const float red_green[3] = {1, -1, 0};
static const float blue_yellow[3] = {-0.5f, -0.5f, 1};

/* filter[size][size]: centre - weight * surround, in pixels of `deg_per_px`. */
static void centre_surround(double centre_deg, double surround_deg, double weight,
                            double deg_per_px, int size, float *filter)
{
    for (int i = 0; i < size * size; i++)
        filter[i] = 0;
    ww_gaussian_add(centre_deg / deg_per_px, 1, size, filter);
    ww_gaussian_add(surround_deg / deg_per_px, -weight, size, filter);
}

/* Luminance with a surround and red against green, [N, 2, H, W], of a frame [N, 3, H, W]. */
static ww_var midget(ww_area_site *site, const struct retina *p, ww_var frame)
{
    double deg_per_px = ww_view_width_deg(site->view) / site->width;
    int size = ww_gaussian_size(p->surround_deg / deg_per_px, SIZE), n = size * size;
    float spatial[SIZE * SIZE], point[SIZE * SIZE], filter[2 * 3 * SIZE * SIZE];
    centre_surround(p->centre_deg, p->surround_deg, p->surround, deg_per_px, size, spatial);
    centre_surround(p->centre_deg, p->surround_deg, 0, deg_per_px, size, point);
    for (int c = 0; c < 3; c++)
        for (int i = 0; i < n; i++) {
            filter[c * n + i] = luminance[c] * spatial[i];
            filter[(3 + c) * n + i] = red_green[c] * point[i];
        }
    ww_var weight = ww_fixed(site->graph, "midget", WW_SHAPE(2, 3, size, size), filter);
    return ww_conv2d(site->graph, frame, weight, (ww_conv2d_attr){.pad = size / 2});
}

/* The luminance of every frame with a surround, [N, frames, H, W], of movie [N, 3 frames, H, W]. */
static ww_var parasol(ww_area_site *site, const struct retina *p, ww_var movie, int width)
{
    ww_graph *g = site->graph;
    int frames = site->view->frames;
    double deg_per_px = ww_view_width_deg(site->view) / width;
    int size = ww_gaussian_size(p->parasol_surround_deg / deg_per_px, SIZE);
    size_t n = (size_t)size * (size_t)size;
    float *mix = calloc((size_t)frames * 3 * (size_t)frames, sizeof *mix);
    float *filter = calloc((size_t)frames * n, sizeof *filter);
    if (mix == NULL || filter == NULL) {
        free(mix);
        free(filter);
        return ww_graph_fail(g, WW_ENOMEM, "retina: out of memory");
    }
    for (int f = 0; f < frames; f++) {
        memcpy(mix + f * 3 * frames + 3 * f, luminance, sizeof luminance);
        centre_surround(p->parasol_centre_deg, p->parasol_surround_deg, p->surround, deg_per_px,
                        size, filter + (size_t)f * n);
    }
    ww_var grey =
        ww_conv2d(g, movie, ww_fixed(g, "luminance", WW_SHAPE(frames, 3 * frames, 1, 1), mix),
                  (ww_conv2d_attr){0});
    ww_var map = ww_conv2d(g, grey, ww_fixed(g, "parasol", WW_SHAPE(frames, 1, size, size), filter),
                           (ww_conv2d_attr){.pad = size / 2, .groups = frames});
    free(mix);
    free(filter);
    return map;
}

static void build(ww_area_site *site, const void *params_)
{
    const struct retina *p = params_;
    ww_graph *g = site->graph;
    int frames = site->view->frames, height = site->height, width = site->width;
    ww_var light =
        ww_area_regrid(g, ww_affine(g, site->movie, 1, -0.5), height, width, WW_POOL_AVERAGE);
    ww_var last = ww_slice(g, light, 1, 3 * (frames - 1), 3 * frames);
    ww_area_emit(site, "midget", midget(site, p, last));
    int half_height = height > 1 ? height / 2 : 1, half_width = width > 1 ? width / 2 : 1;
    ww_var coarse = ww_area_regrid(g, light, half_height, half_width, WW_POOL_AVERAGE);
    ww_area_emit(site, "parasol", parasol(site, p, coarse, half_width));
    ww_var now = ww_slice(g, coarse, 1, 3 * (frames - 1), 3 * frames);
    ww_var blue = ww_fixed(g, "bistratified", WW_SHAPE(1, 3, 1, 1), blue_yellow);
    ww_area_emit(site, "bistratified", ww_conv2d(g, now, blue, (ww_conv2d_attr){0}));
}

static const char *port_to(const void *params_, const char *target)
{
    (void)params_;
    (void)target;
    return "midget parasol bistratified";
}

const ww_area ww_area_retina = {
    .item = {.name = "retina",
             .summary = "ganglion cells: centre against surround, and opponent colours",
             .sources = "kuffler1953 rodieck1965 croner1995",
             .example = "whatwhere show area retina",
             .params = params,
             .params_size = sizeof(struct retina)},
    .stream = WW_STREAM_EARLY,
    .convergence = WW_POOL_AVERAGE,
    .port_to = port_to,
    .build = build,
    .classes = "midget parasol bistratified"};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The feature maps of Itti, Koch & Niebur (1998, IEEE PAMI 20:1254).
 *
 * From r, g, b come intensity I = (r + g + b) / 3 and, where I is above a tenth of its maximum (hue
 * is not seen in the dark), the hues r/I, g/I, b/I and four broadly tuned colours, negative values
 * set to 0:
 *
 *     R = r - (g + b)/2,   G = g - (r + b)/2,   B = b - (r + g)/2,   Y = (r + g)/2 - |r - g|/2 - b
 *
 * Gaussian pyramids of I, RG = R - G and BY = B - Y: each scale is half the one before, by the
 * binomial 1 4 6 4 1 and the mean of 2 x 2. Orientation is the energy of Gabor pairs (period 7
 * pixels, sd a third of it) on the scales of I at 0, 45, 90 and 135 deg. Edges are mirrored: the
 * frame of the picture is no feature.
 *
 * Centre-surround differences |map(c) - map(s)| between scales c = 2, 3, 4 and s = c + 3, c + 4
 * (the surround interpolated onto the centre's grid) give 6 maps of intensity, 12 of colour and 24
 * of orientation. (The paper writes the surround of RG as G - R; taken literally a red spot in a
 * green field would be silent, so the difference is meant, as in the authors' later work.) */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "areas/parts/gabor.h"
#include "areas/parts/saliency.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/program.h"

enum { SCALES = 9, MAPS = 7, ORIENTATIONS = 4, FIRST = 2, CENTRES = 3, GABOR_PX = 13 };

static const char *const map_name[MAPS] = {
    "intensity",      "red-green",      "blue-yellow",     "orientation 0",
    "orientation 45", "orientation 90", "orientation 135",
};
static const int map_channel[MAPS] = {0, 1, 1, 2, 2, 2, 2};

/* Which place of 0 .. n-1 mirrors place i. */
static int mirrored(int i, int n)
{
    int period = 2 * n, k = ((i % period) + period) % period;
    return k < n ? k : period - 1 - k;
}

/* A map with `edge` mirrored pixels on each side. */
static ww_var mirror(ww_graph *g, ww_var x, int edge, const char *name)
{
    ww_shape shape = ww_var_shape(g, x);
    if (shape.rank != 4)
        return x;
    int height = (int)shape.dim[2], width = (int)shape.dim[3];
    int rows = height + 2 * edge, columns = width + 2 * edge;
    float *grid = malloc(2 * (size_t)rows * (size_t)columns * sizeof *grid);
    if (grid == NULL)
        return ww_graph_fail(g, WW_ENOMEM, "saliency: out of memory");
    for (int r = 0, i = 0; r < rows; r++)
        for (int c = 0; c < columns; c++) {
            grid[i++] = (float)mirrored(c - edge, width);
            grid[i++] = (float)mirrored(r - edge, height);
        }
    ww_var places = ww_fixed(g, name, WW_SHAPE(rows, columns, 2), grid);
    free(grid);
    return ww_warp(g, x, places);
}

/* The next scale of a pyramid [1, C, H, W]. */
static ww_var next_scale(ww_graph *g, ww_var x, int scale)
{
    static const float tap[5] = {1 / 16.f, 4 / 16.f, 6 / 16.f, 4 / 16.f, 1 / 16.f};
    float filter[MAPS * 25];
    char name[32];
    ww_shape shape = ww_var_shape(g, x);
    if (shape.rank != 4)
        return x;
    int channels = (int)shape.dim[1];
    for (int i = 0; i < channels * 25; i++)
        filter[i] = tap[i % 25 / 5] * tap[i % 5];
    snprintf(name, sizeof name, "mirror.%d", scale);
    ww_var low = mirror(g, x, 2, name);
    low = ww_conv2d(g, low, ww_fixed(g, "binomial", WW_SHAPE(channels, 1, 5, 5), filter),
                    (ww_conv2d_attr){.groups = channels});
    return ww_resize(g, low, (int)(shape.dim[2] + 1) / 2, (int)(shape.dim[3] + 1) / 2, WW_BILINEAR);
}

/* Intensity, R - G and B - Y [1, 3, H, W] of light [1, 3, H, W]. */
static ww_var opponents(ww_graph *g, ww_var light)
{
    static const float mean[3] = {1 / 3.f, 1 / 3.f, 1 / 3.f};
    /* R, G, B, and (r + g)/2 - b and r - g, of which Y is made */
    static const float mix[15] = {1, -0.5, -0.5, -0.5, 1, -0.5, -0.5, -0.5,
                                  1, 0.5,  0.5,  -1,   1, -1,   0};
    const double steep = 100; /* the tenth of the maximum is passed within 1 % of full light */
    ww_var intensity = ww_conv2d(g, light, ww_fixed(g, "intensity", WW_SHAPE(1, 3, 1, 1), mean),
                                 (ww_conv2d_attr){0});
    ww_var most = ww_reduce(g, intensity, WW_MAX, WW_BIT(1) | WW_BIT(2) | WW_BIT(3));
    most = ww_reshape(g, ww_affine(g, most, 0.1, 0), WW_SHAPE(WW_BATCH, 1, 1, 1));
    ww_var above = ww_relu(g, ww_affine(g, ww_sub(g, intensity, most), steep, 0));
    ww_var lit = ww_sub(g, above, ww_relu(g, ww_affine(g, above, 1, -1))); /* 0 or 1 */
    ww_var hue = ww_mul(g, ww_div(g, light, ww_affine(g, intensity, 1, 1e-6)), lit);
    ww_var colour =
        ww_conv2d(g, hue, ww_fixed(g, "colour", WW_SHAPE(5, 3, 1, 1), mix), (ww_conv2d_attr){0});
    ww_var red = ww_relu(g, ww_slice(g, colour, 1, 0, 1));
    ww_var green = ww_relu(g, ww_slice(g, colour, 1, 1, 2));
    ww_var blue = ww_relu(g, ww_slice(g, colour, 1, 2, 3));
    ww_var yellow = ww_sub(g, ww_slice(g, colour, 1, 3, 4),
                           ww_affine(g, ww_abs(g, ww_slice(g, colour, 1, 4, 5)), 0.5, 0));
    ww_var all[3] = {intensity, ww_sub(g, red, green), ww_sub(g, blue, ww_relu(g, yellow))};
    return ww_concat(g, 3, all, 1);
}

/* The energy of Gabor pairs [1, 4, H, W] on intensity [1, 1, H, W]. */
static ww_var oriented(ww_graph *g, ww_var intensity, int scale)
{
    ww_gabor gabor = {.frequency_cpd = 1 / 7., .nx = 1 / 3., .ny = 1 / 3.};
    int size = ww_gabor_size(&gabor, 1, GABOR_PX);
    float filter[2 * ORIENTATIONS * GABOR_PX * GABOR_PX];
    char name[32];
    for (int i = 0; i < 2 * ORIENTATIONS; i++) {
        gabor.normal_deg = 45.0 * (i % ORIENTATIONS) + 90; /* bars of 0 deg are horizontal */
        gabor.phase_deg = i < ORIENTATIONS ? 0 : 90;
        ww_gabor_fill(&gabor, 0, 1, size, filter + i * size * size);
    }
    snprintf(name, sizeof name, "gabor.mirror.%d", scale);
    ww_var wide = mirror(g, intensity, size / 2, name);
    ww_var pair =
        ww_conv2d(g, wide, ww_fixed(g, "gabor", WW_SHAPE(2 * ORIENTATIONS, 1, size, size), filter),
                  (ww_conv2d_attr){0});
    ww_var even = ww_slice(g, pair, 1, 0, ORIENTATIONS);
    ww_var odd = ww_slice(g, pair, 1, ORIENTATIONS, 2 * ORIENTATIONS);
    return ww_sqrt(g, ww_add(g, ww_square(g, even), ww_square(g, odd)));
}

/* All maps of all scales: [1, 7, H, W] from scale 2 on. */
static void pyramid(ww_graph *g, ww_var light, ww_var scale[SCALES])
{
    ww_var maps = opponents(g, light);
    for (int k = 0; k < SCALES; k++) {
        if (k > 0)
            maps = next_scale(g, maps, k);
        if (k < FIRST)
            continue;
        ww_var both[2] = {maps, oriented(g, ww_slice(g, maps, 1, 0, 1), k)};
        scale[k] = ww_concat(g, 2, both, 1);
    }
}

static void outputs(ww_graph *g, ww_var light, bool surround)
{
    ww_var scale[SCALES];
    char name[32];
    pyramid(g, light, scale);
    for (int c = FIRST; c < FIRST + CENTRES; c++) {
        if (!surround) {
            snprintf(name, sizeof name, "%d", c);
            ww_graph_output(g, name, scale[c]);
            continue;
        }
        ww_shape shape = ww_var_shape(g, scale[c]);
        for (int s = c + 3; s <= c + 4 && shape.rank == 4; s++) {
            ww_var around =
                ww_resize(g, scale[s], (int)shape.dim[2], (int)shape.dim[3], WW_BILINEAR);
            snprintf(name, sizeof name, "%d-%d", c, s);
            ww_graph_output(g, name, ww_abs(g, ww_sub(g, scale[c], around)));
        }
    }
}

/* Copies the seven maps of one output. */
static ww_status take(ww_saliency *out, const ww_program *program, const char *name,
                      ww_arena *arena)
{
    ww_shape shape;
    const float *maps = ww_program_output(program, name, &shape);
    for (int m = 0; m < MAPS; m++) {
        ww_feature_map *f = &out->feature[out->n_features++];
        size_t n = (size_t)(shape.dim[2] * shape.dim[3]);
        *f = (ww_feature_map){.channel = map_channel[m],
                              .height = (int)shape.dim[2],
                              .width = (int)shape.dim[3],
                              .name = ww_arena_printf(arena, "%s %s", map_name[m], name),
                              .value = ww_arena_array(arena, n, sizeof(float))};
        if (f->value == NULL || f->name == NULL)
            return WW_ENOMEM;
        memcpy(f->value, maps + (size_t)m * n, n * sizeof *f->value);
    }
    return WW_OK;
}

static ww_status run_all(ww_saliency *out, ww_program *program, const float *rgb, bool surround,
                         ww_arena *arena)
{
    size_t floats;
    char name[32];
    float *input = ww_program_input(program, "light", &floats);
    memcpy(input, rgb, floats * sizeof *input);
    WW_TRY(ww_program_run(program, 0));
    out->n_features = 0;
    out->feature = ww_arena_array(arena, CENTRES * 2 * MAPS, sizeof *out->feature);
    if (out->feature == NULL)
        return WW_ENOMEM;
    for (int c = FIRST; c < FIRST + CENTRES; c++)
        for (int s = c + 3; s <= c + (surround ? 4 : 3); s++) {
            snprintf(name, sizeof name, surround ? "%d-%d" : "%d", c, s);
            WW_TRY(take(out, program, name, arena));
        }
    return WW_OK;
}

ww_status ww_saliency_features(ww_saliency *out, const float *rgb, int height, int width,
                               bool surround, ww_arena *arena)
{
    ww_values *values = NULL;
    ww_program *program = NULL;
    ww_graph *graph = ww_graph_create();
    if (graph == NULL)
        return WW_FAIL(WW_ENOMEM, "saliency: out of memory");
    ww_graph_scope(graph, "saliency");
    outputs(graph, ww_input(graph, "light", WW_SHAPE(WW_BATCH, 3, height, width)), surround);
    ww_status status = ww_graph_end(graph);
    if (status == WW_OK)
        status = ww_values_create(&values, graph, 1);
    if (status == WW_OK)
        status =
            ww_compile(&program, graph, values, (ww_compile_options){.batch = 1, .mode = WW_INFER});
    if (status == WW_OK)
        status = run_all(out, program, rgb, surround, arena);
    ww_program_free(program);
    ww_values_free(values);
    ww_graph_free(graph);
    return status;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The examples of the saliency benchmark as one picture. */
#include <math.h>
#include <string.h>

#include "analysis/parts/overlay.h"
#include "experiments/parts/saliency_scores.h"

enum { PANEL = 104, GAP = 4, EXAMPLES = 3, PANELS = 4 };

/* The picture with a white dot at each fixation. */
static void dots(const ww_gazed_picture *p, float *rgb)
{
    int height = p->picture.height, width = p->picture.width, radius = width / 100 + 1;
    size_t plane = (size_t)height * (size_t)width;
    for (int c = 0; c < 3; c++)
        memcpy(rgb + (size_t)c * plane,
               p->picture.pixel + (p->picture.channels == 3 ? (size_t)c * plane : 0),
               plane * sizeof *rgb);
    for (int i = 0; i < p->n; i++)
        for (int dy = -radius; dy <= radius; dy++)
            for (int dx = -radius; dx <= radius; dx++) {
                int x = (int)p->x[i] + dx, y = (int)p->y[i] + dy, far = dx * dx + dy * dy;
                if (x < 0 || x >= width || y < 0 || y >= height || far > radius * radius)
                    continue;
                for (int c = 0; c < 3; c++)
                    rgb[(size_t)c * plane + (size_t)(y * width + x)] =
                        far < radius * radius / 2 + 1 ? 1 : 0;
            }
}

static ww_status density(const ww_gazed_picture *p, double sigma, float **map, ww_arena *arena)
{
    size_t pixels = (size_t)p->picture.height * (size_t)p->picture.width;
    double *counts = ww_arena_array(arena, pixels, sizeof *counts), most = 0;
    double *smooth = ww_arena_array(arena, pixels, sizeof *smooth);
    *map = ww_arena_array(arena, pixels, sizeof **map);
    if (counts == NULL || smooth == NULL || *map == NULL)
        return WW_ENOMEM;
    ww_gaze_counts(p, counts);
    if (!ww_gaze_density(counts, p->picture.height, p->picture.width, sigma * p->picture.width,
                         smooth))
        return WW_FAIL(WW_ENOMEM, "saliency-benchmark: out of memory");
    for (size_t i = 0; i < pixels; i++)
        most = fmax(most, smooth[i]);
    for (size_t i = 0; i < pixels; i++)
        (*map)[i] = (float)(smooth[i] / most);
    return WW_OK;
}

/* Puts rgb[3][height][width], made to fit, into one panel of the sheet. */
static void place(double *sheet, int sheet_width, int row, int column, const float *rgb, int height,
                  int width)
{
    float small[3 * PANEL * PANEL];
    int longer = height > width ? height : width;
    int h = PANEL * height / longer, w = PANEL * width / longer;
    int top = row * (PANEL + GAP) + (PANEL - h) / 2,
        left = column * (PANEL + GAP) + (PANEL - w) / 2;
    ww_picture_resize(rgb, 3, height, width, small, h, w);
    for (int y = 0; y < h; y++)
        for (int x = 0; x < w; x++) {
            double packed = 0;
            for (int c = 0; c < 3; c++)
                packed =
                    256 * packed + floor(255 * fmin(fmax(small[(c * h + y) * w + x], 0), 1) + 0.5);
            sheet[(top + y) * sheet_width + left + x] = packed;
        }
}

static ww_status example(double *sheet, int sheet_width, int row, const ww_gazed_picture *p,
                         const ww_saliency_params *params, double sigma, ww_arena *arena)
{
    int height = p->picture.height, width = p->picture.width;
    float *rgb = ww_arena_array(arena, 3 * (size_t)height * (size_t)width, sizeof *rgb), *smooth;
    if (rgb == NULL)
        return WW_ENOMEM;
    dots(p, rgb);
    place(sheet, sheet_width, row, 0, rgb, height, width);
    WW_TRY(density(p, sigma, &smooth, arena));
    for (int k = 1; k < PANELS; k++) {
        const float *map = smooth;
        if (k > 1)
            WW_TRY(ww_scored_map(&map, k == 2 ? WW_MAP_ITTI : WW_MAP_GBVS, params, &p->picture,
                                 arena));
        ww_overlay_map(&p->picture, map, rgb);
        place(sheet, sheet_width, row, k, rgb, height, width);
    }
    return WW_OK;
}

ww_status ww_saliency_sheet(double **sheet, int *height, int *width, const ww_gaze_set *set,
                            const ww_saliency_params *params, double sigma, ww_arena *arena)
{
    int rows = set->count < EXAMPLES ? set->count : EXAMPLES;
    *height = rows * PANEL + (rows - 1) * GAP;
    *width = PANELS * PANEL + (PANELS - 1) * GAP;
    size_t n = (size_t)*height * (size_t)*width;
    *sheet = ww_arena_array(arena, n, sizeof **sheet);
    if (*sheet == NULL)
        return WW_ENOMEM;
    for (size_t i = 0; i < n; i++)
        (*sheet)[i] = 0xffffff;
    for (int r = 0; r < rows; r++) {
        int k = (2 * r + 1) * set->count / (2 * rows);
        WW_TRY(example(*sheet, *width, r, &set->picture[k], params, sigma, arena));
    }
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A picture of any size comes to one size (`side_px`, as those of the paper), so that a thing of
 * the same share of the picture meets the same scales; then features, and one of the two models.
 * Values are taken as stored, with their gamma, as both papers do. */
#include "areas/parts/saliency.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const ww_saliency_models[] = {"itti", "gbvs", NULL};
const char *const ww_promotions[] = {"maximum", "iterative", NULL};
const char *const ww_saliency_channel[WW_SALIENCY_CHANNELS] = {"intensity", "colour",
                                                               "orientation"};

enum { SMALLEST_SIDE = 16, LONGEST_TO_SHORTEST = 8 };

static ww_status check(const ww_picture *picture)
{
    int height = picture->height, width = picture->width;
    int longer = height > width ? height : width, shorter = height > width ? width : height;
    if (shorter < SMALLEST_SIDE)
        return WW_FAIL(WW_EINVAL, "%d x %d pixels are too few for saliency; %d a side is the least",
                       width, height, SMALLEST_SIDE);
    if (longer > LONGEST_TO_SHORTEST * shorter)
        return WW_FAIL(WW_EINVAL,
                       "%d x %d pixels: one side may be at most %d times as long as the other",
                       width, height, LONGEST_TO_SHORTEST);
    size_t plane = (size_t)height * (size_t)width;
    for (size_t i = 0; i < (size_t)picture->channels * plane; i++)
        if (!isfinite(picture->pixel[i]))
            return WW_FAIL(WW_ENUMERIC, "pixel (%zu, %zu) is not a finite number",
                           i % plane % (size_t)width, i % plane / (size_t)width);
    return WW_OK;
}

/* The picture as three planes of the size that the models work on. */
static ww_status resized(float **rgb, int *height, int *width, const ww_picture *picture, int side,
                         ww_arena *arena)
{
    int longer = picture->height > picture->width ? picture->height : picture->width;
    *height = (int)lround((double)side * picture->height / longer);
    *width = (int)lround((double)side * picture->width / longer);
    size_t plane = (size_t)*height * (size_t)*width;
    *rgb = ww_arena_array(arena, 3 * plane, sizeof **rgb);
    if (*rgb == NULL)
        return WW_ENOMEM;
    ww_picture_resize(picture->pixel, picture->channels, picture->height, picture->width, *rgb,
                      *height, *width);
    for (int c = picture->channels; c < 3; c++)
        memcpy(*rgb + (size_t)c * plane, *rgb, plane * sizeof **rgb);
    return WW_OK;
}

ww_status ww_saliency_map(ww_saliency *out, const ww_saliency_params *params,
                          const ww_picture *picture, ww_arena *arena)
{
    float *rgb = NULL, most = 0;
    int height, width;
    bool itti = params->model == WW_SALIENCY_ITTI;
    memset(out, 0, sizeof *out);
    out->picture_height = picture->height;
    out->picture_width = picture->width;
    WW_TRY(check(picture));
    WW_TRY(resized(&rgb, &height, &width, picture, params->side_px, arena));
    WW_TRY(ww_saliency_features(out, rgb, height, width, itti, arena));
    WW_TRY(itti ? ww_saliency_itti(out, params, arena) : ww_saliency_gbvs(out, params, arena));
    size_t cells = (size_t)out->height * (size_t)out->width;
    for (size_t i = 0; i < cells; i++)
        most = fmaxf(most, out->map[i]);
    for (size_t i = 0; i < cells && most > 0; i++)
        out->map[i] /= most;
    return WW_OK;
}

void ww_saliency_enlarge(const ww_saliency *s, float *to)
{
    ww_picture_resize(s->map, 1, s->height, s->width, to, s->picture_height, s->picture_width);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sprites: each pixel of the view gets the exact mean of the sprite over its area, so a slow motion
 * moves light from pixel to pixel instead of jumping. */
#include "stimuli/parts/sprite.h"

#include <stdlib.h>

#include "stimuli/parts/frame.h"

static void find_reach(ww_sprite *sprite)
{
    double sum = 0, sum_x = 0, sum_y = 0;
    int left = sprite->width, right = -1, top = sprite->height, bottom = -1;
    for (int row = 0; row < sprite->height; row++)
        for (int column = 0; column < sprite->width; column++) {
            double alpha = (double)sprite->rgba[4 * (row * sprite->width + column) + 3];
            if (alpha <= 0)
                continue;
            sum += alpha;
            sum_x += alpha * (column + 0.5);
            sum_y += alpha * (row + 0.5);
            left = column < left ? column : left;
            right = column > right ? column : right;
            top = row < top ? row : top;
            bottom = row;
        }
    if (sum <= 0)
        return;
    sprite->centre_x = sum_x / sum;
    sprite->centre_y = sum_y / sum;
    sprite->left = (sprite->centre_x - left) / WW_SPRITE_SCALE;
    sprite->right = (right + 1 - sprite->centre_x) / WW_SPRITE_SCALE;
    sprite->up = (sprite->centre_y - top) / WW_SPRITE_SCALE;
    sprite->down = (bottom + 1 - sprite->centre_y) / WW_SPRITE_SCALE;
}

ww_status ww_sprite_take(ww_sprite *sprite, const ww_canvas *canvas)
{
    *sprite = (ww_sprite){.width = canvas->width, .height = canvas->height};
    WW_TRY(ww_canvas_finish(canvas));
    sprite->rgba = malloc(4 * (size_t)canvas->width * (size_t)canvas->height * sizeof(float));
    if (!sprite->rgba)
        return WW_FAIL(WW_ENOMEM, "no memory for a sprite of %d x %d pixels", canvas->width,
                       canvas->height);
    for (int row = 0; row < canvas->height; row++)
        ww_canvas_line(canvas, row, sprite->rgba + 4 * (size_t)row * (size_t)canvas->width);
    find_reach(sprite);
    return WW_OK;
}

void ww_sprite_free(ww_sprite *sprite)
{
    free(sprite->rgba);
    *sprite = (ww_sprite){0};
}

void ww_sprite_light(ww_sprite *sprite, double gradient)
{
    for (int row = 0; row < sprite->height; row++)
        for (int column = 0; column < sprite->width; column++) {
            float *pixel = sprite->rgba + 4 * (row * sprite->width + column);
            double at = 2 * (column + 0.5) / sprite->width - 1;
            float gain = (float)(1 + gradient * at);
            for (int c = 0; c < 3; c++) /* premultiplied: white is the coverage */
                pixel[c] = ww_lower(pixel[c] * gain, pixel[3]);
        }
}

void ww_sprite_contrast(ww_sprite *sprite, double contrast)
{
    float keep = (float)contrast, grey = (float)(0.5 * (1 - contrast));
    size_t n = (size_t)sprite->width * (size_t)sprite->height;
    for (float *pixel = sprite->rgba; n-- > 0; pixel += 4)
        for (int c = 0; c < 3; c++)
            pixel[c] = keep * pixel[c] + grey * pixel[3];
}

/* Mean of the sprite over the square of WW_SPRITE_SCALE sprite pixels whose upper left corner is
 * `fx`, `fy` into the sprite pixel (column, row). */
static void average(const ww_sprite *sprite, int column, int row, float fx, float fy, float out[4])
{
    const float part = 1.0f / (WW_SPRITE_SCALE * WW_SPRITE_SCALE);
    float sum[4] = {0}; /* not in `out`, which might be the sprite's for all the compiler knows */
    for (int j = 0; j <= WW_SPRITE_SCALE; j++) {
        if (row + j < 0 || row + j >= sprite->height)
            continue;
        float wy = part * (j == 0 ? 1 - fy : j == WW_SPRITE_SCALE ? fy : 1);
        for (int i = 0; i <= WW_SPRITE_SCALE; i++) {
            if (column + i < 0 || column + i >= sprite->width)
                continue;
            const float *pixel = sprite->rgba + 4 * ((row + j) * sprite->width + column + i);
            float w = wy * (i == 0 ? 1 - fx : i == WW_SPRITE_SCALE ? fx : 1);
            for (int c = 0; c < 4; c++)
                sum[c] += w * pixel[c];
        }
    }
    memcpy(out, sum, sizeof sum);
}

/* Along one side of the view, for a thing that reaches so far to either side of its centre. */
static double place(double u, double extent_deg, double below_deg, double above_deg)
{
    double low = -0.5 * extent_deg + below_deg, high = 0.5 * extent_deg - above_deg;
    return low < high ? low + u * (high - low) : 0.5 * (low + high);
}

void ww_sprite_place(const ww_sprite *sprite, const ww_view *view, double u, double v,
                     ww_truth *truth)
{
    double px = view->deg_per_px;
    truth->x_deg = place(u, ww_view_width_deg(view), sprite->left * px, sprite->right * px);
    truth->y_deg = place(v, ww_view_height_deg(view), sprite->down * px, sprite->up * px);
}

void ww_sprite_over(const ww_sprite *sprite, const ww_view *view, double x_deg, double y_deg,
                    float *frame, unsigned char *mask, unsigned char number)
{
    /* the centre of mass, in view pixels from the upper left corner of the view */
    double cx = x_deg / view->deg_per_px + 0.5 * view->width_px;
    double cy = 0.5 * view->height_px - y_deg / view->deg_per_px;
    int left = (int)ww_clamp(floor(cx - sprite->left), 0, view->width_px);
    int right = (int)ww_clamp(ceil(cx + sprite->right), 0, view->width_px);
    int top = (int)ww_clamp(floor(cy - sprite->up), 0, view->height_px);
    int bottom = (int)ww_clamp(ceil(cy + sprite->down), 0, view->height_px);
    double u = sprite->centre_x - WW_SPRITE_SCALE * cx, v = sprite->centre_y - WW_SPRITE_SCALE * cy;
    int column0 = (int)floor(u), row0 = (int)floor(v);
    float fx = (float)(u - column0), fy = (float)(v - row0), rgba[4];
    size_t plane = ww_frame_plane(view);
    for (int row = top; row < bottom; row++)
        for (int column = left; column < right; column++) {
            average(sprite, column0 + WW_SPRITE_SCALE * column, row0 + WW_SPRITE_SCALE * row, fx,
                    fy, rgba);
            size_t i = (size_t)row * (size_t)view->width_px + (size_t)column;
            float through = ww_higher(1 - rgba[3], 0); /* sums of weights may miss 1 by a bit */
            for (size_t c = 0; c < 3; c++)
                frame[c * plane + i] = ww_lower(rgba[c] + through * frame[c * plane + i], 1);
            if (mask && rgba[3] >= 0.5f)
                mask[i] = number;
        }
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Augmentation.
 *
 * The picture is looked up, bilinearly, where each pixel p of the result comes from:
 *
 *     from = c + R(-angle) (p - c - shift) / scale,  then left and right swapped for a flip
 *
 * with c the picture's centre; beyond the edge stands the edge's pixel. Shifts and crops (a crop
 * after padding is a shift of another size) are whole pixels, so that alone they move the picture
 * without blurring it. Then follow, in this order,
 *
 *     contrast   v <- m + c (v - m), m the mean over the picture and its channels: m stays
 *     noise      v <- v + sd * normal
 *     cut-out    a square filled with m, wholly inside the picture
 *
 * All numbers are drawn in one order whether or not they are used: switching one change on leaves
 * the others as they were. */
#include "engine/learning/augment.h"

#include <math.h>
#include <string.h>

#include "engine/base/random.h"

const ww_param ww_augment_params[] = {
    WW_REAL(ww_augment, shift_px, 0, 0, 10000, "px", "shift, each way, by whole pixels",
            "simard2003"),
    WW_REAL(ww_augment, scale, 0, 0, 0.9, "", "change of size: 0.1 is 0.9 to 1.1", "simard2003"),
    WW_REAL(ww_augment, rotate_deg, 0, 0, 180, "deg", "rotation, each way", "simard2003"),
    WW_BOOL(ww_augment, flip, false, "swap left and right, half of the time", "krizhevsky2012"),
    WW_REAL(ww_augment, crop_px, 0, 0, 10000, "px", "random crop after padding by so much",
            "krizhevsky2012"),
    WW_REAL(ww_augment, contrast, 0, 0, 1, "", "change of contrast: 0.2 is 0.8 to 1.2", ""),
    WW_REAL(ww_augment, noise_sd, 0, 0, 100, "", "standard deviation of added noise", ""),
    WW_INT(ww_augment, cutout_px, 0, 0, 10000, "px", "side of a grey square", "devries2017"),
    WW_PARAM_END};

/* What was drawn for one picture. */
struct change {
    double dx, dy, scale, angle, contrast;
    bool flip;
    double cut_x, cut_y; /* 0 to 1, from the first to the last place where the square fits */
};

/* A whole number of pixels from -most to most. */
static double whole_px(ww_random *random, double most)
{
    return (double)ww_random_below(random, 2 * (uint64_t)most + 1) - floor(most);
}

static struct change draw(const ww_augment *a, ww_random *random)
{
    struct change change;
    change.dx = whole_px(random, a->shift_px);
    change.dy = whole_px(random, a->shift_px);
    change.scale = 1 + ww_random_range(random, -a->scale, a->scale);
    change.angle =
        ww_random_range(random, -a->rotate_deg, a->rotate_deg) * 3.14159265358979323846 / 180;
    change.flip = ww_random_below(random, 2) == 1 && a->flip;
    change.dx += whole_px(random, a->crop_px);
    change.dy += whole_px(random, a->crop_px);
    change.contrast = 1 + ww_random_range(random, -a->contrast, a->contrast);
    change.cut_x = ww_random_uniform(random);
    change.cut_y = ww_random_uniform(random);
    return change;
}

static double clamp(double x, double most)
{
    return x < 0 ? 0 : x > most ? most : x;
}

static float bilinear(const float *plane, int height, int width, double x, double y)
{
    x = clamp(x, width - 1);
    y = clamp(y, height - 1);
    int x0 = (int)x, y0 = (int)y;
    int x1 = x0 + 1 < width ? x0 + 1 : x0, y1 = y0 + 1 < height ? y0 + 1 : y0;
    float fx = (float)(x - x0), fy = (float)(y - y0);
    const float *upper = plane + (size_t)y0 * (size_t)width;
    const float *lower = plane + (size_t)y1 * (size_t)width;
    float top = upper[x0] + fx * (upper[x1] - upper[x0]);
    float bottom = lower[x0] + fx * (lower[x1] - lower[x0]);
    return top + fy * (bottom - top);
}

static void move(const struct change *change, const float *from, float *to, int channels,
                 int height, int width)
{
    double cx = 0.5 * (width - 1), cy = 0.5 * (height - 1);
    double c = cos(change->angle) / change->scale, s = sin(change->angle) / change->scale;
    size_t plane = (size_t)height * (size_t)width;
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) {
            double px = column - cx - change->dx, py = row - cy - change->dy;
            double x = cx + c * px + s * py, y = cy - s * px + c * py;
            if (change->flip)
                x = width - 1 - x;
            float *pixel = to + (size_t)row * (size_t)width + (size_t)column;
            for (size_t k = 0; k < (size_t)channels; k++)
                pixel[k * plane] = bilinear(from + k * plane, height, width, x, y);
        }
}

static void cut_out(const struct change *change, int side, float grey, float *to, int channels,
                    int height, int width)
{
    int w = side < width ? side : width, h = side < height ? side : height;
    int left = (int)(change->cut_x * (width - w + 1)),
        top = (int)(change->cut_y * (height - h + 1));
    for (int k = 0; k < channels; k++)
        for (int row = top; row < top + h; row++)
            for (int column = left; column < left + w; column++)
                to[((size_t)k * (size_t)height + (size_t)row) * (size_t)width + (size_t)column] =
                    grey;
}

bool ww_augment_any(const ww_augment *a)
{
    return a->shift_px >= 1 || a->scale > 0 || a->rotate_deg > 0 || a->flip || a->crop_px >= 1 ||
           a->contrast > 0 || a->noise_sd > 0 || a->cutout_px > 0;
}

void ww_augment_picture(const ww_augment *a, uint64_t seed, uint64_t epoch, uint64_t sample,
                        const float *from, float *to, int channels, int height, int width)
{
    size_t n = (size_t)channels * (size_t)height * (size_t)width;
    if (!ww_augment_any(a)) {
        memcpy(to, from, n * sizeof *to);
        return;
    }
    ww_random random = ww_random_stream(seed, "learning/augment", epoch);
    random = ww_random_at(ww_random_u64(&random), sample);
    struct change change = draw(a, &random);
    move(&change, from, to, channels, height, width);
    double mean = 0;
    for (size_t i = 0; i < n; i++)
        mean += (double)to[i];
    mean /= (double)n;
    if (a->contrast > 0)
        for (size_t i = 0; i < n; i++)
            to[i] = (float)(mean + change.contrast * ((double)to[i] - mean));
    if (a->noise_sd > 0)
        for (size_t i = 0; i < n; i++)
            to[i] += (float)(a->noise_sd * ww_random_normal(&random));
    if (a->cutout_px > 0)
        cut_out(&change, a->cutout_px, (float)mean, to, channels, height, width);
}

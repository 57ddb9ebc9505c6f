/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dead leaves: a picture with the statistics of natural ones, made of what natural ones are made
 * of, things that hide each other (Matheron; Ruderman 1997; Lee, Mumford & Huang 2001).
 *
 * Discs of one grey each fall on each other at random places until nothing of the ground is seen.
 * Their radii have the density r^-3 between two limits: then no size is singled out, the power
 * spectrum falls about as 1 / f^2, and edges are sharp, as between things. The picture is drawn
 * from the front: a pixel belongs to the first disc that covers it. */
#include "stimuli/parts/leaves.h"

#include "stimuli/parts/frame.h"

enum { LEAVES_MOST = 200000 };

ww_status ww_leaves_check(const char *stimulus, const ww_leaves *leaves)
{
    if (leaves->radius_min_deg > leaves->radius_max_deg)
        return WW_FAIL(WW_EINVAL, "stimulus %s: radius_min_deg = %g is above radius_max_deg = %g",
                       stimulus, leaves->radius_min_deg, leaves->radius_max_deg);
    return WW_OK;
}

/* Lays a disc under what is there already; returns how many pixels it newly covers. */
static size_t lay(float *plane, const ww_view *view, double x, double y, double r, float grey)
{
    double px = view->deg_per_px;
    int left = (int)ceil((x - r) / px + 0.5 * (view->width_px - 1));
    int right = (int)floor((x + r) / px + 0.5 * (view->width_px - 1));
    int top = (int)ceil(0.5 * (view->height_px - 1) - (y + r) / px);
    int bottom = (int)floor(0.5 * (view->height_px - 1) - (y - r) / px);
    size_t covered = 0;
    left = left > 0 ? left : 0;
    top = top > 0 ? top : 0;
    right = right < view->width_px ? right : view->width_px - 1;
    bottom = bottom < view->height_px ? bottom : view->height_px - 1;
    for (int row = top; row <= bottom; row++)
        for (int column = left; column <= right; column++) {
            float *pixel = &plane[(size_t)row * (size_t)view->width_px + (size_t)column];
            double dx = ww_frame_x_deg(view, column) - x, dy = ww_frame_y_deg(view, row) - y;
            if (*pixel >= 0 || dx * dx + dy * dy > r * r)
                continue;
            *pixel = grey;
            covered++;
        }
    return covered;
}

void ww_leaves_draw(const ww_leaves *leaves, const ww_view *view, ww_random *random, float *plane)
{
    size_t pixels = ww_frame_plane(view), left = pixels;
    double near = 1 / (leaves->radius_min_deg * leaves->radius_min_deg);
    double far = 1 / (leaves->radius_max_deg * leaves->radius_max_deg);
    double w = 0.5 * ww_view_width_deg(view) + leaves->radius_max_deg;
    double h = 0.5 * ww_view_height_deg(view) + leaves->radius_max_deg;
    for (size_t i = 0; i < pixels; i++)
        plane[i] = -1;
    for (int i = 0; i < LEAVES_MOST && left > 0; i++) {
        double r = 1 / sqrt(near - ww_random_uniform(random) * (near - far));
        double x = ww_random_range(random, -w, w), y = ww_random_range(random, -h, h);
        double grey = 0.5 * (1 + leaves->contrast * ww_random_range(random, -1, 1));
        left -= lay(plane, view, x, y, r, (float)grey);
    }
    for (size_t i = 0; i < pixels; i++)
        plane[i] = plane[i] < 0 ? 0.5f : plane[i];
}

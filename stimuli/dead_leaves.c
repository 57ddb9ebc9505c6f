/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Dead leaves: a picture with the statistics of natural ones, made of what natural ones are made
 * of, things that hide each other (Matheron; Ruderman 1997; Lee, Mumford & Huang 2001).
 *
 * Discs of one grey each fall on each other at random places until nothing of the ground is seen.
 * Their radii have the density r^-3 between two limits: then no size is singled out, the power
 * spectrum falls about as 1 / f^2, and edges are sharp, as between things. The picture is drawn
 * from the front: a pixel belongs to the first disc that covers it. */
#include "engine/base/random.h"
#include "stimuli/parts/frame.h"

struct dead_leaves {
    double radius_min_deg, radius_max_deg, contrast;
};

static const ww_param params[] = {WW_REAL(struct dead_leaves, radius_min_deg, 0.1, 0.001, 90, "deg",
                                          "of the smallest disc", "lee2001"),
                                  WW_REAL(struct dead_leaves, radius_max_deg, 8, 0.002, 180, "deg",
                                          "of the largest disc", "lee2001"),
                                  WW_REAL(struct dead_leaves, contrast, 1, 0, 1, "",
                                          "greys lie evenly within 0.5 (1 -+ contrast)", ""),
                                  WW_PARAM_END};

enum { LEAVES_MOST = 200000 };

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct dead_leaves *p = params_;
    (void)view;
    *state = NULL;
    if (p->radius_min_deg > p->radius_max_deg)
        return WW_FAIL(WW_EINVAL,
                       "stimulus dead_leaves: radius_min_deg = %g is above radius_max_deg = %g",
                       p->radius_min_deg, p->radius_max_deg);
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

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct dead_leaves *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/dead_leaves", index);
    size_t plane = ww_frame_plane(view), left = plane;
    double near = 1 / (p->radius_min_deg * p->radius_min_deg);
    double far = 1 / (p->radius_max_deg * p->radius_max_deg);
    double w = 0.5 * ww_view_width_deg(view) + p->radius_max_deg;
    double h = 0.5 * ww_view_height_deg(view) + p->radius_max_deg;
    (void)state;
    *truth = ww_truth_unknown();
    for (size_t i = 0; i < plane; i++)
        rgb[i] = -1;
    for (int i = 0; i < LEAVES_MOST && left > 0; i++) {
        double r = 1 / sqrt(near - ww_random_uniform(&random) * (near - far));
        double x = ww_random_range(&random, -w, w), y = ww_random_range(&random, -h, h);
        double grey = 0.5 * (1 + p->contrast * ww_random_range(&random, -1, 1));
        left -= lay(rgb, view, x, y, r, (float)grey);
    }
    for (size_t i = 0; i < plane; i++)
        rgb[i] = rgb[i] < 0 ? 0.5f : rgb[i];
    ww_frame_grey(rgb, view);
    for (int f = 1; f < view->frames; f++)
        memcpy(ww_frame_at(rgb, view, f), rgb, 3 * plane * sizeof *rgb);
    if (mask != NULL)
        memset(mask, 0, plane);
    return WW_OK;
}

const ww_stimulus ww_stimulus_dead_leaves = {
    .item = {.name = "dead_leaves",
             .summary = "discs that hide each other: the statistics of natural pictures",
             .sources = "lee2001",
             .example = "whatwhere stimuli show dead_leaves -o sheet.png",
             .params = params,
             .params_size = sizeof(struct dead_leaves)},
    .open = open,
    .draw = draw};

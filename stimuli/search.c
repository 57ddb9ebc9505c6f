/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A search display (Treisman & Gelade 1980, Cognitive Psychology 12:97): bars at jittered places of
 * a square grid, one of which, the target, differs from all others
 *
 *   colour        a red one among green ones, all upright
 *   orientation   a lying one among upright ones, all red
 *   conjunction   a red upright one among red lying and green upright ones, half of each
 *
 * so that in the first two one feature tells it, and in the third neither does. Red and green have
 * the same luminance. The display stands still; the mask and the truth are of the target. */
#include <stdlib.h>

#include "engine/base/random.h"
#include "stimuli/parts/canvas.h"
#include "stimuli/parts/frame.h"

enum { COLOUR, ORIENTATION, CONJUNCTION, MOST = 400, MOST_SIDE = 20 };

struct search {
    int kind, items;
    double length_deg, width_deg, jitter, luminance, ground;
};

static const char *const kinds[] = {"colour", "orientation", "conjunction", NULL};

static const ww_param params[] = {
    WW_CHOICE(struct search, kind, COLOUR, kinds, "what tells the target", "treisman1980"),
    WW_INT(struct search, items, 16, 2, MOST, "", "bars, the target among them", "treisman1980"),
    WW_REAL(struct search, length_deg, 0.9, 0.01, 90, "deg", "length of a bar", ""),
    WW_REAL(struct search, width_deg, 0.25, 0.01, 90, "deg", "width of a bar", ""),
    WW_REAL(struct search, jitter, 0.15, 0, 0.5, "",
            "shift from the middle of a cell, each way, as a share of what the bar leaves free of "
            "it",
            ""),
    WW_REAL(struct search, luminance, 0.4, 0.01, 0.5, "", "luminance of the bars", ""),
    WW_REAL(struct search, ground, 0.1, 0, 1, "", "luminance of the ground", ""),
    WW_PARAM_END};

/* Cells along a side of the grid. */
static int side_of(const struct search *p)
{
    int side = 1;
    while (side * side < p->items)
        side++;
    return side;
}

static double cell_deg(const struct search *p, const ww_view *view)
{
    return fmin(ww_view_width_deg(view), ww_view_height_deg(view)) / side_of(p);
}

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct search *p = params_;
    double longer = fmax(p->length_deg, p->width_deg), cell = cell_deg(p, view);
    *state = NULL;
    if (longer > cell)
        return WW_FAIL(
            WW_EINVAL,
            "search: length_deg = %g: %d bars have a place of %.3g deg each in this view", longer,
            p->items, cell);
    return WW_OK;
}

struct bar {
    double x, y;
    bool lying;
    ww_rgb colour;
};

/* Lays a bar over one frame; returns nothing outside the square that holds it. */
static void paint(const struct search *p, const struct bar *bar, const ww_view *view, float *frame,
                  unsigned char *mask)
{
    double half_x = (bar->lying ? p->length_deg : p->width_deg) / 2;
    double half_y = (bar->lying ? p->width_deg : p->length_deg) / 2;
    size_t plane = ww_frame_plane(view);
    const double rgb[3] = {bar->colour.r, bar->colour.g, bar->colour.b};
    for (int row = 0, i = 0; row < view->height_px; row++)
        for (int column = 0; column < view->width_px; column++, i++) {
            double dx = half_x - fabs(ww_frame_x_deg(view, column) - bar->x);
            double dy = half_y - fabs(ww_frame_y_deg(view, row) - bar->y);
            double in = ww_edge(dx / view->deg_per_px) * ww_edge(dy / view->deg_per_px);
            if (mask)
                mask[i] = in >= 0.5;
            for (int c = 0; c < 3 && in > 0; c++)
                frame[(size_t)c * plane + (size_t)i] +=
                    (float)(in * (rgb[c] - frame[(size_t)c * plane + (size_t)i]));
        }
}

/* Bar k of the display; 0 is the target. */
static struct bar bar_of(const struct search *p, int k)
{
    const ww_rgb red = ww_rgb_hue(0, 4, p->luminance), green = ww_rgb_hue(2, 4, p->luminance);
    struct bar bar = {.colour = red};
    if (p->kind == COLOUR && k > 0)
        bar.colour = green;
    if (p->kind == ORIENTATION)
        bar.lying = k == 0;
    if (p->kind == CONJUNCTION && k > 0) {
        bar.lying = k % 2 == 0;
        bar.colour = bar.lying ? red : green;
    }
    return bar;
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct search *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/search", index);
    uint64_t order[MOST_SIDE * MOST_SIDE];
    int side = side_of(p);
    double cell = cell_deg(p, view), free_deg = cell - fmax(p->length_deg, p->width_deg);
    (void)state;
    *truth = ww_truth_unknown();
    ww_frame_fill(rgb, view, (float)p->ground);
    ww_random_permutation(&random, order, (size_t)(side * side));
    for (int k = p->items - 1; k >= 0; k--) { /* the target last: it leaves its mask */
        struct bar bar = bar_of(p, k);
        double shift_x = ww_random_range(&random, -1, 1), shift_y = ww_random_range(&random, -1, 1);
        bar.x = ((int)order[k] % side - (side - 1) / 2.) * cell + shift_x * p->jitter * free_deg;
        bar.y = ((int)order[k] / side - (side - 1) / 2.) * cell + shift_y * p->jitter * free_deg;
        paint(p, &bar, view, rgb, mask);
        truth->x_deg = bar.x;
        truth->y_deg = bar.y;
        truth->orientation_deg = bar.lying ? 0 : 90;
    }
    truth->size_deg = p->length_deg;
    for (int f = 1; f < view->frames; f++)
        memcpy(ww_frame_at(rgb, view, f), rgb, 3 * ww_frame_plane(view) * sizeof *rgb);
    return WW_OK;
}

const ww_stimulus ww_stimulus_search = {
    .item = {.name = "search",
             .summary = "search display: a bar of another colour or orientation among others",
             .sources = "treisman1980",
             .example = "whatwhere stimuli show search --set kind=conjunction -o sheet.png",
             .params = params,
             .params_size = sizeof(struct search)},
    .open = open,
    .draw = draw};

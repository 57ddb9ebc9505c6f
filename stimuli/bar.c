/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bar that moves at right angles to its length: the stimulus with which receptive fields of V1
 * were first mapped (Hubel & Wiesel 1962, J Physiol 160:106). It moves in one of `n_directions`
 * equally spaced directions and ends, in the last frame, within `spread_deg` of the centre. Edges
 * are anti-aliased, so the area is right to a fraction of a pixel. */
#include "engine/base/random.h"
#include "stimuli/parts/frame.h"
#include "stimuli/parts/wave.h"

struct bar {
    double width_deg, length_deg, contrast, speed_deg_s, spread_deg;
    int n_directions;
};

static const ww_param params[] = {
    WW_REAL(struct bar, width_deg, 0.5, 0.01, 90, "deg", "width, along the motion", ""),
    WW_REAL(struct bar, length_deg, 4, 0.01, 180, "deg", "length", ""),
    WW_REAL(struct bar, contrast, 1, -1, 1, "", "1 is white on grey, -1 black on grey", ""),
    WW_REAL(struct bar, speed_deg_s, 5, 0, 1000, "deg/s", "speed", ""),
    WW_REAL(struct bar, spread_deg, 1, 0, 90, "deg", "random shift of the end point, each way", ""),
    WW_INT(struct bar, n_directions, 8, 1, 360, "", "equally spaced directions of motion", ""),
    WW_PARAM_END};

static void paint(float *frame, unsigned char *mask, const ww_view *view, const struct bar *p,
                  double direction, double x, double y)
{
    double c = ww_cos_deg(direction), s = ww_sin_deg(direction);
    for (int row = 0, i = 0; row < view->height_px; row++)
        for (int column = 0; column < view->width_px; column++, i++) {
            double dx = ww_frame_x_deg(view, column) - x, dy = ww_frame_y_deg(view, row) - y;
            double across = (0.5 * p->width_deg - fabs(dx * c + dy * s)) / view->deg_per_px;
            double along = (0.5 * p->length_deg - fabs(dy * c - dx * s)) / view->deg_per_px;
            double in = ww_edge(across) * ww_edge(along);
            frame[i] = (float)(0.5 * (1 + in * p->contrast));
            if (mask)
                mask[i] = in >= 0.5;
        }
    ww_frame_grey(frame, view);
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct bar *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/bar", index);
    (void)state;
    *truth = ww_truth_unknown();
    int label;
    double direction = ww_wave_direction(&random, p->n_directions, 0, &label);
    truth->x_deg = p->spread_deg * ww_random_range(&random, -1, 1);
    truth->y_deg = p->spread_deg * ww_random_range(&random, -1, 1);
    for (int f = 0; f < view->frames; f++) {
        double back = p->speed_deg_s * (view->frames - 1 - f) * view->frame_ms / 1000;
        paint(ww_frame_at(rgb, view, f), mask, view, p, direction,
              truth->x_deg - back * ww_cos_deg(direction),
              truth->y_deg - back * ww_sin_deg(direction));
    }
    truth->orientation_deg = ww_wave_wrap(direction + 90, 180);
    truth->size_deg = fmax(p->length_deg, p->width_deg);
    truth->speed_deg_s = p->speed_deg_s;
    if (p->speed_deg_s > 0)
        truth->direction = label;
    return WW_OK;
}

const ww_stimulus ww_stimulus_bar = {
    .item = {.name = "bar",
             .summary = "moving bar",
             .sources = "hubel1962",
             .example = "whatwhere stimuli show bar --set width_deg=0.25 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct bar)},
    .draw = draw};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A random-dot kinematogram: in each step a dot moves with the signal with probability `coherence`
 * and jumps to a random place otherwise; dots live for `lifetime_frames`. The classic test of
 * global motion, for MT (Newsome & Pare 1988, J Neurosci 8:2201; Britten et al. 1992, J Neurosci
 * 12:4745) and for its loss in akinetopsia (Baker, Hess & Zihl 1991, J Neurosci 11:454). */
#include <stdlib.h>

#include "stimuli/parts/frame.h"
#include "stimuli/parts/kinematogram.h"
#include "stimuli/parts/wave.h"

struct dots {
    double coherence, speed_deg_s, density, dot_deg, contrast;
    int lifetime_frames, n_directions;
    bool mixed;
};

static const ww_param params[] = {
    WW_REAL(struct dots, coherence, 0.5, 0, 1, "", "share of dots that carry the signal",
            "newsome1988"),
    WW_REAL(struct dots, speed_deg_s, 6, 0, 1000, "deg/s", "speed of the signal", "britten1992"),
    WW_REAL(struct dots, density, 2, 0.01, 100, "1/deg2", "dots per square degree", ""),
    WW_REAL(struct dots, dot_deg, 0.25, 0.01, 10, "deg", "diameter of a dot", ""),
    WW_REAL(struct dots, contrast, 1, 0, 1, "", "contrast of the dots", ""),
    WW_INT(struct dots, lifetime_frames, 0, 0, 10000, "frames", "life of a dot; 0 is for ever", ""),
    WW_INT(struct dots, n_directions, 8, 1, 360, "", "equally spaced directions of motion", ""),
    WW_BOOL(struct dots, mixed, true, "half of the dots black, half white; else all white", ""),
    WW_PARAM_END};

enum { MOST_DOTS = 100000 };

static int dot_count(const struct dots *p, const ww_view *view)
{
    double n = p->density * ww_view_width_deg(view) * ww_view_height_deg(view);
    return n < 1 ? 1 : (int)fmin(n + 0.5, MOST_DOTS + 1.0);
}

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    *state = NULL;
    if (dot_count(params_, view) > MOST_DOTS)
        return WW_FAIL(WW_EINVAL, "stimulus dots: density makes more than %d dots in this view",
                       MOST_DOTS);
    return WW_OK;
}

static void paint(float *frame, unsigned char *mask, const ww_view *view, const ww_dot *dot,
                  double radius_px, float target)
{
    double cx = dot->x_deg / view->deg_per_px + 0.5 * (view->width_px - 1);
    double cy = 0.5 * (view->height_px - 1) - dot->y_deg / view->deg_per_px;
    /* a dot smaller than a pixel keeps its area in light, not in size */
    double r = fmax(radius_px, 0.5), share = fmin(1, radius_px * radius_px / 0.25);
    int top = (int)fmax(0, ceil(cy - r - 0.5)), left = (int)fmax(0, ceil(cx - r - 0.5));
    int bottom = (int)fmin(view->height_px - 1, floor(cy + r + 0.5));
    int right = (int)fmin(view->width_px - 1, floor(cx + r + 0.5));
    for (int row = top; row <= bottom; row++)
        for (int column = left; column <= right; column++) {
            double in = share * ww_edge(r - hypot(column - cx, row - cy));
            size_t i = (size_t)row * (size_t)view->width_px + (size_t)column;
            frame[i] += (float)in * (target - frame[i]);
            if (mask && in >= 0.5)
                mask[i] = 1;
        }
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct dots *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/dots", index);
    (void)state;
    *truth = ww_truth_unknown();
    double direction = ww_wave_direction(&random, p->n_directions, 0, &truth->direction);
    double step = p->speed_deg_s * view->frame_ms / 1000;
    ww_kinematogram k = {
        ww_view_width_deg(view),      ww_view_height_deg(view),     p->coherence,
        step * ww_cos_deg(direction), step * ww_sin_deg(direction), p->lifetime_frames};
    int n = dot_count(p, view);
    ww_dot *dots = malloc((size_t)n * sizeof *dots);
    if (!dots)
        return WW_FAIL(WW_ENOMEM, "stimulus dots: no memory for %d dots", n);
    ww_frame_fill(rgb, view, 0.5f);
    if (mask)
        memset(mask, 0, ww_frame_plane(view));
    ww_kinematogram_start(&k, &random, dots, n);
    for (int f = 0; f < view->frames; f++) {
        float *frame = ww_frame_at(rgb, view, f);
        if (f > 0)
            ww_kinematogram_step(&k, &random, dots, n);
        for (int i = 0; i < n; i++)
            paint(frame, f == view->frames - 1 ? mask : NULL, view, &dots[i],
                  0.5 * p->dot_deg / view->deg_per_px,
                  (float)(0.5 * (1 + (p->mixed && i % 2 ? -1 : 1) * p->contrast)));
        ww_frame_grey(frame, view);
    }
    free(dots);
    truth->speed_deg_s = p->speed_deg_s;
    truth->size_deg = p->dot_deg;
    return WW_OK;
}

const ww_stimulus ww_stimulus_dots = {
    .item = {.name = "dots",
             .summary = "random-dot kinematogram with coherence and limited lifetime",
             .sources = "newsome1988 britten1992 scase1996 baker1991",
             .example = "whatwhere stimuli show dots --set coherence=0.2 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct dots)},
    .open = open,
    .draw = draw};

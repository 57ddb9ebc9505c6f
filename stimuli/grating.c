/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A sinusoidal grating, drifting at right angles to its bars.
 *
 *     L(x, y, t) = 0.5 (1 + c cos(2 pi (f u - ft t) + phase)),  u = x cos a + y sin a
 *
 * The bars of orientation o (0 horizontal, counter-clockwise) drift along a = o - 90 degrees. Item
 * after item shows one of `n_directions` equally spaced orientations and drifts, the first being
 * `orientation_deg`; the phase is drawn at random or fixed. The stimulus of contrast sensitivity
 * (Campbell & Robson 1968, J Physiol 197:551) and of tuning curves in V1 (De Valois et al. 1982,
 * Vision Res 22:545). */
#include "stimuli/parts/frame.h"
#include "stimuli/parts/wave.h"

struct grating {
    double frequency_cpd, orientation_deg, contrast, temporal_hz, diameter_deg, phase_deg;
    int n_directions;
    bool random_phase;
};

static const ww_param params[] = {
    WW_REAL(struct grating, frequency_cpd, 1, 0, 60, "cycles/deg", "spatial frequency", ""),
    WW_REAL(struct grating, orientation_deg, 90, -360, 360, "deg",
            "orientation of the bars; 0 is horizontal, counter-clockwise", ""),
    WW_REAL(struct grating, contrast, 1, 0, 1, "", "Michelson contrast", ""),
    WW_REAL(struct grating, temporal_hz, 4, -100, 100, "Hz", "temporal frequency of the drift", ""),
    WW_REAL(struct grating, diameter_deg, 0, 0, 180, "deg", "round window; 0 is the whole view",
            ""),
    WW_REAL(struct grating, phase_deg, 0, -360, 360, "deg", "phase at the centre, first frame", ""),
    WW_INT(struct grating, n_directions, 8, 1, 360, "",
           "equally spaced directions, from orientation_deg - 90 on", ""),
    WW_BOOL(struct grating, random_phase, true, "draw the phase at random instead", ""),
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct grating *p = params_;
    *state = NULL;
    return ww_wave_check("grating", view, p->frequency_cpd, p->temporal_hz);
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct grating *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/grating", index);
    (void)state;
    *truth = ww_truth_unknown();
    int label;
    double normal = ww_wave_direction(&random, p->n_directions, p->orientation_deg - 90, &label);
    double phase = p->phase_deg * WW_PI / 180;
    if (p->random_phase)
        phase = 2 * WW_PI * ww_random_uniform(&random);
    ww_wave wave = {p->frequency_cpd, normal, phase, p->contrast, p->temporal_hz};
    for (int f = 0; f < view->frames; f++) {
        float *frame = ww_frame_at(rgb, view, f);
        memset(frame, 0, ww_frame_plane(view) * sizeof *frame);
        ww_wave_add(&wave, view, f * view->frame_ms / 1000, frame);
        ww_wave_window(frame, view, p->diameter_deg, mask);
    }
    truth->orientation_deg = ww_wave_wrap(normal + 90, 180);
    truth->size_deg = p->diameter_deg;
    if (p->temporal_hz != 0 && p->frequency_cpd > 0) {
        truth->direction = label;
        truth->speed_deg_s = p->temporal_hz / p->frequency_cpd;
    }
    return WW_OK;
}

const ww_stimulus ww_stimulus_grating = {
    .item = {.name = "grating",
             .summary = "sinusoidal grating, still or drifting",
             .sources = "campbell1968 devalois1982",
             .example = "whatwhere stimuli show grating --set frequency_cpd=2 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct grating)},
    .open = open,
    .draw = draw};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A Gabor patch: a drifting sinusoid under a Gaussian envelope, local in space and in frequency.
 *
 *     L = 0.5 (1 + c exp(-r^2 / 2 sigma^2) cos(2 pi (f u - ft t) + phase))
 *
 * with u along the normal of the bars and r from the patch's centre, which lies anywhere within
 * `spread_deg` of (`x_deg`, `y_deg`). Matched to simple cells of V1 (Daugman 1985, J Opt Soc Am A
 * 2:1160; Jones & Palmer 1987, J Neurophysiol 58:1233). The mask covers r < 2 sigma. */
#include "stimuli/parts/frame.h"
#include "stimuli/parts/wave.h"

struct gabor {
    double frequency_cpd, orientation_deg, contrast, temporal_hz, sigma_deg, phase_deg;
    double x_deg, y_deg, spread_deg;
    int n_directions;
    bool random_phase;
};

static const ww_param params[] = {
    WW_REAL(struct gabor, frequency_cpd, 1.5, 0, 60, "cycles/deg", "spatial frequency", ""),
    WW_REAL(struct gabor, orientation_deg, 90, -360, 360, "deg",
            "orientation of the bars; 0 is horizontal, counter-clockwise", ""),
    WW_REAL(struct gabor, contrast, 1, 0, 1, "", "contrast at the peak", ""),
    WW_REAL(struct gabor, temporal_hz, 0, -100, 100, "Hz", "temporal frequency of the drift", ""),
    WW_REAL(struct gabor, sigma_deg, 0.8, 0.01, 45, "deg", "standard deviation of the envelope",
            ""),
    WW_REAL(struct gabor, phase_deg, 0, -360, 360, "deg", "phase at the patch's centre", ""),
    WW_REAL(struct gabor, x_deg, 0, -90, 90, "deg", "centre, to the right", ""),
    WW_REAL(struct gabor, y_deg, 0, -90, 90, "deg", "centre, upward", ""),
    WW_REAL(struct gabor, spread_deg, 0, 0, 90, "deg", "random shift of the centre, each way", ""),
    WW_INT(struct gabor, n_directions, 8, 1, 360, "",
           "equally spaced directions, from orientation_deg - 90 on", ""),
    WW_BOOL(struct gabor, random_phase, true, "draw the phase at random instead", ""),
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct gabor *p = params_;
    *state = NULL;
    return ww_wave_check("gabor", view, p->frequency_cpd, p->temporal_hz);
}

static void envelope(float *frame, unsigned char *mask, const ww_view *view, double sigma,
                     const ww_truth *truth)
{
    for (int row = 0, i = 0; row < view->height_px; row++)
        for (int column = 0; column < view->width_px; column++, i++) {
            double r = hypot(ww_frame_x_deg(view, column) - truth->x_deg,
                             ww_frame_y_deg(view, row) - truth->y_deg);
            double weight = exp(-0.5 * (r / sigma) * (r / sigma));
            frame[i] = (float)(0.5 * (1 + weight * (double)frame[i]));
            if (mask)
                mask[i] = r < 2 * sigma;
        }
    ww_frame_grey(frame, view);
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct gabor *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/gabor", index);
    (void)state;
    *truth = ww_truth_unknown();
    int label;
    double normal = ww_wave_direction(&random, p->n_directions, p->orientation_deg - 90, &label);
    double phase = p->phase_deg * WW_PI / 180;
    if (p->random_phase)
        phase = 2 * WW_PI * ww_random_uniform(&random);
    truth->x_deg = p->x_deg + p->spread_deg * ww_random_range(&random, -1, 1);
    truth->y_deg = p->y_deg + p->spread_deg * ww_random_range(&random, -1, 1);
    phase -= 2 * WW_PI * p->frequency_cpd *
             (truth->x_deg * ww_cos_deg(normal) + truth->y_deg * ww_sin_deg(normal));
    ww_wave wave = {p->frequency_cpd, normal, phase, p->contrast, p->temporal_hz};
    for (int f = 0; f < view->frames; f++) {
        float *frame = ww_frame_at(rgb, view, f);
        memset(frame, 0, ww_frame_plane(view) * sizeof *frame);
        ww_wave_add(&wave, view, f * view->frame_ms / 1000, frame);
        envelope(frame, mask, view, p->sigma_deg, truth);
    }
    truth->orientation_deg = ww_wave_wrap(normal + 90, 180);
    truth->size_deg = 4 * p->sigma_deg;
    if (p->temporal_hz != 0 && p->frequency_cpd > 0) {
        truth->direction = label;
        truth->speed_deg_s = p->temporal_hz / p->frequency_cpd;
    }
    return WW_OK;
}

const ww_stimulus ww_stimulus_gabor = {
    .item = {.name = "gabor",
             .summary = "Gabor patch: a sinusoid under a Gaussian envelope",
             .sources = "daugman1985 jones1987",
             .example = "whatwhere stimuli show gabor --set sigma_deg=0.5 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct gabor)},
    .open = open,
    .draw = draw};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A plaid: two superimposed gratings that drift in different directions.
 *
 * The components drift along d - angle/2 and d + angle/2 at speed v; people see one pattern that
 * moves along d at v / cos(angle / 2), the intersection of constraints (Adelson & Movshon 1982,
 * Nature 300:523). Component cells answer to the gratings, pattern cells of MT to the plaid
 * (Movshon, Adelson, Gizzi & Newsome 1985). Truth holds the pattern's direction and speed. */
#include "stimuli/parts/frame.h"
#include "stimuli/parts/wave.h"

struct plaid {
    double frequency_cpd, angle_deg, contrast, temporal_hz, diameter_deg;
    int n_directions;
};

static const ww_param params[] = {
    WW_REAL(struct plaid, frequency_cpd, 1, 0, 60, "cycles/deg", "frequency of each component", ""),
    WW_REAL(struct plaid, angle_deg, 120, 0, 175, "deg", "angle between the drift directions",
            "movshon1985"),
    WW_REAL(struct plaid, contrast, 1, 0, 1, "", "contrast of the sum (each component: half)", ""),
    WW_REAL(struct plaid, temporal_hz, 4, -100, 100, "Hz", "temporal frequency of each component",
            ""),
    WW_REAL(struct plaid, diameter_deg, 0, 0, 180, "deg", "round window; 0 is the whole view", ""),
    WW_INT(struct plaid, n_directions, 8, 1, 360, "", "equally spaced directions of the pattern",
           ""),
    WW_PARAM_END};

static ww_status open(void **state, const void *params_, const ww_view *view)
{
    const struct plaid *p = params_;
    *state = NULL;
    return ww_wave_check("plaid", view, p->frequency_cpd, p->temporal_hz);
}

static ww_status draw(void *state, const void *params_, const ww_view *view, uint64_t seed,
                      uint64_t index, float *rgb, unsigned char *mask, ww_truth *truth)
{
    const struct plaid *p = params_;
    ww_random random = ww_random_stream(seed, "stimuli/plaid", index);
    (void)state;
    *truth = ww_truth_unknown();
    int label;
    double direction = ww_wave_direction(&random, p->n_directions, 0, &label);
    ww_wave wave[2];
    for (int i = 0; i < 2; i++)
        wave[i] =
            (ww_wave){p->frequency_cpd, direction + (i - 0.5) * p->angle_deg,
                      2 * WW_PI * ww_random_uniform(&random), 0.5 * p->contrast, p->temporal_hz};
    for (int f = 0; f < view->frames; f++) {
        float *frame = ww_frame_at(rgb, view, f);
        memset(frame, 0, ww_frame_plane(view) * sizeof *frame);
        ww_wave_add(&wave[0], view, f * view->frame_ms / 1000, frame);
        ww_wave_add(&wave[1], view, f * view->frame_ms / 1000, frame);
        ww_wave_window(frame, view, p->diameter_deg, mask);
    }
    truth->size_deg = p->diameter_deg;
    if (p->temporal_hz != 0 && p->frequency_cpd > 0) {
        truth->direction = label;
        truth->speed_deg_s = p->temporal_hz / p->frequency_cpd / ww_cos_deg(0.5 * p->angle_deg);
    }
    return WW_OK;
}

const ww_stimulus ww_stimulus_plaid = {
    .item = {.name = "plaid",
             .summary = "two superimposed drifting gratings",
             .sources = "adelson1982 movshon1985",
             .example = "whatwhere stimuli show plaid --set angle_deg=90 -o sheet.png",
             .params = params,
             .params_size = sizeof(struct plaid)},
    .open = open,
    .draw = draw};

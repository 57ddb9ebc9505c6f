/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Drifting sinusoids; luminance = 0.5 (1 + contrast). */
#include "stimuli/parts/wave.h"

#include "stimuli/parts/frame.h"

enum { BLOCK = 512 };

void ww_wave_add(const ww_wave *wave, const ww_view *view, double t_s, float *plane)
{
    double kx = 2 * WW_PI * wave->frequency_cpd * ww_cos_deg(wave->normal_deg);
    double ky = 2 * WW_PI * wave->frequency_cpd * ww_sin_deg(wave->normal_deg);
    double at = wave->phase_rad - 2 * WW_PI * wave->temporal_hz * t_s;
    double cosine[BLOCK], sine[BLOCK]; /* of the columns; cos(a + b) = cos a cos b - sin a sin b */
    for (int first = 0; first < view->width_px; first += BLOCK) {
        int n = view->width_px - first < BLOCK ? view->width_px - first : BLOCK;
        for (int i = 0; i < n; i++) {
            cosine[i] = wave->contrast * cos(kx * ww_frame_x_deg(view, first + i));
            sine[i] = wave->contrast * sin(kx * ww_frame_x_deg(view, first + i));
        }
        for (int row = 0; row < view->height_px; row++) {
            double base = at + ky * ww_frame_y_deg(view, row), c = cos(base), s = sin(base);
            float *line = plane + (size_t)row * (size_t)view->width_px + first;
            for (int i = 0; i < n; i++)
                line[i] += (float)(c * cosine[i] - s * sine[i]);
        }
    }
}

void ww_wave_window(float *frame, const ww_view *view, double diameter_deg, unsigned char *mask)
{
    for (int row = 0, i = 0; row < view->height_px; row++)
        for (int column = 0; column < view->width_px; column++, i++) {
            double r = hypot(ww_frame_x_deg(view, column), ww_frame_y_deg(view, row));
            double in = 1;
            if (diameter_deg > 0)
                in = ww_edge((0.5 * diameter_deg - r) / view->deg_per_px);
            frame[i] = (float)ww_clamp(0.5 * (1 + in * (double)frame[i]), 0, 1);
            if (mask)
                mask[i] = in >= 0.5;
        }
    ww_frame_grey(frame, view);
}

ww_status ww_wave_check(const char *stimulus, const ww_view *view, double frequency_cpd,
                        double temporal_hz)
{
    double limit = 0.5 / view->deg_per_px;
    if (frequency_cpd > limit)
        return WW_FAIL(WW_EINVAL,
                       "stimulus %s: frequency_cpd = %g is above the %g cycles/deg that pixels of "
                       "%g deg can show",
                       stimulus, frequency_cpd, limit, view->deg_per_px);
    double fastest = 500 / view->frame_ms;
    if (view->frames > 1 && fabs(temporal_hz) > fastest)
        return WW_FAIL(WW_EINVAL,
                       "stimulus %s: temporal_hz = %g is above the %g Hz that frames of %g ms can "
                       "show",
                       stimulus, temporal_hz, fastest, view->frame_ms);
    return WW_OK;
}

double ww_wave_direction(ww_random *random, int n, double first_deg, int *label)
{
    *label = (int)ww_random_below(random, (uint64_t)n);
    return ww_wave_wrap(first_deg + 360.0 * *label / n, 360);
}

double ww_wave_wrap(double degrees, double period)
{
    double rest = fmod(degrees, period);
    return rest < 0 ? rest + period : rest;
}

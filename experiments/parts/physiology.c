/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "experiments/parts/physiology.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "stimuli/parts/frame.h"
#include "stimuli/parts/wave.h"

enum { TOGETHER = 50 };

ww_status ww_probe_open(ww_probe *probe, ww_model *model, const char *area)
{
    const ww_view *view = &model->brain->view;
    *probe = (ww_probe){.model = model, .area = ww_brain_area_find(model->brain, area)};
    if (probe->area < 0) {
        char names[300] = "";
        size_t used = 0;
        for (int i = 0; i < model->brain->n_areas && used < sizeof names; i++)
            used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", i ? ", " : "",
                                     model->brain->area[i].name);
        return WW_FAIL(WW_ENOTFOUND, "brain %s has no area '%s'; there are %s", model->brain->name,
                       area, names);
    }
    const ww_brain_area *a = &model->brain->area[probe->area];
    probe->floats = 3 * (size_t)view->frames * ww_frame_plane(view);
    probe->places = (size_t)a->height * (size_t)a->width;
    int row = a->height / 2, column = a->width / 2;
    probe->place = (size_t)row * (size_t)a->width + (size_t)column;
    probe->x_deg = ww_view_width_deg(view) * ((column + 0.5) / a->width - 0.5);
    probe->y_deg = ww_view_height_deg(view) * (0.5 - (row + 0.5) / a->height);
    probe->trials = calloc(1, sizeof *probe->trials);
    if (probe->trials == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    probe->trials->movie = calloc(TOGETHER * probe->floats, sizeof(float));
    probe->trials->truth = calloc(TOGETHER, sizeof *probe->trials->truth);
    if (probe->trials->movie == NULL || probe->trials->truth == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for the pictures");
    float *response; /* to nothing: the units are counted */
    size_t units;
    probe->trials->count = 1;
    WW_TRY(ww_model_responses(model, probe->trials, probe->area, &response, &units));
    free(response);
    probe->units = (int)(units / probe->places);
    return WW_OK;
}

void ww_probe_close(ww_probe *probe)
{
    ww_trials_free(probe->trials);
    probe->trials = NULL;
}

ww_status ww_probe_show(ww_probe *probe, size_t n, ww_picture draw, const void *pictures,
                        ww_recorder record, void *recording)
{
    const ww_view *view = &probe->model->brain->view;
    size_t units = (size_t)probe->units;
    float *column = malloc(units * sizeof *column);
    ww_status status = column != NULL ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory");
    for (size_t first = 0; first < n && status == WW_OK; first += TOGETHER) {
        float *response;
        size_t all, count = n - first < TOGETHER ? n - first : TOGETHER;
#pragma omp parallel for schedule(static)
        for (size_t i = 0; i < count; i++)
            draw(pictures, first + i, view, probe->trials->movie + i * probe->floats);
        probe->trials->count = count;
        status = ww_model_responses(probe->model, probe->trials, probe->area, &response, &all);
        for (size_t i = 0; i < count && status == WW_OK; i++) {
            for (size_t u = 0; u < units; u++)
                column[u] = response[i * all + u * probe->places + probe->place];
            record(recording, first + i, column);
        }
        free(response);
        if (status == WW_OK && ww_interrupted())
            status = WW_FAIL(WW_EINTERRUPTED, "interrupted");
    }
    free(column);
    return status;
}

/* ---- gratings ---- */

struct gratings {
    const ww_drift *drift;
    int phases;
    double x_deg, y_deg;
};

struct harmonics {
    int phases;
    size_t units;
    float *f0, *f1, *response;
    double *sum; /* [units][3]: of the grating that is shown */
};

static void draw_grating(const void *context, size_t i, const ww_view *view, float *movie)
{
    const struct gratings *g = context;
    const ww_drift *d = &g->drift[i / (size_t)g->phases];
    size_t plane = ww_frame_plane(view);
    double turn = 2 * WW_PI * (double)(i % (size_t)g->phases) / g->phases;
    /* as time goes by the phase falls; the first harmonic's size does not mind */
    double at = -2 * WW_PI * d->frequency_cpd *
                (g->x_deg * ww_cos_deg(d->normal_deg) + g->y_deg * ww_sin_deg(d->normal_deg));
    ww_wave wave = {d->frequency_cpd, d->normal_deg, turn + at, d->contrast, d->temporal_hz};
    for (int f = 0; f < view->frames; f++) {
        float *frame = movie + 3 * (size_t)f * plane;
        memset(frame, 0, plane * sizeof *frame);
        ww_wave_add(&wave, view, (f - view->frames + 1) * view->frame_ms / 1000, frame);
        for (int row = 0, k = 0; row < view->height_px; row++)
            for (int column = 0; column < view->width_px; column++, k++) {
                double in = 1, r = 0;
                if (d->diameter_deg > 0) {
                    r = hypot(ww_frame_x_deg(view, column) - g->x_deg,
                              ww_frame_y_deg(view, row) - g->y_deg);
                    in = ww_edge((0.5 * d->diameter_deg - r) / view->deg_per_px);
                }
                frame[k] = (float)(0.5 * (1 + in * (double)frame[k]));
            }
        ww_frame_grey(frame, view);
    }
}

static void add_harmonics(void *context, size_t i, const float *response)
{
    struct harmonics *h = context;
    size_t phase = i % (size_t)h->phases, grating = i / (size_t)h->phases;
    double turn = 2 * WW_PI * (double)phase / h->phases, c = cos(turn), s = sin(turn);
    if (h->response != NULL)
        memcpy(h->response + i * h->units, response, h->units * sizeof *response);
    if (phase == 0)
        memset(h->sum, 0, 3 * h->units * sizeof *h->sum);
    for (size_t u = 0; u < h->units; u++) {
        h->sum[3 * u] += (double)response[u];
        h->sum[3 * u + 1] += (double)response[u] * c;
        h->sum[3 * u + 2] += (double)response[u] * s;
    }
    if (phase + 1 < (size_t)h->phases)
        return;
    for (size_t u = 0; u < h->units; u++) {
        h->f0[grating * h->units + u] = (float)(h->sum[3 * u] / h->phases);
        h->f1[grating * h->units + u] =
            (float)(2 * hypot(h->sum[3 * u + 1], h->sum[3 * u + 2]) / h->phases);
    }
}

ww_status ww_probe_drift(ww_probe *probe, const ww_drift *drift, size_t n, int phases, float *f0,
                         float *f1, float *response)
{
    struct gratings gratings = {drift, phases, probe->x_deg, probe->y_deg};
    size_t units = (size_t)probe->units;
    struct harmonics harmonics = {phases, units, f0, f1, response, NULL};
    harmonics.sum = calloc(3 * units, sizeof *harmonics.sum);
    if (harmonics.sum == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = ww_probe_show(probe, n * (size_t)phases, draw_grating, &gratings,
                                     add_harmonics, &harmonics);
    free(harmonics.sum);
    return status;
}

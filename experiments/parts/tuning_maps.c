/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Receptive fields in two ways.
 *
 * Reverse correlation: with white noise z, a unit of response r has the field mean(r z). For a cell
 * that filters linearly and then rectifies this is its filter, up to a factor (Bussgang 1952);
 * what remains of n pictures in each check is noise of 1 / sqrt(n).
 * Gradient: d r / d pixel while the unit's best grating is shown, summed within each check. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "experiments/parts/tuning.h"
#include "stimuli/parts/frame.h"
#include "stimuli/parts/wave.h"

static const double NOISE_CONTRAST = 0.3;
enum { CHECKS = WW_MAP_CHECKS * WW_MAP_CHECKS };

/* The square of checks that a unit is mapped with. */
struct square {
    double x_deg, y_deg, check_deg;
    uint64_t seed;
    int unit;
    double *map; /* [CHECKS] sum of r z */
};

/* The check in which a pixel lies, -1 outside. */
static int check_of(const struct square *s, const ww_view *view, int row, int column)
{
    double half = 0.5 * WW_MAP_CHECKS;
    double x = (ww_frame_x_deg(view, column) - s->x_deg) / s->check_deg + half;
    double y = (s->y_deg - ww_frame_y_deg(view, row)) / s->check_deg + half;
    if (x < 0 || y < 0 || x >= WW_MAP_CHECKS || y >= WW_MAP_CHECKS)
        return -1;
    return (int)y * WW_MAP_CHECKS + (int)x;
}

static void noise_of(const struct square *s, size_t i, double *z)
{
    ww_random random = ww_random_stream(s->seed, "experiments/tuning/noise", i);
    for (int k = 0; k < CHECKS; k++)
        z[k] = ww_random_u32(&random) & 1 ? 1 : -1;
}

static void draw_noise(const void *context, size_t i, const ww_view *view, float *movie)
{
    const struct square *s = context;
    double z[CHECKS];
    size_t plane = ww_frame_plane(view);
    noise_of(s, i, z);
    for (int row = 0, k = 0; row < view->height_px; row++)
        for (int column = 0; column < view->width_px; column++, k++) {
            int check = check_of(s, view, row, column);
            movie[k] = (float)(0.5 * (1 + (check < 0 ? 0 : NOISE_CONTRAST * z[check])));
        }
    ww_frame_grey(movie, view);
    for (int f = 1; f < view->frames; f++)
        memcpy(movie + 3 * (size_t)f * plane, movie, 3 * plane * sizeof *movie);
}

static void add_noise(void *context, size_t i, const float *response)
{
    struct square *s = context;
    double z[CHECKS];
    noise_of(s, i, z);
    for (int k = 0; k < CHECKS; k++)
        s->map[k] += z[k] * (double)response[s->unit];
}

/* A program that gives the gradient of the response of one unit. */
struct gradient {
    ww_graph *graph;
    ww_program *program;
};

static ww_status gradient_open(struct gradient *g, const ww_probe *probe)
{
    ww_compile_options options = {.batch = 1, .mode = WW_GRADIENT};
    g->program = NULL;
    g->graph = ww_graph_create();
    if (g->graph == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    WW_TRY(ww_brain_build_probe(g->graph, probe->model->brain, probe->area));
    return ww_compile(&g->program, g->graph, probe->model->values, options);
}

static void gradient_close(struct gradient *g)
{
    if (g->program != NULL)
        ww_program_free(g->program);
    if (g->graph != NULL)
        ww_graph_free(g->graph);
}

static ww_status gradient_map(struct gradient *g, const ww_probe *probe, const struct square *s,
                              const ww_wave *wave, double *map)
{
    const ww_view *view = &probe->model->brain->view;
    size_t floats, plane = ww_frame_plane(view), n;
    float *pick = ww_program_input(g->program, "probe", &n);
    float *movie = ww_program_input(g->program, "movie", &floats);
    if (pick == NULL || movie == NULL)
        return WW_FAIL(WW_EINVAL, "area %s: no picture reaches it",
                       probe->model->brain->area[probe->area].name);
    memset(pick, 0, n * sizeof *pick);
    pick[(size_t)s->unit * probe->places + probe->place] = 1;
    for (int f = 0; f < view->frames; f++) {
        float *frame = movie + 3 * (size_t)f * plane;
        memset(frame, 0, plane * sizeof *frame);
        ww_wave_add(wave, view, (f - view->frames + 1) * view->frame_ms / 1000, frame);
        ww_wave_window(frame, view, 0, NULL);
    }
    WW_TRY(ww_program_run(g->program, 0));
    const float *slope = ww_program_input_gradient(g->program, "movie");
    memset(map, 0, CHECKS * sizeof *map);
    for (int c = 0; c < 3 * view->frames && slope != NULL; c++)
        for (int row = 0, k = 0; row < view->height_px; row++)
            for (int column = 0; column < view->width_px; column++, k++) {
                int check = check_of(s, view, row, column);
                if (check >= 0)
                    map[check] += (double)slope[(size_t)c * plane + (size_t)k];
            }
    return WW_OK;
}

static double correlation(const double *a, const double *b)
{
    double ab = 0, aa = 0, bb = 0;
    for (int k = 0; k < CHECKS; k++) {
        ab += a[k] * b[k];
        aa += a[k] * a[k];
        bb += b[k] * b[k];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : NAN;
}

/* To the same largest value, so that both are seen. */
static void scale(double *map)
{
    double most = 0;
    for (int k = 0; k < CHECKS; k++)
        most = fmax(most, fabs(map[k]));
    for (int k = 0; k < CHECKS && most > 0; k++)
        map[k] /= most;
}

static ww_status map_unit(ww_unit *u, int which, struct gradient *gradient, ww_probe *probe,
                          const ww_tuning_params *p, uint64_t seed, double *map)
{
    const ww_view *view = &probe->model->brain->view; /* checks are whole pixels */
    double pixels = 2 / u->frequency_cpd / WW_MAP_CHECKS / view->deg_per_px;
    struct square s = {.x_deg = probe->x_deg,
                       .y_deg = probe->y_deg,
                       .check_deg = view->deg_per_px * fmax(1, round(pixels)),
                       .seed = seed + (uint64_t)which,
                       .unit = which,
                       .map = map};
    double normal = u->orientation_deg - 90;
    double at = -2 * WW_PI * u->frequency_cpd *
                (probe->x_deg * ww_cos_deg(normal) + probe->y_deg * ww_sin_deg(normal));
    ww_wave wave = {u->frequency_cpd, normal, at + u->phase_deg * WW_PI / 180, p->contrast,
                    p->temporal_hz};
    memset(map, 0, 2 * CHECKS * sizeof *map);
    WW_TRY(ww_probe_show(probe, (size_t)p->noise_pictures, draw_noise, &s, add_noise, &s));
    WW_TRY(gradient_map(gradient, probe, &s, &wave, map + CHECKS));
    u->map_agreement = correlation(map, map + CHECKS);
    scale(map);
    scale(map + CHECKS);
    return WW_OK;
}

ww_status ww_units_map(ww_unit *unit, const int *which, int n, ww_probe *probe,
                       const ww_tuning_params *params, uint64_t seed, double *map, int *n_maps)
{
    struct gradient gradient = {NULL, NULL};
    *n_maps = 0;
    if (params->maps == 0)
        return WW_OK;
    ww_status status = gradient_open(&gradient, probe);
    for (int i = 0; i < n && *n_maps < params->maps && status == WW_OK; i++) {
        ww_unit *u = &unit[which[i]];
        if (!isfinite(u->frequency_cpd) || !(u->modulation > 1) || !isfinite(u->phase_deg))
            continue;
        status = map_unit(u, which[i], &gradient, probe, params, seed, map + *n_maps * 2 * CHECKS);
        *n_maps += 1;
    }
    gradient_close(&gradient);
    return status;
}

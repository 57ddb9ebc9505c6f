/* SPDX-License-Identifier: GPL-3.0-or-later */
/* S1 and C1 of HMAX: simple and complex cells of V1 (Riesenhuber & Poggio 1999; Serre et al. 2007).
 *
 * S1: filters of four orientations and many sizes at every pixel; a response is the magnitude of
 * the filter's product with the picture, divided by the norm of what the filter sees, so it lies
 * between 0 and 1 and does not change with contrast:
 *
 *     s = |w . x| / |x|,   w: mean 0, norm 1
 *
 * C1: sizes are grouped into bands. A cell of a band pools (MAX) one orientation over the sizes of
 * the band and over pool_px x pool_px pixels; cells stand step_px apart. Each band is an output of
 * its own, "band1" the finest, each with its own grid.
 *
 * The defaults are the table of Serre et al. (2007): 16 Gabor filters of 7 to 37 px in 8 bands,
 * pools of 8 to 22 px that overlap by half. (Programs of that time also sampled every 3, 5, 7, 8,
 * 10, 12, 13, 15 px: step_px.) With `filters: derivative` and four bands it is the model of 1999.
 *
 * The picture is the luminance of the last frame. Beyond its edges it is black, or with `inside`
 * filters that reach out of it are silent.
 *
 * Classes of units, for lesions: a band, or an orientation (of all bands: the units of that class
 * are places on the grid of band 1, and the cells of all bands at a place go together). */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "areas/parts/hmax.h"

enum { BANDS = 8, LARGEST = 99 };

struct hmax_c1 {
    ww_area_common common; /* follows from the pools */
    int filters, pooling;
    ww_reals size_px, sigma_px, lambda_px, sizes_per_band, pool_px, step_px;
    double gamma, sharpness;
    bool inside;
};

static const char *const filter_words[] = {"gabor", "derivative", NULL};
enum { GABOR, DERIVATIVE };

static const ww_param params[] = {
    WW_CHOICE(struct hmax_c1, filters, GABOR, filter_words,
              "Gabors, or first derivatives of Gaussians", "serre2007 riesenhuber1999"),
    WW_REALS(struct hmax_c1, size_px,
             "7, 9, 11, 13, 15, 17, 19, 21, 23, 25, 27, 29, 31, 33, 35, 37", 3, LARGEST, "px",
             "sides of the filters (odd)", "serre2007"),
    WW_REALS(struct hmax_c1, sigma_px,
             "2.8, 3.6, 4.5, 5.4, 6.3, 7.3, 8.2, 9.2, 10.2, 11.3, 12.3, 13.4, 14.6, 15.8, 17, 18.2",
             0.1, LARGEST, "px", "sd of each filter's envelope", "serre2007"),
    WW_REALS(struct hmax_c1, lambda_px,
             "3.5, 4.6, 5.6, 6.8, 7.9, 9.1, 10.3, 11.5, 12.7, 14.1, 15.4, 16.8, 18.2, 19.7, 21.2, "
             "22.8",
             0.1, LARGEST, "px", "wavelength of each Gabor", "serre2007"),
    WW_REAL(struct hmax_c1, gamma, 0.3, 0.01, 10, "", "aspect ratio of the Gabors", "serre2007"),
    WW_REALS(struct hmax_c1, sizes_per_band, "2, 2, 2, 2, 2, 2, 2, 2", 1, 32, "",
             "how many sizes each band has, the smallest first", "serre2007"),
    WW_REALS(struct hmax_c1, pool_px, "8, 10, 12, 14, 16, 18, 20, 22", 1, 1024, "px",
             "side of the field that a C1 cell of each band pools", "serre2007"),
    WW_REALS(struct hmax_c1, step_px, "4, 5, 6, 7, 8, 9, 10, 11", 1, 1024, "px",
             "distance of C1 cells of each band", "serre2007"),
    WW_CHOICE(struct hmax_c1, pooling, WW_POOL_MAX, ww_hmax_poolings,
              "how C1 cells pool S1 cells (sum: as a mean)", "riesenhuber1999"),
    WW_REAL(struct hmax_c1, sharpness, 10, 0, 500, "",
            "exponent of the pooling softmax; 0 is the mean, the limit is max", "riesenhuber1999"),
    WW_BOOL(struct hmax_c1, inside, false, "filters that reach out of the picture are silent",
            "serre2007"),
    WW_PARAM_END};

static const char *const band_name[BANDS] = {"band1", "band2", "band3", "band4",
                                             "band5", "band6", "band7", "band8"};
static const char *const orientation_name[WW_HMAX_ORIENTATIONS] = {"0deg", "45deg", "90deg",
                                                                   "135deg"};

static int cells(int length_px, double pool, double step)
{
    return length_px <= pool ? 1 : (int)ceil((length_px - pool) / step) + 1;
}

static void sampling(const void *params_, const ww_view *view, int *height, int *width)
{
    const struct hmax_c1 *p = params_;
    *height = cells(view->height_px, p->pool_px.value[0], p->step_px.value[0]);
    *width = cells(view->width_px, p->pool_px.value[0], p->step_px.value[0]);
}

/* Whether the lists fit together; fails the graph if not. */
static bool check(ww_area_site *site, const struct hmax_c1 *p)
{
    ww_graph *g = site->graph;
    int sizes = p->size_px.count, bands = p->sizes_per_band.count;
    double sum = 0, largest = 0;
    const ww_view *view = site->view;
    for (int b = 0; b < bands; b++)
        sum += p->sizes_per_band.value[b];
    for (int i = 0; i < sizes; i++) {
        largest = fmax(largest, p->size_px.value[i]);
        if (fmod(p->size_px.value[i], 2) != 1)
            return ww_graph_fail(g, WW_EINVAL,
                                 "area %s: size_px: %g is not an odd number of pixels", site->name,
                                 p->size_px.value[i])
                       .id >= 0;
    }
    if (p->sigma_px.count != sizes || (p->filters == GABOR && p->lambda_px.count != sizes))
        ww_graph_fail(g, WW_EINVAL,
                      "area %s: size_px, sigma_px and lambda_px have %d, %d and %d numbers; each "
                      "filter wants one of each",
                      site->name, sizes, p->sigma_px.count, p->lambda_px.count);
    else if (bands > BANDS || p->pool_px.count != bands || p->step_px.count != bands)
        ww_graph_fail(g, WW_EINVAL,
                      "area %s: sizes_per_band, pool_px and step_px have %d, %d and %d numbers; "
                      "each of at most %d bands wants one of each",
                      site->name, bands, p->pool_px.count, p->step_px.count, BANDS);
    else if (sum != sizes)
        ww_graph_fail(g, WW_EINVAL,
                      "area %s: sizes_per_band: the bands have %g sizes together, size_px has %d",
                      site->name, sum, sizes);
    else if (p->inside && (view->width_px < largest || view->height_px < largest))
        ww_graph_fail(g, WW_EINVAL,
                      "area %s: a picture of %d x %d px is too small for the largest filter, %g px",
                      site->name, view->width_px, view->height_px, largest);
    else
        return true;
    return false;
}

/* Filters number i, [4, k, k]. */
static ww_var filters_of(ww_area_site *site, const struct hmax_c1 *p, int i)
{
    static const double orientation_deg[WW_HMAX_ORIENTATIONS] = {0, 45, 90, 135};
    float bank[WW_HMAX_ORIENTATIONS * LARGEST * LARGEST];
    char name[32];
    int size = (int)p->size_px.value[i];
    for (int o = 0; o < WW_HMAX_ORIENTATIONS; o++) {
        float *filter = bank + o * size * size;
        if (p->filters == GABOR)
            ww_hmax_gabor(size, p->sigma_px.value[i], p->lambda_px.value[i], p->gamma,
                          orientation_deg[o], filter);
        else
            ww_hmax_derivative(size, p->sigma_px.value[i], orientation_deg[o], filter);
    }
    snprintf(name, sizeof name, "filters.%d", i + 1);
    return ww_mul(site->graph,
                  ww_fixed(site->graph, name, WW_SHAPE(WW_HMAX_ORIENTATIONS, size, size), bank),
                  ww_hmax_decay(site));
}

/* A control of the class of one orientation, on the grid of a band. */
static ww_var control_of(ww_area_site *site, int o, const char *what, double value,
                         const ww_shape *band)
{
    ww_graph *g = site->graph;
    char name[32];
    int height = (int)band->dim[2], width = (int)band->dim[3];
    snprintf(name, sizeof name, "gate.%s/%s", orientation_name[o], what);
    ww_var control = ww_control(g, name, WW_SHAPE(1, site->height, site->width), value);
    if (height == site->height && width == site->width)
        return control;
    control = ww_reshape(g, control, WW_SHAPE(1, 1, site->height, site->width));
    control = ww_resize(g, control, height, width, WW_NEAREST);
    return ww_reshape(g, control, WW_SHAPE(1, height, width));
}

/* The map of a band with the gates of the four orientations. */
static ww_var gate_orientations(ww_area_site *site, ww_var map)
{
    ww_graph *g = site->graph;
    ww_shape shape = ww_var_shape(g, map);
    ww_var one[WW_HMAX_ORIENTATIONS];
    if (shape.rank != 4)
        return map;
    for (int o = 0; o < WW_HMAX_ORIENTATIONS; o++)
        one[o] = ww_gate(g, ww_slice(g, map, 1, o, o + 1), control_of(site, o, "gain", 1, &shape),
                         control_of(site, o, "noise", 0, &shape));
    return ww_concat(g, WW_HMAX_ORIENTATIONS, one, 1);
}

static void build(ww_area_site *site, const void *params_)
{
    const struct hmax_c1 *p = params_;
    ww_graph *g = site->graph;
    if (!check(site, p))
        return;
    ww_var picture = ww_area_luminance(site), filter[32];
    for (int b = 0, i = 0; b < p->sizes_per_band.count; b++) {
        int n = (int)p->sizes_per_band.value[b];
        for (int j = 0; j < n; j++)
            filter[j] = filters_of(site, p, i++);
        ww_filter_pool_attr attr = {.kind = p->pooling,
                                    .size = (int)p->pool_px.value[b],
                                    .stride = (int)p->step_px.value[b],
                                    .beta = p->sharpness,
                                    .inside = p->inside};
        ww_area_emit(site, band_name[b],
                     gate_orientations(site, ww_filter_pool(g, picture, n, filter, attr)));
    }
}

static const char *port_to(const void *params_, const char *target)
{
    (void)params_;
    (void)target;
    return "band1 band2 band3 band4 band5 band6 band7 band8";
}

const ww_area ww_area_hmax_c1 = {
    .item = {.name = "hmax-c1",
             .summary = "S1 and C1 of HMAX: filters, and their maxima over places and sizes",
             .sources = "riesenhuber1999 serre2007",
             .example = "whatwhere show area hmax-c1",
             .params = params,
             .params_size = sizeof(struct hmax_c1)},
    .stream = WW_STREAM_EARLY,
    .convergence = WW_POOL_MAX,
    .native = true,
    .port_to = port_to,
    .sampling = sampling,
    .build = build,
    .classes = "band1 band2 band3 band4 band5 band6 band7 band8 0deg 45deg 90deg 135deg"};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Primary visual cortex: three outputs for three compartments (Livingstone & Hubel 1987, table 2).
 *
 * interblob: form. Simple cells are Gabor filters on the P signals, half-wave rectified, in four
 * phases; complex cells are the energy of a quadrature pair (Adelson & Bergen 1985), summed over
 * luminance and red against green, so that a border between colours of one luminance counts but
 * its colours do not:
 *
 *     simple = max(0, g_phase * P_luminance) / n,   complex = sqrt(sum over P of even^2 + odd^2) /
 * n, n = sqrt(sigma^2 + mean over orientations and frequencies of the energy)
 *
 * The divisive normalisation n (Heeger 1992) has no phase, so it changes neither the ratio F1/F0 of
 * a simple cell nor the indifference of a complex cell to phase. Bandwidths are those of macaque
 * cells (Ringach 2002: median nx 0.365, ny 0.445).
 *
 * blob: colour. P and K signals, blurred (low spatial resolution, no orientation), mixed by learned
 * weights at each place into double-opponent and hue-selective cells.
 *
 * 4B: motion. Space-time Gabors on the M signals, their quadrature energy: orientation and
 * direction selective, blind to colour, of high contrast sensitivity (a small sigma).
 *
 * With `complex: max` a complex cell is instead the maximum of the simple cells of its orientation
 * over all phases and frequencies and over `max_units` x `max_units` places (Riesenhuber & Poggio
 * 1999): tolerant of position and size. With `pool_deg` the normalisation sums over a Gaussian
 * neighbourhood too, and large gratings are suppressed (Carandini & Heeger 2012).
 *
 * With `cells` there is no bank but a population whose preferred orientations, frequencies, phases
 * and envelopes are drawn from the published distributions (parts/population.h). A cell's membrane
 * potential mixes its linear response L (to the contrast at its best phase) and its energy E,
 *
 *     v = m L + (1 - m) E,   rate = max(0, v) / n
 *
 * m = 1 is a simple cell, m = 0 a complex one; in a continuum V1/V0 = m / (1 - m) is log-normal
 * with median 1 and sd e, one hump (Mechler & Ringach 2002). The population answers to luminance
 * alone. At an eccentricity e all receptive fields are 1 + e / e2 times as large (Levi et al.
 * 1985).
 *
 * Counts of spikes vary from trial to trial with a variance proportional to their mean (Tolhurst et
 * al. 1983; Fano factor 1: as Poisson's): rate + sqrt(fano rate / spikes) z, z standard normal,
 * rectified; `spikes` is the count of a rate of 1.
 *
 * Gabor filters are the start; with `plastic` they learn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "areas/area.h"
#include "areas/parts/cortex.h"
#include "areas/parts/gabor.h"
#include "areas/parts/population.h"

struct v1 {
    ww_area_common common;
    int orientations, directions, blob_channels;
    ww_reals frequencies_cpd, motion_cpd, speeds_deg_s;
    double nx, ny, sigma, motion_sigma, blur_deg;
    bool plastic, rectified;
    int complex, max_units, cells, cell_seed, kinds;
    double pool_deg, eccentricity_deg, e2_deg, fano, spikes;
};

static const char *const complex_word[] = {"energy", "max", NULL};
static const char *const kinds_word[] = {"both", "simple", "complex", "continuum", NULL};
enum { COMPLEX_ENERGY, COMPLEX_MAX };
enum { KINDS_BOTH, KINDS_SIMPLE, KINDS_COMPLEX, KINDS_CONTINUUM };

static const ww_param params[] = {
    WW_AREA_GRID(struct v1, common, 32),
    WW_INT(struct v1, orientations, 8, 1, 64, "", "orientations of simple and complex cells",
           "devalois1982b"),
    WW_REALS(struct v1, frequencies_cpd, "0.7, 1.4", 0.01, 60, "cycles/deg",
             "preferred spatial frequencies of simple and complex cells", "devalois1982"),
    WW_REAL(struct v1, nx, 0.365, 0.2, 3, "",
            "sd of the envelope along the wave, in periods (bandwidth of frequency)",
            "ringach2002"),
    WW_REAL(struct v1, ny, 0.445, 0.2, 3, "",
            "sd of the envelope across the wave, in periods (bandwidth of orientation)",
            "ringach2002"),
    WW_REAL(struct v1, sigma, 0.1, 0.0001, 100, "", "contrast of half saturation, form",
            "heeger1992"),
    WW_INT(struct v1, blob_channels, 12, 1, 4096, "", "kinds of colour cells in the blobs",
           "livingstone1987"),
    WW_REAL(struct v1, blur_deg, 0.3, 0, 10, "deg", "sd of the spatial summation of blob cells",
            "livingstone1987"),
    WW_INT(struct v1, directions, 8, 2, 64, "", "directions of motion in layer 4B", "adelson1985"),
    WW_REALS(struct v1, motion_cpd, "0.6", 0.01, 60, "cycles/deg",
             "preferred spatial frequencies in layer 4B", "adelson1985"),
    WW_REALS(struct v1, speeds_deg_s, "6", 0, 1000, "deg/s", "preferred speeds in layer 4B",
             "adelson1985"),
    WW_REAL(struct v1, motion_sigma, 0.05, 0.0001, 100, "", "contrast of half saturation, motion",
            "livingstone1987"),
    WW_BOOL(struct v1, plastic, false, "Gabor filters learn too", ""),
    WW_CHOICE(struct v1, complex, COMPLEX_ENERGY, complex_word,
              "complex cells of the bank: energy of a pair, or MAX over position and scale",
              "adelson1985 riesenhuber1999"),
    WW_INT(struct v1, max_units, 3, 1, 31, "", "places across which such a MAX reaches (odd)",
           "riesenhuber1999"),
    WW_REAL(struct v1, pool_deg, 0, 0, 45, "deg",
            "sd of the normalisation pool in the field; 0: the place alone", "carandini2012"),
    WW_INT(struct v1, cells, 0, 0, 1024, "",
           "cells drawn from the published distributions instead of a bank; 0: the bank",
           "devalois1982 devalois1982b ringach2002"),
    WW_INT(struct v1, cell_seed, 1, 0, 2147483647, "", "which population is drawn", ""),
    WW_CHOICE(struct v1, kinds, KINDS_BOTH, kinds_word,
              "of the cells drawn: half of each, all simple, all complex, or a continuum",
              "skottun1991 mechler2002"),
    WW_BOOL(struct v1, rectified, true, "cells drawn say rates; no: membrane potentials",
            "mechler2002"),
    WW_REAL(struct v1, eccentricity_deg, 0, 0, 90, "deg",
            "where the population lies; 0: the centre of gaze", "levi1985"),
    WW_REAL(struct v1, e2_deg, 2.5, 0.1, 90, "deg",
            "eccentricity at which receptive fields are twice as large as at the centre",
            "levi1985"),
    WW_REAL(struct v1, fano, 0, 0, 10, "",
            "variance over mean of the counts of simple and complex cells; 0: no noise",
            "tolhurst1983"),
    WW_REAL(struct v1, spikes, 20, 0.01, 10000, "spikes", "count that a response of 1 stands for",
            "tolhurst1983"),
    WW_PARAM_END};

enum { LARGEST = 15, POOL_LARGEST = 31 };

static const ww_afferent *from_port(const ww_area_site *site, const char *port)
{
    for (int i = 0; i < site->n_afferents; i++)
        if (strcmp(site->afferent[i].port, port) == 0)
            return &site->afferent[i];
    return NULL;
}

static ww_var weights(ww_area_site *site, const struct v1 *p, const char *name, ww_shape shape,
                      const float *data)
{
    ww_graph *g = site->graph;
    ww_var bank =
        p->plastic ? ww_parameter(g, name, shape, (ww_init){.kind = WW_INIT_DATA, .data = data}, 0)
                   : ww_fixed(g, name, shape, data);
    return ww_mul(g, bank, ww_cortex_decay(site));
}

/* Gabors of one frequency in all orientations, even then odd: [2 orientations, 1, size, size]. They
 * are laid on the area's own grid where that is fine enough for them (4 units a period), else on
 * the finer one of the P signals, which a stride brings down. */
static ww_var form_filters(ww_area_site *site, const struct v1 *p, ww_var parvo, int which,
                           int *stride)
{
    double own = ww_view_width_deg(site->view) / site->width;
    ww_gabor gabor = {.frequency_cpd = p->frequencies_cpd.value[which], .nx = p->nx, .ny = p->ny};
    int64_t fine = ww_var_shape(site->graph, parvo).dim[3];
    *stride = 1;
    if (1 / (gabor.frequency_cpd * own) < 4 && fine % site->width == 0)
        *stride = (int)(fine / site->width);
    double deg_per_px = own / *stride;
    int size = ww_gabor_size(&gabor, deg_per_px, LARGEST) + (*stride % 2 == 0); /* centred */
    int n = size * size;
    float *bank = calloc(2 * (size_t)p->orientations * (size_t)n, sizeof *bank);
    if (bank == NULL)
        return ww_graph_fail(site->graph, WW_ENOMEM, "V1: out of memory");
    for (int odd = 0; odd < 2; odd++)
        for (int o = 0; o < p->orientations; o++) {
            gabor.normal_deg = 180.0 * o / p->orientations;
            gabor.phase_deg = 90 * odd;
            ww_gabor_fill(&gabor, 0, deg_per_px, size, bank + (odd * p->orientations + o) * n);
        }
    char name[32];
    snprintf(name, sizeof name, "gabor.%d", which);
    ww_var filters = weights(site, p, name, WW_SHAPE(2 * p->orientations, 1, size, size), bank);
    free(bank);
    return filters;
}

/* Divisor sqrt(sigma^2 + mean energy of a place), [N, 1, H, W]. */
static ww_var divisor(ww_graph *g, ww_var energy, double sigma)
{
    ww_shape shape = ww_var_shape(g, energy);
    ww_var pool = ww_reduce(g, energy, WW_MEAN, WW_BIT(1));
    pool = ww_sqrt(g, ww_affine(g, pool, 1, sigma * sigma));
    return ww_reshape(g, pool, WW_SHAPE(WW_BATCH, 1, shape.dim[2], shape.dim[3]));
}

/* The energy of each place summed over its neighbourhood in the field, if the pool has one. */
static ww_var pooled(ww_area_site *site, const struct v1 *p, ww_var energy)
{
    ww_graph *g = site->graph;
    ww_shape shape = ww_var_shape(g, energy);
    double sigma_px = p->pool_deg * site->width / ww_view_width_deg(site->view);
    if (sigma_px == 0 || shape.rank != 4)
        return energy;
    float filter[POOL_LARGEST * POOL_LARGEST] = {0};
    int size = ww_gaussian_size(sigma_px, POOL_LARGEST);
    ww_gaussian_add(sigma_px, 1, size, filter);
    ww_var mean = ww_reshape(g, ww_reduce(g, energy, WW_MEAN, WW_BIT(1)),
                             WW_SHAPE(WW_BATCH, 1, shape.dim[2], shape.dim[3]));
    return ww_conv2d(g, mean, ww_fixed(g, "pool", WW_SHAPE(1, 1, size, size), filter),
                     (ww_conv2d_attr){.pad = size / 2});
}

/* Rates as they are counted in one trial. */
static ww_var counted(ww_area_site *site, const struct v1 *p, const char *name, ww_var rate)
{
    ww_graph *g = site->graph;
    ww_shape shape = ww_var_shape(g, rate);
    if (p->fano == 0 || shape.rank != 4)
        return rate;
    char one[64], zero[64];
    snprintf(one, sizeof one, "spikes.%s/gain", name);
    snprintf(zero, sizeof zero, "spikes.%s/noise", name);
    ww_shape units = WW_SHAPE(1, 1, 1);
    ww_var normal = ww_gate(g, ww_affine(g, rate, 0, 0), ww_control(g, one, units, 1),
                            ww_control(g, zero, units, 1));
    ww_var sd = ww_sqrt(g, ww_affine(g, ww_relu(g, rate), p->fano / p->spikes, 0));
    return ww_relu(g, ww_add(g, rate, ww_mul(g, sd, normal)));
}

static void emit_interblob(ww_area_site *site, const struct v1 *p, ww_var complex, ww_var simple)
{
    ww_graph *g = site->graph;
    ww_var cells[2];
    int n = 0;
    if (complex.id >= 0)
        cells[n++] = ww_area_gate(site, "complex", counted(site, p, "complex", complex));
    if (simple.id >= 0)
        cells[n++] = ww_area_gate(site, "simple", counted(site, p, "simple", simple));
    ww_var all = n > 1 ? ww_concat(g, n, cells, 1) : n > 0 ? cells[0] : (ww_var){-1};
    ww_area_emit(site, "interblob", ww_cortex_modulate(site, "interblob", all));
}

/* The largest of |even| and |odd| over all frequencies and the neighbouring places: pairs
 * [N, frequencies x 2 x orientations, H, W] -> [N, orientations, H, W]. */
static ww_var strongest(ww_area_site *site, const struct v1 *p, ww_var pair)
{
    ww_graph *g = site->graph;
    ww_shape s = ww_var_shape(g, pair);
    if (s.rank != 4)
        return pair;
    if (p->max_units % 2 == 0)
        return ww_graph_fail(g, WW_EINVAL, "area %s: max_units = %d is not odd", site->name,
                             p->max_units);
    int64_t o = p->orientations, places = s.dim[2] * s.dim[3];
    ww_var all = ww_reshape(g, ww_abs(g, pair), WW_SHAPE(WW_BATCH, s.dim[1] / o, o, places));
    ww_var most = ww_reshape(g, ww_reduce(g, all, WW_MAX, WW_BIT(1)),
                             WW_SHAPE(WW_BATCH, o, s.dim[2], s.dim[3]));
    return ww_pool(
        g, most,
        (ww_pool_attr){
            .kind = WW_POOL_MAX, .size = p->max_units, .stride = 1, .pad = p->max_units / 2});
}

static void build_interblob(ww_area_site *site, const struct v1 *p, ww_var parvo)
{
    ww_graph *g = site->graph;
    ww_var pairs[WW_REALS_MAX], energies[WW_REALS_MAX];
    int n = p->frequencies_cpd.count, signals = (int)ww_var_shape(g, parvo).dim[1];
    ww_var coarse = ww_area_regrid(g, parvo, site->height, site->width, WW_POOL_AVERAGE);
    for (int f = 0; f < n; f++) {
        int stride;
        ww_var filters = form_filters(site, p, parvo, f, &stride);
        ww_conv2d_attr attr = {.stride = stride,
                               .pad = ((int)ww_var_shape(g, filters).dim[2] - stride + 1) / 2};
        for (int s = 0; s < signals; s++) {
            ww_var signal = ww_slice(g, stride > 1 ? parvo : coarse, 1, s, s + 1);
            ww_var pair = ww_conv2d(g, signal, filters, attr);
            ww_var energy = ww_energy(g, pair);
            energies[f] = s == 0 ? energy : ww_add(g, energies[f], energy);
            if (s == 0)
                pairs[f] = pair;
        }
    }
    ww_var pair = n > 1 ? ww_concat(g, n, pairs, 1) : pairs[0];
    ww_var energy = n > 1 ? ww_concat(g, n, energies, 1) : energies[0];
    ww_var by = divisor(g, pooled(site, p, energy), p->sigma);
    ww_var simple = ww_on_off(g, ww_div(g, pair, by));
    ww_var drive = p->complex == COMPLEX_MAX ? strongest(site, p, pair) : ww_sqrt(g, energy);
    emit_interblob(site, p, ww_div(g, drive, by), simple);
}

/* ---- a population ---- */

static void build_population(ww_area_site *site, const struct v1 *p, ww_var parvo)
{
    static const char *const tag[2] = {"complex", "simple"};
    ww_graph *g = site->graph;
    ww_cell *cell;
    ww_status status = ww_population_create(&cell, p->cells, (uint64_t)p->cell_seed,
                                            1 + p->eccentricity_deg / p->e2_deg);
    if (status != WW_OK) {
        char why[400];
        snprintf(why, sizeof why, "%s", ww_error_message());
        ww_graph_fail(g, status, "V1: cells: %s", why);
        return;
    }
    int n_complex = p->kinds == KINDS_COMPLEX ? p->cells
                    : p->kinds == KINDS_BOTH  ? p->cells / 2
                                              : 0;
    int count[2] = {n_complex, p->cells - n_complex}, n = 0;
    ww_var light = ww_slice(g, parvo, 1, 0, 1), v[2] = {{-1}, {-1}}, energy[2];
    for (int k = 0; k < 2; k++) {
        ww_cell *some = cell + k * n_complex;
        if (count[k] == 0)
            continue;
        ww_population_mix(some, count[k], p->kinds == KINDS_CONTINUUM, k == 1,
                          (uint64_t)p->cell_seed);
        ww_var pairs = ww_population_pairs(site, tag[k], some, count[k], light, p->plastic);
        pairs = ww_mul(g, pairs, ww_cortex_decay(site));
        energy[n] = ww_energy(g, pairs);
        v[k] = ww_population_potentials(site, tag[k], some, pairs, energy[n++]);
    }
    ww_population_tell(site, cell, p->cells);
    free(cell);
    ww_var all = n > 1 ? ww_concat(g, n, energy, 1) : energy[0];
    ww_var by = divisor(g, pooled(site, p, all), p->sigma);
    for (int k = 0; k < 2; k++)
        if (count[k] > 0)
            v[k] = ww_div(g, p->rectified ? ww_relu(g, v[k]) : v[k], by);
    emit_interblob(site, p, v[0], v[1]);
}

static void build_blob(ww_area_site *site, const struct v1 *p, ww_var parvo,
                       const ww_afferent *konio)
{
    ww_graph *g = site->graph;
    ww_var in[2];
    int n = 0;
    in[n++] = ww_area_regrid(g, parvo, site->height, site->width, WW_POOL_AVERAGE);
    if (konio != NULL)
        in[n++] = ww_area_regrid(g, konio->map, site->height, site->width, WW_POOL_AVERAGE);
    ww_var opponent = n > 1 ? ww_concat(g, n, in, 1) : in[0];
    int signals = (int)ww_var_shape(g, opponent).dim[1];
    double sigma_px = p->blur_deg * site->width / ww_view_width_deg(site->view);
    int size = ww_gaussian_size(sigma_px, LARGEST);
    float *blur = calloc((size_t)signals * (size_t)size * (size_t)size, sizeof *blur);
    if (blur == NULL) {
        ww_graph_fail(g, WW_ENOMEM, "V1: out of memory");
        return;
    }
    for (int s = 0; s < signals; s++)
        ww_gaussian_add(sigma_px, 1, size, blur + s * size * size);
    ww_var smooth =
        ww_conv2d(g, opponent, ww_fixed(g, "blur", WW_SHAPE(signals, 1, size, size), blur),
                  (ww_conv2d_attr){.pad = size / 2, .groups = signals});
    free(blur);
    ww_var mix = ww_parameter(g, "weight.blob", WW_SHAPE(p->blob_channels, signals, 1, 1),
                              (ww_init){.kind = WW_INIT_HE, .value = 1}, 1);
    mix = ww_mul(g, mix, ww_cortex_decay(site));
    ww_var drive = ww_conv2d(g, smooth, mix, (ww_conv2d_attr){0});
    ww_area_emit(site, "blob",
                 ww_cortex_modulate(site, "blob", ww_cortex_respond(site, "blob", drive)));
}

/* Space-time Gabors, even then odd: [2 n, frames, size, size], n = frequencies x speeds x
 * directions; direction runs fastest. */
static ww_var motion_filters(ww_area_site *site, const struct v1 *p, int64_t frames,
                             double deg_per_px, int *n_cells)
{
    double lowest = p->motion_cpd.value[0];
    for (int i = 1; i < p->motion_cpd.count; i++)
        if (p->motion_cpd.value[i] < lowest)
            lowest = p->motion_cpd.value[i];
    ww_gabor gabor = {.frequency_cpd = lowest, .nx = p->nx, .ny = p->ny};
    int size = ww_gabor_size(&gabor, deg_per_px, LARGEST), T = (int)frames;
    int n = p->motion_cpd.count * p->speeds_deg_s.count * p->directions;
    size_t plane = (size_t)size * (size_t)size, cell = plane * (size_t)T;
    float *bank = calloc(2 * (size_t)n * cell, sizeof *bank);
    if (bank == NULL)
        return ww_graph_fail(site->graph, WW_ENOMEM, "V1: out of memory");
    for (int i = 0; i < 2 * n; i++) {
        int k = i % n, speed = k / p->directions % p->speeds_deg_s.count;
        gabor.phase_deg = i < n ? 0 : 90;
        gabor.normal_deg = 360.0 * (k % p->directions) / p->directions;
        gabor.frequency_cpd = p->motion_cpd.value[k / (p->directions * p->speeds_deg_s.count)];
        double step_deg = p->speeds_deg_s.value[speed] * site->view->frame_ms / 1000;
        float *filter = bank + (size_t)i * cell;
        for (int t = 0; t < T; t++)
            ww_gabor_fill(&gabor, (t - 0.5 * (T - 1)) * step_deg, deg_per_px, size,
                          filter + (size_t)t * plane);
        ww_filter_normalise(filter, cell, 0);
    }
    ww_var filters = weights(site, p, "motion", WW_SHAPE(2 * n, T, size, size), bank);
    free(bank);
    *n_cells = n;
    return filters;
}

static void build_4b(ww_area_site *site, const struct v1 *p, ww_var magno)
{
    ww_graph *g = site->graph;
    ww_var map = ww_area_regrid(g, magno, site->height, site->width, WW_POOL_AVERAGE);
    double deg_per_px = ww_view_width_deg(site->view) / site->width;
    int n = 0;
    ww_var filters = motion_filters(site, p, ww_var_shape(g, map).dim[1], deg_per_px, &n);
    ww_var pair = ww_conv2d(g, map, filters,
                            (ww_conv2d_attr){.pad = (int)ww_var_shape(g, filters).dim[2] / 2});
    ww_var energy = ww_energy(g, pair);
    ww_var motion = ww_div(g, ww_sqrt(g, energy), divisor(g, energy, p->motion_sigma));
    ww_area_emit(site, "4B", ww_cortex_modulate(site, "4B", motion));
}

static void build(ww_area_site *site, const void *params_)
{
    const struct v1 *p = params_;
    const ww_afferent *parvo = from_port(site, "P"), *magno = from_port(site, "M");
    if (parvo != NULL) {
        if (p->cells > 0)
            build_population(site, p, parvo->map);
        else
            build_interblob(site, p, parvo->map);
        build_blob(site, p, parvo->map, from_port(site, "K"));
    }
    if (magno != NULL)
        build_4b(site, p, magno->map);
    if (parvo == NULL && magno == NULL)
        ww_graph_fail(site->graph, WW_EINVAL, "area %s: nothing from the LGN reaches it",
                      site->name);
}

static const char *port_to(const void *params_, const char *target)
{
    (void)params_;
    if (strcmp(target, "V2") == 0)
        return "interblob blob 4B";
    if (strcmp(target, "V4") == 0 || strcmp(target, "VOT") == 0)
        return "interblob blob";
    return strcmp(target, "VP") == 0 || strcmp(target, "LGN") == 0 ? "interblob" : "4B";
}

const ww_area ww_area_v1 = {
    .item = {.name = "V1",
             .summary = "Gabor simple cells, complex cells, colour blobs, direction-selective 4B",
             .sources = "livingstone1987 heeger1992 carandini2012 adelson1985 ringach2002 "
                        "devalois1982 devalois1982b mechler2002 tolhurst1983 levi1985 "
                        "riesenhuber1999",
             .example = "whatwhere show area V1",
             .params = params,
             .params_size = sizeof(struct v1)},
    .stream = WW_STREAM_EARLY,
    .convergence = WW_POOL_AVERAGE,
    .native = true,
    .port_to = port_to,
    .build = build,
    .classes = "simple complex blob 4B"};

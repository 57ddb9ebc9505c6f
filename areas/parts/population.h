/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_AREAS_PARTS_POPULATION_H
#define WW_AREAS_PARTS_POPULATION_H

/* A population of V1 cells drawn from the published distributions, and their filters. */

#include "areas/area.h"
#include "areas/parts/gabor.h"

enum { WW_V1_BINS = 32 };

/** A histogram of counts: bins low .. high (of a second quantity too where it is a joint one). */
typedef struct ww_histogram {
    int n;
    double low[WW_V1_BINS], high[WW_V1_BINS], low_2[WW_V1_BINS], high_2[WW_V1_BINS];
    double count[WW_V1_BINS];
} ww_histogram;

/** connectome/v1_statistics.tsv: preferred orientation of the bars (deg), peak spatial frequency
 * (cycles/deg), and nx and ny jointly. */
typedef struct ww_v1_statistics {
    ww_histogram orientation, frequency, nx_ny;
} ww_v1_statistics;

/** Reads the table. Errors: those of the table; WW_EPARSE for an unknown statistic, and for one
 * that is missing or has more than WW_V1_BINS bins. */
ww_status ww_v1_statistics_read(ww_v1_statistics *out);

/** A cell: its Gabor, and the share of the linear response in its membrane potential. */
typedef struct ww_cell {
    ww_gabor gabor;
    double linear; /* 1: simple, 0: complex */
} ww_cell;

/** Draws `n` cells under `seed`: a bin by its count, a place within it evenly (of frequencies, nx
 * and ny: evenly in their logarithm), the phase evenly. Cell i is the same for every n > i. */
void ww_population_draw(const ww_v1_statistics *statistics, ww_cell *cell, int n, uint64_t seed);

/** The same from connectome/v1_statistics.tsv, with receptive fields `larger` times as large; to be
 * freed. Errors: those of the table. */
ww_status ww_population_create(ww_cell **out, int n, uint64_t seed, double larger);

/** Sets how linear the cells are: all simple or all complex, or in a continuum l / (1 - l) drawn
 * from a log-normal distribution of median 1 and sd e. */
void ww_population_mix(ww_cell *cell, int n, bool continuum, bool simple, uint64_t seed);

/** Linear responses [N, 2 n, height, width] of n Gabors and, after them, of their quadrature
 * partners (phase 90 deg later) to the map `light` [N, 1, H, W] on the grid of the site: 1 for the
 * best grating of amplitude 0.5 (contrast 1). Each Gabor reads a level of a pyramid of `light` that
 * is fine enough for it. The filters are parameters "TAG.LEVEL" of the area if `plastic`, else
 * fixed; the cells are put into the order of the channels. */
ww_var ww_population_pairs(ww_area_site *site, const char *tag, ww_cell *cell, int n, ww_var light,
                           bool plastic);

/** Membrane potentials [N, n, height, width]: linear response and root of the energy
 * [N, n, height, width] of each cell, mixed. */
ww_var ww_population_potentials(ww_area_site *site, const char *tag, const ww_cell *cell,
                                ww_var pairs, ww_var energy);

/** The numbers of a cell in the fixed array "population" [cells, WW_CELL_NUMBERS] of an area, which
 * ww_population_tell makes: for physiology to compare with what it found. */
enum {
    WW_CELL_FREQUENCY_CPD,
    WW_CELL_NORMAL_DEG,
    WW_CELL_PHASE_DEG,
    WW_CELL_NX,
    WW_CELL_NY,
    WW_CELL_LINEAR,
    WW_CELL_NUMBERS
};
/** Puts the numbers of cell[n] into the fixed array "population" of the site's area. Errors stick
 * to the graph. */
void ww_population_tell(ww_area_site *site, const ww_cell *cell, int n);

#endif

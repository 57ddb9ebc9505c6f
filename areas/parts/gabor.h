/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_AREAS_PARTS_GABOR_H
#define WW_AREAS_PARTS_GABOR_H

/* Receptive fields of early vision as filters: Gaussians, differences of them, Gabors. */

#include <stddef.h>

/** A Gabor: a plane wave under a Gaussian envelope. nx and ny are the standard deviations of the
 * envelope along the wave and across it, in periods of the wave. */
typedef struct ww_gabor {
    double frequency_cpd;
    double normal_deg; /* along which the wave runs; its bars stand at right angles */
    double phase_deg;  /* 0: even, 90: odd */
    double nx, ny;
} ww_gabor;

/** The odd number of pixels that covers 2.5 standard deviations of the Gabor each way, at least 3
 * and at most `largest`. */
int ww_gabor_size(const ww_gabor *gabor, double deg_per_px, int largest);

/** Writes the Gabor to filter[size][size], row 0 at the top: mean 0 and norm 1. `drift_deg` moves
 * the wave (not the envelope) along its normal. */
void ww_gabor_fill(const ww_gabor *gabor, double drift_deg, double deg_per_px, int size,
                   float *filter);

/** The same with the scale of its transform: the response to a grating of amplitude a and its own
 * frequency, orientation and phase is a (for an envelope of several periods; exactly, it is a times
 * the modulus of ww_gabor_transform). */
void ww_gabor_fill_unit(const ww_gabor *gabor, double deg_per_px, int size, float *filter);

/** The response of that filter (in the limit of fine pixels) to a drifting grating of amplitude 1,
 * out[0] cos + out[1] sin of its phase: the Fourier transform, both lobes and the part that keeps
 * the filter blind to uniform light. In this form the tuning is exact; ww_gabor_octaves and
 * ww_gabor_orientation_deg see one lobe. */
void ww_gabor_transform(const ww_gabor *gabor, double frequency_cpd, double normal_deg,
                        double out[2]);

/** Closed forms of its tuning at half height, with d = sqrt(2 ln 2) / 2 pi: bandwidth of spatial
 * frequency in octaves, log2((nx + d) / (nx - d)); infinity where there is no lower flank. */
double ww_gabor_octaves(double nx);
/** Full width of orientation tuning in deg, 2 asin(d / ny); 180 where it answers all of them. */
double ww_gabor_orientation_deg(double ny);

/** Adds weight * a Gaussian of sum 1 to filter[size][size]; a standard deviation much below a pixel
 * gives one point. */
void ww_gaussian_add(double sigma_px, double weight, int size, float *filter);

/** The odd number of pixels that covers 2.5 standard deviations each way, at most `largest`. */
int ww_gaussian_size(double sigma_px, int largest);

/** Scales a filter of n numbers to mean 0 (if `centre`) and norm 1. */
void ww_filter_normalise(float *filter, size_t n, int centre);

#endif

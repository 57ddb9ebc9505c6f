/* SPDX-License-Identifier: GPL-3.0-or-later */
/* White noise, filtered in the frequency domain to an amplitude of 1 / f^slope. Natural scenes have
 * slopes near 1 (Field 1987, J Opt Soc Am A 4:2379; Tolhurst, Tadmor & Chao 1992). The field wraps
 * around at the borders.
 *
 * FFTW's planner is the one part of FFTW that is not thread safe; plans are made under a lock, by
 * estimate, so the same plan (and the same bits) come out every time. Drawing runs them on arrays
 * of its own. */
#include "stimuli/parts/noise.h"

#include <fftw3.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>

struct ww_noise {
    int width, height;
    float *gain; /* [height][width / 2 + 1] */
    fftwf_plan forward, backward;
};

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

static void fill_gain(ww_noise *noise, double slope)
{
    int half = noise->width / 2 + 1;
    for (int row = 0; row < noise->height; row++) {
        double fy = row <= noise->height / 2 ? row : row - noise->height;
        for (int column = 0; column < half; column++) {
            double f = hypot(fy / noise->height, (double)column / noise->width);
            noise->gain[row * half + column] = f > 0 ? (float)pow(f, -slope) : 0;
        }
    }
}

ww_status ww_noise_open(ww_noise **out, int width, int height, double slope)
{
    *out = NULL;
    size_t bins = (size_t)height * (size_t)(width / 2 + 1);
    ww_noise *noise = calloc(1, sizeof *noise);
    float *plane = fftwf_alloc_real((size_t)width * (size_t)height);
    fftwf_complex *spectrum = fftwf_alloc_complex(bins);
    if (noise && plane && spectrum) {
        *noise = (ww_noise){.width = width, .height = height};
        noise->gain = malloc(bins * sizeof *noise->gain);
        pthread_mutex_lock(&planner);
        noise->forward = fftwf_plan_dft_r2c_2d(height, width, plane, spectrum, FFTW_ESTIMATE);
        noise->backward = fftwf_plan_dft_c2r_2d(height, width, spectrum, plane, FFTW_ESTIMATE);
        pthread_mutex_unlock(&planner);
    }
    fftwf_free(plane);
    fftwf_free(spectrum);
    if (!noise || !noise->gain || !noise->forward || !noise->backward) {
        ww_noise_close(noise);
        return WW_FAIL(WW_ENOMEM, "no memory for noise of %d x %d pixels", width, height);
    }
    fill_gain(noise, slope);
    *out = noise;
    return WW_OK;
}

void ww_noise_close(ww_noise *noise)
{
    if (!noise)
        return;
    pthread_mutex_lock(&planner);
    if (noise->forward)
        fftwf_destroy_plan(noise->forward);
    if (noise->backward)
        fftwf_destroy_plan(noise->backward);
    pthread_mutex_unlock(&planner);
    free(noise->gain);
    free(noise);
}

static void standardise(const float *in, float *out, size_t n)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        sum += (double)in[i];
        squares += (double)in[i] * (double)in[i];
    }
    double mean = sum / (double)n, variance = squares / (double)n - mean * mean;
    float scale = variance > 0 ? (float)(1 / sqrt(variance)) : 0;
    for (size_t i = 0; i < n; i++)
        out[i] = scale * (in[i] - (float)mean);
}

ww_status ww_noise_draw(const ww_noise *noise, ww_random *random, float *plane)
{
    size_t n = (size_t)noise->width * (size_t)noise->height;
    size_t bins = (size_t)noise->height * (size_t)(noise->width / 2 + 1);
    float *field = fftwf_alloc_real(n);
    fftwf_complex *spectrum = fftwf_alloc_complex(bins);
    ww_status status = WW_OK;
    if (!field || !spectrum) {
        status = WW_FAIL(WW_ENOMEM, "no memory for noise of %zu pixels", n);
        goto out;
    }
    for (size_t i = 0; i < n; i++)
        field[i] = (float)ww_random_u32(random) * 0x1p-32f - 0.5f;
    fftwf_execute_dft_r2c(noise->forward, field, spectrum);
    for (size_t i = 0; i < bins; i++) {
        spectrum[i][0] *= noise->gain[i];
        spectrum[i][1] *= noise->gain[i];
    }
    fftwf_execute_dft_c2r(noise->backward, spectrum, field);
    standardise(field, plane, n);
out:
    fftwf_free(field);
    fftwf_free(spectrum);
    return status;
}

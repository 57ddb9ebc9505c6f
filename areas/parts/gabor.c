/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gabor filters, the usual description of simple cells of V1 (Marcelja 1980; Daugman 1985; Jones &
 * Palmer 1987, J Neurophysiol 58:1233):
 *
 *     g(x, y) = exp(-(u^2 / sx^2 + v^2 / sy^2) / 2) cos(2 pi f u + phase),
 *     u = x cos a + y sin a,  v = -x sin a + y cos a,  sx = nx / f,  sy = ny / f
 *
 * An even Gabor has a small response to uniform light; it is taken away by subtracting a share of
 * the envelope, which leaves the filter as local as it was. */
#include "areas/parts/gabor.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double half_height = 0.18738757; /* sqrt(2 ln 2) / (2 pi) */

static int odd_size(double reach_px, int largest)
{
    int size = 2 * (int)ceil(reach_px - 0.5) + 1;
    int most = largest % 2 ? largest : largest - 1;
    return size < 3 ? 3 : size > most ? most : size;
}

int ww_gabor_size(const ww_gabor *gabor, double deg_per_px, int largest)
{
    double n = gabor->nx > gabor->ny ? gabor->nx : gabor->ny;
    return odd_size(2.5 * n / (gabor->frequency_cpd * deg_per_px), largest);
}

int ww_gaussian_size(double sigma_px, int largest)
{
    return odd_size(2.5 * sigma_px, largest);
}

void ww_filter_normalise(float *filter, size_t n, int centre)
{
    double sum = 0, power = 0;
    for (size_t i = 0; i < n; i++)
        sum += filter[i];
    double mean = centre ? sum / (double)n : 0;
    for (size_t i = 0; i < n; i++)
        power += (filter[i] - mean) * (filter[i] - mean);
    double scale = power > 0 ? 1 / sqrt(power) : 0;
    for (size_t i = 0; i < n; i++)
        filter[i] = (float)((filter[i] - mean) * scale);
}

/* Writes envelope times (wave - its mean under the envelope); returns the sum of the envelope. */
static double sample(const ww_gabor *gabor, double drift_deg, double deg_per_px, int size,
                     float *filter)
{
    double a = gabor->normal_deg * pi / 180, f = gabor->frequency_cpd;
    double sx = gabor->nx / f, sy = gabor->ny / f, sum = 0, envelopes = 0;
    for (int pass = 0; pass < 2; pass++)
        for (int row = 0; row < size; row++)
            for (int column = 0; column < size; column++) {
                double x = (column - 0.5 * (size - 1)) * deg_per_px;
                double y = (0.5 * (size - 1) - row) * deg_per_px;
                double u = x * cos(a) + y * sin(a), v = -x * sin(a) + y * cos(a);
                double envelope = exp(-0.5 * (u * u / (sx * sx) + v * v / (sy * sy)));
                double wave = cos(2 * pi * f * (u - drift_deg) + gabor->phase_deg * pi / 180);
                if (pass == 0) {
                    sum += envelope * wave;
                    envelopes += envelope;
                } else
                    filter[row * size + column] = (float)(envelope * (wave - sum / envelopes));
            }
    return envelopes;
}

void ww_gabor_fill(const ww_gabor *gabor, double drift_deg, double deg_per_px, int size,
                   float *filter)
{
    sample(gabor, drift_deg, deg_per_px, size, filter);
    ww_filter_normalise(filter, (size_t)size * (size_t)size, 1);
}

void ww_gabor_fill_unit(const ww_gabor *gabor, double deg_per_px, int size, float *filter)
{
    double scale = 2 / sample(gabor, 0, deg_per_px, size, filter);
    for (int i = 0; i < size * size; i++)
        filter[i] = (float)(filter[i] * scale);
}

/* With lobes about +f and -f and the envelope's own about 0, filter = envelope (cos(2 pi f u +
 * phase)
 * - k), k = exp(-f^2 / 2 su^2) cos(phase), su = f / (2 pi nx), sv = f / (2 pi ny). */
void ww_gabor_transform(const ww_gabor *gabor, double frequency_cpd, double normal_deg,
                        double out[2])
{
    double f = gabor->frequency_cpd, su = f / (2 * pi * gabor->nx), sv = f / (2 * pi * gabor->ny);
    double angle = (normal_deg - gabor->normal_deg) * pi / 180, phase = gabor->phase_deg * pi / 180;
    double u = frequency_cpd * cos(angle), v = frequency_cpd * sin(angle) / sv;
    double plus = exp(-0.5 * ((u - f) * (u - f) / (su * su) + v * v));
    double minus = exp(-0.5 * ((u + f) * (u + f) / (su * su) + v * v));
    double zero = exp(-0.5 * (u * u / (su * su) + v * v)), k = exp(-0.5 * f * f / (su * su));
    out[0] = cos(phase) * (plus + minus - 2 * k * zero);
    out[1] = sin(phase) * (plus - minus);
}

double ww_gabor_octaves(double nx)
{
    return nx > half_height ? log2((nx + half_height) / (nx - half_height)) : INFINITY;
}

double ww_gabor_orientation_deg(double ny)
{
    return ny > half_height ? 2 * asin(half_height / ny) * 180 / pi : 180;
}

void ww_gaussian_add(double sigma_px, double weight, int size, float *filter)
{
    double sum = 0, s = sigma_px > 1e-3 ? sigma_px : 1e-3;
    for (int pass = 0; pass < 2; pass++)
        for (int row = 0; row < size; row++)
            for (int column = 0; column < size; column++) {
                double x = column - 0.5 * (size - 1), y = row - 0.5 * (size - 1);
                double value = exp(-0.5 * (x * x + y * y) / (s * s));
                if (pass == 0)
                    sum += value;
                else
                    filter[row * size + column] += (float)(weight * value / sum);
            }
}

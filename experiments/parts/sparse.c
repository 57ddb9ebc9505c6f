/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sparse coding (Olshausen & Field 1996, Nature 381:607): a patch I is a sum of fields, few of them
 * active,
 *
 *     E = |I - sum_i a_i phi_i|^2 + lambda sum_i log(1 + (a_i / sigma)^2),
 *
 * sigma the standard deviation of the pixels. For each patch the coefficients a minimise E
 * (Nesterov's accelerated gradient); the fields then move along the residual, phi_i += rate <a_i (I
 * - sum a phi)>, and are brought back to norm 1, without which E would fall by making fields long.
 * Pictures are whitened first: amplitude times f exp(-(f / f0)^4), f0 = 0.4 cycles a pixel. */
#include "experiments/parts/sparse.h"

#include <dirent.h>
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/progress.h"
#include "engine/base/random.h"
#include "engine/store/picture.h"
#include "engine/tensor/backend/blas.h"
#include "stimuli/stimulus.h"

static const double VARIANCE = 0.1, F0 = 0.4;
static const double pi = 3.14159265358979323846;
enum { ANEW_EVERY = 100 };

/* ---- patches ---- */

/* Whitens a picture [size][size] in place. */
static ww_status whiten(float *picture, int size)
{
    int half = size / 2 + 1;
    fftwf_complex *spectrum = fftwf_alloc_complex((size_t)size * (size_t)half);
    if (spectrum == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    fftwf_plan there = fftwf_plan_dft_r2c_2d(size, size, picture, spectrum, FFTW_ESTIMATE);
    fftwf_plan back = fftwf_plan_dft_c2r_2d(size, size, spectrum, picture, FFTW_ESTIMATE);
    fftwf_execute(there);
    for (int v = 0; v < size; v++)
        for (int u = 0; u < half; u++) {
            double fy = (double)(v <= size / 2 ? v : v - size) / size, fx = (double)u / size;
            double f = hypot(fx, fy), gain = f * exp(-pow(f / F0, 4)) / ((double)size * size);
            spectrum[v * half + u][0] *= (float)gain;
            spectrum[v * half + u][1] *= (float)gain;
        }
    fftwf_execute(back);
    fftwf_destroy_plan(there);
    fftwf_destroy_plan(back);
    fftwf_free(spectrum);
    return WW_OK;
}

static ww_status draw_leaves(float *picture, int size, uint64_t seed, int index)
{
    const ww_family *family;
    size_t found, plane = (size_t)size * (size_t)size;
    WW_TRY(ww_family_find(&family, "stimuli"));
    WW_TRY(ww_item_find(&found, family, "dead_leaves"));
    const ww_stimulus *leaves = ww_stimuli[found];
    ww_view view = {size, size, 1, 1.0 / 64, 50}; /* patches see edges more than whole leaves */
    ww_truth truth;
    void *params = malloc(leaves->item.params_size + 1);
    float *rgb = malloc(3 * plane * sizeof *rgb);
    ww_status status = params && rgb ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory");
    if (status == WW_OK) {
        ww_params_defaults(leaves->item.params, params);
        status = leaves->draw(NULL, params, &view, seed, (uint64_t)index, rgb, NULL, &truth);
    }
    for (size_t i = 0; i < plane && status == WW_OK; i++)
        picture[i] = rgb[i];
    free(params);
    free(rgb);
    return status;
}

/* The middle of picture file number `index` (going around) that is large enough, as grey. */
static ww_status read_file(float *picture, int size, const char *folder, int index)
{
    struct dirent **entry;
    int n = scandir(folder, &entry, NULL, alphasort), tried = 0;
    ww_status status = WW_ENOTFOUND;
    for (int k = 0; k < n && status != WW_OK && tried < n; k++, tried++) {
        char path[4096];
        ww_picture file;
        snprintf(path, sizeof path, "%s/%s", folder, entry[(index + k) % n]->d_name);
        if (entry[(index + k) % n]->d_name[0] == '.' || ww_picture_read(&file, path) != WW_OK)
            continue;
        int top = (file.height - size) / 2, left = (file.width - size) / 2;
        size_t plane = (size_t)file.height * (size_t)file.width;
        for (int i = 0; i < size * size && file.height >= size && file.width >= size; i++) {
            size_t at = (size_t)(top + i / size) * (size_t)file.width + (size_t)(left + i % size);
            picture[i] = 0;
            for (int c = 0; c < file.channels; c++)
                picture[i] += file.pixel[(size_t)c * plane + at] / (float)file.channels;
            status = WW_OK;
        }
        ww_picture_free(&file);
    }
    for (int k = 0; k < n; k++)
        free(entry[k]);
    if (n >= 0)
        free(entry);
    ww_error_clear();
    return status == WW_OK ? WW_OK
                           : WW_FAIL(WW_ENOTFOUND, "%s: no picture of at least %d x %d pixels",
                                     folder, size, size);
}

static void cut(const float *picture, int size, int side, float *patch, ww_random *random)
{
    int room = size - side + 1, top = (int)ww_random_below(random, (uint64_t)room);
    int left = (int)ww_random_below(random, (uint64_t)room);
    double mean = 0;
    for (int i = 0; i < side * side; i++) {
        float x = picture[(top + i / side) * size + left + i % side];
        patch[i] = x;
        mean += (double)x / (side * side);
    }
    for (int i = 0; i < side * side; i++)
        patch[i] -= (float)mean;
}

ww_status ww_patches_draw(ww_patches *out, const char *folder, int pictures, int size, int side,
                          size_t count, uint64_t seed)
{
    size_t d = (size_t)side * (size_t)side;
    float *picture = malloc((size_t)size * (size_t)size * sizeof *picture);
    double power = 0;
    *out = (ww_patches){side, count, malloc(count * d * sizeof(float))};
    ww_random random = ww_random_stream(seed, "experiments/sparse/patches", 0);
    ww_status status =
        picture && out->data ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory for %zu patches", count);
    for (int k = 0; k < pictures && status == WW_OK; k++) {
        status =
            folder[0] ? read_file(picture, size, folder, k) : draw_leaves(picture, size, seed, k);
        if (status == WW_OK)
            status = whiten(picture, size);
        for (size_t i = count * (size_t)k / (size_t)pictures;
             i < count * (size_t)(k + 1) / (size_t)pictures && status == WW_OK; i++)
            cut(picture, size, side, out->data + i * d, &random);
    }
    free(picture);
    for (size_t i = 0; i < count * d && status == WW_OK; i++)
        power += (double)out->data[i] * (double)out->data[i] / (double)(count * d);
    for (size_t i = 0; i < count * d && power > 0; i++)
        out->data[i] *= (float)sqrt(VARIANCE / power);
    return status;
}

void ww_patches_free(ww_patches *patches)
{
    free(patches->data);
    patches->data = NULL;
}

/* ---- the code ---- */

static void normalise(float *field, size_t d)
{
    double power = 0;
    for (size_t k = 0; k < d; k++)
        power += (double)field[k] * (double)field[k];
    for (size_t k = 0; k < d && power > 0; k++)
        field[k] = (float)((double)field[k] / sqrt(power));
}

ww_status ww_code_create(ww_code *out, int side, int units, double sparseness, uint64_t seed)
{
    size_t d = (size_t)side * (size_t)side;
    *out = (ww_code){side, units, sparseness, malloc((size_t)units * d * sizeof(float))};
    if (out->fields == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_random random = ww_random_stream(seed, "experiments/sparse/fields", 0);
    for (size_t i = 0; i < (size_t)units * d; i++)
        out->fields[i] = (float)ww_random_normal(&random);
    for (int u = 0; u < units; u++)
        normalise(out->fields + (size_t)u * d, d);
    return WW_OK;
}

void ww_code_free(ww_code *code)
{
    free(code->fields);
    code->fields = NULL;
}

/* The largest eigenvalue of phi phi', by the power method. */
static double largest_eigenvalue(const ww_code *code)
{
    enum { ROUNDS = 20 };
    size_t d = (size_t)code->side * (size_t)code->side;
    double x[WW_PATCH_MOST], value = 1;
    for (size_t k = 0; k < d; k++)
        x[k] = 1 + 0.1 * sin((double)k);
    for (int round = 0; round < ROUNDS; round++) {
        double norm = 0, next[WW_PATCH_MOST] = {0};
        for (int u = 0; u < code->units; u++) {
            const float *field = code->fields + (size_t)u * d;
            double dot = 0;
            for (size_t k = 0; k < d; k++)
                dot += (double)field[k] * x[k];
            for (size_t k = 0; k < d; k++)
                next[k] += dot * (double)field[k];
        }
        for (size_t k = 0; k < d; k++)
            norm += next[k] * next[k];
        value = sqrt(norm);
        for (size_t k = 0; k < d; k++)
            x[k] = value > 0 ? next[k] / value : 0;
    }
    return value;
}

/* Work space of a batch. */
struct work {
    float *residual; /* [n][d] */
    float *slope;    /* [n][units] */
    float *ahead;    /* [n][units] where the momentum leads */
};

static bool work_open(struct work *w, const ww_code *code, size_t n)
{
    size_t d = (size_t)code->side * (size_t)code->side, k = (size_t)code->units;
    w->residual = malloc(n * d * sizeof(float));
    w->slope = malloc(n * k * sizeof(float));
    w->ahead = malloc(n * k * sizeof(float));
    return w->residual && w->slope && w->ahead;
}

static void work_close(struct work *w)
{
    free(w->residual);
    free(w->slope);
    free(w->ahead);
}

/* residual = a phi - patch */
static void residual_of(const ww_code *code, const float *patch, size_t n, const float *a,
                        float *out)
{
    int64_t d = (int64_t)code->side * code->side, k = code->units;
    ww_product((int64_t)n, d, k, (ww_matrix){a, k, false}, (ww_matrix){code->fields, d, false},
               out);
    for (size_t i = 0; i < n * (size_t)d; i++)
        out[i] -= patch[i];
}

static void infer(const ww_code *code, const float *patch, size_t n, int steps, double top,
                  struct work *w, float *a)
{
    int64_t d = (int64_t)code->side * code->side, k = code->units;
    double sigma = sqrt(VARIANCE), weight = 0.5 * code->sparseness * sigma;
    double curve = 2 * weight / VARIANCE, rate = 1 / (top + curve), t = 1;
    memset(a, 0, n * (size_t)k * sizeof *a);
    memset(w->ahead, 0, n * (size_t)k * sizeof *a);
    for (int s = 0; s < steps; s++) {
        double next = 0.5 * (1 + sqrt(1 + 4 * t * t)), push = (t - 1) / next;
        residual_of(code, patch, n, w->ahead, w->residual);
        ww_product((int64_t)n, k, d, (ww_matrix){w->residual, d, false},
                   (ww_matrix){code->fields, d, true}, w->slope);
        for (size_t i = 0; i < n * (size_t)k; i++) {
            double x = (double)w->ahead[i], u = x * x / VARIANCE;
            double y = x - rate * ((double)w->slope[i] + curve * x / (1 + u));
            w->ahead[i] = (float)(y + push * (y - (double)a[i]));
            a[i] = (float)y;
        }
        t = next;
    }
}

ww_status ww_code_infer(const ww_code *code, const float *patch, size_t n, int steps,
                        float *coefficient)
{
    struct work w;
    bool room = work_open(&w, code, n);
    if (room)
        infer(code, patch, n, steps, largest_eigenvalue(code), &w, coefficient);
    work_close(&w);
    return room ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory");
}

/* Fields whose coefficients have less than a tenth of the mean power begin anew as patches. */
static void begin_anew(ww_code *code, double *power, const float *patch, size_t n)
{
    size_t d = (size_t)code->side * (size_t)code->side;
    double mean = 0;
    for (int u = 0; u < code->units; u++)
        mean += power[u] / code->units;
    for (int u = 0; u < code->units; u++) {
        if (power[u] < 0.1 * mean)
            memcpy(code->fields + (size_t)u * d, patch + (size_t)u % n * d, d * sizeof *patch);
        power[u] = 0;
    }
}

ww_status ww_code_learn(ww_code *code, const ww_patches *patches, int updates, int batch, int steps,
                        uint64_t seed)
{
    size_t d = (size_t)code->side * (size_t)code->side, k = (size_t)code->units, n = (size_t)batch;
    struct work w;
    float *patch = malloc(n * d * sizeof *patch), *a = malloc(n * k * sizeof *a);
    float *change = malloc(k * d * sizeof *change);
    double *power = calloc(k, sizeof *power);
    bool room = work_open(&w, code, n) && patch && a && change && power;
    ww_status status = room ? WW_OK : WW_FAIL(WW_ENOMEM, "out of memory");
    double top = 1;
    for (int update = 0; update < updates && status == WW_OK; update++) {
        ww_random random = ww_random_stream(seed, "experiments/sparse/batch", (uint64_t)update);
        for (size_t i = 0; i < n; i++)
            memcpy(patch + i * d, patches->data + ww_random_below(&random, patches->count) * d,
                   d * sizeof *patch);
        if (update % 10 == 0)
            top = largest_eigenvalue(code);
        infer(code, patch, n, steps, 1.05 * top, &w, a);
        residual_of(code, patch, n, a, w.residual);
        ww_product((int64_t)k, (int64_t)d, (int64_t)n, (ww_matrix){a, (int64_t)k, true},
                   (ww_matrix){w.residual, (int64_t)d, false}, change);
        double rate = 3 * (0.02 + 0.98 * 0.5 * (1 + cos(pi * update / updates)));
        for (size_t i = 0; i < n * k; i++)
            power[i % k] += (double)a[i] * (double)a[i];
        for (size_t i = 0; i < k * d; i++)
            code->fields[i] -= (float)(rate / batch) * change[i];
        if (update % ANEW_EVERY == ANEW_EVERY - 1 && update < updates * 3 / 4)
            begin_anew(code, power, patch, n);
        for (size_t u = 0; u < k; u++)
            normalise(code->fields + u * d, d);
        if (ww_interrupted())
            status = WW_FAIL(WW_EINTERRUPTED, "interrupted");
    }
    work_close(&w);
    free(patch);
    free(a);
    free(change);
    free(power);
    return status;
}

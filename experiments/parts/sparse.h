/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_SPARSE_H
#define WW_EXPERIMENTS_PARTS_SPARSE_H

/* Sparse codes of picture patches, and Gabor fits of what they learn. */

#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"

/** Whitened patches [count][side][side] of mean variance 0.1; side * side <= WW_PATCH_MOST. */
typedef struct ww_patches {
    int side;
    size_t count;
    float *data;
} ww_patches;

/** Draws `count` patches from `pictures` pictures of size x size pixels: the PNG, JPEG and PGM
 * files of `folder`, or with "" dead leaves. Free with ww_patches_free. Errors: those of the files;
 * WW_ENOTFOUND for a folder without a picture that is large enough. */
ww_status ww_patches_draw(ww_patches *out, const char *folder, int pictures, int size, int side,
                          size_t count, uint64_t seed);
/** Frees the numbers; once more does nothing. */
void ww_patches_free(ww_patches *patches);

enum { WW_PATCH_MOST = 32 * 32 };

/** A code: fields[units][side * side], each of norm 1. */
typedef struct ww_code {
    int side, units;
    double sparseness; /* lambda / sigma */
    float *fields;
} ww_code;

/** Fields of white noise; free with ww_code_free. */
ww_status ww_code_create(ww_code *out, int side, int units, double sparseness, uint64_t seed);
/** Frees the fields; once more does nothing. */
void ww_code_free(ww_code *code);

/** Coefficients [n][units] of n patches: the minimum that `steps` of accelerated descent find. */
ww_status ww_code_infer(const ww_code *code, const float *patch, size_t n, int steps,
                        float *coefficient);

/** Learns the fields from batches of `batch` patches. Errors: WW_ENOMEM, WW_EINTERRUPTED. */
ww_status ww_code_learn(ww_code *code, const ww_patches *patches, int updates, int batch, int steps,
                        uint64_t seed);

/** A Gabor through a field of side x side: least squares. */
typedef struct ww_gabor_fit {
    double x, y, cycles_px, normal_deg, phase_deg, nx, ny;
    double r2; /* share of the variance that it explains */
} ww_gabor_fit;
/** The best of three fits, which begin with envelopes of three widths, to field[side][side]; r2 is
 * minus infinity where none succeeds. */
ww_gabor_fit ww_gabor_fit_field(const float *field, int side);

#endif

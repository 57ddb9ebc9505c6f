/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_STRIDED_PARTS_H
#define WW_ENGINE_TENSOR_BACKEND_STRIDED_PARTS_H

/* What strided.c and strided_weights.c share. */

#include "engine/tensor/backend/strided.h"

enum { LINE = 16, CLASSES = 4, FEW_WEIGHTS = 1 << 15 };

/* Sums over the same taps, for pixels (R, U) of rows first .. last-1 and columns from `left` on. */
struct class
{
    int64_t taps, before; /* over all channels; of the classes before it */
    int64_t kh, kw;       /* taps of one channel */
    int64_t first, last, left, wide;
};

struct ww_strided {
    const ww_kernels *kernels;
    ww_conv_size size;
    ww_conv_pass pass;
    int threads;
    int64_t shared, own;         /* floats of scratch */
    int64_t strip, strips;       /* rows that are done at once; how often */
    struct class class[CLASSES]; /* one of them, of forward */
    int32_t *offset;             /* of each tap in the planes, class by class */
    int64_t parities;            /* of rows that filters meet */
    int64_t plane, area;         /* floats of a plane, and of a class's pixels in a strip */
    int64_t eights;              /* of filters; of channels, for the gradient of the maps */
    int64_t lots, blocks;        /* of samples; of channels: for the weights */
    int64_t frame, block;        /* floats of a block's frame and of its sums */
    int64_t vectors;             /* that the filters fill */
    int64_t rows;                /* of sums, of a row of taps of a block */
};

/** Sizes and workspace of the gradient of the weights, and that gradient. */
void ww_strided_lay_out_weights(ww_strided *r);
void ww_strided_all_weights(const ww_strided *r, const float *x, const float *dy, float *weight,
                            float *scratch);

#endif

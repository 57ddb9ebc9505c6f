/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_PARTS_FILTER_BANK_H
#define WW_ENGINE_TENSOR_PARTS_FILTER_BANK_H

/* Square filters of several sizes, as many of each, on the same pictures. */

#include "engine/tensor/backend/conv.h"

/** What is asked for: sizes k[n], all odd, `f` filters of each. */
typedef struct ww_filter_sizes {
    int n;
    const int64_t *k, *rows; /* rows of answers that are wanted of each */
    int64_t f, width;        /* width: pixels of a row */
    int64_t frame;           /* at most, around a filter that is made larger */
    int threads;
    bool keep;
} ww_filter_sizes;

/** Some of the sizes, one after the other, done at once, as filters of the largest. */
typedef struct ww_filter_bank {
    int first, count;
    int64_t least, most; /* k */
    int64_t rows;        /* of answers */
    ww_conv conv;        /* to count f maps, as ww_filter_bank_alone with k = most */
    float *weight;       /* [count f][most][most]; NULL: one size alone needs none */
} ww_filter_bank;

/** Joins neighbouring sizes to banks[n_banks] where that is thought to be faster, and prepares
 * them. `banks` has room for n and is all 0; release each, after a failure too. Errors: WW_ENOMEM,
 * those of ww_conv_prepare. */
ww_status ww_filter_bank_plan(const ww_filter_sizes *sizes, ww_filter_bank *banks, int *n_banks);
/** Frees what the bank keeps; one that is all 0 is allowed. */
void ww_filter_bank_release(ww_filter_bank *bank);

/** Filters of size k[j] alone: f maps of rows[j] x (width - k + 1) answers, of rows[j] + k - 1 rows
 * of pixels. */
ww_conv_task ww_filter_bank_alone(const ww_filter_sizes *sizes, int j);

/** Takes the filters of each of the bank's sizes, weights[count][f][k][k]; with one size, nothing
 * is to be taken. */
void ww_filter_bank_take(const ww_filter_sizes *sizes, ww_filter_bank *bank,
                         const float *const *weights);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_ONEDNN_H
#define WW_ENGINE_TENSOR_BACKEND_ONEDNN_H

/* oneDNN behind plain arrays; onednn.c alone includes its header.
 *
 * Do not call from within a parallel region (but for ww_onednn_sgemm, which is then serial). */

#include <stddef.h>
#include <stdint.h>

#include "engine/base/status.h"

/** Sizes of a 2-D convolution: x[n, c, h, w], weight[k, c/groups, kh, kw], y[n, k, oh, ow]. */
typedef struct ww_conv_size {
    int64_t n, c, h, w, k, kh, kw, oh, ow;
    int64_t stride, pad, dilation, groups;
} ww_conv_size;

/** The three computations of a convolution. */
typedef enum ww_conv_pass {
    WW_CONV_FORWARD, /* y from x and weight */
    WW_CONV_DATA,    /* x (its gradient) from weight and y (its gradient) */
    WW_CONV_WEIGHTS  /* weight (its gradient) from x and y (its gradient) */
} ww_conv_pass;

/** What else is to be done with some samples, while they are near: `before` they are read, `after`
 * they are written; NULL where nothing is. `run` may be called by several threads at once. Unless
 * `to` is NULL, what it makes for the reader goes there, the first sample at its beginning.
 * `again`: x once more, where gradients are computed and x is not kept. */
typedef struct ww_around {
    void (*run)(const void *what, int64_t first_sample, int64_t last_sample, float *to);
    const void *before, *after, *again;
} ww_around;

/** A prepared computation: oneDNN's kernel in the layouts it likes best, and the reorderings from
 * and to dense arrays. */
typedef struct ww_onednn_conv ww_onednn_conv;

/** Prepares `pass`, for x and y in blocks of so many channels (8 or 16; 0: dense); free with
 * ww_onednn_conv_free. *out is NULL, without error, where oneDNN has nothing better than its own
 * reference. */
ww_status ww_onednn_conv_create(ww_onednn_conv **out, const ww_conv_size *size, ww_conv_pass pass,
                                int64_t x_lanes, int64_t y_lanes);
/** NULL is allowed. */
void ww_onednn_conv_free(ww_onednn_conv *conv);

/** Floats of workspace that a run wants, aligned to 64 bytes. */
size_t ww_onednn_conv_scratch(const ww_onednn_conv *conv);

/** Runs; x, weight and y are dense, or in blocks as was said. The array that the pass computes is
 * overwritten, the two others are only read. WW_EBACKEND when oneDNN fails. */
ww_status ww_onednn_conv_run(ww_onednn_conv *conv, float *x, float *weight, float *y,
                             float *scratch);

/** Whether oneDNN's matrix products are compiled for this processor (else they are plain C). */
bool ww_onednn_has_sgemm(void);

/** c = a b + beta c, row-major; a is [m, k] (transposed_a: [k, m]) with rows lda apart, and so on.
 * False when oneDNN fails. */
bool ww_onednn_sgemm(bool transposed_a, bool transposed_b, int64_t m, int64_t n, int64_t k,
                     const float *a, int64_t lda, const float *b, int64_t ldb, float beta, float *c,
                     int64_t ldc);

#endif

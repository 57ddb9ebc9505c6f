/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_MAPS_H
#define WW_ENGINE_TENSOR_BACKEND_MAPS_H

/* What the operators on maps share: sizes by name, and sums with a fixed order. */

#include "engine/tensor/op.h"

/** Loops over fewer elements than this stay on one thread: starting the others costs more. */
enum { WW_SERIAL = 1 << 14 };

/** [N, C, H, W], or [N, C] and others, as samples, channels and positions. */
typedef struct ww_maps {
    int64_t n, c, h, w;
    int64_t s;    /* positions of a map: the product of all dimensions after the second */
    int64_t size; /* n c s */
} ww_maps;

/** The maps of a shape; of one that is not [N, C, H, W] all positions count in s alone. */
static inline ww_maps ww_maps_of(const ww_shape *shape)
{
    ww_maps m = {.n = shape->dim[0], .c = 1, .h = 1, .w = 1, .s = 1};
    if (shape->rank > 1)
        m.c = shape->dim[1];
    for (int i = 2; i < shape->rank; i++)
        m.s *= shape->dim[i];
    if (shape->rank == 4)
        m.h = shape->dim[2], m.w = shape->dim[3];
    m.size = m.n * m.c * m.s;
    return m;
}

/** Sums in double, in eight interleaved lanes: the order depends on n alone. */
static inline double ww_sum(const float *x, int64_t n)
{
    double lane[8] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            lane[j] += (double)x[i + j];
    for (; i < n; i++)
        sum += (double)x[i];
    for (int j = 0; j < 8; j++)
        sum += lane[j];
    return sum;
}

/** The same of the products a b. */
static inline double ww_sum_products(const float *a, const float *b, int64_t n)
{
    double lane[8] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + 8 <= n; i += 8)
        for (int j = 0; j < 8; j++)
            lane[j] += (double)a[i + j] * (double)b[i + j];
    for (; i < n; i++)
        sum += (double)a[i] * (double)b[i];
    for (int j = 0; j < 8; j++)
        sum += lane[j];
    return sum;
}

/** Mean and variance (mean squared deviation) from the sums of x - shift and (x - shift)^2 over n
 * numbers: with a shift near the mean, in one pass, no digits are lost. */
static inline void ww_moments(int64_t n, float shift, double sum, double squares, double *mean,
                              double *variance)
{
    double moved = sum / (double)n, spread = squares / (double)n - moved * moved;
    *mean = (double)shift + moved;
    *variance = spread > 0 ? spread : 0;
}

/** The outputs begin .. end-1 along one axis whose tap, `shift` pixels from u * stride, lies inside
 * a map of `size` pixels. */
static inline void ww_maps_inside(int64_t size, int64_t outputs, int64_t stride, int64_t shift,
                                  int64_t *begin, int64_t *end)
{
    *begin = shift >= 0 ? 0 : (-shift + stride - 1) / stride;
    *end = size - 1 - shift < 0 ? 0 : (size - 1 - shift) / stride + 1;
    *end = *end < outputs ? *end : outputs;
    *begin = *begin < *end ? *begin : *end;
}

/** WW_ESHAPE unless `x` is [N, C, H, W]; `what` says whose ("the map"). */
static inline ww_status ww_maps_check(const ww_shape *x, const char *what)
{
    char text[WW_SHAPE_TEXT];
    if (x->rank != 4)
        return WW_FAIL(WW_ESHAPE, "%s is %s; [N, C, H, W] is wanted", what,
                       ww_shape_print(x, text));
    return WW_OK;
}

/** WW_ESHAPE unless `per_channel` is [C] for x[N, C, ...]; `what` names it ("bias"). */
static inline ww_status ww_maps_check_channels(const ww_shape *x, const ww_shape *per_channel,
                                               const char *what)
{
    char a[WW_SHAPE_TEXT], b[WW_SHAPE_TEXT];
    if (x->rank < 2 || per_channel->rank != 1 || per_channel->dim[0] != x->dim[1])
        return WW_FAIL(WW_ESHAPE, "%s and %s: the %s must have one number per channel (axis 1)",
                       ww_shape_print(x, a), ww_shape_print(per_channel, b), what);
    return WW_OK;
}

#endif

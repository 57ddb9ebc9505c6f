/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A convolution of stride s reads, for each tap, one pixel of s along each side. So a map x is cut
 * into s^2 phases, and so is a filter w,
 *
 *     x[p, q](v, u) = x(s v + p, s u + q),     w[p, q](a, b) = w(s a + p, s b + q),
 *
 * and the result is the sum over phases of convolutions without a stride, of filters of K / s
 * pixels: one convolution of s^2 times as many channels (polyphase decomposition: Bellanger,
 * Bonnerot & Coudreuse 1976). With K <= 3 s, filters are 3x3 at most (filled up with zeros), which
 * Winograd's minimal filtering does with 36 products a tile of 4x4 results (winograd.c): 2.25 s^2 a
 * result and channel, for K^2: 9 for 16 to 36 with stride 2, 36 for 121 with 11x11 and stride 4.
 * Larger ones (filled up to whole phases) go through spectra (fourier.c). */
#include "engine/tensor/backend/phases.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/backend/fourier.h"
#include "engine/tensor/backend/sizes.h"
#include "engine/tensor/backend/winograd.h"

enum { SMALL = 3, LINE = 16 };

struct ww_phases {
    const ww_kernels *kernels;
    ww_winograd *winograd; /* one of the two does the work */
    ww_fourier *fourier;
    ww_conv_size size, cut; /* of the task; of the convolution without a stride */
    ww_conv_pass pass;
    int threads;
};

bool ww_phases_supports(const ww_conv_task *task)
{
    const ww_conv_size *s = &task->size;
    if (s->stride < 2 || s->dilation != 1 || s->groups != 1 || s->kh != s->kw || s->kh <= s->stride)
        return false;
    ww_conv_task inner = ww_phases_inner(task);
    return inner.size.kh == SMALL || ww_fourier_supports(&inner);
}

ww_conv_task ww_phases_inner(const ww_conv_task *task)
{
    ww_conv_task inner = *task;
    ww_conv_size *s = &inner.size;
    int64_t side = (s->kh + s->stride - 1) / s->stride;
    side = side < SMALL ? SMALL : side;
    s->c *= s->stride * s->stride;
    s->h = s->oh + side - 1;
    s->w = s->ow + side - 1;
    s->kh = s->kw = side;
    s->stride = 1;
    s->pad = 0;
    return inner;
}

ww_status ww_phases_create(ww_phases **out, const ww_conv_task *task, const ww_kernels *kernels)
{
    assert(ww_phases_supports(task));
    *out = NULL;
    ww_phases *p = malloc(sizeof *p);
    if (p == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    ww_conv_task inner = ww_phases_inner(task);
    *p = (ww_phases){.kernels = kernels,
                     .size = task->size,
                     .cut = inner.size,
                     .pass = task->pass,
                     .threads = task->threads};
    ww_status status = p->cut.kh == SMALL
                           ? ww_winograd_create(&p->winograd, &p->cut, p->pass, p->threads, kernels,
                                                task->keep, false)
                           : ww_fourier_create(&p->fourier, &inner, kernels);
    if (status != WW_OK)
        free(p);
    else
        *out = p;
    return status;
}

void ww_phases_free(ww_phases *p)
{
    if (p == NULL)
        return;
    ww_winograd_free(p->winograd);
    ww_fourier_free(p->fourier);
    free(p);
}

static int64_t maps_floats(const ww_phases *p)
{
    return ww_up(p->cut.n * p->cut.c * p->cut.h * p->cut.w, LINE);
}

static int64_t filters_floats(const ww_phases *p)
{
    return ww_up(p->cut.k * p->cut.c * p->cut.kh * p->cut.kw, LINE);
}

size_t ww_phases_scratch(const ww_phases *p)
{
    return (size_t)(maps_floats(p) + filters_floats(p)) + (p->winograd != NULL
                                                               ? ww_winograd_scratch(p->winograd)
                                                               : ww_fourier_scratch(p->fourier));
}

/* Of `count` numbers of a phase, stride apart, those first .. last-1 that lie among `length`
 * pixels; the one at i is pixel stride i + offset. */
struct span {
    int64_t offset, first, last;
};

static struct span span_of(const ww_conv_size *s, int64_t phase, int64_t count, int64_t length)
{
    struct span span = {.offset = phase - s->pad};
    ww_inside(span.offset, s->stride, count, length, &span.first, &span.last);
    return span;
}

/* cut[phase of columns][h'][w'] = phases of a map of one phase of rows, with a stride of 2. */
static void cut_pairs(const ww_phases *p, int64_t row, const float *x, float *cut)
{
    const ww_conv_size *s = &p->size;
    struct span down = span_of(s, row, p->cut.h, s->h);
    ww_spaced of = {.maps = 1,
                    .columns = 2,
                    .to_column = p->cut.h * p->cut.w,
                    .step = 1,
                    .rows = down.last - down.first,
                    .n = p->cut.w,
                    .from_row = 2 * s->w,
                    .begin = s->pad,
                    .end = s->w + s->pad,
                    .before = down.first * p->cut.w,
                    .behind = (p->cut.h - down.last) * p->cut.w,
                    .every = 2};
    p->kernels->spaced_rows(cut, x + (2 * down.first + down.offset) * s->w - s->pad, &of);
}

/* cut[h'][w'] = one phase of a map, zeros where that has ended. */
static void cut_map(const ww_phases *p, int64_t row, int64_t column, const float *x, float *cut)
{
    const ww_conv_size *s = &p->size;
    struct span down = span_of(s, row, p->cut.h, s->h), across = span_of(s, column, p->cut.w, s->w);
    for (int64_t v = 0; v < p->cut.h; v++, cut += p->cut.w) {
        int64_t first = v < down.first || v >= down.last ? p->cut.w : across.first;
        int64_t last = first < across.last ? across.last : first;
        memset(cut, 0, (size_t)first * sizeof *cut);
        const float *from = x + (first < last ? (s->stride * v + down.offset) * s->w : 0);
        for (int64_t u = first; u < last; u++)
            cut[u] = from[s->stride * u + across.offset];
        memset(cut + last, 0, (size_t)(p->cut.w - last) * sizeof *cut);
    }
}

/* The inverse; pixels in no phase are left as they are. */
static void join_map(const ww_phases *p, int64_t row, int64_t column, const float *cut, float *x)
{
    const ww_conv_size *s = &p->size;
    struct span down = span_of(s, row, p->cut.h, s->h), across = span_of(s, column, p->cut.w, s->w);
    for (int64_t v = down.first; v < down.last; v++) {
        float *to = x + (s->stride * v + down.offset) * s->w;
        for (int64_t u = across.first; u < across.last; u++)
            to[s->stride * u + across.offset] = cut[v * p->cut.w + u];
    }
}

/* All maps to their phases, or back. */
static void move_maps(const ww_phases *p, float *x, float *cut, bool back)
{
    const ww_conv_size *s = &p->size;
    int64_t phases = s->stride * s->stride, area = p->cut.h * p->cut.w;
#pragma omp parallel for num_threads(p->threads)
    for (int64_t map = 0; map < s->n * s->c; map++) {
        float *own = x + map * s->h * s->w;
        if (back)
            memset(own, 0, (size_t)(s->h * s->w) * sizeof *own);
        for (int64_t row = 0; row < 2 && !back && s->stride == 2; row++)
            cut_pairs(p, row, own, cut + (map * phases + 2 * row) * area);
        for (int64_t i = 0; i < phases && (back || s->stride != 2); i++)
            if (back)
                join_map(p, i / s->stride, i % s->stride, cut + (map * phases + i) * area, own);
            else
                cut_map(p, i / s->stride, i % s->stride, own, cut + (map * phases + i) * area);
    }
}

/* All filters to their phases, filled up with zeros, or back. */
static void move_filters(const ww_phases *p, float *weight, float *cut, bool back)
{
    const ww_conv_size *s = &p->size;
    int64_t stride = s->stride, phases = stride * stride, side = p->cut.kh, taps = side * side;
    for (int64_t filter = 0; filter < s->k * s->c; filter++)
        for (int64_t i = 0; i < phases * taps; i++) {
            int64_t phase = i / taps, tap = i % taps;
            int64_t row = stride * (tap / side) + phase / stride;
            int64_t column = stride * (tap % side) + phase % stride;
            float *own = weight + (filter * s->kh + row) * s->kw + column;
            float *other = cut + filter * phases * taps + i;
            bool there = row < s->kh && column < s->kw;
            if (back && there)
                *own = *other;
            else if (!back)
                *other = there ? *own : 0;
        }
}

void ww_phases_run(ww_phases *p, float *x, float *weight, float *y, float *scratch)
{
    float *maps = scratch, *filters = maps + maps_floats(p), *work = filters + filters_floats(p);
    if (p->pass != WW_CONV_DATA)
        move_maps(p, x, maps, false);
    if (p->pass != WW_CONV_WEIGHTS)
        move_filters(p, weight, filters, false);
    if (p->winograd != NULL)
        ww_winograd_run(p->winograd, maps, filters, y, work, false);
    else
        ww_fourier_run(p->fourier, maps, filters, y, work);
    if (p->pass == WW_CONV_DATA)
        move_maps(p, x, maps, true);
    if (p->pass == WW_CONV_WEIGHTS)
        move_filters(p, weight, filters, true);
}

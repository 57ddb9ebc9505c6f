/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolution with a stride of 2 by its definition, a few samples at a time.
 *
 * With a stride of 1, neighbouring outputs read neighbouring pixels, and a vector of them is one
 * load for each tap (rows.c). With a stride of 2 they read every second pixel. So for a few rows of
 * outputs of one sample the pixels are put into planes first, for each channel c, column of taps j
 * and parity of rows q,
 *
 *     plane[c, j, q](t, u) = x[c, 2 t + q - pad, 2 u + j - pad],     zero outside of x,
 *
 * as wide as the outputs are: then output number p = v ow + u of filter k is
 *
 *     y[k](p) = sum over c, i, j of weight[k, c, i, j] plane[c, j, i mod 2](p + (i / 2) ow),
 *
 * for all p alike, and no lane stands idle at the end of a row. Eight filters and three vectors of
 * outputs are summed up at once in registers. Planes have kw pixels for each two of x, little
 * beside the kw kh k products of each, and stay in a thread's cache.
 *
 * Of the gradient of the maps, the pixels of one parity of rows and of columns (a, b) meet the taps
 * of that parity alone, i = 2 i' + a, j = 2 j' + b, and are a convolution without stride,
 *
 *     dx[c, 2 R + a - pad, 2 U + b - pad]
 *         = sum over k, i', j' of weight[k, c, i, j] dy[k, R - i', U - j'],
 *
 * which is done in the same way from planes of dy moved by j' columns. The four classes are then
 * joined to rows of dx. strided_weights.c has the gradient of the weights. */
#include "engine/tensor/backend/strided.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/shares.h"
#include "engine/tensor/backend/sizes.h"
#include "engine/tensor/backend/strided_parts.h"

/* Floats that the planes of a thread may have, but for wide maps of many channels; lines that are
 * fetched at a time. */
enum { MOST_PLANES = 1 << 17, FETCHED = 32 };

bool ww_strided_supports(const ww_conv_task *task)
{
    const ww_conv_size *s = &task->size;
    double most = (double)(s->c + s->k) * (double)s->kw * (double)(s->kh + 3 * LINE + 3);
    return s->stride == 2 && s->dilation == 1 && s->groups == 1 && s->pad < s->kh &&
           s->pad < s->kw && most * (double)(s->w + 2 * LINE) < INT32_MAX &&
           (double)(s->h * s->w) * LINE < INT32_MAX;
}

/* Rows of outputs, or of a class, that are done at once: such as need no more planes than may be,
 * but at least some vectors; and such that each thread gets some. Results do not depend on it. */
static void cut_rows(ww_strided *r, int64_t rows, int64_t wide, int64_t planes)
{
    int64_t each = planes * wide;
    int64_t strip = MOST_PLANES / each - r->size.kh / 2;
    int64_t least = (3 * LINE + wide - 1) / wide;
    strip = strip < least ? least : strip;
    r->strips = (rows + strip - 1) / strip;
    if (r->size.n * r->strips < r->threads)
        r->strips = ww_least((r->threads + r->size.n - 1) / r->size.n, rows);
    r->strip = (rows + r->strips - 1) / r->strips;
    r->strips = (rows + r->strip - 1) / r->strip;
}

static void lay_out_forward(ww_strided *r)
{
    const ww_conv_size *s = &r->size;
    r->parities = s->kh > 1 ? 2 : 1;
    cut_rows(r, s->oh, s->ow, s->c * s->kw * r->parities);
    r->plane = ww_up((r->strip + (s->kh - 1) / 2) * s->ow, LINE);
    r->own = s->c * s->kw * r->parities * r->plane + LINE;
    r->eights = (s->k + WW_TAPS_ROWS - 1) / WW_TAPS_ROWS;
    r->class[0] =
        (struct class){.taps = s->c * s->kh * s->kw, .last = s->oh, .wide = s->ow, .kh = s->kh};
    int32_t *next = r->offset;
    for (int64_t c = 0; c < s->c; c++)
        for (int64_t i = 0; i < s->kh; i++)
            for (int64_t j = 0; j < s->kw; j++)
                *next++ =
                    (int32_t)(((c * s->kw + j) * r->parities + i % 2) * r->plane + i / 2 * s->ow);
    r->shared = r->eights * WW_TAPS_ROWS * s->c * s->kh * s->kw;
}

static void lay_out_data(ww_strided *r)
{
    const ww_conv_size *s = &r->size;
    int64_t wide = 0, up = (s->kh - 1) / 2, first = s->pad / 2, before = 0;
    for (int64_t i = 0; i < CLASSES; i++) {
        int64_t a = i / 2, b = i % 2;
        r->class[i] = (struct class){.first = (s->pad - a + 1) / 2,
                                     .last = (s->h + s->pad - a + 1) / 2,
                                     .left = (s->pad - b + 1) / 2,
                                     .kh = (s->kh - a + 1) / 2,
                                     .kw = (s->kw - b + 1) / 2};
        r->class[i].wide = (s->w + s->pad - b + 1) / 2 - r->class[i].left;
        r->class[i].taps = s->k * r->class[i].kh * r->class[i].kw;
        wide = r->class[i].wide > wide ? r->class[i].wide : wide;
    }
    cut_rows(r, (s->h + s->pad + 1) / 2 - first, wide, s->k * s->kw);
    r->plane = ww_up((r->strip + up) * wide, LINE);
    r->area = ww_up(r->strip * wide, LINE);
    r->own = s->k * s->kw * r->plane + LINE + CLASSES * WW_TAPS_ROWS * r->area + LINE;
    r->eights = (s->c + WW_TAPS_ROWS - 1) / WW_TAPS_ROWS;
    for (int64_t i = 0; i < CLASSES; i++) {
        struct class *class = &r->class[i];
        class->before = before;
        for (int64_t tap = 0; tap < class->taps; tap++) {
            int64_t area = class->kh * class->kw, at = tap % area;
            int64_t j = at % class->kw * 2 + i % 2, row = up - at / class->kw;
            r->offset[before + tap] =
                (int32_t)((tap / area * s->kw + j) * r->plane + row * class->wide);
        }
        before += class->taps;
    }
    r->shared = r->eights * WW_TAPS_ROWS * before;
}

ww_status ww_strided_create(ww_strided **out, const ww_conv_task *task, const ww_kernels *kernels)
{
    const ww_conv_size *s = &task->size;
    assert(ww_strided_supports(task));
    int64_t taps = (task->pass == WW_CONV_DATA ? s->k : s->c) * s->kh * s->kw;
    ww_strided *r = *out = malloc(sizeof *r);
    if (r == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    *r = (ww_strided){.kernels = kernels, .size = *s, .pass = task->pass, .threads = task->threads};
    r->offset = malloc((size_t)taps * sizeof *r->offset);
    if (r->offset == NULL) {
        ww_strided_free(r);
        *out = NULL;
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    }
    if (task->pass == WW_CONV_FORWARD)
        lay_out_forward(r);
    else if (task->pass == WW_CONV_DATA)
        lay_out_data(r);
    else
        ww_strided_lay_out_weights(r);
    r->shared = ww_up(r->shared, LINE);
    r->own = ww_up(r->own, LINE);
    return WW_OK;
}

void ww_strided_free(ww_strided *strided)
{
    if (strided == NULL)
        return;
    free(strided->offset);
    free(strided);
}

size_t ww_strided_scratch(const ww_strided *r)
{
    return (size_t)(r->shared + r->threads * r->own);
}

/* ---- filters ---- */

/* panels[eight][tap][8]; of filters that are not there, some others. */
static void fill_forward(const ww_strided *r, const float *weight, float *panels)
{
    int64_t taps = r->class[0].taps;
#pragma omp parallel for num_threads(r->threads) if (r->size.k * taps > FEW_WEIGHTS)
    for (int64_t eight = 0; eight < r->eights; eight++) {
        int64_t k = eight * WW_TAPS_ROWS;
        r->kernels->to_pixels(panels + k * taps, WW_TAPS_ROWS, weight + k * taps, taps,
                              ww_least(WW_TAPS_ROWS, r->size.k - k), taps);
    }
}

/* panels[eight][class][k, tap of the class][8] of eight channels each. */
static void fill_eight(const ww_strided *r, int64_t eight, const float *weight, float *panels)
{
    const ww_conv_size *s = &r->size;
    int64_t c = eight * WW_TAPS_ROWS, area = s->kh * s->kw;
    float *next[CLASSES];
    for (int i = 0; i < CLASSES; i++)
        next[i] = panels + (c * s->k * area) + r->class[i].before * WW_TAPS_ROWS;
    for (int64_t k = 0; k < s->k; k++)
        for (int64_t i = 0; i < s->kh; i++)
            for (int64_t j = 0; j < s->kw; j++) {
                const float *from = weight + (k * s->c + c) * area + i * s->kw + j;
                float **to = &next[i % 2 * 2 + j % 2];
                for (int64_t l = 0; l < WW_TAPS_ROWS; l++)
                    (*to)[l] = c + l < s->c ? from[l * area] : 0;
                *to += WW_TAPS_ROWS;
            }
}

static void fill_panels(const ww_strided *r, const float *weight, float *scratch)
{
    if (r->pass == WW_CONV_FORWARD) {
        fill_forward(r, weight, scratch);
        return;
    }
#pragma omp parallel for num_threads(r->threads) if (r->eights * r->shared > FEW_WEIGHTS)
    for (int64_t eight = 0; eight < r->eights; eight++)
        fill_eight(r, eight, weight, scratch);
}

/* ---- planes ---- */

/* Rows first .. last-1 of `tall` rows of planes, row t of which is pixels from + t step of a map of
 * `size` rows; the others are 0, up to the next line. */
static ww_spaced rows_of(int64_t tall, int64_t from, int64_t step, int64_t size, int64_t wide,
                         int64_t *first)
{
    int64_t last;
    ww_inside(from, step, tall, size, first, &last);
    return (ww_spaced){.rows = last - *first,
                       .n = wide,
                       .before = *first * wide,
                       .behind = ww_up(tall * wide, LINE) - last * wide};
}

/* Planes of rows v .. v + rows - 1 of outputs. */
static void planes_of_x(const ww_strided *r, const float *x, int64_t v, int64_t rows, float *planes)
{
    const ww_conv_size *s = &r->size;
    for (int64_t q = 0; q < r->parities; q++) {
        int64_t first, up = 2 * v + q - s->pad;
        ww_spaced of = rows_of(rows + (s->kh - 1 - q) / 2, up, 2, s->h, s->ow, &first);
        of.maps = s->c, of.to_map = s->kw * r->parities * r->plane, of.from_map = s->h * s->w;
        of.columns = s->kw, of.to_column = r->parities * r->plane, of.step = 1;
        of.from_row = 2 * s->w, of.every = 2;
        of.begin = s->pad, of.end = s->w + s->pad;
        r->kernels->spaced_rows(planes + q * r->plane, x + (up + 2 * first) * s->w - s->pad, &of);
    }
    memset(planes + s->c * s->kw * r->parities * r->plane, 0, LINE * sizeof *planes);
}

/* Planes of rows R .. R + rows - 1 of the classes. */
static void planes_of_dy(const ww_strided *r, const float *dy, int64_t R, int64_t rows,
                         float *planes)
{
    const ww_conv_size *s = &r->size;
    int64_t up = (s->kh - 1) / 2, first;
    for (int64_t b = 0; b < 2; b++) {
        const struct class *class = &r->class[b];
        ww_spaced of = rows_of(rows + up, R - up, 1, s->oh, class->wide, &first);
        of.maps = s->k, of.to_map = s->kw * r->plane, of.from_map = s->oh * s->ow;
        of.columns = class->kw, of.to_column = 2 * r->plane, of.step = -1;
        of.from_row = s->ow, of.every = 1;
        of.begin = -class->left, of.end = s->ow - class->left;
        r->kernels->spaced_rows(planes + b * r->plane, dy + (R - up + first) * s->ow + class->left,
                                &of);
    }
    memset(planes + s->k * s->kw * r->plane, 0, LINE * sizeof *planes);
}

/* ---- sums ---- */

/* The `vectors` vectors from output p on of `rows` filters, of `outputs` in all. */
static void sum_vectors(const ww_strided *r, const struct class *class, const float *planes,
                        const float *panel, int64_t p, int64_t vectors, int64_t rows,
                        int64_t outputs, float *out, int64_t out_row)
{
    int64_t lanes = r->kernels->lanes;
    ww_taps t = {.a = panel,
                 .offset = r->offset + class->before,
                 .n = class->taps,
                 .vectors = (int)vectors,
                 .rows = (int)rows,
                 .out_row = out_row};
    for (int64_t v = 0; v < vectors; v++) {
        t.b[v] = planes + p + v * lanes;
        t.out[v] = out + p + v * lanes;
        t.width[v] = ww_least(lanes, outputs - p - v * lanes);
    }
    r->kernels->taps(&t);
}

/* Vectors are worked on in threes or, rather than leave one over, in twos: share i of n begins. */
static int64_t share(int64_t vectors, int64_t i, int64_t n)
{
    return vectors * i / n;
}

static void forward(const ww_strided *r, const float *x, int64_t v, int64_t rows,
                    const float *panels, float *planes, float *y)
{
    int64_t lanes = r->kernels->lanes, outputs = rows * r->size.ow, area = r->size.oh * r->size.ow;
    int64_t vectors = (outputs + lanes - 1) / lanes;
    int64_t shares = (vectors + WW_TAPS_VECTORS - 1) / WW_TAPS_VECTORS;
    planes_of_x(r, x, v, rows, planes);
    for (int64_t i = 0; i < shares; i++)
        for (int64_t k = 0; k < r->size.k; k += WW_TAPS_ROWS) {
            int64_t at = share(vectors, i, shares);
            sum_vectors(r, &r->class[0], planes, panels + k * r->class[0].taps, at * lanes,
                        share(vectors, i + 1, shares) - at, ww_least(WW_TAPS_ROWS, r->size.k - k),
                        outputs, y + k * area + v * r->size.ow, area);
        }
}

/* Joins classes 2 a and 2 a + 1 of some channels: rows of dx. */
static void join(const ww_strided *r, int64_t a, int64_t first, int64_t rows, int64_t channels,
                 const float *sums, float *dx, bool add)
{
    const ww_conv_size *s = &r->size;
    int64_t even = (2 * a + s->pad % 2) * WW_TAPS_ROWS * r->area;
    int64_t odd = (2 * a + 1 - s->pad % 2) * WW_TAPS_ROWS * r->area;
    for (int64_t c = 0; c < channels; c++)
        r->kernels->joined_rows(dx + (c * s->h + 2 * first + a - s->pad) * s->w, 2 * s->w,
                                sums + even + c * r->area, sums + odd + c * r->area, rows, s->w,
                                add);
}

/* The sums of one class of some channels; `next` .. `end` of dx, which is written after it, is
 * fetched meanwhile, a little at a time, as that would have to wait for it. */
static void sum_class(const ww_strided *r, const struct class *class, int64_t R, int64_t count,
                      int64_t channels, const float *planes, const float *panel, float *sums,
                      const float **next, const float *end)
{
    int64_t lanes = r->kernels->lanes, outputs = count * class->wide;
    int64_t vectors = (outputs + lanes - 1) / lanes;
    int64_t shares = (vectors + WW_TAPS_VECTORS - 1) / WW_TAPS_VECTORS;
    for (int64_t i = 0; i < shares; i++) {
        int64_t at = share(vectors, i, shares);
        sum_vectors(r, class, planes + R * class->wide, panel, at * lanes,
                    share(vectors, i + 1, shares) - at, channels, outputs, sums, r->area);
        for (int64_t line = 0; line < FETCHED && *next < end; line++, *next += LINE)
            __builtin_prefetch(*next, 1);
    }
}

static void data(const ww_strided *r, float *dx, int64_t R, int64_t rows, const float *panels,
                 float *planes, const float *dy, bool add)
{
    const ww_conv_size *s = &r->size;
    int64_t area = s->kh * s->kw, top = 2 * R - s->pad > 0 ? 2 * R - s->pad : 0;
    float *sums = planes + s->k * s->kw * r->plane + LINE;
    planes_of_dy(r, dy, R, rows, planes);
    for (int64_t c = 0; c < s->c; c += WW_TAPS_ROWS) {
        int64_t channels = ww_least(WW_TAPS_ROWS, s->c - c);
        float *own = dx + c * s->h * s->w;
        const float *next = own + top * s->w, *end = own + channels * s->h * s->w;
        for (int64_t i = 0; i < CLASSES; i++) {
            const struct class *class = &r->class[i];
            int64_t first = class->first > R ? class->first : R;
            int64_t count = ww_least(class->last, R + rows) - first;
            const float *panel = panels + c * s->k * area + class->before * WW_TAPS_ROWS;
            sum_class(r, class, first - R, count, channels, planes, panel,
                      sums + i * WW_TAPS_ROWS * r->area, &next, end);
            if (i % 2 == 1 && count > 0)
                join(r, i / 2, first, count, channels, sums, own, add);
        }
    }
}

/* ---- all of it ---- */

struct run {
    const ww_strided *r;
    float *x, *y;
    const float *panels;
    bool add;
};

/* A strip of a sample. */
static void one_strip(const void *context, int64_t turn, float *own)
{
    const struct run *run = context;
    const ww_strided *r = run->r;
    const ww_conv_size *s = &r->size;
    bool turned = r->pass == WW_CONV_DATA;
    int64_t sample = turn / r->strips, i = turn % r->strips;
    int64_t first = turned ? s->pad / 2 : 0, last = turned ? (s->h + s->pad + 1) / 2 : s->oh;
    int64_t v = first + i * r->strip, rows = ww_least(r->strip, last - v);
    float *x = run->x + sample * s->c * s->h * s->w, *y = run->y + sample * s->k * s->oh * s->ow;
    if (turned)
        data(r, x, v, rows, run->panels, own, y, run->add);
    else
        forward(r, x, v, rows, run->panels, own, y);
}

void ww_strided_run(ww_strided *r, float *x, float *weight, float *y, float *scratch, bool add)
{
    if (r->pass == WW_CONV_WEIGHTS) {
        ww_strided_all_weights(r, x, y, weight, scratch);
        return;
    }
    fill_panels(r, weight, scratch);
    const struct run run = {r, x, y, scratch, add};
    ww_turns_run(&(ww_turns){.n = r->size.n * r->strips,
                             .threads = r->threads,
                             .work = one_strip,
                             .context = &run,
                             .own = scratch + r->shared,
                             .own_floats = (size_t)r->own});
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolution with few channels by its definition, on rows of pixels.
 *
 * Where there are one to four channels, blocks of channels stay nearly empty, and columns copy
 * every pixel as often as a filter has taps. Here the lanes of a vector are neighbouring outputs of
 * one row: each tap reads the pixels beneath them once, unaligned, for up to eight filters and
 * three vectors of outputs,
 *
 *     y[k, v, u .. u + lanes] += weight[k, tap] x[v + i, u + j .. u + j + lanes],
 *
 * from maps that were copied once into frames of zeros, with every stride-th column apart where
 * filters are strided. The gradient of the maps is the same with filters turned by 180 degrees and
 * channels and filters exchanged. For that of the weights the lanes are neighbouring taps of a
 * filter's row, and the sum runs over the outputs:
 *
 *     dweight[k, i, j .. j + lanes] += dy[k, v, u] x[s v + i, s u + j .. s u + j + lanes].
 *
 * It adds up PARTS shares of the samples apart, whatever the number of threads. */
#include "engine/tensor/backend/rows.h"

#include <assert.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/backend/sizes.h"

enum { PARTS = 8, FEW = 4, LINE = 16, MOST_LANES = 16 };

/* Maps [n, c, h, w] that are framed and maps [n, k, oh, ow] that are made, or, for the weights,
 * their gradient; for the gradient of the maps, y and x. */
struct ww_rows {
    const ww_kernels *kernels;
    ww_conv_pass pass;
    int threads;
    int64_t n, c, h, w, k, oh, ow, kh, kw, stride, dilation, groups;
    int64_t top, left;  /* of the map in its frame */
    int64_t tall, wide; /* of a frame; wide is that of one phase of columns */
    int64_t phases;     /* columns x = phase (mod phases) stand together */
    int64_t across;     /* vectors in a row of outputs, or of taps */
    int64_t lots;       /* eights of filters in a group */
    int64_t taps;       /* of a filter, over its channels */
    int64_t parts;      /* of the samples, for the weights */
    int32_t *offset;    /* of each tap in a frame, or of each output */
};

bool ww_rows_supports(const ww_conv_task *task)
{
    const ww_conv_size *s = &task->size;
    if (s->c / s->groups > FEW)
        return false;
    if (task->pass == WW_CONV_DATA)
        return s->stride == 1;
    return task->pass == WW_CONV_FORWARD || s->dilation == 1;
}

static int64_t frame_floats(const ww_rows *r)
{
    return r->tall * r->phases * r->wide;
}

static void place_taps(const ww_rows *r)
{
    int32_t *next = r->offset;
    for (int64_t c = 0; c < r->c / r->groups; c++)
        for (int64_t i = 0; i < r->kh; i++)
            for (int64_t j = 0; j < r->kw; j++) {
                int64_t right = j * r->dilation;
                *next++ = (int32_t)(c * frame_floats(r) +
                                    (i * r->dilation * r->phases + right % r->phases) * r->wide +
                                    right / r->phases);
            }
}

static void place_outputs(const ww_rows *r)
{
    int32_t *next = r->offset;
    for (int64_t v = 0; v < r->oh; v++)
        for (int64_t u = 0; u < r->ow; u++)
            *next++ = (int32_t)(v * r->stride * r->wide + u * r->stride);
}

static void lay_out(ww_rows *r)
{
    int64_t lanes = r->kernels->lanes, reach = (r->kw - 1) * r->dilation;
    bool weights = r->pass == WW_CONV_WEIGHTS;
    r->phases = weights ? 1 : r->stride;
    r->tall = (r->oh - 1) * r->stride + (r->kh - 1) * r->dilation + 1;
    r->across = ((weights ? r->kw : r->ow) + lanes - 1) / lanes;
    r->wide = weights ? (r->ow - 1) * r->stride + r->across * lanes
                      : r->across * lanes + reach / r->phases;
    r->wide = ww_up(r->wide, MOST_LANES);
    r->lots = (r->k / r->groups + WW_TAPS_ROWS - 1) / WW_TAPS_ROWS;
    r->taps = r->c / r->groups * r->kh * r->kw;
    r->parts = ww_least(r->n, PARTS);
}

ww_status ww_rows_create(ww_rows **out, const ww_conv_task *task, const ww_kernels *kernels)
{
    const ww_conv_size *s = &task->size;
    assert(ww_rows_supports(task));
    bool turned = task->pass == WW_CONV_DATA, weights = task->pass == WW_CONV_WEIGHTS;
    ww_rows *r = *out = malloc(sizeof *r);
    if (r == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    *r = (ww_rows){.kernels = kernels,
                   .pass = task->pass,
                   .threads = task->threads,
                   .n = s->n,
                   .c = turned ? s->k : s->c,
                   .h = turned ? s->oh : s->h,
                   .w = turned ? s->ow : s->w,
                   .k = turned ? s->c : s->k,
                   .oh = turned ? s->h : s->oh,
                   .ow = turned ? s->w : s->ow,
                   .kh = s->kh,
                   .kw = s->kw,
                   .stride = s->stride,
                   .dilation = s->dilation,
                   .groups = s->groups,
                   .top = turned ? (s->kh - 1) * s->dilation - s->pad : s->pad,
                   .left = turned ? (s->kw - 1) * s->dilation - s->pad : s->pad};
    lay_out(r);
    r->offset = malloc((size_t)(weights ? r->oh * r->ow : r->taps) * sizeof *r->offset);
    if (r->offset == NULL) {
        ww_rows_free(r);
        *out = NULL;
        return WW_FAIL(WW_ENOMEM, "out of memory for a convolution");
    }
    if (weights)
        place_outputs(r);
    else
        place_taps(r);
    return WW_OK;
}

void ww_rows_free(ww_rows *rows)
{
    if (rows == NULL)
        return;
    free(rows->offset);
    free(rows);
}

/* Floats of the filters as panels; of a thread's turned gradient and of the sums of a part. */
static int64_t panel_floats(const ww_rows *r)
{
    return ww_up(r->groups * r->lots * r->taps * WW_TAPS_ROWS, LINE);
}

static int64_t turned_floats(const ww_rows *r)
{
    return ww_up(r->oh * r->ow * WW_TAPS_ROWS, LINE);
}

static int64_t sum_floats(const ww_rows *r)
{
    int64_t rows = r->groups * r->lots * r->c / r->groups * r->kh;
    return rows * r->across * r->kernels->lanes * WW_TAPS_ROWS;
}

size_t ww_rows_scratch(const ww_rows *r)
{
    int64_t frames = r->n * r->c * frame_floats(r);
    if (r->pass != WW_CONV_WEIGHTS)
        return (size_t)(frames + panel_floats(r));
    return (size_t)(frames + r->threads * turned_floats(r) + r->parts * sum_floats(r));
}

/* ---- frames ---- */

static void frame_map(const ww_rows *r, const float *map, float *frame)
{
    if (r->phases == 1) {
        int64_t y = r->top < 0 ? -r->top : 0, x = r->left < 0 ? -r->left : 0;
        int64_t last_y = r->h < r->tall - r->top ? r->h : r->tall - r->top;
        int64_t last_x = r->w < r->wide - r->left ? r->w : r->wide - r->left;
        memset(frame, 0, (size_t)(r->tall * r->wide) * sizeof *frame);
        if (last_x > x)
            r->kernels->copy_rows(frame + (y + r->top) * r->wide + x + r->left, r->wide,
                                  map + y * r->w + x, r->w, last_y - y, last_x - x, 0);
        return;
    }
    for (int64_t row = 0; row < r->tall; row++)
        for (int64_t phase = 0; phase < r->phases; phase++)
            for (int64_t i = 0; i < r->wide; i++) {
                int64_t y = row - r->top, x = i * r->phases + phase - r->left;
                bool inside = y >= 0 && y < r->h && x >= 0 && x < r->w;
                *frame++ = inside ? map[y * r->w + x] : 0;
            }
}

static void frame_all(const ww_rows *r, const float *maps, float *frames)
{
#pragma omp parallel for num_threads(r->threads) if (r->n * r->c > 1)
    for (int64_t i = 0; i < r->n * r->c; i++)
        frame_map(r, maps + i * r->h * r->w, frames + i * frame_floats(r));
}

/* ---- maps ---- */

/* panels[group][lot][tap][8], zero where there is no filter. */
static void fill_panels(const ww_rows *r, const float *weight, float *panels)
{
    int64_t c_group = r->c / r->groups, k_group = r->k / r->groups, area = r->kh * r->kw;
    bool turned = r->pass == WW_CONV_DATA;
    for (int64_t lot = 0; lot < r->groups * r->lots; lot++)
        for (int64_t tap = 0; tap < r->taps; tap++)
            for (int64_t i = 0; i < WW_TAPS_ROWS; i++, panels++) {
                int64_t group = lot / r->lots, k = lot % r->lots * WW_TAPS_ROWS + i;
                int64_t c = tap / area, at = tap % area;
                int64_t filter = turned ? group * c_group + c : group * k_group + k;
                int64_t channel = turned ? k : c, channels = turned ? k_group : c_group;
                *panels = k >= k_group ? 0
                                       : weight[(filter * channels + channel) * area +
                                                (turned ? area - 1 - at : at)];
            }
}

/* Some vectors of outputs of one sample and all filters. */
static void make_outputs(const ww_rows *r, int64_t sample, int64_t first, int64_t count,
                         const float *frames, const float *panels, float *maps)
{
    int64_t lanes = r->kernels->lanes, c_group = r->c / r->groups, k_group = r->k / r->groups;
    ww_taps t = {
        .offset = r->offset, .n = r->taps, .vectors = (int)count, .out_row = r->oh * r->ow};
    for (int64_t lot = 0; lot < r->groups * r->lots; lot++) {
        int64_t group = lot / r->lots, k = lot % r->lots * WW_TAPS_ROWS;
        const float *frame = frames + (sample * r->c + group * c_group) * frame_floats(r);
        float *map = maps + (sample * r->k + group * k_group + k) * r->oh * r->ow;
        t.a = panels + lot * r->taps * WW_TAPS_ROWS;
        t.rows = (int)ww_least(WW_TAPS_ROWS, k_group - k);
        for (int64_t v = 0; v < count; v++) {
            int64_t row = (first + v) / r->across, x = (first + v) % r->across * lanes;
            t.b[v] = frame + row * r->stride * r->phases * r->wide + x;
            t.out[v] = map + row * r->ow + x;
            t.width[v] = ww_least(lanes, r->ow - x);
        }
        r->kernels->taps(&t);
    }
}

static void run_maps(const ww_rows *r, const float *in, const float *weight, float *out,
                     float *scratch)
{
    float *frames = scratch + panel_floats(r);
    int64_t vectors = r->oh * r->across, each = (vectors + WW_TAPS_VECTORS - 1) / WW_TAPS_VECTORS;
    fill_panels(r, weight, scratch);
    frame_all(r, in, frames);
#pragma omp parallel for num_threads(r->threads) schedule(dynamic, 8)
    for (int64_t i = 0; i < r->n * each; i++) {
        int64_t first = i % each * WW_TAPS_VECTORS;
        make_outputs(r, i / each, first, ww_least(WW_TAPS_VECTORS, vectors - first), frames,
                     scratch, out);
    }
}

/* ---- weights ---- */

/* One sample's share of the sums of eight filters: sums[channel][row of taps][8][vectors]. */
static void add_sample(const ww_rows *r, int64_t sample, int64_t lot, bool add, const float *frames,
                       const float *y, float *turned, float *sums)
{
    int64_t lanes = r->kernels->lanes, c_group = r->c / r->groups, k_group = r->k / r->groups;
    int64_t group = lot / r->lots, k = lot % r->lots * WW_TAPS_ROWS, outputs = r->oh * r->ow;
    int64_t rows = ww_least(WW_TAPS_ROWS, k_group - k), vectors = c_group * r->kh * r->across;
    const float *dy = y + (sample * r->k + group * k_group + k) * outputs;
    const float *frame = frames + (sample * r->c + group * c_group) * frame_floats(r);
    memset(turned, 0, (size_t)(outputs * WW_TAPS_ROWS) * sizeof *turned);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t at = 0; at < outputs; at++)
            turned[at * WW_TAPS_ROWS + i] = dy[i * outputs + at];
    ww_taps t = {.a = turned,
                 .offset = r->offset,
                 .n = outputs,
                 .rows = (int)rows,
                 .out_row = vectors * lanes,
                 .add = add};
    for (int64_t first = 0; first < vectors; first += WW_TAPS_VECTORS) {
        t.vectors = (int)ww_least(WW_TAPS_VECTORS, vectors - first);
        for (int64_t v = 0; v < t.vectors; v++) {
            int64_t row = (first + v) / r->across, x = (first + v) % r->across * lanes;
            t.b[v] = frame + row / r->kh * frame_floats(r) + row % r->kh * r->wide + x;
            t.out[v] = sums + (first + v) * lanes;
            t.width[v] = lanes;
        }
        r->kernels->taps(&t);
    }
}

/* Adds up the parts, in double. */
static void finish_weights(const ww_rows *r, const float *sums, float *weight)
{
    int64_t c_group = r->c / r->groups, k_group = r->k / r->groups, area = r->kh * r->kw;
    int64_t line = r->across * r->kernels->lanes, row = c_group * r->kh * line;
    for (int64_t i = 0; i < r->k * c_group * area; i++) {
        int64_t k = i / (c_group * area), tap = i % (c_group * area), in_group = k % k_group;
        int64_t lot = k / k_group * r->lots + in_group / WW_TAPS_ROWS;
        int64_t at =
            (lot * WW_TAPS_ROWS + in_group % WW_TAPS_ROWS) * row + tap / r->kw * line + tap % r->kw;
        double sum = 0;
        for (int64_t part = 0; part < r->parts; part++)
            sum += (double)sums[part * sum_floats(r) + at];
        weight[i] = (float)sum;
    }
}

static void run_weights(const ww_rows *r, const float *x, float *weight, const float *y,
                        float *scratch)
{
    float *sums = scratch + r->n * r->c * frame_floats(r);
    float *turned = sums + r->parts * sum_floats(r);
    int64_t lots = r->groups * r->lots;
    frame_all(r, x, scratch);
#pragma omp parallel for num_threads(r->threads) schedule(dynamic)
    for (int64_t i = 0; i < r->parts * lots; i++) {
        int64_t part = i / lots, lot = i % lots, first = r->n * part / r->parts;
        float *own = turned + omp_get_thread_num() * turned_floats(r);
        for (int64_t sample = first; sample < r->n * (part + 1) / r->parts; sample++)
            add_sample(r, sample, lot, sample > first, scratch, y, own,
                       sums + part * sum_floats(r) + lot * (sum_floats(r) / lots));
    }
    finish_weights(r, sums, weight);
}

void ww_rows_run(const ww_rows *r, float *x, float *weight, float *y, float *scratch)
{
    if (r->pass == WW_CONV_FORWARD)
        run_maps(r, x, weight, y, scratch);
    else if (r->pass == WW_CONV_DATA)
        run_maps(r, y, weight, x, scratch);
    else
        run_weights(r, x, weight, y, scratch);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Filters of several sizes on one picture, and what is pooled of their responses: simple and
 * complex cells in one pass (Riesenhuber & Poggio 1999; Serre et al. 2007). For filter f of size j,
 *
 *     r[j, f](v, u) = |sum over its k x k taps of w x| / sqrt(sum over the same pixels of x^2),
 *
 * 0 where those pixels are all 0. The picture is 0 outside; with `inside`, so is a response whose
 * filter does not lie within the picture. y[f] pools all j over neighbourhoods of size x size
 * responses, `stride` apart: their maximum, their mean, or the softmax between these two
 *
 *     sum of r exp(beta r) / sum of exp(beta r).
 *
 * The last neighbourhood of a row may reach over the edge; it takes what is there.
 *
 * All responses are never stored: a picture of 4096 x 4096 pixels would have 4 GB of them. They are
 * made for a strip of the picture at a time, one size after the other, by the kernels that compete
 * for convolutions (backend/conv.h: sums of taps, or Fourier transforms for large filters), and
 * what lies under a row of pools joins them at once (parts/pieces.h). With `inside`, only filters
 * within the picture are worked out, and for means and softmax the responses that are 0 for certain
 * are counted at the end. Sizes of which that is faster are worked out together
 * (parts/filter_bank.h). What the filters see comes from parts/window_norms.h. Not differentiable.
 */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/sizes.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/parts/filter_bank.h"
#include "engine/tensor/parts/pieces.h"
#include "engine/tensor/parts/window_norms.h"

extern const ww_op ww_op_filter_pool;

enum { STRIP_FLOATS = 1 << 20, LINE = 16, FRAME = 2 };

/* All sizes of one call. */
struct size {
    const ww_filter_pool_attr *attr;
    int64_t n, h, w, f;
    int64_t reach;       /* half the largest filter */
    int64_t margin;      /* zeros around the picture */
    int64_t pw;          /* width with them */
    int64_t rows, strip; /* places of the least filter, one below the other; done at a time */
    int n_sizes;
    int64_t k[WW_OP_MAX_IN];
    ww_pieces pieces;
};

/* Where the filters of one size lie: the first is centred at pixel (lead, lead) of the picture and
 * has its corner at pixel (corner, corner) of that with its margins; there are none if rows or
 * columns are 0. */
struct field {
    int64_t k, lead, corner, rows, columns;
};

/* FAINT: errors of transforms are 2e-8 of the brightest window's norm; divided by the norm of one
 * this much fainter they would be 7e-6. */
static const double FAINT = 3e-3;

struct plan {
    int threads, n_banks, most; /* most: sizes of a bank */
    int of[WW_OP_MAX_IN];       /* which size of the call each is that fits */
    int64_t k[WW_OP_MAX_IN], rows[WW_OP_MAX_IN];
    ww_filter_sizes sizes; /* that fit, on a strip */
    ww_filter_bank bank[WW_OP_MAX_IN];
    ww_conv local[WW_OP_MAX_IN]; /* of each size alone, for strips with faint windows */
    size_t conv_floats;
};

static ww_status infer(void *attr, int n_in, const ww_shape *in, ww_shape *out)
{
    ww_filter_pool_attr *a = attr;
    char x[WW_SHAPE_TEXT], w[WW_SHAPE_TEXT];
    a->stride = a->stride == 0 ? a->size : a->stride;
    if (a->size < 1 || a->stride < 1)
        return WW_FAIL(WW_EINVAL, "size %d, stride %d: none may be less than 1", a->size,
                       a->stride);
    ww_shape_print(&in[0], x);
    for (int j = 1; j < n_in; j++) {
        ww_shape_print(&in[j], w);
        if (in[0].rank != 4 || in[0].dim[1] != 1 || in[j].rank != 3)
            return WW_FAIL(WW_ESHAPE,
                           "%s and %s: a picture [N, 1, H, W] and filters [F, k, k] are wanted", x,
                           w);
        if (in[j].dim[1] != in[j].dim[2] || in[j].dim[1] % 2 == 0 || in[j].dim[0] != in[1].dim[0])
            return WW_FAIL(WW_ESHAPE,
                           "%s and %s: filters have to be square, of odd size, and as many of "
                           "each size",
                           x, w);
    }
    *out = WW_SHAPE(in[0].dim[0], in[1].dim[0], ww_pools_along(a, in[0].dim[2]),
                    ww_pools_along(a, in[0].dim[3]));
    return WW_OK;
}

/* Zeros around a picture of which all filters lie inside: half of what neighbouring sizes differ
 * by, so that they may be worked out together. */
static int64_t frame_of(const struct size *s)
{
    int64_t frame = 0;
    for (int j = 1; j < s->n_sizes; j++) {
        int64_t half = llabs(s->k[j] - s->k[j - 1]) / 2;
        if (half <= FRAME)
            frame = half > frame ? half : frame;
    }
    return frame;
}

static struct size size_of(const ww_op_call *call)
{
    const int64_t *x = call->in_shape[0].dim;
    struct size s = {
        call->attr, x[0], x[2], x[3], call->out_shape.dim[1], .n_sizes = call->n_in - 1};
    int64_t least = INT64_MAX;
    for (int j = 0; j < s.n_sizes; j++) {
        int64_t k = s.k[j] = call->in_shape[j + 1].dim[1];
        s.reach = k / 2 > s.reach ? k / 2 : s.reach;
        least = ww_least(k, least);
    }
    s.margin = s.attr->inside ? frame_of(&s) : s.reach;
    s.pw = s.w + 2 * s.margin;
    s.pieces = ww_pieces_of(s.attr, s.f, s.h, s.w);
    s.rows = s.attr->inside ? s.h - least + 1 : s.h;
    s.rows = s.rows < 1 ? 1 : s.rows;
    int64_t most = STRIP_FLOATS / (s.f * s.pw);
    int64_t strips = most < 1 ? s.rows : (s.rows + most - 1) / most;
    s.strip = (s.rows + strips - 1) / strips;
    return s;
}

static struct field field_of(const struct size *s, int64_t k)
{
    if (!s->attr->inside)
        return (struct field){k, 0, s->margin - k / 2, s->h, s->w};
    bool none = k > s->h || k > s->w;
    return (struct field){k, k / 2, s->margin, none ? 0 : s->h - k + 1, none ? 0 : s->w - k + 1};
}

/* ---- memory ---- */

struct room {
    size_t picture, pieces, norms, scale, product; /* shared; all of them in floats */
    size_t row;                                    /* of a thread */
};

static size_t lines(int64_t floats)
{
    return (size_t)ww_up(floats, LINE);
}

/* Scales and products are those of a bank. */
static struct room room_of(const struct size *s, const struct plan *p)
{
    int64_t strips = (s->rows + s->strip - 1) / s->strip;
    int64_t rows = strips * s->strip + 2 * (s->reach + s->margin);
    struct room r = {.picture = lines(rows * s->pw)};
    r.pieces = lines(ww_pieces_floats(&s->pieces));
    r.norms = ww_window_norms_room(s->strip + 2 * s->reach, s->pw, p->threads);
    r.scale = lines(s->strip * s->w) * (size_t)p->most;
    r.product = lines(p->most * s->f * s->strip * s->pw);
    r.row = lines(ww_pieces_row(&s->pieces));
    return r;
}

static void release(void *plan)
{
    struct plan *p = plan;
    for (int j = 0; j < WW_OP_MAX_IN; j++) {
        ww_filter_bank_release(&p->bank[j]);
        ww_conv_release(&p->local[j]);
    }
    free(p);
}

static void count_scratch(struct plan *p, const ww_conv *conv)
{
    size_t floats = lines((int64_t)conv->scratch_floats);
    p->conv_floats = floats > p->conv_floats ? floats : p->conv_floats;
}

/* Banks, and each size alone by a kernel that does not spread errors. */
static ww_status prepare_sizes(struct plan *p)
{
    WW_TRY(ww_filter_bank_plan(&p->sizes, p->bank, &p->n_banks));
    for (int i = 0; i < p->n_banks; i++) {
        p->most = p->bank[i].count > p->most ? p->bank[i].count : p->most;
        count_scratch(p, &p->bank[i].conv);
    }
    for (int j = 0; j < p->sizes.n; j++) {
        ww_conv_task task = ww_filter_bank_alone(&p->sizes, j);
        task.local = true;
        WW_TRY(ww_conv_prepare(&p->local[j], &task));
        count_scratch(p, &p->local[j]);
    }
    return WW_OK;
}

static ww_status prepare(ww_op_call *call)
{
    struct size s = size_of(call);
    struct plan *p = calloc(1, sizeof *p);
    if (p == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a bank of filters");
    p->threads = ww_threads();
    p->sizes = (ww_filter_sizes){.k = p->k,
                                 .f = s.f,
                                 .rows = p->rows,
                                 .width = s.pw,
                                 .frame = s.margin,
                                 .threads = p->threads,
                                 .keep = call->mode != WW_TRAIN};
    for (int j = 0; j < s.n_sizes; j++)
        if (field_of(&s, s.k[j]).rows > 0) {
            p->of[p->sizes.n] = j;
            p->rows[p->sizes.n] = ww_least(s.strip, field_of(&s, s.k[j]).rows);
            p->k[p->sizes.n++] = s.k[j];
        }
    ww_status status = prepare_sizes(p);
    if (status != WW_OK) {
        release(p);
        return status;
    }
    struct room room = room_of(&s, p);
    call->plan = p;
    call->scratch_floats = room.picture + room.pieces + room.norms + room.scale + room.product +
                           p->conv_floats + (size_t)p->threads * room.row;
    return WW_OK;
}

/* ---- strips ---- */

/* Where things lie in the workspace. */
struct desk {
    float *picture, *pieces, *norms, *scale, *product, *work, *own;
    size_t scale_step, row;
};

static struct desk desk_of(const ww_op_call *call, const struct size *s)
{
    const struct plan *p = call->plan;
    struct room room = room_of(s, p);
    struct desk d = {.picture = call->scratch, .row = room.row};
    d.pieces = d.picture + room.picture;
    d.norms = d.pieces + room.pieces;
    d.scale = d.norms + room.norms;
    d.scale_step = p->most > 0 ? room.scale / (size_t)p->most : 0;
    d.product = d.scale + room.scale;
    d.work = d.product + room.product;
    d.own = d.work + p->conv_floats;
    return d;
}

static void join(const struct plan *p, const struct size *s, const struct desk *d,
                 const ww_responses *r)
{
    int64_t down = s->pieces.down;
#pragma omp parallel for num_threads(p->threads)
    for (int64_t i = 0; i < s->f * down; i++)
        ww_pieces_join(&s->pieces, r, i / down, i % down, d->pieces,
                       d->own + (size_t)omp_get_thread_num() * d->row);
}

/* What a size answers in a strip, from its row `first` on. */
struct part {
    struct field field;
    int64_t first, rows;
    float *scale;
};

/* The part of size j of a bank whose first answers are centred at row `centre`, and what its
 * filters see; *faint: some see so much less than others that errors must not spread. */
static struct part part_of(const struct plan *p, const struct size *s, const struct desk *d, int j,
                           int at, int64_t centre, bool *faint)
{
    struct part part = {.field = field_of(s, p->k[j]),
                        .scale = d->scale + (size_t)at * d->scale_step};
    const struct field *field = &part.field;
    double ratio;
    part.first = centre > field->lead ? centre - field->lead : 0;
    part.rows = ww_least(centre + s->strip - field->lead, field->rows) - part.first;
    if (part.rows <= 0)
        return part;
    ww_windows windows = {s->pw,         field->k,  part.first + field->corner,
                          field->corner, part.rows, field->columns};
    ww_window_norms(d->picture, &windows, p->threads, part.scale, s->w, &ratio, d->norms);
    *faint = *faint || ratio < FAINT * FAINT;
    return part;
}

static ww_responses responses_of(const struct size *s, const struct part *part)
{
    return (ww_responses){.scale = part->scale,
                          .scale_row = s->w,
                          .top = part->first + part->field.lead,
                          .left = part->field.lead,
                          .rows = part->rows,
                          .columns = part->field.columns};
}

/* The strip of a bank that begins at row y of its smallest filter's answers. */
static ww_status join_bank(const ww_op_call *call, const struct size *s, const struct desk *d,
                           const ww_filter_bank *bank, int64_t y)
{
    const struct plan *p = call->plan;
    struct part part[WW_OP_MAX_IN];
    int64_t centre = y + (s->attr->inside ? bank->least / 2 : 0), half = bank->most / 2;
    bool faint = false, some = false;
    for (int i = 0; i < bank->count; i++) {
        part[i] = part_of(p, s, d, bank->first + i, i, centre, &faint);
        some = some || part[i].rows > 0;
    }
    float *const *in = (float *const *)call->in + 1;
    float *weight = bank->weight != NULL ? bank->weight : in[p->of[bank->first]];
    if (some && !faint)
        WW_TRY(ww_conv_run(&bank->conv, d->picture + (centre + s->margin - half) * s->pw, weight,
                           d->product, d->work));
    for (int i = 0; i < bank->count; i++) {
        const struct field *field = &part[i].field;
        ww_responses r = responses_of(s, &part[i]);
        if (part[i].rows <= 0)
            continue;
        r.product_row = s->pw - (faint ? field->k : bank->most) + 1;
        r.product_map = r.product_row * (faint ? p->rows[bank->first + i] : bank->rows);
        r.product = d->product + field->corner;
        if (faint)
            WW_TRY(ww_conv_run(&p->local[bank->first + i],
                               d->picture + (part[i].first + field->corner) * s->pw,
                               in[p->of[bank->first + i]], d->product, d->work));
        else
            r.product = d->product + i * s->f * r.product_map + (r.top - centre) * r.product_row +
                        field->lead + s->margin - half;
        join(p, s, d, &r);
    }
    return WW_OK;
}

/* silent[ow] = how many responses of each pool of row v are 0 because their filters do not lie
 * inside. */
static void count_silent(const struct size *s, int64_t v, double *silent)
{
    int64_t stride = s->attr->stride, size = s->attr->size;
    int64_t top = v * stride, bottom = ww_least(top + size, s->h);
    for (int64_t u = 0; u < s->pieces.ow; u++) {
        int64_t left = u * stride, right = ww_least(left + size, s->w);
        silent[u] = 0;
        for (int j = 0; j < s->n_sizes; j++) {
            struct field f = field_of(s, s->k[j]);
            int64_t down = ww_least(bottom, f.lead + f.rows) - (top > f.lead ? top : f.lead);
            int64_t across = ww_least(right, f.lead + f.columns) - (left > f.lead ? left : f.lead);
            int64_t heard = down > 0 && across > 0 ? down * across : 0;
            silent[u] += (double)((bottom - top) * (right - left) - heard);
        }
    }
}

static ww_status one_picture(const ww_op_call *call, const struct size *s, const struct desk *d,
                             int64_t n)
{
    const struct plan *p = call->plan;
    const float *x = call->in[0] + n * s->h * s->w;
    int64_t oh = s->pieces.oh, ow = s->pieces.ow;
    memset(d->picture, 0, (size_t)(d->norms - d->picture) * sizeof *x); /* and the pieces */
    for (int64_t y = 0; y < s->h; y++)
        memcpy(d->picture + (y + s->margin) * s->pw + s->margin, x + y * s->w,
               (size_t)s->w * sizeof *x);
    for (int64_t y = 0; y < s->rows; y += s->strip)
        for (int i = 0; i < p->n_banks; i++)
            WW_TRY(join_bank(call, s, d, &p->bank[i], y));
    for (int64_t v = 0; v < oh; v++) {
        double *silent = (double *)(void *)d->norms;
        if (s->pieces.soft)
            count_silent(s, v, silent);
        for (int64_t f = 0; f < s->f; f++)
            ww_pieces_pool(&s->pieces, d->pieces, f, v, silent,
                           call->out + ((n * s->f + f) * oh + v) * ow);
    }
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    struct plan *p = call->plan;
    struct size s = size_of(call);
    struct desk d = desk_of(call, &s);
    for (int i = 0; i < p->n_banks; i++) {
        const float *weights[WW_OP_MAX_IN];
        for (int j = 0; j < p->bank[i].count; j++)
            weights[j] = call->in[1 + p->of[p->bank[i].first + j]];
        ww_filter_bank_take(&p->sizes, &p->bank[i], weights);
    }
    for (int64_t n = 0; n < s.n; n++)
        WW_TRY(one_picture(call, &s, &d, n));
    return WW_OK;
}

/* ---- reference ---- */

static bool fits(int64_t at, int64_t k, int64_t length)
{
    return at >= k / 2 && at + k / 2 < length;
}

/* r[j, f](v, u) of one picture. */
static double response(const struct size *s, const float *x, const float *w, int64_t k, int64_t v,
                       int64_t u)
{
    double sum = 0, power = 0;
    if (s->attr->inside && !(fits(v, k, s->h) && fits(u, k, s->w)))
        return 0;
    for (int64_t i = 0; i < k; i++)
        for (int64_t j = 0; j < k; j++) {
            int64_t row = v + i - k / 2, column = u + j - k / 2;
            if (row < 0 || row >= s->h || column < 0 || column >= s->w)
                continue;
            double pixel = (double)x[row * s->w + column];
            sum += pixel * (double)w[i * k + j];
            power += pixel * pixel;
        }
    return power > 0 ? fabs(sum) / sqrt(power) : 0;
}

static ww_status forward_reference(ww_op_call *call)
{
    struct size s = size_of(call);
    const ww_filter_pool_attr *a = s.attr;
    int64_t oh = s.pieces.oh, ow = s.pieces.ow;
    for (int64_t at = 0; at < s.n * s.f * oh * ow; at++) {
        int64_t n = at / (s.f * oh * ow), f = at / (oh * ow) % s.f;
        int64_t v = at / ow % oh * a->stride, u = at % ow * a->stride;
        double top = 0, sum = 0, all = 0, beta = a->kind == WW_POOL_SOFTMAX ? a->beta : 0;
        for (int j = 1; j <= s.n_sizes; j++)
            for (int64_t y = v; y < v + a->size && y < s.h; y++)
                for (int64_t x = u; x < u + a->size && x < s.w; x++) {
                    int64_t k = call->in_shape[j].dim[1];
                    double r =
                        response(&s, call->in[0] + n * s.h * s.w, call->in[j] + f * k * k, k, y, x);
                    top = r > top ? r : top;
                    sum += r * exp(beta * (r - 1));
                    all += exp(beta * (r - 1));
                }
        call->out[at] = (float)(s.pieces.soft ? sum / all : top);
    }
    return WW_OK;
}

ww_var ww_filter_pool(ww_graph *g, ww_var x, int n, const ww_var *filters, ww_filter_pool_attr attr)
{
    ww_var in[WW_OP_MAX_IN] = {x};
    if (n < 1 || n >= WW_OP_MAX_IN)
        return ww_graph_fail(g, WW_EINVAL, "filters of %d sizes; 1 to %d are possible", n,
                             WW_OP_MAX_IN - 1);
    for (int j = 0; j < n; j++)
        in[j + 1] = filters[j];
    return ww_apply(g, &ww_op_filter_pool, &attr, n + 1, in);
}

#define CASE(text, h, w, f, k, ...)                                                                \
    {                                                                                              \
        text, &(const ww_filter_pool_attr){__VA_ARGS__}, 2,                                        \
            {{4, {WW_BATCH, 1, h, w}}, {3, {f, k, k}}}, {WW_DRAW_POSITIVE, WW_DRAW_NORMAL}, 0      \
    }
#define CASE2(text, h, w, f, k, k2, ...)                                                           \
    {                                                                                              \
        text, &(const ww_filter_pool_attr){__VA_ARGS__}, 3,                                        \
            {{4, {WW_BATCH, 1, h, w}}, {3, {f, k, k}}, {3, {f, k2, k2}}},                          \
            {WW_DRAW_NORMAL, WW_DRAW_NORMAL, WW_DRAW_NORMAL}, 0                                    \
    }

static const ww_op_case cases[] = {
    CASE("3x3, every response", 6, 5, 2, 3, WW_POOL_MAX, 1, 1, 0, false),
    CASE("3x3, maximum of 4x4, half overlapping", 11, 9, 4, 3, WW_POOL_MAX, 4, 2, 0, false),
    CASE("5x5 inside, maximum", 10, 8, 3, 5, WW_POOL_MAX, 3, 3, 0, true),
    CASE("one neighbourhood, larger than the picture", 4, 5, 2, 3, WW_POOL_MAX, 9, 4, 0, false),
    CASE("gaps between neighbourhoods", 9, 12, 1, 3, WW_POOL_MAX, 2, 5, 0, false),
    CASE("mean", 9, 7, 2, 3, WW_POOL_AVERAGE, 4, 2, 0, false),
    CASE("softmax", 9, 7, 2, 3, WW_POOL_SOFTMAX, 4, 2, 3.5, false),
    CASE2("two sizes, maximum", 17, 18, 4, 3, 7, WW_POOL_MAX, 6, 3, 0, true),
    CASE2("two sizes, mean", 8, 9, 2, 5, 3, WW_POOL_AVERAGE, 3, 2, 0, false),
    CASE2("two sizes, softmax inside", 12, 8, 2, 3, 5, WW_POOL_SOFTMAX, 5, 3, 8, true),
    CASE2("inside, one size too large", 6, 9, 3, 7, 3, WW_POOL_MAX, 4, 2, 0, true),
    CASE2("mean inside, one size too large", 9, 6, 3, 3, 7, WW_POOL_AVERAGE, 4, 3, 0, true),
    CASE("softmax inside, all too large", 4, 3, 2, 5, WW_POOL_SOFTMAX, 2, 2, 4, true),
    {0}};

const ww_op ww_op_filter_pool = {.item = {.name = "filter_pool",
                                          .summary = "pooled responses of filters of several "
                                                     "sizes, each divided by the local contrast",
                                          .sources = "riesenhuber1999 serre2007"},
                                 .attr_size = sizeof(ww_filter_pool_attr),
                                 .min_in = 2,
                                 .max_in = WW_OP_MAX_IN,
                                 .infer = infer,
                                 .prepare = prepare,
                                 .release = release,
                                 .forward = forward,
                                 .forward_reference = forward_reference,
                                 .cases = cases};

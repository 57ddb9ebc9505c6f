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
 * what lies under a row of pools joins them at once: for maxima, first over rows, then along what
 * is left. With `inside`, only filters within the picture are worked out, and for means and
 * softmax the responses that are 0 for certain are counted at the end. What the filters see comes
 * from parts/window_norms.h. Not differentiable. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/conv.h"
#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/sizes.h"
#include "engine/tensor/ops.h"
#include "engine/tensor/parts/window_norms.h"

extern const ww_op ww_op_filter_pool;

enum { STRIP_FLOATS = 1 << 20, LINE = 16 };

/* All sizes of one call. */
struct size {
    const ww_filter_pool_attr *attr;
    int64_t n, h, w, f, oh, ow;
    int64_t reach;       /* half the largest filter */
    int64_t margin;      /* zeros around the picture */
    int64_t pw;          /* width with them */
    int64_t rows, strip; /* places of the least filter, one below the other; done at a time */
    int n_sizes;
    bool soft; /* two sums are pooled, not one maximum */
    /* Pools that overlap by whole strides are made of pieces, each worked out once: */
    int64_t per;          /* pieces of a pool, along each side */
    int64_t piece;        /* pixels of a piece's side; they stand `stride` apart */
    int64_t down, across; /* pieces of the picture */
};

/* Where the filters of one size lie: the first is centred at pixel (lead, lead) and has its corner
 * at pixel (at, at) of the picture with its margins; there are none if rows or columns are 0. */
struct field {
    int64_t k, lead, at, rows, columns;
};

/* FAINT: errors of transforms are 2e-8 of the brightest window's norm; divided by the norm of one
 * this much fainter they would be 7e-6. */
static const double FAINT = 3e-3;

struct plan {
    int threads;
    ww_conv conv[WW_OP_MAX_IN];  /* of each size, on a strip */
    ww_conv local[WW_OP_MAX_IN]; /* the same for strips with faint windows */
    size_t conv_floats;
};

static int64_t outputs(int64_t length, const ww_filter_pool_attr *a)
{
    return length <= a->size ? 1 : (length - a->size + a->stride - 1) / a->stride + 1;
}

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
    *out = WW_SHAPE(in[0].dim[0], in[1].dim[0], outputs(in[0].dim[2], a), outputs(in[0].dim[3], a));
    return WW_OK;
}

static struct size size_of(const ww_op_call *call)
{
    const int64_t *x = call->in_shape[0].dim, *y = call->out_shape.dim;
    struct size s = {call->attr, x[0], x[2], x[3], y[1], y[2], y[3], .n_sizes = call->n_in - 1};
    int64_t least = INT64_MAX;
    for (int j = 1; j <= s.n_sizes; j++) {
        int64_t k = call->in_shape[j].dim[1];
        s.reach = k / 2 > s.reach ? k / 2 : s.reach;
        least = ww_least(k, least);
    }
    s.margin = s.attr->inside ? 0 : s.reach;
    s.pw = s.w + 2 * s.margin;
    s.soft = s.attr->kind != WW_POOL_MAX;
    s.per = s.attr->size % s.attr->stride == 0 ? s.attr->size / s.attr->stride : 1;
    s.piece = s.attr->size / s.per;
    s.down = s.per > 1 ? (s.h + s.piece - 1) / s.piece : s.oh;
    s.across = s.per > 1 ? (s.w + s.piece - 1) / s.piece : s.ow;
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
        return (struct field){k, 0, s->reach - k / 2, s->h, s->w};
    bool none = k > s->h || k > s->w;
    return (struct field){k, k / 2, 0, none ? 0 : s->h - k + 1, none ? 0 : s->w - k + 1};
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

static struct room room_of(const struct size *s, int threads)
{
    int64_t strips = (s->rows + s->strip - 1) / s->strip;
    struct room r = {.picture = lines((strips * s->strip + 2 * s->reach) * s->pw)};
    r.pieces = lines(s->f * s->down * s->across * (s->soft ? 4 : 1)); /* two doubles, or one */
    r.norms = ww_window_norms_room(s->strip + 2 * s->reach, s->pw, threads);
    r.product = lines(s->f * s->strip * s->pw);
    r.scale = lines(s->strip * s->w);
    r.row = lines(s->w > s->across * s->piece ? s->w : s->across * s->piece);
    return r;
}

static void release(void *plan)
{
    struct plan *p = plan;
    for (int j = 0; j < WW_OP_MAX_IN; j++) {
        ww_conv_release(&p->conv[j]);
        ww_conv_release(&p->local[j]);
    }
    free(p);
}

/* Filters of side k on a strip, as wide as the picture with its margins. */
static ww_conv_task task_of(const struct size *s, int64_t k, ww_mode mode)
{
    return (ww_conv_task){.size = {.n = 1,
                                   .c = 1,
                                   .h = s->strip + k - 1,
                                   .w = s->pw,
                                   .k = s->f,
                                   .kh = k,
                                   .kw = k,
                                   .oh = s->strip,
                                   .ow = s->pw - k + 1,
                                   .stride = 1,
                                   .dilation = 1,
                                   .groups = 1},
                          .pass = WW_CONV_FORWARD,
                          .threads = ww_threads(),
                          .keep = mode != WW_TRAIN};
}

static ww_status prepare_size(struct plan *plan, const struct size *s, int j, int64_t k,
                              ww_mode mode)
{
    if (field_of(s, k).rows == 0)
        return WW_OK;
    ww_conv_task task = task_of(s, k, mode);
    WW_TRY(ww_conv_prepare(&plan->conv[j], &task));
    task.local = true;
    WW_TRY(ww_conv_prepare(&plan->local[j], &task));
    size_t a = plan->conv[j].scratch_floats, b = plan->local[j].scratch_floats;
    size_t most = lines((int64_t)(a > b ? a : b));
    plan->conv_floats = most > plan->conv_floats ? most : plan->conv_floats;
    return WW_OK;
}

static ww_status prepare(ww_op_call *call)
{
    struct size s = size_of(call);
    struct room room = room_of(&s, ww_threads());
    struct plan *plan = calloc(1, sizeof *plan);
    if (plan == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a bank of filters");
    plan->threads = ww_threads();
    for (int j = 0; j < s.n_sizes; j++) {
        ww_status status = prepare_size(plan, &s, j, call->in_shape[j + 1].dim[1], call->mode);
        if (status != WW_OK) {
            release(plan);
            return status;
        }
    }
    call->plan = plan;
    call->scratch_floats = room.picture + room.pieces + room.norms + room.scale + room.product +
                           plan->conv_floats + (size_t)plan->threads * room.row;
    return WW_OK;
}

/* ---- pooling ---- */

/* Responses of filters of one size, and the pieces [n_f, down, across] that they join: maxima, or
 * two sums each; the terms of a sharp softmax leave the range of floats. */
struct responses {
    struct field field;
    const float *product, *scale; /* of the strip */
    int64_t y, rows;              /* its first row, how many */
    float *top;
    double *sum, *weight;
};

/* Those of `length` places, the first centred at pixel `lead`, that are in neighbourhood i. */
struct range {
    int64_t begin, end;
};

static struct range range_of(int64_t i, int64_t stride, int64_t size, int64_t lead, int64_t length)
{
    int64_t begin = i * stride - lead, end = begin + size;
    return (struct range){begin < 0 ? 0 : begin, ww_least(end, length)};
}

static struct range piece_of(const struct size *s, int64_t i, int64_t lead, int64_t length)
{
    return range_of(i, s->attr->stride, s->piece, lead, length);
}

/* The pieces of row v of filter f take their share of these rows of the strip. Where pieces stand
 * side by side, what no filter is centred on is 0 for all of them. */
static void join_maxima(const struct size *s, const struct responses *r, int64_t f, int64_t v,
                        struct range rows, float *row)
{
    const struct field *field = &r->field;
    const ww_loops *loops = ww_loops_best();
    bool side_by_side = s->piece == s->attr->stride;
    int64_t width = s->pw - field->k + 1, length = s->across * s->piece;
    float *pieces = r->top + (f * s->down + v) * s->across;
    float *top = row + (side_by_side ? field->lead : 0);
    memset(row, 0, (size_t)(side_by_side ? length : field->columns) * sizeof *row);
    for (int64_t i = rows.begin; i < rows.end; i++)
        loops->raise_row(r->product + (f * s->strip + i) * width + field->at, r->scale + i * s->w,
                         field->columns, top);
    if (side_by_side) {
        loops->raise_groups(row, s->piece, s->across, pieces);
        return;
    }
    for (int64_t u = 0; u < s->across; u++) {
        struct range columns = piece_of(s, u, field->lead, field->columns);
        for (int64_t x = columns.begin; x < columns.end; x++)
            pieces[u] = top[x] > pieces[u] ? top[x] : pieces[u];
    }
}

static double beta_of(const ww_filter_pool_attr *a)
{
    return a->kind == WW_POOL_SOFTMAX ? a->beta : 0;
}

static void join_sums(const struct size *s, const struct responses *r, int64_t f, int64_t v,
                      struct range rows)
{
    const struct field *field = &r->field;
    double beta = beta_of(s->attr);
    int64_t width = s->pw - field->k + 1, first = (f * s->down + v) * s->across;
    for (int64_t i = rows.begin; i < rows.end; i++)
        for (int64_t u = 0; u < s->across; u++) {
            const float *from = r->product + (f * s->strip + i) * width + field->at;
            struct range columns = piece_of(s, u, field->lead, field->columns);
            double sum = 0, weight = 0;
            for (int64_t x = columns.begin; x < columns.end; x++) {
                double response = (double)(fabsf(from[x]) * r->scale[i * s->w + x]);
                double w = beta == 0 ? 1 : exp(beta * (response - 1));
                sum += w * response;
                weight += w;
            }
            r->sum[first + u] += sum;
            r->weight[first + u] += weight;
        }
}

/* A row of pieces takes what of its rows is in the strip. */
static void join_row(const struct size *s, const struct responses *r, int64_t f, int64_t v,
                     float *row)
{
    struct range rows = piece_of(s, v, r->field.lead + r->y, r->rows);
    if (rows.begin >= rows.end)
        return;
    if (s->soft)
        join_sums(s, r, f, v, rows);
    else
        join_maxima(s, r, f, v, rows, row);
}

/* The strip that begins at row y, all sizes, into the pieces of one picture. */
static ww_status join_strip(const ww_op_call *call, const struct size *s, const struct room *room,
                            int64_t y)
{
    const struct plan *plan = call->plan;
    float *picture = call->scratch + y * s->pw, *pieces = call->scratch + room->picture;
    float *norms = pieces + room->pieces, *scale = norms + room->norms;
    float *product = scale + room->scale, *work = product + room->product;
    float *own = work + plan->conv_floats;
    struct responses r = {.product = product,
                          .scale = scale,
                          .y = y,
                          .top = pieces,
                          .sum = (double *)(void *)pieces,
                          .weight = (double *)(void *)pieces + s->f * s->down * s->across};
    for (int j = 0; j < s->n_sizes; j++) {
        r.field = field_of(s, call->in_shape[j + 1].dim[1]);
        r.rows = ww_least(s->strip, r.field.rows - y);
        if (r.rows <= 0)
            continue;
        double ratio;
        ww_windows at = {s->pw, r.field.k, r.field.at, r.field.at, r.rows, r.field.columns};
        ww_window_norms(picture, &at, plan->threads, scale, s->w, &ratio, norms);
        WW_TRY(ww_conv_run(ratio < FAINT * FAINT ? &plan->local[j] : &plan->conv[j],
                           picture + r.field.at * s->pw, call->in[j + 1], product, work));
#pragma omp parallel for num_threads(plan->threads)
        for (int64_t i = 0; i < s->f * s->down; i++)
            join_row(s, &r, i / s->down, i % s->down,
                     own + (size_t)omp_get_thread_num() * room->row);
    }
    return WW_OK;
}

/* How many responses of the pool at (v, u) are 0 because their filters do not lie inside. */
static int64_t silent(const ww_op_call *call, const struct size *s, int64_t v, int64_t u)
{
    int64_t stride = s->attr->stride, size = s->attr->size, count = 0;
    struct range down = range_of(v, stride, size, 0, s->h),
                 across = range_of(u, stride, size, 0, s->w);
    int64_t all = (down.end - down.begin) * (across.end - across.begin);
    for (int j = 1; j <= s->n_sizes; j++) {
        struct field field = field_of(s, call->in_shape[j].dim[1]);
        down = range_of(v, stride, size, field.lead, field.rows);
        across = range_of(u, stride, size, field.lead, field.columns);
        bool some = down.end > down.begin && across.end > across.begin;
        count += all - (some ? (down.end - down.begin) * (across.end - across.begin) : 0);
    }
    return count;
}

/* Row v of the pools of filter f from their pieces: maxima. */
static void pool_maxima(const struct size *s, const float *pieces, int64_t f, int64_t v, float *out)
{
    memset(out, 0, (size_t)s->ow * sizeof *out);
    for (int64_t i = v; i < v + s->per && i < s->down; i++)
        for (int64_t j = 0; j < s->per; j++) {
            const float *from = pieces + (f * s->down + i) * s->across + j;
            for (int64_t u = 0; u < ww_least(s->ow, s->across - j); u++)
                out[u] = from[u] > out[u] ? from[u] : out[u];
        }
}

/* The same of means and softmax. */
static void pool_sums(const ww_op_call *call, const struct size *s, const float *pieces, int64_t f,
                      int64_t v, float *out)
{
    const double *sum = (const double *)(const void *)pieces;
    const double *weight = sum + s->f * s->down * s->across;
    for (int64_t u = 0; u < s->ow; u++) {
        double all = 0, under = (double)silent(call, s, v, u) * exp(-beta_of(s->attr));
        for (int64_t i = v; i < v + s->per && i < s->down; i++)
            for (int64_t j = u; j < u + s->per && j < s->across; j++) {
                int64_t at = (f * s->down + i) * s->across + j;
                all += sum[at], under += weight[at];
            }
        out[u] = under > 0 ? (float)(all / under) : 0;
    }
}

static ww_status one_picture(const ww_op_call *call, const struct size *s, const struct room *room,
                             int64_t n)
{
    const float *x = call->in[0] + n * s->h * s->w;
    int64_t pools = s->f * s->oh * s->ow;
    float *picture = call->scratch, *pieces = picture + room->picture;
    memset(picture, 0, (room->picture + room->pieces) * sizeof *picture);
    for (int64_t y = 0; y < s->h; y++)
        memcpy(picture + (y + s->margin) * s->pw + s->margin, x + y * s->w,
               (size_t)s->w * sizeof *x);
    for (int64_t y = 0; y < s->rows; y += s->strip)
        WW_TRY(join_strip(call, s, room, y));
    for (int64_t i = 0; i < s->f * s->oh; i++) {
        float *out = call->out + n * pools + i * s->ow;
        if (s->soft)
            pool_sums(call, s, pieces, i / s->oh, i % s->oh, out);
        else
            pool_maxima(s, pieces, i / s->oh, i % s->oh, out);
    }
    return WW_OK;
}

static ww_status forward(ww_op_call *call)
{
    struct size s = size_of(call);
    struct room room = room_of(&s, ((const struct plan *)call->plan)->threads);
    for (int64_t n = 0; n < s.n; n++)
        WW_TRY(one_picture(call, &s, &room, n));
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
    for (int64_t at = 0; at < s.n * s.f * s.oh * s.ow; at++) {
        int64_t n = at / (s.f * s.oh * s.ow), f = at / (s.oh * s.ow) % s.f;
        int64_t v = at / s.ow % s.oh * a->stride, u = at % s.ow * a->stride;
        double top = 0, sum = 0, all = 0, beta = beta_of(a);
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
        call->out[at] = (float)(s.soft ? sum / all : top);
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

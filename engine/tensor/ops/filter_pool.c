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
 * Responses are never stored: a picture of 4096 x 4096 pixels would have 4 GB of them. They are
 * made ROWS rows at a time, and rows are pooled along themselves at once. ROWS rows of all filters
 * of a size are one matrix product, large enough to be fast: the taps of row r, filter f stand in a
 * row of the matrix that has zeros above and below,
 *
 *     W'[(f r), (i j)] = w[f, i - r, j],    B[(i j), u] = x(v0 + i, u + j).
 *
 * That costs (k + ROWS - 1) / k of the products that are needed, and still several times less than
 * a loop over taps.
 *
 * Rows of filters are often alike: those of a derivative of a Gaussian, whatever its orientation,
 * are sums of two profiles. Where the rows of all filters of a size have a basis of m < k / 2
 * profiles e (to 1e-7 of the longest row), the picture meets these first, and the product has m
 * columns a row instead of k:
 *
 *     w[f, i, j] = sum over m of a[f, i, m] e[m, j],    B[(i m), u] = sum over j of e[m, j] x(v0 +
 * i, u + j)
 *
 * Not differentiable. */
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/blas.h"
#include "engine/tensor/ops.h"

extern const ww_op ww_op_filter_pool;

enum { ROWS = 8, COLUMN_FLOATS = 1 << 17, LINE = 16 };

/* All sizes of one call. */
struct size {
    const ww_filter_pool_attr *attr;
    int64_t n, h, w, f, oh, ow;
    int64_t reach; /* half the largest filter: the margin of zeros */
    int64_t pw;    /* width with its margins */
    int n_sizes;
    bool soft; /* two sums are pooled, not one maximum */
};

enum { MOST_PROFILES = 12 };

/* The filters of one size as they are applied. */
struct bank {
    int64_t k;             /* their side */
    int64_t columns;       /* of a row of the picture: taps, or profiles */
    const float *profiles; /* [columns][k], NULL: taps */
    const float *weights;  /* W', [f ROWS][(k + ROWS - 1) columns] */
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
    struct size s = {.attr = call->attr, .n = x[0], .h = x[2], .w = x[3], .f = y[1]};
    s.oh = y[2];
    s.ow = y[3];
    s.n_sizes = call->n_in - 1;
    for (int j = 1; j <= s.n_sizes; j++)
        s.reach = call->in_shape[j].dim[1] / 2 > s.reach ? call->in_shape[j].dim[1] / 2 : s.reach;
    s.pw = s.w + 2 * s.reach;
    s.soft = s.attr->kind != WW_POOL_MAX;
    return s;
}

/* ---- memory ---- */

struct room {
    size_t picture, weights, rows; /* shared; all of them in floats */
    size_t columns, product, responses, square;
    size_t thread; /* the last four together */
};

static size_t lines(int64_t floats)
{
    return (size_t)((floats + LINE - 1) / LINE * LINE);
}

/* Output columns of one matrix product. */
static int64_t chunk_of(const struct size *s, const struct bank *bank)
{
    int64_t chunk = COLUMN_FLOATS / ((bank->k + ROWS - 1) * bank->columns) / LINE * LINE;
    chunk = chunk < 2 * LINE ? 2 * LINE : chunk;
    return chunk < s->w ? chunk : s->w;
}

static struct room room_of(const struct size *s)
{
    int64_t k = 2 * s->reach + 1;
    struct room r = {.picture = lines((s->h + 2 * s->reach + ROWS) * s->pw)};
    r.weights = lines(s->f * ROWS * (k + ROWS - 1) * k) + lines(MOST_PROFILES * k);
    r.rows = lines(s->f * s->h * s->ow * (s->soft ? 4 : 1)); /* maxima, or two doubles */
    r.columns = lines(COLUMN_FLOATS + (k + ROWS - 1) * k * 2 * LINE);
    r.product = lines(s->f * ROWS * s->w);
    r.responses = lines(s->f * ROWS * s->w);
    r.square = lines(4 * s->pw); /* two rows of doubles */
    r.thread = r.columns + r.product + r.responses + r.square;
    return r;
}

static ww_status prepare(ww_op_call *call)
{
    struct size s = size_of(call);
    struct room room = room_of(&s);
    int *threads = malloc(sizeof *threads);
    if (threads == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a bank of filters");
    *threads = ww_threads();
    call->plan = threads;
    call->scratch_floats = room.picture + (size_t)s.n_sizes * room.weights + room.rows +
                           (size_t)*threads * room.thread;
    return WW_OK;
}

/* ---- responses ---- */

static double dot(const double *a, const double *b, int64_t n)
{
    double sum = 0;
    for (int64_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* An orthonormal basis of the n rows [k] that `rest` holds (and loses): in turn what is left of the
 * longest (Gram & Schmidt). Returns its size, 0 where more than `most` are wanted. */
static int64_t find_profiles(double *rest, int64_t n, int64_t k, int64_t most, double *profile)
{
    double limit = 0;
    for (int64_t m = 0; m <= most; m++) {
        int64_t longest = 0;
        double power = 0;
        for (int64_t i = 0; i < n; i++)
            if (dot(rest + i * k, rest + i * k, k) > power) {
                power = dot(rest + i * k, rest + i * k, k);
                longest = i;
            }
        limit = m == 0 ? 1e-14 * power : limit;
        if (power <= limit)
            return m;
        if (m == most)
            return 0;
        for (int64_t j = 0; j < k; j++)
            profile[m * k + j] = rest[longest * k + j] / sqrt(power);
        for (int64_t i = 0; i < n; i++) {
            double along = dot(rest + i * k, profile + m * k, k);
            for (int64_t j = 0; j < k; j++)
                rest[i * k + j] -= along * profile[m * k + j];
        }
    }
    return 0;
}

/* How the filters w[f][k][k] are applied; `to` has room for their bank. */
static ww_status make_bank(const struct size *s, int64_t k, const float *w, float *to,
                           struct bank *bank)
{
    int64_t rows = s->f * k, most = k / 2 < MOST_PROFILES ? k / 2 : MOST_PROFILES;
    double *rest = malloc((size_t)(2 * rows * k + most * k) * sizeof *rest);
    if (rest == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory for a bank of filters");
    double *row = rest + rows * k, *profile = row + rows * k;
    for (int64_t i = 0; i < rows * k; i++)
        rest[i] = row[i] = (double)w[i];
    int64_t m = find_profiles(rest, rows, k, most, profile);
    *bank = (struct bank){.k = k, .columns = m > 0 ? m : k, .profiles = m > 0 ? to : NULL};
    for (int64_t i = 0; i < m * k; i++)
        to[i] = (float)profile[i];
    float *weights = to + lines(MOST_PROFILES * k);
    int64_t columns = bank->columns, width = (k + ROWS - 1) * columns;
    bank->weights = weights;
    memset(weights, 0, (size_t)(s->f * ROWS * width) * sizeof *weights);
    for (int64_t i = 0; i < rows; i++)
        for (int64_t c = 0; c < columns; c++) {
            double a = m > 0 ? dot(row + i * k, profile + c * k, k) : row[i * k + c];
            for (int64_t r = 0; r < ROWS; r++)
                weights[(i / k * ROWS + r) * width + (r + i % k) * columns + c] = (float)a;
        }
    free(rest);
    return WW_OK;
}

/* columns[n] of one row of the picture: what tap or profile c meets at n places. */
static void fill_column(const struct bank *bank, int64_t c, const float *from, int64_t n, float *to)
{
    if (bank->profiles == NULL) {
        memcpy(to, from + c, (size_t)n * sizeof *to);
        return;
    }
    for (int64_t x = 0; x < n; x++)
        to[x] = 0;
    for (int64_t j = 0; j < bank->k; j++) {
        float e = bank->profiles[c * bank->k + j];
        for (int64_t x = 0; x < n; x++)
            to[x] += e * from[x + j];
    }
}

/* product[f ROWS][w]: the filters of a size on rows y .. y + ROWS - 1. */
static void filter_rows(const struct size *s, const struct bank *bank, int64_t y,
                        const float *picture, float *columns, float *product)
{
    int64_t k = bank->k, rows = k + ROWS - 1, width = rows * bank->columns;
    int64_t chunk = chunk_of(s, bank), margin = s->reach - k / 2;
    for (int64_t first = 0; first < s->w; first += chunk) {
        int64_t n = s->w - first < chunk ? s->w - first : chunk;
        const float *from = picture + (y + margin) * s->pw + margin + first;
        for (int64_t i = 0; i < width; i++)
            fill_column(bank, i % bank->columns, from + i / bank->columns * s->pw, n,
                        columns + i * n);
        ww_sgemm(s->f * ROWS, n, width, (ww_matrix){bank->weights, width, false},
                 (ww_matrix){columns, n, false}, 0, product + first, s->w);
    }
}

/* scale[w]: 1 / the norm of what the filters of size k see at row y, 0 where nothing is. */
static void find_scales(const struct size *s, int64_t k, int64_t y, const float *picture,
                        double *square, double *scale)
{
    int64_t margin = s->reach - k / 2, width = s->w + k - 1;
    const float *from = picture + (y + margin) * s->pw + margin;
    for (int64_t x = 0; x < width; x++)
        square[x] = 0;
    for (int64_t i = 0; i < k; i++)
        for (int64_t x = 0; x < width; x++)
            square[x] += (double)from[i * s->pw + x] * (double)from[i * s->pw + x];
    for (int64_t x = 0; x < s->w; x++)
        scale[x] = 0;
    for (int64_t j = 0; j < k; j++)
        for (int64_t x = 0; x < s->w; x++)
            scale[x] += square[x + j];
    for (int64_t x = 0; x < s->w; x++)
        scale[x] = scale[x] > 0 ? 1 / sqrt(scale[x]) : 0;
}

static bool fits(int64_t at, int64_t k, int64_t length)
{
    return at >= k / 2 && at + k / 2 < length;
}

/* ---- pooling ---- */

/* What the rows of the picture leave for the pools: a maximum, or two sums, of every row and every
 * pool along it: [f][h][ow]. The terms of a sharp softmax leave the range of floats. */
struct pools {
    float *top;
    double *sum, *weight;
};

static struct pools pools_of(const struct size *s, const struct room *room, float *scratch)
{
    float *rows = scratch + room->picture + (size_t)s->n_sizes * room->weights;
    double *sums = (double *)(void *)rows;
    return (struct pools){rows, sums, sums + s->f * s->h * s->ow};
}

/* A row of responses joins the pools along it, the first of which is number `first`. */
static void pool_row(const struct size *s, const float *r, const struct pools *pools, int64_t first)
{
    const ww_filter_pool_attr *a = s->attr;
    for (int64_t u = 0; u < s->ow; u++) {
        int64_t begin = u * a->stride;
        int64_t end = begin + a->size < s->w ? begin + a->size : s->w;
        if (!s->soft) {
            float top = pools->top[first + u];
            for (int64_t x = begin; x < end; x++)
                top = r[x] > top ? r[x] : top;
            pools->top[first + u] = top;
            continue;
        }
        double beta = a->kind == WW_POOL_SOFTMAX ? a->beta : 0;
        for (int64_t x = begin; x < end; x++) {
            double w = beta == 0 ? 1 : exp(beta * ((double)r[x] - 1));
            pools->sum[first + u] += w * (double)r[x];
            pools->weight[first + u] += w;
        }
    }
}

/* Rows y .. of the picture, all sizes, into the pools. */
static void pool_block(const ww_op_call *call, const struct size *s, const struct room *room,
                       const struct bank *bank, int64_t y, float *mine)
{
    const float *picture = call->scratch;
    struct pools pools = pools_of(s, room, call->scratch);
    float *columns = mine, *product = columns + room->columns;
    float *r = product + room->product;
    double *square = (double *)(void *)(r + room->responses), *scale = square + s->pw;
    int64_t rows = s->h - y < ROWS ? s->h - y : ROWS;
    for (int j = 0; j < s->n_sizes; j++) {
        int64_t k = bank[j].k;
        filter_rows(s, &bank[j], y, picture, columns, product);
        for (int64_t i = 0; i < rows; i++) {
            bool inside = s->attr->inside;
            find_scales(s, k, y + i, picture, square, scale);
            for (int64_t x = 0; x < s->w && inside; x++)
                scale[x] = fits(y + i, k, s->h) && fits(x, k, s->w) ? scale[x] : 0;
            for (int64_t f = 0; f < s->f; f++) {
                const float *from = product + (f * ROWS + i) * s->w;
                for (int64_t x = 0; x < s->w; x++)
                    r[x] = fabsf(from[x]) * (float)scale[x];
                pool_row(s, r, &pools, (f * s->h + y + i) * s->ow);
            }
        }
    }
}

/* Whole pools from their rows. */
static void pool_columns(const struct size *s, const struct pools *pools, float *out)
{
    const ww_filter_pool_attr *a = s->attr;
#pragma omp parallel for
    for (int64_t fv = 0; fv < s->f * s->oh; fv++) {
        int64_t f = fv / s->oh, begin = fv % s->oh * a->stride;
        int64_t end = begin + a->size < s->h ? begin + a->size : s->h;
        for (int64_t u = 0; u < s->ow; u++) {
            double sum = 0, weight = 0;
            float top = 0;
            for (int64_t y = begin; y < end; y++) {
                int64_t at = (f * s->h + y) * s->ow + u;
                if (s->soft) {
                    sum += pools->sum[at];
                    weight += pools->weight[at];
                } else
                    top = pools->top[at] > top ? pools->top[at] : top;
            }
            out[fv * s->ow + u] = !s->soft ? top : weight > 0 ? (float)(sum / weight) : 0;
        }
    }
}

static void one_picture(const ww_op_call *call, const struct size *s, const struct room *room,
                        const struct bank *bank, int64_t n)
{
    int threads = *(const int *)call->plan;
    const float *x = call->in[0] + n * s->h * s->w;
    float *picture = call->scratch;
    struct pools pools = pools_of(s, room, call->scratch);
    float *own = pools.top + room->rows;
    memset(picture, 0, room->picture * sizeof *picture);
    memset(pools.top, 0, room->rows * sizeof *pools.top);
    for (int64_t y = 0; y < s->h; y++)
        memcpy(picture + (y + s->reach) * s->pw + s->reach, x + y * s->w, (size_t)s->w * sizeof *x);
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (int64_t y = 0; y < s->h; y += ROWS)
        pool_block(call, s, room, bank, y, own + (size_t)omp_get_thread_num() * room->thread);
    pool_columns(s, &pools, call->out + n * s->f * s->oh * s->ow);
}

static ww_status forward(ww_op_call *call)
{
    struct size s = size_of(call);
    struct room room = room_of(&s);
    struct bank bank[WW_OP_MAX_IN];
    for (int j = 0; j < s.n_sizes; j++)
        WW_TRY(make_bank(&s, call->in_shape[j + 1].dim[1], call->in[j + 1],
                         call->scratch + room.picture + (size_t)j * room.weights, &bank[j]));
    for (int64_t n = 0; n < s.n; n++)
        one_picture(call, &s, &room, bank, n);
    return WW_OK;
}

/* ---- reference ---- */

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
                                 .release = free,
                                 .forward = forward,
                                 .forward_reference = forward_reference,
                                 .cases = cases};

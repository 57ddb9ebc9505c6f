/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/parts/pieces.h"

#include <math.h>
#include <string.h>

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/sizes.h"

/* Responses first .. last-1 of a row or column. */
struct range {
    int64_t begin, end;
};

int64_t ww_pools_along(const ww_filter_pool_attr *a, int64_t length)
{
    return length <= a->size ? 1 : (length - a->size + a->stride - 1) / a->stride + 1;
}

ww_pieces ww_pieces_of(const ww_filter_pool_attr *attr, int64_t f, int64_t h, int64_t w)
{
    ww_pieces p = {.attr = attr, .f = f, .h = h, .w = w, .soft = attr->kind != WW_POOL_MAX};
    p.oh = ww_pools_along(attr, h);
    p.ow = ww_pools_along(attr, w);
    p.per = attr->size % attr->stride == 0 ? attr->size / attr->stride : 1;
    p.side = attr->size / p.per;
    p.down = p.per > 1 ? (h + p.side - 1) / p.side : p.oh;
    p.across = p.per > 1 ? (w + p.side - 1) / p.side : p.ow;
    return p;
}

/* Two sums are doubles: the terms of a sharp softmax leave the range of floats. */
int64_t ww_pieces_floats(const ww_pieces *p)
{
    return p->f * p->down * p->across * (p->soft ? 4 : 1);
}

int64_t ww_pieces_row(const ww_pieces *p)
{
    return p->w > p->across * p->side ? p->w : p->across * p->side;
}

/* Those of `length` responses, the first at `from`, that are in piece i. */
static struct range range_of(const ww_pieces *p, int64_t i, int64_t from, int64_t length)
{
    int64_t begin = i * p->attr->stride - from, end = begin + p->side;
    return (struct range){begin < 0 ? 0 : begin, ww_least(end, length)};
}

/* Where pieces stand side by side, what no filter is centred on is 0 for all of them. */
static void join_maxima(const ww_pieces *p, const ww_responses *r, const float *product,
                        struct range rows, float *pieces, float *row)
{
    const ww_loops *loops = ww_loops_best();
    bool side_by_side = p->side == p->attr->stride;
    float *top = row + (side_by_side ? r->left : 0);
    memset(row, 0, (size_t)(side_by_side ? p->across * p->side : r->columns) * sizeof *row);
    for (int64_t i = rows.begin; i < rows.end; i++)
        loops->raise_row(product + i * r->product_row, r->scale + i * r->scale_row, r->columns,
                         top);
    if (side_by_side) {
        loops->raise_groups(row, p->side, p->across, pieces);
        return;
    }
    for (int64_t u = 0; u < p->across; u++) {
        struct range columns = range_of(p, u, r->left, r->columns);
        for (int64_t x = columns.begin; x < columns.end; x++)
            pieces[u] = top[x] > pieces[u] ? top[x] : pieces[u];
    }
}

static double beta_of(const ww_filter_pool_attr *a)
{
    return a->kind == WW_POOL_SOFTMAX ? a->beta : 0;
}

static void join_sums(const ww_pieces *p, const ww_responses *r, const float *product,
                      struct range rows, double *sums, double *weights)
{
    double beta = beta_of(p->attr);
    for (int64_t i = rows.begin; i < rows.end; i++)
        for (int64_t u = 0; u < p->across; u++) {
            const float *from = product + i * r->product_row;
            struct range columns = range_of(p, u, r->left, r->columns);
            double sum = 0, weight = 0;
            for (int64_t x = columns.begin; x < columns.end; x++) {
                double response = (double)(fabsf(from[x]) * r->scale[i * r->scale_row + x]);
                double w = beta == 0 ? 1 : exp(beta * (response - 1));
                sum += w * response;
                weight += w;
            }
            sums[u] += sum;
            weights[u] += weight;
        }
}

void ww_pieces_join(const ww_pieces *p, const ww_responses *r, int64_t f, int64_t v, float *pieces,
                    float *row)
{
    struct range rows = range_of(p, v, r->top, r->rows);
    const float *product = r->product + f * r->product_map;
    int64_t first = (f * p->down + v) * p->across;
    double *sums = (double *)(void *)pieces;
    if (rows.begin >= rows.end)
        return;
    if (p->soft)
        join_sums(p, r, product, rows, sums + first, sums + p->f * p->down * p->across + first);
    else
        join_maxima(p, r, product, rows, pieces + first, row);
}

static void pool_maxima(const ww_pieces *p, const float *pieces, int64_t f, int64_t v, float *out)
{
    memset(out, 0, (size_t)p->ow * sizeof *out);
    for (int64_t i = v; i < v + p->per && i < p->down; i++)
        for (int64_t j = 0; j < p->per; j++) {
            const float *from = pieces + (f * p->down + i) * p->across + j;
            for (int64_t u = 0; u < ww_least(p->ow, p->across - j); u++)
                out[u] = from[u] > out[u] ? from[u] : out[u];
        }
}

void ww_pieces_pool(const ww_pieces *p, const float *pieces, int64_t f, int64_t v,
                    const double *silent, float *out)
{
    const double *sum = (const double *)(const void *)pieces;
    const double *weight = sum + p->f * p->down * p->across;
    if (!p->soft) {
        pool_maxima(p, pieces, f, v, out);
        return;
    }
    for (int64_t u = 0; u < p->ow; u++) {
        double all = 0, under = silent[u] * exp(-beta_of(p->attr));
        for (int64_t i = v; i < v + p->per && i < p->down; i++)
            for (int64_t j = u; j < u + p->per && j < p->across; j++) {
                int64_t at = (f * p->down + i) * p->across + j;
                all += sum[at], under += weight[at];
            }
        out[u] = under > 0 ? (float)(all / under) : 0;
    }
}

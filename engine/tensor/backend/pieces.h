/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_PIECES_H
#define WW_ENGINE_TENSOR_BACKEND_PIECES_H

/* How work on the channels of maps is cut, by shapes alone: a piece is one channel in a few samples
 * (or, of maps in blocks of channels, one block), and pieces follow each other as they lie in
 * memory. Each has two sums for each of its channels. */

#include "engine/tensor/backend/loops.h"
#include "engine/tensor/backend/maps.h"

/* Pixels that a piece has at least, if there are as many. Runs of pieces are worked on as they lie
 * and have so many channels, or fewer if there would be too few runs. */
enum { WW_PIECE_PIXELS = 64, WW_RUN = 64, WW_RUNS = 16 };

typedef struct ww_pieces {
    ww_maps m;
    int64_t lanes, groups; /* channels of a piece; pieces that have all channels of a sample */
    int64_t samples, n;    /* of a piece; pieces in all */
    int64_t run;           /* pieces of a run */
} ww_pieces;

/** lanes: the channels of a block, or 1. */
static inline ww_pieces ww_pieces_of(const ww_shape *shape, int64_t lanes)
{
    ww_pieces p = {.m = ww_maps_of(shape), .lanes = lanes};
    p.groups = p.m.c / lanes;
    p.samples = (WW_PIECE_PIXELS + p.m.s - 1) / p.m.s;
    p.n = (p.m.n + p.samples - 1) / p.samples * p.groups;
    int64_t all = p.n * lanes, run = all > WW_RUN * WW_RUNS ? WW_RUN : all / WW_RUNS + 1;
    p.run = (run + lanes - 1) / lanes;
    return p;
}

/** The rows of a group of channels, the first of which is c, in some samples, and where they begin.
 */
typedef struct ww_piece {
    int64_t i, group, c, at;
    ww_slab slab;
} ww_piece;

/** The i-th piece. */
static inline ww_piece ww_piece_of(const ww_pieces *p, int64_t i)
{
    const ww_maps *m = &p->m;
    int64_t first = i / p->groups * p->samples, left = m->n - first;
    int64_t group = i % p->groups, c = group * p->lanes;
    return (ww_piece){
        i,
        group,
        c,
        (first * m->c + c) * m->s,
        {.rows = left < p->samples ? left : p->samples, .step = m->c * m->s, .n = m->s * p->lanes}};
}

/** The next piece, if there is one before `end`. */
static inline void ww_piece_next(const ww_pieces *p, int64_t end, ww_piece *piece)
{
    piece->i++, piece->group++, piece->c += p->lanes, piece->at += piece->slab.n;
    if (piece->group == p->groups && piece->i < end) /* only now: divisions are slow */
        *piece = ww_piece_of(p, piece->i);
}

/** The sums of a group over its pieces, in order, replace those of the first. `sums` holds those of
 * all pieces, and of each the first of all its channels before the second. */
static inline const double *ww_pieces_total(const ww_pieces *p, double *sums, int64_t group)
{
    const int64_t n = 2 * p->lanes, step = n * p->groups;
    double *sum = sums + n * group;
    const double *end = sums + n * p->n;
    if (p->lanes > 1) {
        for (const double *more = sum + step; more < end; more += step)
            for (int64_t k = 0; k < n; k++)
                sum[k] += more[k];
        return sum;
    }
    double total[2] = {sum[0], sum[1]};
    for (const double *more = sum + step; more < end; more += step)
        total[0] += more[0], total[1] += more[1];
    sum[0] = total[0], sum[1] = total[1];
    return sum;
}

#endif

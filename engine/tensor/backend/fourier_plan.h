/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_BACKEND_FOURIER_PLAN_H
#define WW_ENGINE_TENSOR_BACKEND_FOURIER_PLAN_H

/* How fourier.c cuts maps into tiles, and what it then works with. */

#include "engine/tensor/backend/fourier.h"
#include "engine/tensor/backend/kept.h"
#include "engine/tensor/backend/sizes.h"

enum { LINE = 16 };                /* floats */
enum { WW_FOURIER_LONGEST = 128 }; /* numbers of a transform */
enum { WW_FOURIER_BLOCK = 4 };     /* filters that share a reading of several channels' spectra */

/** A length of transforms. */
typedef struct ww_fourier_length {
    int n, radix[WW_DFT_PASSES]; /* of each pass; 0: no pass */
    double ps;                   /* of one on 16 lanes in the first cache, in picoseconds */
} ww_fourier_length;

/** One axis of the tiles. */
typedef struct ww_fourier_axis {
    const ww_fourier_length *length;
    int64_t size, outputs; /* of the maps that are read and made */
    int64_t taps, pad;     /* pad: of the pass */
    int64_t valid, tiles;  /* outputs of a tile; tiles of a map */
} ww_fourier_axis;

/** A task, cut into lots of twice as many tiles as lanes. */
typedef struct ww_fourier_tiling {
    int64_t n, c, k, groups; /* c and k: of a group */
    ww_fourier_axis axis[2]; /* vertical, horizontal */
    int64_t lots;
} ww_fourier_tiling;

/** The lengths there are, from short to long, and how many; they are constants. */
const ww_fourier_length *ww_fourier_lengths(int *n);
/** A transform of a length. Its factors go to `twiddle`, which has room for 4 n floats and must
 * outlive it; returns the place behind them. */
float *ww_fourier_dft(ww_dft *dft, const ww_fourier_length *length, float *twiddle);

/** Rectangles of rows x columns, one after the other, each `apart` floats after the one before. */
ww_rectangles ww_fourier_in_turn(int64_t count, int64_t apart, int64_t rows, int64_t columns);

/** Chooses the tiles: the same ones whether filters are kept or not. */
void ww_fourier_tile(ww_fourier_tiling *out, const ww_conv_task *task, int64_t lanes);

/* Maps [n, groups c, h, w] that are read and [n, groups k, oh, ow] that are made or, for the
 * weights, the gradients of which are read. */
struct ww_fourier {
    const ww_kernels *kernels;
    ww_conv_pass pass;
    int threads;
    ww_fourier_tiling g;
    ww_dft dft[2];
    int64_t parts, shares;        /* of the lots, for the weights; of the filters */
    bool adds;                    /* channels are added to the spectra of all results in turn */
    int64_t block;                /* filters at a time */
    size_t number, column, plane; /* floats: of a complex number, of a column, of a plane */
    size_t row_column, filter;    /* of a column of results; of a filter's spectrum */
    float *twiddles;
    ww_kept kept; /* spectra of filters */
};

/** Pairs of a filter and a channel that it reads, of all groups. */
static inline int64_t ww_fourier_pairs(const ww_fourier *f)
{
    return f->g.groups * f->g.k * f->g.c;
}

/* A thread's: a line and what lies between passes; planes of channels, of results; rows. */
static inline size_t ww_fourier_line_floats(const ww_fourier *f)
{
    int64_t longest = f->dft[0].n > f->dft[1].n ? f->dft[0].n : f->dft[1].n;
    return 3 * (size_t)longest * f->number;
}

/** Channels whose spectra a thread holds at a time. */
static inline int64_t ww_fourier_channel_planes(const ww_fourier *f)
{
    return f->adds ? 1 : f->g.c;
}

/** Floats of results and of their rows, a thread's. */
static inline size_t ww_fourier_results_floats(const ww_fourier *f)
{
    if (f->pass == WW_CONV_WEIGHTS)
        return f->plane;
    return (f->adds ? (size_t)f->g.k * f->plane : 0) +
           (size_t)f->block * (size_t)f->dft[1].n * f->row_column;
}

/** Floats of all that a thread has of its own. */
static inline size_t ww_fourier_own_floats(const ww_fourier *f)
{
    size_t taps = (size_t)ww_up(f->g.axis[0].taps * f->g.axis[1].taps * f->kernels->lanes, LINE);
    size_t most = (size_t)ww_fourier_channel_planes(f) * f->plane + ww_fourier_results_floats(f);
    size_t filters = f->plane + taps;
    return ww_fourier_line_floats(f) +
           (size_t)ww_up((int64_t)(most > filters ? most : filters), LINE);
}

/* Spectra of filters, or of the parts' sums. */
static inline size_t ww_fourier_shared_floats(const ww_fourier *f)
{
    int64_t copies = f->pass == WW_CONV_WEIGHTS ? f->parts : f->kept.made == NULL;
    return (size_t)(copies * ww_fourier_pairs(f)) * f->filter;
}

#endif

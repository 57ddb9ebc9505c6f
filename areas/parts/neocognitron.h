/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_AREAS_PARTS_NEOCOGNITRON_H
#define WW_AREAS_PARTS_NEOCOGNITRON_H

/* The circuits of the neocognitron: S cells with shunting inhibition, C cells that blur. */

#include "areas/area.h"

/** A layer of S cells. */
typedef struct ww_neo_simple {
    int kernel;       /* side of the window that a cell sees, in cells below (odd) */
    double window_sd; /* of the Gaussian weights c in the window, in cells below */
    double theta;     /* threshold: the cosine from which on a cell answers */
    double gain;      /* b, how strong the learned connections are */
} ww_neo_simple;

/** A layer of C cells; places are those of its S cells. */
typedef struct ww_neo_complex {
    double pool_sd;        /* of the blur; 0: none, each C cell hears one S cell */
    double surround;       /* weight of the inhibitory surround against the blur; 0: none */
    double surround_ratio; /* its sd over that of the blur */
    int step;              /* C cells stand so far apart */
} ww_neo_complex;

/* The numbers are ours, chosen on digits held back from learning: no source. */
/* clang-format off */
#define WW_NEO_REAL(S, name, field, value, low, high, unit, help)                                  \
    {                                                                                              \
        name, WW_PARAM_REAL, WW_FIELD(S, field, double), value, low, high, NULL, NULL, unit, help, \
            ""                                                                        \
    }

#define WW_NEO_SIMPLE_PARAMS(S, field, kernel_, window_, theta_, gain_)                            \
    WW_AREA_INT(S, "kernel", field.kernel, kernel_, 1, 31,                                         \
                "side of the window that an S cell sees, in cells below (odd)"),                   \
    WW_NEO_REAL(S, "window_sd", field.window_sd, window_, 0.1, 100, "cells",                       \
                "sd of the weights of the window, for S and V cells alike"),                       \
    WW_NEO_REAL(S, "theta", field.theta, theta_, 0.001, 0.999, "",                                 \
                "threshold of S cells in recognition: the cosine from which on they answer"),      \
    WW_NEO_REAL(S, "gain", field.gain, gain_, 0.001, 100000, "",                                   \
                "strength of the connections to S cells (b)")

#define WW_NEO_COMPLEX_PARAMS(S, field, pool_, surround_)                                          \
    WW_NEO_REAL(S, "pool_sd", field.pool_sd, pool_, 0, 20, "cells",                                \
                "sd of the S cells that a C cell pools; 0: it hears the one at its place"),        \
    WW_NEO_REAL(S, "surround", field.surround, surround_, 0, 1, "",                                \
                "weight of the inhibitory surround of C cells; 0: none"),                          \
    WW_NEO_REAL(S, "surround_ratio", field.surround_ratio, 2, 1.01, 10, "",                        \
                "sd of the surround over that of what is pooled")
/* clang-format on */

/** The weights of a window, window[size][size]: a Gaussian with sum 1. */
void ww_neo_window(int size, double sd, float *window);

/** The answers [N, K, H, W] of S cells to C cells x [N, C, H, W] (zeros beyond the edge) through
 * connections weights [K, C, kernel, kernel]; those below 0 count as 0, and what is all 0 makes
 * cells that never answer. Has the fixed array "window" and the gates of the classes V and S.
 * Fails the graph, naming the area, where the kernel is even or larger than the maps. */
ww_var ww_neo_simple_cells(ww_area_site *site, ww_var x, ww_var weights, const ww_neo_simple *p);

/** The answers [N, K, H', W'] of C cells to S cells [N, K, H, W], H' = ceil(H / step); with the
 * fixed array "pool". */
ww_var ww_neo_complex_cells(ww_area_site *site, ww_var s, const ww_neo_complex *p);

/** "AREA/decay", the factor on what reaches the area, [1]. */
ww_var ww_neo_decay(ww_area_site *site);

/* ---- what the areas tell those who teach them ---- */

/** The first fields of the parameters of the type neocognitron-stage. */
typedef struct ww_neo_stage {
    ww_area_common common; /* channels: cell-planes at most */
    ww_neo_simple s;
    ww_neo_complex c;
    double theta_learning; /* threshold of S cells while they learn */
    int compete;           /* cells: a winner keeps others away within so far */
    double quiet; /* share of the strongest input of a picture below which nothing is learned */
} ww_neo_stage;

/** Those of the type neocognitron-top. */
typedef struct ww_neo_top {
    ww_area_common common; /* channels: classes */
    int per_class;         /* labelled cells of a class at most */
    double theta_learning;
    int answer; /* WW_NEO_WINNER, ... */
} ww_neo_top;

enum { WW_NEO_WINNER, WW_NEO_INTERPOLATING };

#endif

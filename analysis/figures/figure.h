/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ANALYSIS_FIGURES_FIGURE_H
#define WW_ANALYSIS_FIGURES_FIGURE_H

/* Figures: one kind a file, each ending with its descriptor ww_figure_<file>.
 *
 * A figure is data in a results file, /figures/NAME, so that it can be redrawn, restyled and read
 * in Python: attributes kind, title, caption and one per axis ("x_label", with its unit), and
 * datasets as its kind says. Drawing writes NAME.gp and NAME.dat and runs gnuplot on them for
 * NAME.pdf, NAME.svg and NAME.png: a co-author needs nothing else to restyle it. */

#include <stdio.h>

#include "engine/base/registry.h"
#include "engine/store/h5.h"

/** Series of points with intervals, a matrix, or bars: what all kinds are drawn from. */
typedef struct ww_figure_data {
    const char *kind; /* a member of the family: "curves", "matrix" */
    const char *name, *title, *caption;
    const char *x_label, *y_label, *value_label; /* with units: "dose (share of units)" */
    const char *interval;                        /* what the error bars are */
    int rows, columns;                           /* series x points, or matrix rows x columns */
    const char *const *row_name;                 /* [rows] series */
    const char *const *column_name;              /* [columns], or NULL: x is used */
    const double *x;                             /* [columns], or NULL */
    const double *value, *low, *high;            /* [rows][columns]; low and high may be NULL */
    double reference;                            /* a line to compare with (chance); NAN: none */
    double y_min, y_max;                         /* of the axis; equal: from the data */
} ww_figure_data;

typedef struct ww_figure {
    ww_item item;
    /** Writes the gnuplot commands that plot the data file `dat` (as ww_figure_draw writes it; its
     * layout stands at the top of the script). Terminal and output are set before. */
    void (*script)(FILE *gp, const ww_figure_data *data, const char *dat);
    /** Refuses data that the kind cannot show; NULL: takes all. */
    ww_status (*check)(const ww_figure_data *data);
    double width_cm, height_cm; /* 0: chosen from rows and columns */
} ww_figure;

extern const ww_figure *const ww_figures[];
extern const size_t ww_figures_count;

/** Stores a figure in a results file under /figures/NAME. */
ww_status ww_figure_store(ww_h5 *file, const ww_figure_data *data);

/** Reads it back; everything in `arena`. */
ww_status ww_figure_load(const ww_h5 *file, const char *name, ww_figure_data *data,
                         ww_arena *arena);

/** Draws into `folder`: NAME.dat, NAME.gp, NAME.pdf, NAME.svg, NAME.png. Errors: gnuplot missing or
 * failing (its first line of complaint is given); the folder not writable. */
ww_status ww_figure_draw(const ww_figure_data *data, const char *folder);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ANALYSIS_PARTS_GNUPLOT_H
#define WW_ANALYSIS_PARTS_GNUPLOT_H

/* Pieces of gnuplot scripts that the kinds of figure share. */

#include "analysis/figures/figure.h"

enum { WW_PALETTE = 8 };

/** Okabe & Ito's colours, told apart by all common kinds of colour vision. */
extern const char *const ww_palette[WW_PALETTE];

/** Writes `text` as a gnuplot string in quotes; NULL as an empty one. */
void ww_gp_text(FILE *gp, const char *text);

/** Title, axis labels and thin axes at the left and bottom only. */
void ww_gp_axes(FILE *gp, const ww_figure_data *data);

/** The horizontal line of data->reference, if there is one. */
void ww_gp_reference(FILE *gp, const ww_figure_data *data);

#endif

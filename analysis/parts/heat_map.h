/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ANALYSIS_PARTS_HEAT_MAP_H
#define WW_ANALYSIS_PARTS_HEAT_MAP_H

/* Heat maps with their numbers: what `matrix` and `shares`, which differ in their colours, share.
 */

#include "analysis/parts/gnuplot.h"

/** A heat map needs the names of its columns. */
ww_status ww_heat_map_check(const ww_figure_data *data);

/** The largest absolute value; 1 where there is none. */
double ww_heat_map_most(const ww_figure_data *data);

/** Writes the script behind palette and range: axes, cells, and the numbers in them, black up to
 * `white_above` and white from there on. */
void ww_heat_map_script(FILE *gp, const ww_figure_data *data, const char *dat, double white_above);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A matrix as a heat map with its numbers: rows down, columns across. The map runs from blue
 * through white (zero) to vermilion, symmetric about zero, so that sign and size are read at once,
 * also by colour-blind readers; the numbers say it in grey print. For numbers that cannot be
 * negative there is `shares`. */
#include "analysis/parts/heat_map.h"

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    double most = ww_heat_map_most(d);
    fprintf(gp, "set cbrange [%.6g:%.6g]\n", -most, most);
    fputs("set palette defined (-1 '#0072B2', 0 '#ffffff', 1 '#D55E00')\n", gp);
    ww_heat_map_script(gp, d, dat, 2 * most);
}

const ww_figure ww_figure_matrix = {
    .item = {.name = "matrix",
             .summary = "heat map with its numbers",
             .sources = "okabe2008",
             .example = "whatwhere figure results/results.h5 deficits"},
    .script = script,
    .check = ww_heat_map_check};

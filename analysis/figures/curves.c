/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Curves: series of points over a measured axis (a dose, a contrast), each with its own colour,
 * dash and point, so that they are told apart in grey print too; error bars where there are
 * intervals. */
#include "analysis/parts/gnuplot.h"

static ww_status check(const ww_figure_data *data)
{
    if (data->x == NULL)
        return WW_FAIL(WW_EINVAL, "figure %s: curves need x values", data->name);
    return WW_OK;
}

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    static const int points[] = {7, 5, 9, 13, 6, 4, 8, 12};
    ww_gp_axes(gp, d);
    ww_gp_reference(gp, d);
    fputs("set key outside right top Left reverse samplen 3\nset offsets graph 0.03, graph 0.03, "
          "graph 0.04, graph 0.04\nset autoscale xfix\nplot ",
          gp);
    for (int r = 0; r < d->rows; r++) {
        int k = r % WW_PALETTE;
        fprintf(gp,
                "%s'%s' index %d using 2:3 with linespoints dt %d pt %d ps 0.7 lw 1.8 "
                "lc rgb '%s' title ",
                r > 0 ? ", \\\n  " : "", dat, r, 1 + r % 5, points[k], ww_palette[k]);
        ww_gp_text(gp, d->row_name[r]);
        if (d->low != NULL && d->high != NULL)
            fprintf(
                gp,
                ", \\\n  '' index %d using 2:4:(0):($5-$4) with vectors nohead lw 1 lc rgb '%s' "
                "notitle",
                r, ww_palette[k]);
    }
    fputc('\n', gp);
}

const ww_figure ww_figure_curves = {
    .item = {.name = "curves",
             .summary = "series over a measured axis, with error bars",
             .sources = "okabe2008",
             .example = "whatwhere figure results/results.h5 dose-response"},
    .script = script,
    .check = check,
    .width_cm = 14,
    .height_cm = 7.5};

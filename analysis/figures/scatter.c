/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scatter: points of one or more series (rows) over a measured axis, without lines between them. */
#include "analysis/parts/gnuplot.h"

static ww_status check(const ww_figure_data *data)
{
    if (data->x == NULL)
        return WW_FAIL(WW_EINVAL, "figure %s: a scatter needs x values", data->name);
    return WW_OK;
}

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    static const int points[] = {7, 5, 9, 13, 6, 4, 8, 12};
    ww_gp_axes(gp, d);
    ww_gp_reference(gp, d);
    fprintf(gp, "set key %s\nset offsets graph 0.04, graph 0.04, graph 0.04, graph 0.04\nplot ",
            d->rows > 1 ? "outside right top Left reverse" : "off");
    for (int r = 0; r < d->rows; r++) {
        int k = r % WW_PALETTE;
        fprintf(gp, "%s'%s' index %d using 2:3 with points pt %d ps 0.5 lc rgb '%s' title ",
                r > 0 ? ", \\\n  " : "", dat, r, points[k], ww_palette[(k + 1) % WW_PALETTE]);
        ww_gp_text(gp, d->row_name[r]);
        if (d->low != NULL && d->high != NULL)
            fprintf(
                gp,
                ", \\\n  '' index %d using 2:4:(0):($5-$4) with vectors nohead lw 0.6 lc rgb '%s' "
                "notitle",
                r, ww_palette[(k + 1) % WW_PALETTE]);
    }
    fputc('\n', gp);
}

const ww_figure ww_figure_scatter = {
    .item = {.name = "scatter",
             .summary = "points over a measured axis",
             .sources = "okabe2008",
             .example = "whatwhere figure results/results.h5 selectivity"},
    .script = script,
    .check = check,
    .width_cm = 8.5,
    .height_cm = 7.5};

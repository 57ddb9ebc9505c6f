/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Grouped bars: a group a column (task), a bar a series (lesion), with error bars where there are
 * intervals. */
#include "analysis/parts/gnuplot.h"

static ww_status check(const ww_figure_data *data)
{
    if (data->column_name == NULL)
        return WW_FAIL(WW_EINVAL, "figure %s: bars need the names of the groups", data->name);
    return WW_OK;
}

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    double width = 0.8 / d->rows;
    ww_gp_axes(gp, d);
    ww_gp_reference(gp, d);
    fputs(
        "set key outside top center horizontal Left reverse samplen 1.5\nset style fill solid 0.85 "
        "border lc rgb '#000000'\n",
        gp);
    fprintf(gp, "set boxwidth %.4g\nset xrange [-0.6:%.4g]\n%sset xtics (", width, d->columns - 0.4,
            d->y_max > d->y_min ? "" : "set yrange [*<0:*]\n");
    for (int c = 0; c < d->columns; c++) {
        if (c > 0)
            fputs(", ", gp);
        ww_gp_text(gp, d->column_name[c]);
        fprintf(gp, " %d", c);
    }
    fprintf(gp, ") %s\nplot ", d->columns > 4 ? "rotate by 30 right" : "norotate center");
    for (int r = 0; r < d->rows; r++) {
        double shift = (r - 0.5 * (d->rows - 1)) * width;
        fprintf(gp, "%s'%s' index %d using ($1+%.5g):3 with boxes lw 0.6 fc rgb '%s' title ",
                r > 0 ? ", \\\n  " : "", dat, r, shift, ww_palette[(r + 1) % WW_PALETTE]);
        ww_gp_text(gp, d->row_name[r]);
        if (d->low != NULL && d->high != NULL)
            fprintf(gp,
                    ", \\\n  '' index %d using ($1+%.5g):4:(0):($5-$4) with vectors nohead lw 0.8 "
                    "lc rgb '#000000' notitle",
                    r, shift);
    }
    fputc('\n', gp);
}

const ww_figure ww_figure_bars = {.item = {.name = "bars",
                                           .summary = "grouped bars with error bars",
                                           .sources = "okabe2008",
                                           .example = "whatwhere figure results/results.h5 losses"},
                                  .script = script,
                                  .check = check,
                                  .width_cm = 16,
                                  .height_cm = 8};

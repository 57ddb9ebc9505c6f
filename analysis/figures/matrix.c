/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A matrix as a heat map with its numbers: rows down, columns across. The map runs from blue
 * through white (zero) to vermilion, symmetric about zero, so that sign and size are read at once,
 * also by colour-blind readers; the numbers say it in grey print. */
#include <math.h>

#include "analysis/parts/gnuplot.h"

static ww_status check(const ww_figure_data *data)
{
    if (data->column_name == NULL)
        return WW_FAIL(WW_EINVAL, "figure %s: a matrix needs the names of its columns", data->name);
    return WW_OK;
}

static void names(FILE *gp, const char *axis, const char *const *name, int n)
{
    fprintf(gp, "set %stics (", axis);
    for (int i = 0; i < n; i++) {
        if (i > 0)
            fputs(", ", gp);
        ww_gp_text(gp, name[i]);
        fprintf(gp, " %d", i);
    }
    fputs(")", gp);
}

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    double most = 0;
    for (int i = 0; i < d->rows * d->columns; i++)
        if (isfinite(d->value[i]))
            most = fmax(most, fabs(d->value[i]));
    most = most > 0 ? most : 1;
    ww_gp_axes(gp, d);
    fputs("set border 0\nset tics scale 0\n", gp);
    names(gp, "x", d->column_name, d->columns);
    fputs(" rotate by 40 right offset 0.6,0\n", gp);
    names(gp, "y", d->row_name, d->rows);
    fprintf(gp, "\nset xrange [-0.5:%g]\nset yrange [%g:-0.5]\n", d->columns - 0.5, d->rows - 0.5);
    fprintf(gp, "set cbrange [%.6g:%.6g]\nset cblabel ", -most, most);
    ww_gp_text(gp, d->value_label);
    fputs(
        " noenhanced\nset palette defined (-1 '#0072B2', 0 '#ffffff', 1 '#D55E00')\n"
        "set colorbox user origin 0.91,0.2 size 0.025,0.6\nset rmargin at screen 0.88\nunset key\n",
        gp);
    fprintf(gp,
            "plot for [r=0:%d] '%s' index r using 1:(r):($1-0.5):($1+0.5):(r-0.5):(r+0.5):3 \\\n"
            "  with boxxyerror fs solid noborder fc palette notitle, \\\n",
            d->rows - 1, dat);
    fprintf(gp,
            "  for [r=0:%d] '' index r using 1:(r):(sprintf('%%.2f', abs($3)<0.005?0:$3)) "
            "with labels font ',6' notitle\n",
            d->rows - 1);
}

const ww_figure ww_figure_matrix = {
    .item = {.name = "matrix",
             .summary = "heat map with its numbers",
             .sources = "okabe2008",
             .example = "whatwhere figure results/results.h5 deficits"},
    .script = script,
    .check = check};

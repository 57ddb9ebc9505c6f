/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/parts/heat_map.h"

#include <math.h>

ww_status ww_heat_map_check(const ww_figure_data *data)
{
    if (data->column_name == NULL)
        return WW_FAIL(WW_EINVAL, "figure %s: a matrix needs the names of its columns", data->name);
    return WW_OK;
}

double ww_heat_map_most(const ww_figure_data *d)
{
    double most = 0;
    for (int i = 0; i < d->rows * d->columns; i++)
        if (isfinite(d->value[i]))
            most = fmax(most, fabs(d->value[i]));
    return most > 0 ? most : 1;
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

/* The numbers on a light ground in black, with "-" where there is none, or those on a dark one. Of
 * what is no number gnuplot must look at the text alone. */
static void numbers(FILE *gp, int rows, double white_above, bool white)
{
    fprintf(gp,
            ", \\\n  for [r=0:%d] '' index r using 1:(r):(strstrt(strcol(3),'nan') ? '%s' : "
            "$3 %s %.6g ? sprintf('%%.2f', abs($3)<0.005?0:$3) : '') \\\n"
            "  with labels font ',6' tc rgb '%s' notitle",
            rows - 1, white ? "" : "-", white ? ">" : "<=", white_above,
            white ? "#ffffff" : "#000000");
}

void ww_heat_map_script(FILE *gp, const ww_figure_data *d, const char *dat, double white_above)
{
    ww_gp_axes(gp, d);
    fputs("set border 0\nset tics scale 0\n", gp);
    names(gp, "x", d->column_name, d->columns);
    fputs(" rotate by 40 right offset 0.6,0\n", gp);
    names(gp, "y", d->row_name, d->rows);
    fprintf(gp, "\nset xrange [-0.5:%g]\nset yrange [%g:-0.5]\nset cblabel ", d->columns - 0.5,
            d->rows - 0.5);
    ww_gp_text(gp, d->value_label);
    fputs(" noenhanced\nunset key\n", gp);
    fprintf(gp,
            "plot for [r=0:%d] '%s' index r using 1:(r):($1-0.5):($1+0.5):(r-0.5):(r+0.5):3 \\\n"
            "  with boxxyerror fs solid noborder fc palette notitle",
            d->rows - 1, dat);
    numbers(gp, d->rows, white_above, false);
    numbers(gp, d->rows, white_above, true);
    fputc('\n', gp);
}

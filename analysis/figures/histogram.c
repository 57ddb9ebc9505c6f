/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A histogram: the first series as bars that touch, the others (what was published) as outlines
 * over them. Columns are bins of equal width on the page, named by column_name or by x. */
#include "analysis/parts/gnuplot.h"

static ww_status check(const ww_figure_data *data)
{
    if (data->column_name == NULL && data->x == NULL)
        return WW_FAIL(WW_EINVAL, "figure %s: a histogram needs names or places of its bins",
                       data->name);
    return WW_OK;
}

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    ww_gp_axes(gp, d);
    ww_gp_reference(gp, d);
    fputs("set key outside top center horizontal Left reverse samplen 1.5\nset style fill solid "
          "0.35 border lc rgb "
          "'#ffffff'\nset boxwidth 1\nset yrange [0:*]\nset offsets 0, 0, graph 0.25, 0\n",
          gp);
    fprintf(gp, "set xrange [-0.6:%g]\nset xtics (", d->columns - 0.4);
    int every = d->columns > 14 ? (d->columns + 5) / 6 : 1;
    for (int c = 0; c < d->columns; c += every) {
        char number[32];
        snprintf(number, sizeof number, "%.4g", d->x ? d->x[c] : 0);
        if (c > 0)
            fputs(", ", gp);
        ww_gp_text(gp, d->column_name ? d->column_name[c] : number);
        fprintf(gp, " %d", c);
    }
    fprintf(gp, ") rotate by %d %s\nplot ", d->columns > 6 ? 40 : 0, d->columns > 6 ? "right" : "");
    for (int r = 0; r < d->rows; r++) {
        fprintf(gp, "%s'%s' index %d using 1:3 with %s lc rgb '%s' title ", r > 0 ? ", \\\n  " : "",
                dat, r, r == 0 ? "boxes lw 0.5" : "histeps lw 1.8",
                ww_palette[(r + 1) % WW_PALETTE]);
        ww_gp_text(gp, d->row_name[r]);
        if (d->low != NULL && d->high != NULL)
            fprintf(gp,
                    ", \\\n  '' index %d using 1:4:(0):($5-$4) with vectors nohead lw 0.8 lc rgb "
                    "'%s' notitle",
                    r, ww_palette[(r + 1) % WW_PALETTE]);
    }
    fputc('\n', gp);
}

const ww_figure ww_figure_histogram = {
    .item = {.name = "histogram",
             .summary = "a distribution as bars, others over it as outlines",
             .sources = "okabe2008",
             .example = "whatwhere figure results/results.h5 frequency-v1-population"},
    .script = script,
    .check = check,
    .width_cm = 9,
    .height_cm = 7};

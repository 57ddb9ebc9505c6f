/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An image: rows down, columns across, grey; black and white are the extremes, equally far from the
 * middle grey 0. A missing value (a gap between receptive fields) is light blue. */
#include <math.h>

#include "analysis/parts/gnuplot.h"

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    double most = 0;
    for (int i = 0; i < d->rows * d->columns; i++)
        if (isfinite(d->value[i]))
            most = fmax(most, fabs(d->value[i]));
    most = most > 0 ? most : 1;
    ww_gp_axes(gp, d);
    fputs("set border 0\nunset xtics\nunset ytics\nunset key\nset size ratio -1\n"
          "set object 1 rectangle from graph 0,0 to graph 1,1 behind fc rgb '#cfe3f2' fs solid "
          "noborder\n",
          gp);
    fprintf(gp, "set xrange [-0.5:%g]\nset yrange [%g:-0.5]\n", d->columns - 0.5, d->rows - 0.5);
    fprintf(gp, "set palette grey\nset cbrange [%.6g:%.6g]\nunset colorbox\n", -most, most);
    fprintf(gp, "plot '%s' using 1:(column(-2)):3 with image pixels notitle\n", dat);
}

const ww_figure ww_figure_image = {
    .item = {.name = "image",
             .summary = "numbers as grey levels: receptive fields, maps",
             .example = "whatwhere figure results/results.h5 fields-sparse-coding"},
    .script = script,
    .width_cm = 12,
    .height_cm = 10};

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A picture: each value is a colour, 65536 red + 256 green + blue, each 0 to 255; what is none, or
 * not a number, is white. Rows run down. The label of the x axis stands below: names of panels. */
#include "analysis/parts/gnuplot.h"

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    ww_gp_axes(gp, d);
    fprintf(gp,
            "unset key\nunset tics\nset border 0\nset size ratio -1\n"
            "set xrange [-0.5:%g]\nset yrange [%g:-0.5]\n"
            "part(v, s) = v >= 0 && v <= 16777215 ? floor(v/s) - 256*floor(v/(256*s)) : 255\n"
            "plot '%s' using 1:(column(-2)):(part($3, 65536)):(part($3, 256)):(part($3, 1)) \\\n"
            "  with rgbimage notitle\n",
            d->columns - 0.5, d->rows - 0.5, dat);
}

const ww_figure ww_figure_picture = {
    .item = {.name = "picture",
             .summary = "a picture, pixel by pixel",
             .example = "whatwhere figure results/results.h5 saliency-examples"},
    .script = script,
    .width_cm = 16,
    .height_cm = 13};

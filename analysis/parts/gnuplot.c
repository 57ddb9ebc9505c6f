/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analysis/parts/gnuplot.h"

#include <math.h>

/* Okabe & Ito 2008, "Color universal design"; black first, yellow left out (too pale in print). */
const char *const ww_palette[WW_PALETTE] = {"#000000", "#0072B2", "#D55E00", "#009E73",
                                            "#CC79A7", "#56B4E9", "#E69F00", "#666666"};

void ww_gp_text(FILE *gp, const char *text)
{
    fputc('\'', gp);
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '\'')
            fputc('\'', gp);
        fputc(*text == '\n' ? ' ' : *text, gp);
    }
    fputc('\'', gp);
}

static void quoted(FILE *gp, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', gp);
        fputc(*text == '\n' ? ' ' : *text, gp);
    }
}

/* The label of the x axis; below it, where there are error bars, the caption and what they are. */
static void x_label(FILE *gp, const ww_figure_data *d)
{
    bool captioned = d->caption != NULL && d->caption[0] != '\0';
    fputs("set xlabel \"", gp);
    quoted(gp, d->x_label);
    if (d->low != NULL && d->interval != NULL && d->interval[0] != '\0') {
        fputs("\\n", gp);
        quoted(gp, captioned ? d->caption : "");
        fputs(captioned ? ";\\nerror bars: " : "error bars: ", gp);
        quoted(gp, d->interval);
    }
    fputs("\" noenhanced\n", gp);
}

void ww_gp_axes(FILE *gp, const ww_figure_data *data)
{
    fputs("set border 3 lw 0.8\nset tics out nomirror scale 0.6\nset pointintervalbox 0\nset key "
          "noenhanced\n",
          gp);
    fputs("set title ", gp);
    ww_gp_text(gp, data->title);
    fputs(" noenhanced\n", gp);
    x_label(gp, data);
    fputs("set ylabel ", gp);
    ww_gp_text(gp, data->y_label);
    fputs(" noenhanced\n", gp);
    if (data->y_max > data->y_min)
        fprintf(gp, "set yrange [%.10g:%.10g]\n", data->y_min, data->y_max);
}

void ww_gp_reference(FILE *gp, const ww_figure_data *data)
{
    if (isfinite(data->reference))
        fprintf(gp,
                "set arrow from graph 0, first %.10g to graph 1, first %.10g nohead dt 3 lw 0.8 "
                "lc rgb '#666666' back\n",
                data->reference, data->reference);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Shares, or other numbers that cannot be negative, as a heat map with its numbers: rows down,
 * columns across. The map runs one way, from white (none) to dark blue (the largest): the
 * sequential scheme Blues of Harrower & Brewer (2003). One hue that only darkens keeps its order
 * for every kind of colour vision and in grey print. Numbers turn white where the ground is dark.
 */
#include "analysis/parts/heat_map.h"

static ww_status check(const ww_figure_data *data)
{
    WW_TRY(ww_heat_map_check(data));
    for (int i = 0; i < data->rows * data->columns; i++)
        if (data->value[i] < 0)
            return WW_FAIL(WW_EINVAL, "figure %s: %g is no share; 'matrix' shows what has a sign",
                           data->name, data->value[i]);
    return WW_OK;
}

static void script(FILE *gp, const ww_figure_data *d, const char *dat)
{
    double most = ww_heat_map_most(d);
    fprintf(gp, "set cbrange [0:%.6g]\n", most);
    fputs("set palette defined (0 '#ffffff', 1 '#deebf7', 2 '#c6dbef', 3 '#9ecae1', 4 '#6baed6', "
          "5 '#4292c6', 6 '#2171b5', 7 '#08519c', 8 '#08306b')\n",
          gp);
    ww_heat_map_script(gp, d, dat, 0.55 * most);
}

const ww_figure ww_figure_shares = {
    .item = {.name = "shares",
             .summary = "heat map of numbers from 0 up, with its numbers",
             .sources = "harrower2003",
             .example = "whatwhere figure results/results.h5 selectivity-two-streams"},
    .script = script,
    .check = check};

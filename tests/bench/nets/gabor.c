/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bank of 32 oriented filters on a picture of 512x512: eight of each size from 11 to 31 px. What
 * a filter holds does not change its cost, so they are random. */
#include <stdio.h>

#include "tests/bench/net.h"

static ww_status build(ww_graph *g, int side_px)
{
    static const int sizes[] = {11, 15, 23, 31};
    enum { N = sizeof sizes / sizeof sizes[0] };
    int side = side_px > 0 ? side_px : 512;
    ww_var maps[N], x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 1, side, side));
    for (int i = 0; i < N; i++) {
        char name[16];
        snprintf(name, sizeof name, "gabor%d", sizes[i]);
        maps[i] = ww_net_conv(g, name, x, 8, sizes[i], 1, sizes[i] / 2);
        ww_graph_output(g, name, maps[i]);
    }
    return ww_graph_end(g);
}

static const ww_net_cell cells[] = {{WW_NET_INFER, 1, 0}, {0}};
static const ww_net_cell decade[] = {{WW_NET_INFER, 1, 512},
                                     {WW_NET_INFER, 1, 1619},
                                     {WW_NET_INFER, 1, 0},
                                     {WW_NET_INFER, 10, 0},
                                     {0}};

const ww_net ww_net_gabor = {
    .item = {.name = "gabor", .summary = "32 filters of 11 to 31 px on 512x512"},
    .build = build,
    .cells = cells,
    .decade = decade};

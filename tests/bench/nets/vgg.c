/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Six layers of 3x3 filters in the manner of VGG (Simonyan & Zisserman 2015): 64, 64, pool, 128,
 * 128, pool, 256, 256, each with batch normalisation and rectification, then the mean of each map
 * and ten classes. */
#include <stdio.h>

#include "tests/bench/net.h"

static ww_status build(ww_graph *g, int side_px)
{
    static const int filters[] = {64, 64, 0, 128, 128, 0, 256, 256}; /* 0: pooling */
    int side = side_px > 0 ? side_px : 32;
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 3, side, side));
    for (size_t i = 0; i < sizeof filters / sizeof filters[0]; i++) {
        char name[16];
        snprintf(name, sizeof name, "layer%zu", i);
        ww_graph_scope(g, name);
        if (filters[i] == 0)
            x = ww_net_pool(g, x);
        else
            x = ww_net_rectify(
                g, ww_net_norm(g, "norm", ww_net_conv(g, "conv", x, filters[i], 3, 1, 1)));
    }
    ww_graph_scope(g, "classes");
    return ww_net_classify(g,
                           ww_net_linear(g, "linear", ww_global_pool(g, x, WW_POOL_AVERAGE), 10));
}

static const ww_net_cell cells[] = {
    {WW_NET_TRAIN, 128, 0}, {WW_NET_INFER, 128, 0}, {WW_NET_INFER, 1, 0}, {0}};
static const ww_net_cell decade[] = {
    {WW_NET_TRAIN, 8, 0},  {WW_NET_TRAIN, 80, 0},  {WW_NET_INFER, 8, 0},
    {WW_NET_INFER, 80, 0}, {WW_NET_TRAIN, 8, 32},  {WW_NET_TRAIN, 8, 100},
    {WW_NET_INFER, 8, 32}, {WW_NET_INFER, 8, 100}, {0}};

const ww_net ww_net_vgg = {.item = {.name = "vgg", .summary = "six layers of 3x3 filters, 32x32"},
                           .build = build,
                           .optimiser = "sgd",
                           .labelled = true,
                           .rate = 0.01,
                           .cells = cells,
                           .decade = decade};

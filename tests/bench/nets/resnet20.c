/* SPDX-License-Identifier: GPL-3.0-or-later */
/* ResNet-20 for CIFAR (He et al. 2016, section 4.2): a 3x3 layer of 16, three groups of three
 * residual blocks with 16, 32 and 64 filters, the mean of each map, ten classes. Where the number
 * of filters doubles, the short cut takes every second pixel and pads channels with zeros (option
 * A). */
#include <stdio.h>

#include "tests/bench/net.h"

static ww_var normed(ww_graph *g, const char *name, ww_var x, int k, int stride)
{
    return ww_net_norm(g, name, ww_net_conv(g, name, x, k, 3, stride, 1));
}

static ww_status build(ww_graph *g, int side_px)
{
    int side = side_px > 0 ? side_px : 32;
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 3, side, side));
    ww_graph_scope(g, "first");
    x = ww_net_rectify(g, normed(g, "conv", x, 16, 1));
    for (int block = 0; block < 9; block++) {
        char name[16];
        bool shrinks = block == 3 || block == 6;
        snprintf(name, sizeof name, "block%d", block);
        ww_graph_scope(g, name);
        int k = 16 << block / 3;
        ww_var y = ww_net_rectify(g, normed(g, "conv1", x, k, shrinks ? 2 : 1));
        y = normed(g, "conv2", y, k, 1);
        x = ww_net_rectify(g, ww_add(g, y, shrinks ? ww_shortcut(g, x, k, 2) : x));
    }
    ww_graph_scope(g, "classes");
    return ww_net_classify(g,
                           ww_net_linear(g, "linear", ww_global_pool(g, x, WW_POOL_AVERAGE), 10));
}

static const ww_net_cell cells[] = {{WW_NET_TRAIN, 128, 0}, {WW_NET_INFER, 128, 0}, {0}};
static const ww_net_cell decade[] = {
    {WW_NET_TRAIN, 8, 0},  {WW_NET_TRAIN, 80, 0},  {WW_NET_INFER, 8, 0},
    {WW_NET_INFER, 80, 0}, {WW_NET_TRAIN, 8, 32},  {WW_NET_TRAIN, 8, 100},
    {WW_NET_INFER, 8, 32}, {WW_NET_INFER, 8, 100}, {0}};

const ww_net ww_net_resnet20 = {
    .item = {.name = "resnet20", .summary = "nine residual blocks, 32x32"},
    .build = build,
    .optimiser = "sgd",
    .labelled = true,
    .rate = 0.01,
    .cells = cells,
    .decade = decade};

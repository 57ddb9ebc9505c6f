/* SPDX-License-Identifier: GPL-3.0-or-later */
/* LeNet (LeCun et al. 1998) with the widths and rectifiers of later textbooks: 5x5 filters 32,
 * pool, 64, pool, 256 units, ten classes, on 28x28. */
#include "tests/bench/net.h"

static ww_var layer(ww_graph *g, const char *name, ww_var x, int k)
{
    ww_graph_scope(g, name);
    ww_var y = ww_net_rectify(g, ww_net_bias(g, "conv", ww_net_conv(g, "conv", x, k, 5, 1, 2)));
    return ww_net_pool(g, y);
}

static ww_status build(ww_graph *g, int side_px)
{
    int side = side_px > 0 ? side_px : 28;
    ww_var x = ww_input(g, "x", WW_SHAPE(WW_BATCH, 1, side, side));
    x = layer(g, "layer2", layer(g, "layer1", x, 32), 64);
    ww_graph_scope(g, "units");
    x = ww_reshape(
        g, x, WW_SHAPE(WW_BATCH, (int64_t)ww_shape_size(&(ww_shape){3, {64, side / 4, side / 4}})));
    x = ww_net_rectify(g, ww_net_linear(g, "linear", x, 256));
    ww_graph_scope(g, "classes");
    return ww_net_classify(g, ww_net_linear(g, "linear", x, 10));
}

static const ww_net_cell cells[] = {
    {WW_NET_TRAIN, 128, 0}, {WW_NET_TRAIN, 8, 0}, {WW_NET_TRAIN, 1, 0}, {0}};
static const ww_net_cell decade[] = {
    {WW_NET_TRAIN, 8, 0}, {WW_NET_TRAIN, 80, 0}, {WW_NET_TRAIN, 8, 28}, {WW_NET_TRAIN, 8, 88}, {0}};

const ww_net ww_net_lenet = {.item = {.name = "lenet", .summary = "two layers of 5x5 filters"},
                             .build = build,
                             .optimiser = "sgd",
                             .labelled = true,
                             .rate = 0.01,
                             .cells = cells,
                             .decade = decade};

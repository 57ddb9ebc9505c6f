/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The brain two-streams, as whatwhere trains it. */
#include "tests/bench/net.h"

static ww_status build(ww_graph *g, int side_px)
{
    return ww_net_brain(g, "two-streams", side_px);
}

static const ww_net_cell cells[] = {{WW_NET_TRAIN, 32, 0}, {WW_NET_TRAIN, 1, 0}, {0}};
static const ww_net_cell decade[] = {{WW_NET_TRAIN, 4, 0}, {WW_NET_TRAIN, 40, 0}, {0}};

const ww_net ww_net_two_streams = {
    .item = {.name = "two_streams", .summary = "all areas of Felleman & Van Essen, FFA and VWFA"},
    .build = build,
    .optimiser = "adamw",
    .rate = 0.003,
    .weight_decay = 0.0005,
    .cells = cells,
    .decade = decade};

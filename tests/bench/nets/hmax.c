/* SPDX-License-Identifier: GPL-3.0-or-later */
/* C2 of a picture of 224x224: the brain hmax-2007, 1000 prototypes. */
#include "tests/bench/net.h"

static ww_status build(ww_graph *g, int side_px)
{
    return ww_net_brain(g, "hmax-2007", side_px);
}

static const ww_net_cell cells[] = {{WW_NET_INFER, 1, 0}, {0}};
static const ww_net_cell decade[] = {{WW_NET_INFER, 1, 224},
                                     {WW_NET_INFER, 1, 708},
                                     {WW_NET_INFER, 1, 0},
                                     {WW_NET_INFER, 10, 0},
                                     {0}};

const ww_net ww_net_hmax = {
    .item = {.name = "hmax", .summary = "S1, C1, S2 and C2 of HMAX 2007 on 224x224"},
    .build = build,
    .has_port = true,
    .cells = cells,
    .decade = decade};

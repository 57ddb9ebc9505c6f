/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The brain two-streams, as whatwhere trains it. */
#include "connectome/brain.h"
#include "tests/bench/net.h"

static ww_status build(ww_graph *g, int side_px)
{
    (void)side_px;
    ww_brain *brain;
    ww_arena *arena = ww_arena_create();
    if (arena == NULL)
        return WW_FAIL(WW_ENOMEM, "out of memory");
    ww_status status = ww_brain_read(&brain, "two-streams", NULL, arena);
    if (status == WW_OK)
        status = ww_brain_build(g, brain);
    ww_arena_free(arena);
    return status;
}

static const ww_net_cell cells[] = {{WW_NET_TRAIN, 32, 0}, {WW_NET_TRAIN, 1, 0}, {0}};

const ww_net ww_net_two_streams = {
    .item = {.name = "two_streams", .summary = "all areas of Felleman & Van Essen, FFA and VWFA"},
    .build = build,
    .optimiser = "adamw",
    .rate = 0.003,
    .weight_decay = 0.0005,
    .cells = cells};

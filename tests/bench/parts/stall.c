/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long a training waits for its pictures, which a worker thread prepares ahead. */
#include "tests/bench/parts/contest.h"

static const double LIMIT = 1; /* per cent */

static ww_status measure(ww_contest *c, const ww_net *net, ww_net_cell cell, json_t *rows)
{
    double found[3], share[WW_ROUNDS_MAX], ms[WW_ROUNDS_MAX], first = 0;
    ww_child *engine = &c->child[WW_WHO_ENGINE];
    for (int round = 0; round < c->rounds; round++) {
        WW_TRY(ww_contest_ask(c, engine, "stall", net, cell, "-", c->turn_ms, found, 3, NULL));
        first = found[0];
        ms[round] = found[1];
        share[round] = 100 * found[2] / found[1];
    }
    ww_spread s = ww_spread_of(share, c->rounds), t = ww_spread_of(ms, c->rounds);
    printf("%-12s batch %3d  %9.3f ms  %6.3f %% [%.3f %.3f]  %s  first batch %.1f ms\n",
           net->item.name, cell.batch, t.middle, s.middle, s.low, s.high,
           s.middle <= LIMIT ? "ok" : "NO", first);
    fflush(stdout);
    json_array_append_new(rows, json_pack("{s:s, s:i, s:f, s:o}", "net", net->item.name, "batch",
                                          cell.batch, "step_ms", t.middle, "waiting_per_cent",
                                          ww_spread_json(s)));
    return WW_OK;
}

ww_status ww_bench_stall(ww_contest *c)
{
    json_t *rows = json_array();
    json_object_set_new(c->out, "stall", rows);
    printf("\nWaiting for pictures (bytes in memory, shifted and flipped anew): a step, and the\n"
           "share of it, median [quartiles]; ok up to %.0f %%\n",
           LIMIT);
    for (size_t i = 0; i < ww_nets_count; i++)
        for (const ww_net_cell *cell = ww_nets[i]->cells; cell->batch > 0; cell++)
            if (cell->pass == WW_NET_TRAIN && ww_nets[i]->labelled &&
                ww_contest_wants(c, ww_nets[i]))
                WW_TRY(measure(c, ww_nets[i], *cell, rows));
    return WW_OK;
}

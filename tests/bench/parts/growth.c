/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How cost grows with batch and pixels: the exponent of time against work over a decade of either,
 * log(t2 / t1) / log(work2 / work1); 1 is linear. Work is the multiply-adds of a step by
 * definition: where filters have to lie within the picture it grows faster than the pixels do. */
#include <math.h>

#include "tests/bench/parts/contest.h"

enum { STEPS_MAX = 4096 };

static const double LIMIT = 1.05;

/* The two cells in turn; *out: the spread of the exponent over the rounds; *times: how much more
 * work the second is. */
static ww_status exponent(ww_contest *c, const ww_net *net, const ww_net_cell cell[2],
                          ww_spread *out, double *times)
{
    static double step_ms[STEPS_MAX];
    double found[WW_ROUNDS_MAX], ms[2], work[2];
    for (int k = 0; k < 2; k++)
        WW_TRY(ww_contest_ask(c, &c->child[WW_WHO_ENGINE], "work", net, cell[k], "-", 0, &work[k],
                              1, NULL));
    *times = work[1] / work[0];
    for (int round = 0; round < c->rounds; round++) {
        for (int k = 0; k < 2; k++) {
            int n;
            WW_TRY(ww_contest_ask(c, &c->child[WW_WHO_ENGINE], "time", net, cell[k], "-",
                                  c->turn_ms, step_ms, STEPS_MAX, &n));
            ms[k] = ww_spread_of(step_ms, n).middle;
        }
        found[round] = log(ms[1] / ms[0]) / log(*times);
    }
    *out = ww_spread_of(found, c->rounds);
    return WW_OK;
}

ww_status ww_bench_growth(ww_contest *c)
{
    json_t *rows = json_array();
    json_object_set_new(c->out, "growth", rows);
    printf("\nGrowth of cost over a decade: exponent of time against work, median [quartiles];\n"
           "ok up to %.2f\n",
           LIMIT);
    for (size_t i = 0; i < ww_nets_count; i++) {
        const ww_net *net = ww_nets[i];
        if (net->decade == NULL || !ww_contest_wants(c, net))
            continue;
        for (const ww_net_cell *cell = net->decade; cell->batch > 0; cell += 2) {
            ww_spread s;
            double work;
            bool batch = cell[0].batch != cell[1].batch;
            const char *pass = ww_net_pass_name(cell->pass);
            int from = batch ? cell[0].batch : cell[0].side_px;
            int to = batch ? cell[1].batch : cell[1].side_px;
            WW_TRY(exponent(c, net, cell, &s, &work));
            printf("%-12s %-5s %s %3d to %4d%s, %4.1f times the work  %5.3f [%5.3f %5.3f]  %s\n",
                   net->item.name, pass, batch ? "batch" : "side ", from, to, batch ? "   " : " px",
                   work, s.middle, s.low, s.high, s.middle <= LIMIT ? "ok" : "NO");
            fflush(stdout);
            json_array_append_new(rows, json_pack("{s:s, s:s, s:s, s:i, s:i, s:f, s:o}", "net",
                                                  net->item.name, "pass", pass, "of",
                                                  batch ? "batch" : "side_px", "from", from, "to",
                                                  to, "work", work, "exponent", ww_spread_json(s)));
        }
    }
    return WW_OK;
}

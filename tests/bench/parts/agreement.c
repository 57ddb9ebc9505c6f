/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether both compute the same: gradients of the same batch on the same weights, and the losses of
 * a training from there. Rounding errors grow from step to step, so losses drift apart; how fast
 * they do by nature is seen where PyTorch trains the same net in another memory format. */
#include <math.h>

#include "tests/bench/parts/contest.h"

enum { BATCH = 32, BATCHES = 8, EARLY = 50, STEPS_MAX = 1000 };

static double worst_of(const double *a, const double *b, int n)
{
    double worst = 0;
    for (int i = 0; i < n; i++)
        worst = fmax(worst, fabs(a[i] - b[i]) / fabs(b[i]));
    return worst;
}

static ww_status compare(ww_contest *c, const ww_net *net, json_t *rows)
{
    static double own[STEPS_MAX], theirs[STEPS_MAX], again[STEPS_MAX];
    double loss, found[3];
    int n = c->curve_steps < STEPS_MAX ? c->curve_steps : STEPS_MAX, early = n < EARLY ? n : EARLY;
    ww_net_cell cell = {WW_NET_TRAIN, BATCH, 0};
    ww_child *engine = &c->child[WW_WHO_ENGINE], *torch = &c->child[WW_WHO_TUNED];
    WW_TRY(ww_contest_ask(c, engine, "export", net, cell, "-", BATCHES, NULL, 0, NULL));
    WW_TRY(ww_contest_ask(c, engine, "gradient", net, cell, "-", 0, &loss, 1, NULL));
    WW_TRY(ww_contest_ask(c, torch, "gradient", net, cell, "nchw", 0, found, 3, NULL));
    WW_TRY(ww_contest_ask(c, engine, "curve", net, cell, "-", n, own, n, NULL));
    WW_TRY(ww_contest_ask(c, torch, "curve", net, cell, "nchw", n, theirs, n, NULL));
    WW_TRY(ww_contest_ask(c, torch, "curve", net, cell, "channels_last", n, again, n, NULL));
    WW_TRY(ww_contest_ask(c, torch, "forget", net, cell, "-", 0, NULL, 0, NULL));
    double losses = fabs(loss - found[0]) / fabs(found[0]);
    double soon = worst_of(own, theirs, early), late = worst_of(own, theirs, n);
    double soon_again = worst_of(again, theirs, early), late_again = worst_of(again, theirs, n);
    printf("%-12s %9.1e %9.1e %9.1e  %3d %9.1e %9.1e  %3d %9.1e %9.1e  %.4f %.4f\n", net->item.name,
           losses, found[1], found[2], early, soon, soon_again, n, late, late_again, own[n - 1],
           theirs[n - 1]);
    fflush(stdout);
    json_array_append_new(rows, json_pack("{s:s, s:i, s:f, s:f, s:f, s:i, s:f, s:f, s:i, s:f, s:f}",
                                          "net", net->item.name, "batch", BATCH, "loss", losses,
                                          "gradient", found[1], "worst_parameter", found[2],
                                          "early_steps", early, "early_losses", soon,
                                          "early_losses_pytorch_itself", soon_again, "steps", n,
                                          "losses", late, "losses_pytorch_itself", late_again));
    return WW_OK;
}

ww_status ww_bench_agreement(ww_contest *c)
{
    json_t *rows = json_array();
    json_object_set_new(c->out, "agreement", rows);
    printf("\nAgreement with PyTorch, batch %d: relative differences\n", BATCH);
    if (c->python == NULL) {
        printf("skipped without PyTorch\n");
        return WW_OK;
    }
    printf("%-12s %9s %9s %9s  %-23s  %-23s  %s\n%-12s %9s %9s %9s  %23s  %23s\n", "", "first",
           "whole", "worst", "losses of so many steps", "losses of so many steps", "last loss",
           "net", "loss", "gradient", "array", "here   itself", "here   itself");
    for (size_t i = 0; i < ww_nets_count; i++)
        if (ww_nets[i]->optimiser != NULL && ww_contest_wants(c, ww_nets[i]))
            WW_TRY(compare(c, ww_nets[i], rows));
    return WW_OK;
}

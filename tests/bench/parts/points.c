/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gradients of the nets as they are, at points where they have any.
 *
 * A rectifier whose input lies within rounding of 0, or two pixels of a pooled window that are that
 * near to each other, may go to either side in two programs that are both right. Of a batch of 32
 * samples some unit always does. Of one sample there are few enough units for some samples to come
 * near to no kink: among SAMPLES, the first five whose margin is several times the largest rounding
 * error. PyTorch finds them in double precision, before the engine has computed anything. There the
 * gradient of every parameter must agree. */
#include <math.h>

#include "tests/bench/parts/contest.h"

enum { SAMPLES = 512, POINTS = 5 };

static const double LIMIT = 1e-4;

/* The largest over the points: of the loss, and of the gradients of any parameter. */
struct worst {
    double margin, loss, own, exact, theirs;
};

static ww_status compare_at(ww_contest *c, const ww_net *net, int number, struct worst *w)
{
    double loss, found[7];
    ww_net_cell cell = {WW_NET_TRAIN, 1, 0};
    ww_child *engine = &c->child[WW_WHO_ENGINE], *torch = &c->child[WW_WHO_TUNED];
    WW_TRY(ww_contest_ask(c, engine, "gradient", net, cell, "-", number, &loss, 1, NULL));
    WW_TRY(ww_contest_ask(c, torch, "gradient", net, cell, "nchw", number, found, 7, NULL));
    w->loss = fmax(w->loss, fabs(loss - found[0]) / fabs(found[0]));
    w->own = fmax(w->own, found[4]);
    w->exact = fmax(w->exact, found[5]);
    w->theirs = fmax(w->theirs, found[6]);
    return WW_OK;
}

static ww_status compare(ww_contest *c, const ww_net *net, json_t *rows)
{
    double found[2 * POINTS];
    int n;
    ww_net_cell cell = {WW_NET_TRAIN, 1, 0};
    ww_child *engine = &c->child[WW_WHO_ENGINE], *torch = &c->child[WW_WHO_TUNED];
    struct worst w = {.margin = INFINITY};
    json_t *points = json_array();
    WW_TRY(ww_contest_ask(c, engine, "export", net, cell, "-", SAMPLES, NULL, 0, NULL));
    WW_TRY(ww_contest_ask(c, torch, "margin", net, cell, "-", SAMPLES, found, 2 * POINTS, &n));
    for (int i = 0; i < n; i += 2) {
        WW_TRY(compare_at(c, net, (int)found[i], &w));
        w.margin = fmin(w.margin, found[i + 1]);
        json_array_append_new(points, json_integer((json_int_t)found[i]));
    }
    WW_TRY(ww_contest_ask(c, torch, "forget", net, cell, "-", 0, NULL, 0, NULL));
    bool agrees = n > 0 && w.loss <= LIMIT && w.own <= LIMIT;
    if (n == 0)
        printf("%-12s none of %d samples is far enough from a kink\n", net->item.name, SAMPLES);
    else
        printf("%-12s %9.1e %9.1e %9.1e %9.1e %9.1e  %-3s  samples", net->item.name, w.margin,
               w.loss, w.own, w.exact, w.theirs, agrees ? "ok" : "NO");
    for (int i = 0; i < n; i += 2)
        printf(" %d", (int)found[i]);
    printf("\n");
    fflush(stdout);
    json_array_append_new(rows, json_pack("{s:s, s:o, s:f, s:f, s:f, s:f, s:f, s:b}", "net",
                                          net->item.name, "samples", points, "margin",
                                          n > 0 ? w.margin : 0, "loss", w.loss, "to_pytorch", w.own,
                                          "to_double", w.exact, "pytorch_to_double", w.theirs,
                                          "agrees", agrees));
    return WW_OK;
}

ww_status ww_bench_points(ww_contest *c)
{
    json_t *rows = json_array();
    json_object_set_new(c->out, "points", rows);
    printf("\nGradients of the nets as they are, batch 1, at samples away from kinks: largest\n"
           "relative difference of any parameter's; ok up to %.0e\n",
           LIMIT);
    if (c->python == NULL) {
        printf("skipped without PyTorch\n");
        return WW_OK;
    }
    printf("%-12s %9s %9s %9s %9s %9s\n", "net", "margin", "loss", "to torch", "to double",
           "torch");
    for (size_t i = 0; i < ww_nets_count; i++)
        if (ww_nets[i]->optimiser != NULL && ww_contest_wants(c, ww_nets[i]))
            WW_TRY(compare(c, ww_nets[i], rows));
    return WW_OK;
}

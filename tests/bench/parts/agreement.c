/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whether both compute the same: gradients of the same batch on the same weights, and the losses of
 * a training from there. Rounding errors grow from step to step, so losses drift apart; how fast
 * they do by nature is seen where PyTorch trains the same net in another memory format.
 *
 * Rectifiers and maxima have kinks: a unit whose input is nearer to 0 than a rounding error may
 * take the one side or the other. So the gradients of the engine and of PyTorch are each held
 * against those of PyTorch in double precision, of the net as it is and of its twin without kinks.
 */
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

/* Relative differences of gradients: to PyTorch, to double precision, PyTorch to double. */
struct gradients {
    double loss, own, exact, theirs;
};

static ww_status compare_gradients(ww_contest *c, const ww_net *net, ww_net_pass pass,
                                   struct gradients *g)
{
    double loss, found[4];
    ww_net_cell cell = {pass, BATCH, 0};
    ww_child *engine = &c->child[WW_WHO_ENGINE], *torch = &c->child[WW_WHO_TUNED];
    WW_TRY(ww_contest_ask(c, engine, "export", net, cell, "-", BATCHES, NULL, 0, NULL));
    WW_TRY(ww_contest_ask(c, engine, "gradient", net, cell, "-", 0, &loss, 1, NULL));
    WW_TRY(ww_contest_ask(c, torch, "gradient", net, cell, "nchw", 0, found, 4, NULL));
    *g = (struct gradients){fabs(loss - found[0]) / fabs(found[0]), found[1], found[2], found[3]};
    printf(" %9.1e %9.1e %9.1e %9.1e", g->loss, g->own, g->exact, g->theirs);
    return WW_OK;
}

static json_t *gradients_json(const struct gradients *g)
{
    return json_pack("{s:f, s:f, s:f, s:f}", "loss", g->loss, "to_pytorch", g->own, "to_double",
                     g->exact, "pytorch_to_double", g->theirs);
}

static ww_status compare_curves(ww_contest *c, const ww_net *net, json_t *row)
{
    static double own[STEPS_MAX], theirs[STEPS_MAX], again[STEPS_MAX];
    int n = c->curve_steps < STEPS_MAX ? c->curve_steps : STEPS_MAX, early = n < EARLY ? n : EARLY;
    ww_net_cell cell = {WW_NET_TRAIN, BATCH, 0};
    ww_child *engine = &c->child[WW_WHO_ENGINE], *torch = &c->child[WW_WHO_TUNED];
    WW_TRY(ww_contest_ask(c, engine, "curve", net, cell, "-", n, own, n, NULL));
    WW_TRY(ww_contest_ask(c, torch, "curve", net, cell, "nchw", n, theirs, n, NULL));
    WW_TRY(ww_contest_ask(c, torch, "curve", net, cell, "channels_last", n, again, n, NULL));
    WW_TRY(ww_contest_ask(c, torch, "forget", net, cell, "-", 0, NULL, 0, NULL));
    double soon = worst_of(own, theirs, early), late = worst_of(own, theirs, n);
    double soon_again = worst_of(again, theirs, early), late_again = worst_of(again, theirs, n);
    printf("  %3d %9.1e %9.1e  %3d %9.1e %9.1e  %.4f %.4f\n", early, soon, soon_again, n, late,
           late_again, own[n - 1], theirs[n - 1]);
    fflush(stdout);
    json_object_update_new(row, json_pack("{s:i, s:f, s:f, s:i, s:f, s:f}", "early_steps", early,
                                          "early_losses", soon, "early_losses_pytorch_itself",
                                          soon_again, "steps", n, "losses", late,
                                          "losses_pytorch_itself", late_again));
    return WW_OK;
}

static ww_status compare(ww_contest *c, const ww_net *net, json_t *rows)
{
    struct gradients smooth, real;
    printf("%-12s", net->item.name);
    WW_TRY(compare_gradients(c, net, WW_NET_SMOOTH, &smooth));
    WW_TRY(compare_gradients(c, net, WW_NET_TRAIN, &real));
    json_t *row = json_pack("{s:s, s:i, s:o, s:o}", "net", net->item.name, "batch", BATCH, "smooth",
                            gradients_json(&smooth), "gradient", gradients_json(&real));
    json_array_append_new(rows, row);
    return compare_curves(c, net, row);
}

/* Of nets that are never trained. */
static ww_status compare_outputs(ww_contest *c, const ww_net *net, json_t *rows)
{
    double found[3];
    ww_net_cell cell = net->cells[0];
    ww_child *engine = &c->child[WW_WHO_ENGINE], *torch = &c->child[WW_WHO_TUNED];
    WW_TRY(ww_contest_ask(c, engine, "export", net, cell, "-", 1, NULL, 0, NULL));
    WW_TRY(ww_contest_ask(c, engine, "outputs", net, cell, "-", 0, NULL, 0, NULL));
    WW_TRY(ww_contest_ask(c, torch, "outputs", net, cell, "nchw", 0, found, 3, NULL));
    printf("%-12s outputs: relative rms %.1e, at most %.1e of %.3g\n", net->item.name, found[0],
           found[1], found[2]);
    json_array_append_new(rows, json_pack("{s:s, s:f, s:f, s:f}", "net", net->item.name, "outputs",
                                          found[0], "largest_difference", found[1],
                                          "largest_output", found[2]));
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
    printf("%-12s %-39s %-39s  %-23s  %-23s  %s\n", "", "gradients of the net without kinks",
           "gradients of the net", "losses of so many steps", "losses of so many steps",
           "last loss");
    printf("%-12s", "net");
    for (int i = 0; i < 2; i++)
        printf(" %9s %9s %9s %9s", "loss", "to torch", "to double", "torch");
    printf("  %23s  %23s\n", "here    itself", "here    itself");
    for (size_t i = 0; i < ww_nets_count; i++)
        if (ww_nets[i]->optimiser != NULL && ww_contest_wants(c, ww_nets[i]))
            WW_TRY(compare(c, ww_nets[i], rows));
    for (size_t i = 0; i < ww_nets_count; i++)
        if (ww_nets[i]->optimiser == NULL && ww_contest_wants(c, ww_nets[i]))
            WW_TRY(compare_outputs(c, ww_nets[i], rows));
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Whole nets: the engine, PyTorch as it comes, and PyTorch tuned in several variants; and where
 * there is one, the port in common use, as it comes. */
#include <math.h>
#include <string.h>
#include <time.h>

#include "tests/bench/parts/contest.h"

enum { STEPS_MAX = 4096, REST_MS = 20, WARM_UP_MS = 1 };

typedef struct contender {
    ww_who who;
    const char *variant;
    bool failed;
    double round_ms[WW_ROUNDS_MAX];
    ww_spread ms;
} contender;

typedef struct race {
    const ww_net *net;
    ww_net_cell cell;
    contender contender[WW_CONTENDERS_MAX];
    int n;
} race;

static const char PORT[] = "port";

static const char *const who_name[WW_WHO_N] = {"whatwhere", "pytorch", "pytorch_tuned",
                                               "pytorch_tuned_brief"};

static void enter(race *r, ww_who who, const char *variant)
{
    r->contender[r->n++] = (contender){.who = who, .variant = variant};
}

static void enter_all(const ww_contest *c, race *r)
{
    bool infers = r->cell.pass == WW_NET_INFER;
    enter(r, WW_WHO_ENGINE, "-");
    if (c->python == NULL)
        return;
    enter(r, WW_WHO_TORCH, "nchw");
    if (r->net->has_port)
        enter(r, WW_WHO_TORCH, PORT);
    enter(r, WW_WHO_TUNED, "nchw");
    enter(r, WW_WHO_TUNED, "channels_last");
    enter(r, WW_WHO_TUNED, "compile");
    if (infers)
        enter(r, WW_WHO_TUNED, "jit");
    enter(r, WW_WHO_TUNED_BRIEF, infers ? "jit" : "nchw");
    enter(r, WW_WHO_TUNED_BRIEF, infers ? "compile" : "channels_last");
}

/* Threads that wait spin for a while after their last work; let them fall asleep. */
static void rest(void)
{
    nanosleep(&(struct timespec){.tv_nsec = REST_MS * 1000000L}, NULL);
}

/* One turn: the median of its steps. The engine may not fail; a variant of PyTorch drops out. */
static ww_status turn(ww_contest *c, race *r, contender *k, int ms, double *median)
{
    static double step_ms[STEPS_MAX];
    int n = 0;
    if (k->failed)
        return WW_OK;
    rest();
    ww_status status = ww_contest_ask(c, &c->child[k->who], "time", r->net, r->cell, k->variant, ms,
                                      step_ms, STEPS_MAX, &n);
    if (status == WW_OK && n > 0) {
        *median = ww_spread_of(step_ms, n).middle;
        return WW_OK;
    }
    if (k->who == WW_WHO_ENGINE)
        return status;
    k->failed = true;
    fprintf(stderr, "  %s %s: %s: %s\n", r->net->item.name, who_name[k->who], k->variant,
            ww_error_message());
    return WW_OK;
}

static ww_status run(ww_contest *c, race *r)
{
    double ignored;
    ww_child *engine = &c->child[WW_WHO_ENGINE];
    WW_TRY(ww_contest_ask(c, engine, "export", r->net, r->cell, "-", 1, NULL, 0, NULL));
    for (int k = 0; k < r->n; k++)
        WW_TRY(turn(c, r, &r->contender[k], WARM_UP_MS, &ignored));
    for (int round = 0; round < c->rounds; round++)
        for (int i = 0; i < r->n; i++) {
            contender *k = &r->contender[(i + round) % r->n];
            WW_TRY(turn(c, r, k, c->turn_ms, &k->round_ms[round]));
        }
    for (int who = 0; who < WW_WHO_N && (who == 0 || c->python != NULL); who++)
        WW_TRY(ww_contest_ask(c, &c->child[who], "forget", r->net, r->cell, "-", 0, NULL, 0, NULL));
    return WW_OK;
}

/* Of those that are `who` (tuned: in either way) and the port, or not, the fastest; -1 if all have
 * failed. */
static int best_of(const race *r, ww_who who, bool port)
{
    int best = -1;
    for (int k = 0; k < r->n; k++) {
        const contender *one = &r->contender[k];
        bool counts = one->who == who || (who == WW_WHO_TUNED && one->who == WW_WHO_TUNED_BRIEF);
        if (counts && !one->failed && port == (strcmp(one->variant, PORT) == 0) &&
            (best < 0 || one->ms.middle < r->contender[best].ms.middle))
            best = k;
    }
    return best;
}

/* How many times as long as the engine contender k took, round by round. */
static ww_spread ratio_of(const ww_contest *c, const race *r, int k)
{
    double ratio[WW_ROUNDS_MAX];
    for (int i = 0; i < c->rounds; i++)
        ratio[i] = r->contender[k].round_ms[i] / r->contender[0].round_ms[i];
    return ww_spread_of(ratio, c->rounds);
}

static json_t *rounds_json(const ww_contest *c, const race *r)
{
    json_t *all = json_array();
    for (int k = 0; k < r->n; k++) {
        const contender *one = &r->contender[k];
        json_t *ms = json_array();
        for (int i = 0; i < c->rounds && !one->failed; i++)
            json_array_append_new(ms, json_real(one->round_ms[i]));
        json_array_append_new(all, json_pack("{s:s, s:s, s:o}", "who", who_name[one->who],
                                             "variant", one->variant, "round_ms", ms));
    }
    return all;
}

/* Puts contender k and its ratio into the row, as `name`, and on stdout. */
static ww_spread report_contender(const ww_contest *c, const race *r, int k, const char *name,
                                  json_t *row)
{
    const contender *one = &r->contender[k];
    ww_spread ratio = ratio_of(c, r, k);
    json_t *of =
        json_pack("{s:s, s:s, s:o, s:o}", "who", who_name[one->who], "variant", one->variant, "ms",
                  ww_spread_json(one->ms), "ratio", ww_spread_json(ratio));
    json_object_set_new(row, name, of);
    printf("  %9.3f %5.2f", one->ms.middle, ratio.middle);
    return ratio;
}

static void report(ww_contest *c, race *r, json_t *rows)
{
    for (int k = 0; k < r->n; k++) {
        double sorted[WW_ROUNDS_MAX];
        memcpy(sorted, r->contender[k].round_ms, (size_t)c->rounds * sizeof *sorted);
        r->contender[k].ms = ww_spread_of(sorted, c->rounds);
    }
    const char *pass = ww_net_pass_name(r->cell.pass);
    ww_spread own = r->contender[0].ms;
    printf("%-12s %-5s %5d %9.3f [%8.3f %8.3f] %8.0f", r->net->item.name, pass, r->cell.batch,
           own.middle, own.low, own.high, 1e3 * r->cell.batch / own.middle);
    json_t *row = json_pack("{s:s, s:s, s:i, s:o, s:o}", "net", r->net->item.name, "pass", pass,
                            "batch", r->cell.batch, "whatwhere_ms", ww_spread_json(own),
                            "contenders", rounds_json(c, r));
    for (int who = WW_WHO_TORCH; who <= WW_WHO_TUNED; who++) {
        int k = best_of(r, who, false);
        if (k < 0)
            continue;
        ww_spread ratio = report_contender(c, r, k, who_name[who], row);
        if (who == WW_WHO_TUNED)
            printf(" [%.2f %.2f] %s%s", ratio.low, ratio.high, r->contender[k].variant,
                   r->contender[k].who == WW_WHO_TUNED_BRIEF ? ", brief spin" : "");
    }
    int port = best_of(r, WW_WHO_TORCH, true);
    if (port >= 0) {
        ww_spread ratio = report_contender(c, r, port, PORT, row);
        printf(" [%.2f %.2f] the port as it comes", ratio.low, ratio.high);
    }
    printf("\n");
    fflush(stdout);
    json_array_append_new(rows, row);
}

ww_status ww_bench_nets(ww_contest *c)
{
    json_t *rows = json_array();
    json_object_set_new(c->out, "nets", rows);
    printf(
        "\nWhole nets: ms a step, median [quartiles] of %d rounds; ratio: time of PyTorch / time "
        "of whatwhere\n%-12s %-5s %5s %9s %19s %8s%s\n",
        c->rounds, "net", "pass", "batch", "ms", "[quartiles]", "samples/s",
        c->python != NULL ? "  as it comes, ratio  tuned, ratio [quartiles], variant" : "");
    for (size_t i = 0; i < ww_nets_count; i++)
        for (const ww_net_cell *cell = ww_nets[i]->cells; cell->batch > 0; cell++) {
            race r = {.net = ww_nets[i], .cell = *cell};
            if (!ww_contest_wants(c, r.net))
                break;
            enter_all(c, &r);
            WW_TRY(run(c, &r));
            report(c, &r, rows);
        }
    return WW_OK;
}

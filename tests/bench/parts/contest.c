/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/parts/contest.h"

#include <stdlib.h>
#include <string.h>

#include "engine/base/text.h"

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double quantile(const double *x, int n, double p)
{
    double at = p * (n - 1);
    int k = (int)at;
    return k + 1 < n ? x[k] + (at - k) * (x[k + 1] - x[k]) : x[k];
}

ww_spread ww_spread_of(double *x, int n)
{
    qsort(x, (size_t)n, sizeof *x, by_size);
    return (ww_spread){quantile(x, n, 0.25), quantile(x, n, 0.5), quantile(x, n, 0.75)};
}

json_t *ww_spread_json(ww_spread s)
{
    return json_pack("{s:f, s:f, s:f}", "lower_quartile", s.low, "median", s.middle,
                     "upper_quartile", s.high);
}

/* What the command sets for itself, and what a careful user sets for PyTorch. */
#define BRIEF "GOMP_SPINCOUNT=3000"
#define KEEP_MEMORY                                                                                \
    "MALLOC_MMAP_THRESHOLD_=4000000000", "MALLOC_TRIM_THRESHOLD_=8000000000",                      \
        "MALLOC_TOP_PAD_=268435456"

ww_status ww_contest_start(ww_contest *c, ww_who who, ww_child *child)
{
    const char *threads = ww_arena_printf(c->arena, "WW_BENCH_THREADS=%d", c->threads);
    const char *engine[] = {c->self, "--worker", ww_arena_printf(c->arena, "%d", c->threads), NULL};
    const char *torch[] = {c->python, c->script, NULL};
    const char *environment[WW_WHO_N][6] = {
        {BRIEF, NULL}, {NULL}, {KEEP_MEMORY, threads, NULL}, {KEEP_MEMORY, threads, BRIEF, NULL}};
    if (threads == NULL || engine[2] == NULL)
        return WW_ENOMEM;
    return ww_child_start(child, who == WW_WHO_ENGINE ? engine : torch, environment[who], c->log);
}

/* Starts one PyTorch worker and takes its greeting. */
static bool greeted(ww_contest *c, ww_who who)
{
    const char *greeting;
    return ww_contest_start(c, who, &c->child[who]) == WW_OK &&
           ww_child_ask(&c->child[who], NULL, &greeting) == WW_OK &&
           (c->torch = ww_arena_strdup(c->arena, greeting + 1)) != NULL;
}

ww_status ww_contest_open(ww_contest *c)
{
    WW_TRY(ww_contest_start(c, WW_WHO_ENGINE, &c->child[WW_WHO_ENGINE]));
    if (c->python[0] != '\0' && greeted(c, WW_WHO_TORCH) && greeted(c, WW_WHO_TUNED) &&
        greeted(c, WW_WHO_TUNED_BRIEF)) {
        printf("PyTorch: %s\n", c->torch);
        json_object_set_new(c->out, "pytorch", json_string(c->torch));
        return WW_OK;
    }
    printf("PyTorch: skipped, '%s' has none (PYTHON=... names another)\n", c->python);
    for (int who = WW_WHO_TORCH; who < WW_WHO_N; who++)
        (void)ww_child_end(&c->child[who], NULL);
    c->python = NULL;
    return WW_OK;
}

void ww_contest_close(ww_contest *c)
{
    for (int who = 0; who < WW_WHO_N; who++)
        (void)ww_child_end(&c->child[who], NULL);
}

bool ww_contest_wants(const ww_contest *c, const ww_net *net)
{
    return c->nets == NULL || ww_text_in_list(net->item.name, c->nets);
}

const char *ww_contest_prefix(ww_contest *c, const ww_net *net, ww_net_cell cell)
{
    return ww_arena_printf(c->arena, "%s/%s-%s-%d-%d", c->folder, net->item.name,
                           ww_net_pass_name(cell.pass), cell.batch, cell.side_px);
}

ww_status ww_contest_ask(ww_contest *c, ww_child *child, const char *verb, const ww_net *net,
                         ww_net_cell cell, const char *variant, int number, double *to, int room,
                         int *n)
{
    const char *answer, *prefix = ww_contest_prefix(c, net, cell);
    const char *line = ww_arena_printf(c->arena, "%s %s %s %d %d %s %d %s", verb, net->item.name,
                                       ww_net_pass_name(cell.pass), cell.batch, cell.side_px,
                                       variant, number, prefix);
    if (prefix == NULL || line == NULL)
        return WW_ENOMEM;
    WW_TRY(ww_child_ask(child, line, &answer));
    int found = 0;
    for (char *end; found < room; found++, answer = end) {
        double x = strtod(answer, &end);
        if (end == answer)
            break;
        to[found] = x;
    }
    if (n != NULL)
        *n = found;
    return WW_OK;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_BENCH_PARTS_CONTEST_H
#define WW_TESTS_BENCH_PARTS_CONTEST_H

/* The driver: it holds the workers, sends them round after round to the same work, and keeps what
 * comes out.
 *
 * Two runs of the same program on a shared machine differ by more than two programs do, so all
 * contenders take turns within a round, each round starts with another of them, and what is quoted
 * is the median over rounds of the ratio within a round, with its quartiles. */

#include <jansson.h>

#include "tests/bench/net.h"
#include "tests/bench/parts/child.h"

enum { WW_ROUNDS_MAX = 101, WW_CONTENDERS_MAX = 9, WW_WHO_N = 4 };

typedef enum ww_who {
    WW_WHO_ENGINE,
    WW_WHO_TORCH,      /* as it comes */
    WW_WHO_TUNED,      /* memory kept, two threads */
    WW_WHO_TUNED_BRIEF /* and threads that wait spin as briefly as the engine's */
} ww_who;

typedef struct ww_contest {
    ww_arena *arena;
    const char *self, *folder, *log; /* this program; where files go; standard error of workers */
    const char *python, *script;     /* python NULL: no PyTorch */
    const char *nets;                /* blank-separated, or NULL: all */
    int rounds, turn_ms, threads, curve_steps;
    ww_child child[WW_WHO_N];
    const char *torch; /* what PyTorch says of itself */
    json_t *out;       /* the results */
} ww_contest;

/** Quartiles and median of n numbers, which are sorted. */
typedef struct ww_spread {
    double low, middle, high;
} ww_spread;
ww_spread ww_spread_of(double *x, int n);
/** As JSON. */
json_t *ww_spread_json(ww_spread spread);

/** Starts the worker `who` in *child as the contest sets it up. */
ww_status ww_contest_start(ww_contest *contest, ww_who who, ww_child *child);

/** Starts all workers; where PyTorch is missing, says so and goes on without. */
ww_status ww_contest_open(ww_contest *contest);
void ww_contest_close(ww_contest *contest);

/** Whether the user asked for this net. */
bool ww_contest_wants(const ww_contest *contest, const ww_net *net);

/** The prefix of the files of a cell. */
const char *ww_contest_prefix(ww_contest *contest, const ww_net *net, ww_net_cell cell);

/** Asks `child` for VERB about a cell; up to `room` numbers of the answer. */
ww_status ww_contest_ask(ww_contest *contest, ww_child *child, const char *verb, const ww_net *net,
                         ww_net_cell cell, const char *variant, int number, double *to, int room,
                         int *n);

/** Each of these does one part of the bench, prints its table and adds it to contest->out. */
ww_status ww_bench_machine(ww_contest *contest);
ww_status ww_bench_nets(ww_contest *contest);
ww_status ww_bench_agreement(ww_contest *contest);
ww_status ww_bench_points(ww_contest *contest);
ww_status ww_bench_stall(ww_contest *contest);
ww_status ww_bench_growth(ww_contest *contest);
ww_status ww_bench_memory(ww_contest *contest);
ww_status ww_bench_start_up(ww_contest *contest);

/** Writes contest->out to FOLDER/bench.json and FOLDER/bench.h5. */
ww_status ww_bench_write(ww_contest *contest, const char *command_line);

#endif

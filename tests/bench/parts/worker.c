/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/bench/parts/worker.h"

#include <stdio.h>
#include <string.h>

#include "engine/base/progress.h"
#include "tests/bench/parts/runner.h"

enum { WARM_UP = 2, CURVE_BATCHES = 8, WORD = 64 };

struct order {
    char verb[WORD], net[WORD], pass[WORD], variant[WORD], prefix[1024];
    int number;
    ww_net_cell cell;
};

static const double CURVE_RATE = 0.1; /* times the net's learning rate */

/* What the last line was about is kept, warm. */
static ww_runner *kept;

static void forget(void)
{
    ww_runner_close(kept);
    kept = NULL;
}

/* A runner for the order; a fresh one if it has to start from the first values. */
static ww_status runner_for(const struct order *o, bool fresh)
{
    const ww_net *net;
    WW_TRY(ww_runner_net(&net, o->net));
    if (!fresh && kept != NULL && kept->net == net && kept->cell.pass == o->cell.pass &&
        kept->cell.batch == o->cell.batch && kept->cell.side_px == o->cell.side_px)
        return WW_OK;
    forget();
    WW_TRY(ww_runner_open(&kept, net, o->cell));
    for (int i = 0; i < WARM_UP && !fresh; i++)
        WW_TRY(ww_runner_step(kept, 1));
    return WW_OK;
}

static ww_status time_steps(const struct order *o)
{
    WW_TRY(runner_for(o, false));
    double end = ww_clock_s() + 1e-3 * o->number, before = ww_clock_s();
    printf("ok");
    do {
        WW_TRY(ww_runner_step(kept, 1));
        double now = ww_clock_s();
        printf(" %.5f", 1e3 * (now - before));
        before = now;
    } while (before < end);
    return WW_OK;
}

static ww_status gradient(const struct order *o)
{
    WW_TRY(runner_for(o, true));
    ww_runner_fill(kept, (uint64_t)o->number);
    WW_TRY(ww_runner_export_gradients(kept, o->prefix));
    printf("ok %.9g", ww_program_loss(kept->program));
    return WW_OK;
}

static ww_status outputs(const struct order *o)
{
    WW_TRY(runner_for(o, true));
    WW_TRY(ww_runner_export_outputs(kept, o->prefix));
    printf("ok");
    return WW_OK;
}

static ww_status curve(const struct order *o)
{
    WW_TRY(runner_for(o, true));
    printf("ok");
    for (int i = 0; i < o->number; i++) {
        ww_runner_fill(kept, (uint64_t)i % CURVE_BATCHES);
        WW_TRY(ww_runner_step(kept, CURVE_RATE));
        printf(" %.9g", ww_program_loss(kept->program));
    }
    return WW_OK;
}

static ww_status work(const struct order *o)
{
    double products = 0;
    ww_node_time time;
    WW_TRY(runner_for(o, false));
    for (size_t i = 0; ww_program_time(kept->program, i, &time); i++)
        products += time.forward_products + time.backward_products;
    printf("ok %.9g", products);
    return WW_OK;
}

static ww_status stall(const struct order *o)
{
    ww_pipeline_times t;
    WW_TRY(runner_for(o, false));
    double before = ww_clock_s();
    WW_TRY(ww_runner_step(kept, CURVE_RATE));
    int steps = (int)(1e-3 * o->number / (ww_clock_s() - before)) + 10;
    WW_TRY(ww_runner_pipeline(kept, steps, &t));
    printf("ok %.6f %.6f %.6f", 1e3 * t.first_s, 1e3 * t.seconds / steps, 1e3 * t.stall_s / steps);
    return WW_OK;
}

static ww_status memory(const struct order *o)
{
    size_t planned, unshared;
    WW_TRY(runner_for(o, true));
    for (int i = 0; i < o->number; i++)
        WW_TRY(ww_runner_step(kept, 1));
    ww_program_memory(kept->program, &planned, &unshared);
    printf("ok %zu", planned);
    return WW_OK;
}

static ww_status do_order(const struct order *o)
{
    if (strcmp(o->verb, "time") == 0)
        return time_steps(o);
    if (strcmp(o->verb, "gradient") == 0)
        return gradient(o);
    if (strcmp(o->verb, "outputs") == 0)
        return outputs(o);
    if (strcmp(o->verb, "curve") == 0)
        return curve(o);
    if (strcmp(o->verb, "stall") == 0)
        return stall(o);
    if (strcmp(o->verb, "work") == 0)
        return work(o);
    if (strcmp(o->verb, "memory") == 0)
        return memory(o);
    if (strcmp(o->verb, "export") == 0) {
        WW_TRY(runner_for(o, true));
        WW_TRY(ww_runner_export(kept, o->prefix, o->number));
    } else if (strcmp(o->verb, "forget") != 0) {
        return WW_FAIL(WW_EINVAL, "unknown verb %s", o->verb);
    }
    forget();
    printf("ok");
    return WW_OK;
}

int ww_worker_serve(void)
{
    char line[2048];
    while (fgets(line, sizeof line, stdin) != NULL) {
        struct order o = {0};
        int n = sscanf(line, "%63s %63s %63s %d %d %63s %d %1023s", o.verb, o.net, o.pass,
                       &o.cell.batch, &o.cell.side_px, o.variant, &o.number, o.prefix);
        o.cell.pass = strcmp(o.pass, "train") == 0    ? WW_NET_TRAIN
                      : strcmp(o.pass, "smooth") == 0 ? WW_NET_SMOOTH
                                                      : WW_NET_INFER;
        ww_status status = n == 8 ? do_order(&o) : WW_FAIL(WW_EINVAL, "8 words are wanted");
        if (status != WW_OK)
            printf("failed %s", ww_error_message());
        printf("\n");
        fflush(stdout);
    }
    forget();
    return 0;
}

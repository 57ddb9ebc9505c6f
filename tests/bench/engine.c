/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The benchmark of the engine: the machine, whole nets, agreement, growth, memory and start-up, and
 * where PyTorch is installed the same work there. `make bench` runs it; README.md says the rest.
 *
 *     build/gcc/bench/engine [--python FILE] [--folder FOLDER] [--rounds N] [--turn-ms MS]
 *         [--threads N] [--steps N] [--nets "vgg lenet"] [--parts "machine nets ..."] */
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "engine/base/text.h"
#include "engine/base/threads.h"
#include "tests/bench/parts/contest.h"
#include "tests/bench/parts/worker.h"

static const struct {
    const char *name;
    ww_status (*run)(ww_contest *contest);
} parts[] = {{"machine", ww_bench_machine},     {"nets", ww_bench_nets},
             {"agreement", ww_bench_agreement}, {"points", ww_bench_points},
             {"stall", ww_bench_stall},         {"growth", ww_bench_growth},
             {"memory", ww_bench_memory},       {"start-up", ww_bench_start_up}};

enum { PYTHON, FOLDER, ROUNDS, TURN_MS, THREADS, STEPS, NETS, PARTS, WORKER };

static const struct option options[] = {
    {"python", 1, NULL, PYTHON},   {"folder", 1, NULL, FOLDER},
    {"rounds", 1, NULL, ROUNDS},   {"turn-ms", 1, NULL, TURN_MS},
    {"threads", 1, NULL, THREADS}, {"steps", 1, NULL, STEPS},
    {"nets", 1, NULL, NETS},       {"parts", 1, NULL, PARTS},
    {"worker", 1, NULL, WORKER},   {0}};

struct settings {
    ww_contest contest;
    const char *parts;
    bool worker;
};

static bool parse(struct settings *s, int argc, char **argv)
{
    ww_contest *c = &s->contest;
    int *const number[] = {[ROUNDS] = &c->rounds,
                           [TURN_MS] = &c->turn_ms,
                           [THREADS] = &c->threads,
                           [STEPS] = &c->curve_steps};
    const char **const text[] = {
        [PYTHON] = &c->python, [FOLDER] = &c->folder, [NETS] = &c->nets, [PARTS] = &s->parts};
    for (int o; (o = getopt_long(argc, argv, "", options, NULL)) != -1;) {
        if (o == '?')
            return false;
        if (o == WORKER) {
            s->worker = true;
            c->threads = atoi(optarg);
        } else if (o >= ROUNDS && o <= STEPS) {
            *number[o] = atoi(optarg);
        } else {
            *text[o] = optarg;
        }
    }
    return optind == argc && c->rounds >= 1 && c->rounds <= WW_ROUNDS_MAX && c->threads >= 0 &&
           c->curve_steps >= 1;
}

static ww_status bench(struct settings *s, const char *command_line)
{
    ww_contest *c = &s->contest;
    ww_status status = ww_contest_open(c);
    for (size_t i = 0; i < sizeof parts / sizeof parts[0] && status == WW_OK; i++)
        if (s->parts == NULL || ww_text_in_list(parts[i].name, s->parts))
            status = parts[i].run(c);
    ww_contest_close(c);
    return status == WW_OK ? ww_bench_write(c, command_line) : status;
}

int main(int argc, char **argv)
{
    struct settings s = {.contest = {.self = argv[0],
                                     .folder = "build/bench",
                                     .python = "",
                                     .script = "tests/bench/torch/worker.py",
                                     .rounds = 5,
                                     .turn_ms = 300,
                                     .curve_steps = 200,
                                     .out = json_object(),
                                     .arena = ww_arena_create()}};
    ww_contest *c = &s.contest;
    if (c->arena == NULL || !parse(&s, argc, argv)) {
        fprintf(stderr, "%s: wrong usage; tests/bench/README.md has the options\n", argv[0]);
        return 2;
    }
    ww_threads_set(c->threads);
    c->threads = ww_threads();
    int code = 0;
    if (s.worker) {
        code = ww_worker_serve();
    } else {
        mkdir(c->folder, 0777);
        c->log = ww_arena_printf(c->arena, "%s/workers.log", c->folder);
        code = c->log == NULL || bench(&s, argv[0]) != WW_OK;
        if (code != 0)
            fprintf(stderr, "%s: %s\n", argv[0], ww_error_message());
    }
    json_decref(c->out);
    ww_arena_free(c->arena);
    return code;
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Gates that pass their input on while no area is lesioned: the same bits as a program in which
 * every array has memory of its own, whatever the controls say from run to run. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "engine/base/threads.h"
#include "engine/tensor/compile.h"
#include "engine/tensor/ops.h"

enum { BATCH = 5, SIDE = 12, C = 6 };

#define OK(call) cr_assert_eq((call), WW_OK, "%s", ww_error_message())

static ww_var gated(ww_graph *g, ww_var x)
{
    return ww_gate(g, x, ww_control(g, "gain", WW_SHAPE(C, 1, 1), 1),
                   ww_control(g, "noise", WW_SHAPE(1, 1, 1), 0));
}

static ww_var area(ww_graph *g, const char *name, ww_var x, int channels)
{
    ww_graph_scope(g, name);
    ww_init he = {.kind = WW_INIT_HE, .value = 1}, one = {.value = 1}, zero = {.value = 0};
    x = ww_conv2d(g, x, ww_parameter(g, "weight", WW_SHAPE(C, channels, 3, 3), he, 1),
                  (ww_conv2d_attr){.pad = 1});
    x = ww_batch_norm(g, x, ww_parameter(g, "scale", WW_SHAPE(C), one, 0),
                      ww_parameter(g, "bias", WW_SHAPE(C), zero, 0),
                      ww_state(g, "mean", WW_SHAPE(C), 0), ww_state(g, "variance", WW_SHAPE(C), 1),
                      0);
    return gated(g, ww_relu(g, x));
}

/* MT keeps V1 for longer than V2 and V3 do, so it may stand in for what the gates between give. */
static ww_graph *net(void)
{
    ww_graph *g = ww_graph_create();
    ww_var x = ww_input(g, "image", WW_SHAPE(WW_BATCH, 2, SIDE, SIDE));
    ww_var wanted = ww_input(g, "wanted", WW_SHAPE(WW_BATCH, C, SIDE, SIDE));
    ww_var v1 = area(g, "V1", x, 2), mt = area(g, "MT", v1, C);
    ww_graph_scope(g, "V1>V2");
    ww_var to_v2 = gated(g, v1);
    ww_var v2 = area(g, "V2", to_v2, C);
    ww_graph_scope(g, "V1>V3");
    ww_var v3 = area(g, "V3", gated(g, v1), C);
    ww_graph_scope(g, "V2>V4");
    ww_var v4 = area(g, "V4", ww_concat(g, 3, (const ww_var[]){gated(g, to_v2), mt, v3}, 1), 3 * C);
    ww_graph_scope(g, "V4>one");
    ww_var one = gated(g, v4); /* the other works in place: V4 cannot stand in for this one */
    ww_graph_scope(g, "V4>other");
    v4 = ww_add(g, one, gated(g, v4));
    ww_graph_output(g, "V2", v2);
    ww_graph_loss(g, "error", ww_mean_squared_error(g, ww_add(g, v4, v2), wanted), 1);
    OK(ww_graph_end(g));
    return g;
}

static ww_program *compiled(const ww_graph *g, ww_values *values, bool unshared)
{
    ww_program *p;
    OK(ww_compile(
        &p, g, values,
        (ww_compile_options){.batch = BATCH, .mode = WW_TRAIN, .seed = 4, .unshared = unshared}));
    for (int i = 0; i < 2; i++) {
        size_t n;
        float *x = ww_program_input(p, i == 0 ? "image" : "wanted", &n);
        ww_random random = ww_random_at(3, (uint64_t)i);
        for (size_t k = 0; k < n; k++)
            x[k] = (float)ww_random_normal(&random);
    }
    return p;
}

/* Running statistics move with each run, in both. */
static void same(ww_program *a, ww_program *b, uint64_t step, const char *when)
{
    size_t n;
    OK(ww_program_run(a, step));
    OK(ww_program_run(b, step));
    cr_assert(ww_program_loss(a) == ww_program_loss(b), "%s: loss %.9g, not %.9g", when,
              ww_program_loss(a), ww_program_loss(b));
    const float *x = ww_program_gradients(a, &n), *y = ww_program_gradients(b, NULL);
    cr_assert(memcmp(x, y, n * sizeof *x) == 0, "%s: gradients differ", when);
    cr_assert(memcmp(ww_program_output(a, "V2", NULL), ww_program_output(b, "V2", NULL),
                     BATCH * C * SIDE * SIDE * sizeof *x) == 0,
              "%s: the output differs", when);
    OK(ww_program_check_finite(a, step));
}

static int passing(const ww_program *p)
{
    int n = 0;
    for (int u = 0; u < p->n_units; u++)
        n += p->units[u].forward.neutral;
    return n;
}

static void check_controls(int threads)
{
    ww_graph *g = net();
    ww_values *values, *others;
    ww_threads_set(threads);
    OK(ww_values_create(&values, g, 1));
    OK(ww_values_create(&others, g, 1));
    ww_program *a = compiled(g, values, false), *b = compiled(g, others, true);
    cr_assert_eq(a->lanes, threads);
    static const struct {
        const char *control, *when;
        int at, passing;
        float value;
    } turns[] = {{"V1>V2/gain", "intact", 0, 2, 1},    {"V1>V2/gain", "V2 hears less", 3, 1, 0.5F},
                 {"V1>V3/noise", "V3 noisy", 0, 0, 1}, {"V1>V2/gain", "V2 back", 3, 1, 1},
                 {"V1/gain", "V1 dead", 2, 1, 0},      {"V1>V3/noise", "V3 back", 0, 2, 0},
                 {"V1/gain", "V1 back", 2, 2, 1}};
    for (size_t i = 0; i < sizeof turns / sizeof turns[0]; i++) {
        ww_values_find(values, turns[i].control)->data[turns[i].at] = turns[i].value;
        ww_values_find(others, turns[i].control)->data[turns[i].at] = turns[i].value;
        same(a, b, i, turns[i].when);
        cr_assert_eq(passing(a), turns[i].passing, "%s: %d pass", turns[i].when, passing(a));
        cr_assert_eq(passing(b), 0);
    }
    ww_program_free(a);
    ww_program_free(b);
    ww_values_free(values);
    ww_values_free(others);
    ww_graph_free(g);
}

Test(tensor_neutral, any_controls_from_run_to_run)
{
    check_controls(1);
    check_controls(2);
}

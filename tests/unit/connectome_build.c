/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Brains as graphs: wiring, time steps, gates of pathways, read-outs. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/random.h"
#include "tests/support/brains.h"

static const ww_view view = {32, 32, 4, 0.25, 50};
enum { BATCH = 2 };

static void show_noise(ww_test_run *run)
{
    size_t n;
    float *movie = ww_program_input(run->program, "movie", &n);
    ww_random random = ww_random_stream(4, "movie", 0);
    for (size_t i = 0; i < n; i++)
        movie[i] = (float)ww_random_uniform(&random);
}

static float *responses(ww_test_run *run, const char *name, size_t *n)
{
    ww_shape shape;
    cr_assert_eq(ww_program_run(run->program, 0), WW_OK, "%s", ww_error_message());
    const float *out = ww_test_output(run, name, &shape);
    *n = ww_shape_size(&shape);
    float *copy = malloc(*n * sizeof *copy);
    memcpy(copy, out, *n * sizeof *copy);
    return copy;
}

static const char *const areas = "retina LGN V1 V2 V4 PITv";
static const char *const ascending = "retina>LGN LGN>V1 V1>V2 V1>V4 V2>V4 V4>PITv V2>PITv";

Test(build, pathways_have_gates_and_weights_of_their_own)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = ww_test_brain(areas, ascending, &view, 1, arena);
    ww_test_run run = ww_test_compile(brain, WW_INFER, BATCH);
    static const char *const names[] = {"retina>LGN.midget/gain",
                                        "LGN>V1.M/noise",
                                        "V1>V2.interblob/gain",
                                        "V1>V2.4B/gain",
                                        "V2>V4.thin/gain",
                                        "V4>PITv/gain",
                                        "V2/pale.weight.V1.interblob",
                                        "V4/weight.V2.pale",
                                        "V4/weight.V1.blob",
                                        "PITv/weight.V4",
                                        "V4/decay",
                                        "V1/gate.simple/gain",
                                        "V4/gate/gain",
                                        "V2/gate.thick/noise",
                                        "PITv/mean.t0"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        ww_test_value(&run, names[i]);
    cr_assert_eq(ww_test_value(&run, "LGN>V1.P/gain")->shape.dim[1], 32);  /* the LGN's own grid */
    cr_assert_eq(ww_test_value(&run, "V1>V4.blob/gain")->shape.dim[1], 8); /* the grid of V4 */
    ww_test_run_free(&run);
    ww_arena_free(arena);
}

Test(build, a_cut_pathway_is_silent_and_the_others_are_not)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = ww_test_brain(areas, ascending, &view, 1, arena);
    ww_test_run run = ww_test_compile(brain, WW_INFER, BATCH);
    size_t n;
    show_noise(&run);
    float *intact = responses(&run, "area/PITv", &n);
    ww_test_fill(&run, "V4>PITv/gain", 0);
    float *cut = responses(&run, "area/PITv", &n);
    ww_test_fill(&run, "V4>PITv/gain", 1);
    ww_test_fill(&run, "V4/gate/gain", 0); /* all that V4 says, so the same for PITv */
    float *silenced = responses(&run, "area/PITv", &n);
    ww_test_fill(&run, "V4/gate/gain", 1);
    float *healed = responses(&run, "area/PITv", &n);
    cr_assert_neq(memcmp(intact, cut, n * sizeof *cut), 0);
    cr_assert_eq(memcmp(silenced, cut, n * sizeof *cut), 0);
    cr_assert_eq(memcmp(intact, healed, n * sizeof *healed), 0);
    double left = 0;
    for (size_t i = 0; i < n; i++)
        left += fabs((double)cut[i]);
    cr_assert(left > 0, "V2 reaches PITv too");
    free(intact), free(cut), free(silenced), free(healed);
    ww_test_run_free(&run);
    ww_arena_free(arena);
}

static const char *const recurrent =
    "retina>LGN LGN>V1 V1>V2 V1>V4 V2>V4 V4>PITv V2>PITv PITv>V4 V4>V2 V4>V1 V1>LGN PITv>PITv";

Test(build, feedback_acts_from_one_step_to_the_next)
{
    ww_arena *arena = ww_arena_create();
    size_t n;
    float *out[3][2];
    for (int k = 0; k < 3; k++) {
        ww_brain *brain =
            ww_test_brain(areas, k < 2 ? recurrent : ascending, &view, k == 0 ? 1 : 2, arena);
        ww_test_run run = ww_test_compile(brain, WW_INFER, BATCH);
        show_noise(&run);
        out[k][0] = responses(&run, "area/PITv", &n);
        out[k][1] = responses(&run, "area/V1", &n);
        if (k == 1) {
            ww_test_value(&run, "V4/weight.PITv");
            ww_test_value(&run, "V1/4B.weight.V4");
            ww_test_value(&run, "PITv/mean.t1");
        } else
            cr_assert(ww_values_find(run.values, "PITv/mean.t1") == NULL,
                      "nothing changed, so nothing is computed again");
        ww_test_run_free(&run);
    }
    n = BATCH * sizeof(float); /* enough of them */
    cr_assert_neq(memcmp(out[0][0], out[1][0], n), 0, "two steps are not one");
    cr_assert_neq(memcmp(out[0][1], out[1][1], n), 0, "V1 hears from V4");
    cr_assert_eq(memcmp(out[0][0], out[2][0], n), 0, "without feedback two steps are one");
    for (int k = 0; k < 3; k++)
        free(out[k][0]), free(out[k][1]);
    ww_arena_free(arena);
}

Test(build, two_steps_train_and_feedback_weights_get_gradients)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = ww_test_brain(areas, recurrent, &view, 2, arena);
    for (int i = 0; i < brain->n_paths; i++)
        ((ww_brain_path *)brain->path)[i].cost = 1e-3;
    brain->wiring_cost = 2e-3; /* of the read-outs' wire */
    ww_test_task(brain, "what", WW_LABEL_CLASS, WW_READ_MAX, 3, arena);
    ww_test_run run = ww_test_compile(brain, WW_TRAIN, BATCH);
    size_t n;
    show_noise(&run);
    float *label = ww_program_input(run.program, "label/what", &n);
    label[0] = 1, label[1] = 2;
    cr_assert_eq(ww_program_run(run.program, 0), WW_OK, "%s", ww_error_message());
    const float *gradient = ww_program_gradients(run.program, &n);
    static const char *const names[] = {"V4/weight.PITv", "V2/pale.weight.V4",
                                        "V1/interblob.weight.V4", "LGN/P.weight.V1.interblob"};
    for (int i = 0; i < 4; i++) {
        const ww_value *value = ww_test_value(&run, names[i]);
        double sum = 0, cost = 0;
        for (size_t k = 0; k < value->size; k++)
            sum += fabs(gradient[value->offset + k]), cost += 1e-3;
        cr_assert(sum > 0, "%s", names[i]);
        cr_assert(fabs(sum - cost) > 1e-6, "%s feels its wiring cost alone", names[i]);
    }
    /* the cost is that of all weights of pathways, once */
    ww_shape shape;
    double expected = 0;
    for (size_t i = 0; i < ww_values_count(run.values); i++) {
        const ww_value *value = ww_values_at(run.values, i);
        const char *weight = strstr(value->name, "weight.");
        if (value->kind != WW_NODE_PARAM || weight == NULL || strcmp(weight, "weight.blob") == 0)
            continue;
        for (size_t k = 0; k < value->size; k++)
            expected += (strncmp(value->name, "what/", 5) == 0 ? 2e-3 : 1e-3) *
                        fabs((double)value->data[k]);
    }
    double cost = ww_test_output(&run, "loss/wiring", &shape)[0];
    cr_assert_float_eq(cost, expected, 1e-3 * expected, "%g, %g", cost, expected);
    ww_test_run_free(&run);
    ww_arena_free(arena);
}

Test(build, a_place_is_read_where_it_is)
{
    ww_arena *arena = ww_arena_create();
    ww_brain *brain = ww_test_brain("retina LGN V1", "retina>LGN LGN>V1", &view, 1, arena);
    ww_test_task(brain, "where", WW_LABEL_POSITION, WW_READ_PLACE, 2, arena);
    ww_test_run run = ww_test_compile(brain, WW_INFER, 1);
    ww_value *weight = ww_test_value(&run, "where/weight.V1");
    for (size_t i = 0; i < weight->size; i++)
        weight->data[i] = 4; /* evidence: any contrast */
    size_t n;
    float *movie = ww_program_input(run.program, "movie", &n);
    double answer[3][2];
    for (int k = 0; k < 3; k++) { /* a small disc left, right, up */
        double cx = k == 0 ? -2.5 : (k == 1 ? 2.5 : 0), cy = k == 2 ? 2.5 : 0;
        ww_shape shape;
        for (int y = 0; y < 32; y++)
            for (int x = 0; x < 32; x++) {
                double dx = (x - 15.5) * 0.25 - cx, dy = (15.5 - y) * 0.25 - cy;
                for (int c = 0; c < 12; c++)
                    movie[(c * 32 + y) * 32 + x] = hypot(dx, dy) < 0.6 ? 1 : 0.5f;
            }
        cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
        const float *out = ww_test_output(&run, "where", &shape);
        cr_assert(shape.rank == 2 && shape.dim[1] == 2);
        answer[k][0] = out[0], answer[k][1] = out[1];
    }
    cr_assert(answer[0][0] < -0.4 && answer[1][0] > 0.4 && answer[2][1] > 0.4);
    cr_assert_float_eq(answer[0][0], -answer[1][0], 0.02);
    cr_assert_float_eq(answer[2][0], 0, 0.02);
    /* what sees the left field falls silent: the left is lost, the right is as before */
    static const char *const gates[] = {"V1/gate.interblob/gain"};
    ww_value *gate = ww_test_value(&run, gates[0]);
    for (size_t i = 0; i < gate->size; i++)
        if (i % (size_t)gate->shape.dim[2] < (size_t)gate->shape.dim[2] / 2)
            gate->data[i] = 0;
    ww_shape shape;
    for (int k = 0; k < 2; k++) {
        double cx = k == 0 ? -2.5 : 2.5;
        for (int y = 0; y < 32; y++)
            for (int x = 0; x < 32; x++)
                for (int c = 0; c < 12; c++)
                    movie[(c * 32 + y) * 32 + x] =
                        hypot((x - 15.5) * 0.25 - cx, (15.5 - y) * 0.25) < 0.6 ? 1 : 0.5f;
        cr_assert_eq(ww_program_run(run.program, 0), WW_OK);
        double x = ww_test_output(&run, "where", &shape)[0];
        if (k == 0)
            cr_assert(x > -0.15, "seen at %g", x);
        else
            cr_assert_float_eq(x, answer[1][0], 0.1, "seen at %g", x);
    }
    ww_test_run_free(&run);
    ww_arena_free(arena);
}

/* A graph that is refused with exactly this message. */
static void refuses(const ww_brain *brain, const char *message)
{
    ww_graph *graph = ww_graph_create();
    cr_assert_eq(ww_brain_build(graph, brain), WW_EINVAL);
    cr_assert_str_eq(ww_error_message(), message);
    ww_graph_free(graph);
}

Test(build, says_what_is_wrong)
{
    ww_arena *arena = ww_arena_create();
    refuses(ww_test_brain("retina LGN V1 V2", "retina>LGN LGN>V1", &view, 1, arena),
            "area V2: nothing from V1 reaches it");
    refuses(ww_test_brain("retina LGN V1 V4 PITv", "retina>LGN LGN>V1 PITv>V4 V1>PITv", &view, 1,
                          arena),
            "area V4: nothing reaches it within 1 step; what descends takes a step more");
    ww_brain *brain = ww_test_brain(areas, ascending, &view, 1, arena);
    ((ww_area_common *)brain->area[4].params)->channels = 8;
    ww_params_set(brain->area[4].type->item.params, brain->area[4].params, "kernel", "2", "",
                  arena);
    refuses(brain, "area V4: kernel = 2 and surround_size = 7 must be odd");
    ww_arena_free(arena);
}

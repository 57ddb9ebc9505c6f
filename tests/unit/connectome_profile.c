/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Profiles: what is counted is counted by hand, whose it is, and that one of an inference is not
 * one of a training step. Times are only held to be there. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "connectome/profile.h"
#include "tests/support/folder.h"

TestSuite(profile, .init = ww_folder_make, .fini = ww_folder_remove);

static const char yaml[] =
    "brain: tiny\n"
    "summary: a brain for tests\n"
    "view: {width_px: 24, height_px: 24, frames: 3, deg_per_px: 0.5, frame_ms: 50}\n"
    "steps: 1\n"
    "stimulus: {scene: {n_faces: 2, n_words: 2, n_objects: 2, size_min_deg: 6, size_max_deg: 7}}\n"
    "areas:\n"
    "  retina: {grid: 24}\n"
    "  LGN: {grid: 24}\n"
    "  V1: {grid: 12, orientations: 4, frequencies_cpd: [0.4], motion_cpd: [0.3]}\n"
    "  V2: {grid: 12, channels: 12}\n"
    "  V4: {grid: 6, channels: 12}\n"
    "wiring: {table: felleman_vanessen_1991, use: [ascending]}\n"
    "tasks: {category: {reads: V4, label: category, readout: max}}\n"
    "training: {optimiser: adam, batch: 16}\n";

/* Marks what a result needs: maps that nothing hears are not computed. */
static void mark(const ww_graph *graph, bool *needed)
{
    const ww_graph_result *results;
    size_t n = ww_graph_results(graph, &results);
    for (size_t r = 0; r < n; r++)
        needed[results[r].id] = true;
    for (size_t i = ww_graph_nodes(graph); i-- > 0;)
        for (int k = 0; needed[i] && k < ww_graph_node(graph, i)->n_in; k++)
            needed[ww_graph_node(graph, i)->in[k]] = true;
}

/* Multiply-adds of a sample in the convolutions of an area, summed node by node. */
static double products_by_hand(const ww_model *model, const char *area, ww_arena *arena)
{
    double sum = 0;
    size_t length = strlen(area), nodes = ww_graph_nodes(model->graph);
    bool *needed = ww_arena_array(arena, nodes, sizeof *needed);
    mark(model->graph, needed);
    for (size_t i = 0; i < nodes; i++) {
        const ww_node *node = ww_graph_node(model->graph, i);
        if (node->kind != WW_NODE_OP || strcmp(node->op->item.name, "conv2d") != 0 ||
            strncmp(node->name, area, length) != 0 || node->name[length] != '/' || !needed[i])
            continue;
        const int64_t *y = node->shape.dim;
        const int64_t *w = ww_graph_node(model->graph, (size_t)node->in[1])->shape.dim;
        sum += (double)(y[1] * y[2] * y[3] * w[1] * w[2] * w[3]);
    }
    return sum;
}

static const ww_profile_row *row_of(const ww_profile *profile, const char *area, const char *op)
{
    for (int i = 0; i < profile->n; i++)
        if (strcmp(profile->row[i].area, area) == 0 && strcmp(profile->row[i].op, op) == 0)
            return &profile->row[i];
    cr_assert_fail("no row for %s %s", area, op);
    return NULL;
}

static double total_s(const ww_profile *profile)
{
    double sum = 0;
    for (int i = 0; i < profile->n; i++) {
        const ww_profile_row *row = &profile->row[i];
        cr_expect(isfinite(row->forward_s) && isfinite(row->backward_s));
        sum += row->forward_s + row->backward_s;
    }
    return sum;
}

Test(profile, counts_what_runs_and_whose_it_is)
{
    ww_arena *arena = ww_arena_create();
    ww_model *model;
    ww_profile *infer, *twice, *train;
    expect_ok(ww_model_create(&model, ww_file_with_text("tiny.yaml", yaml), NULL, 1));
    expect_ok(ww_model_profile(model, 2, 1, false, &infer, arena));
    expect_ok(ww_model_profile(model, 4, 1, false, &twice, arena));
    expect_ok(ww_model_profile(model, 2, 2, true, &train, arena));

    static const char *const areas[] = {"retina", "V1", "V2", "V4"};
    for (size_t i = 0; i < sizeof areas / sizeof areas[0]; i++) {
        double hand = products_by_hand(model, areas[i], arena);
        cr_expect(hand > 0);
        cr_expect_float_eq(row_of(infer, areas[i], "conv2d")->products, 2 * hand, 0.5);
        cr_expect_float_eq(row_of(twice, areas[i], "conv2d")->products, 4 * hand, 0.5);
    }
    /* V4 learns from maps that learn: thrice the work; the retina's filters are fixed */
    cr_expect_float_eq(row_of(train, "V4", "conv2d")->products,
                       3 * row_of(infer, "V4", "conv2d")->products, 0.5);
    cr_expect_float_eq(row_of(train, "retina", "conv2d")->products,
                       row_of(infer, "retina", "conv2d")->products, 0.5);
    cr_expect_eq(row_of(infer, "V4", "batch_norm+relu")->products, 0);
    cr_expect(row_of(train, "V4", "batch_norm+relu")->bytes >
              row_of(infer, "V4", "batch_norm+relu")->bytes); /* no workspace: maps and gradients */
    cr_expect_eq(row_of(infer, "V4", "conv2d")->nodes, row_of(train, "V4", "conv2d")->nodes);

    cr_expect(total_s(infer) > 0 && total_s(train) > 0);
    cr_expect_eq(row_of(infer, "V4", "conv2d")->backward_s, 0);
    cr_expect(row_of(train, "V4", "conv2d")->backward_s > 0);
    cr_expect(row_of(train, "all", "adam")->forward_s > 0);
    for (int i = 0; i < infer->n; i++)
        cr_expect(strcmp(infer->row[i].area, "all") != 0);
    for (int i = 1; i < train->n; i++)
        cr_expect(train->row[i - 1].forward_s + train->row[i - 1].backward_s >=
                  train->row[i].forward_s + train->row[i].backward_s);
    cr_expect(train->planned_bytes > 0 && train->run_s > 0 && train->scenes_s > 0);
    ww_model_free(model);
    ww_arena_free(arena);
}

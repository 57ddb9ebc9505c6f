/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Closed forms and exact messages of the operators whose cases run in tests/contract/ops.c: what a
 * fast and a reference kernel could both have wrong. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/ops.h"
#include "tests/support/op_rig.h"

extern const ww_op ww_op_conv2d, ww_op_batch_norm, ww_op_divisive_norm, ww_op_gather, ww_op_pool,
    ww_op_resize, ww_op_warp;

/* Runs forward on given values; out is left in the rig. */
static ww_rig *run(const ww_op *op, const ww_op_case *of, ww_mode mode, const float *const *values)
{
    ww_rig *rig = ww_rig_create(op, of, 1, mode);
    cr_assert(rig != NULL, "%s", ww_error_message());
    for (int k = 0; k < of->n_in; k++)
        memcpy(rig->drawn[k], values[k], rig->size[k] * sizeof(float));
    ww_rig_forward(rig);
    return rig;
}

static void equals(ww_rig *rig, const float *wanted)
{
    for (size_t i = 0; i < rig->out_size; i++)
        cr_assert_float_eq(rig->out[i], wanted[i], 1e-6, "%s: %zu: %g, not %g", rig->where, i,
                           (double)rig->out[i], (double)wanted[i]);
    ww_rig_free(rig);
}

Test(tensor_heavy_ops, conv2d_correlates_and_does_not_flip)
{
    const ww_op_case of = {
        "impulse", &(ww_conv2d_attr){.pad = 1}, 2, {{4, {1, 1, 3, 3}}, {4, {1, 1, 3, 3}}}, {0}, 0};
    const float impulse[9] = {[4] = 1}, filter[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    const float turned[9] = {9, 8, 7, 6, 5, 4, 3, 2, 1};
    equals(run(&ww_op_conv2d, &of, WW_INFER, (const float *const[]){impulse, filter}), turned);
}

Test(tensor_heavy_ops, warp_reads_x_before_y_and_zero_outside)
{
    const ww_op_case of = {"ramp", NULL, 2, {{4, {1, 1, 2, 3}}, {3, {1, 5, 2}}}, {0}, 0};
    const float map[6] = {0, 1, 2, 10, 11, 12};
    const float grid[10] = {2, 0, 1, 1, 0.5F, 0.5F, -0.5F, 0, NAN, 0};
    const float wanted[5] = {2, 11, 5.5F, 0, 0};
    ww_rig *rig = run(&ww_op_warp, &of, WW_INFER, (const float *const[]){map, grid});
    equals(rig, wanted);
}

Test(tensor_heavy_ops, resize_aligns_pixel_centres)
{
    struct {
        int height, width, kind;
    } to_four = {1, 4, WW_BILINEAR}, to_one = {1, 1, WW_BILINEAR}, near = {1, 4, WW_NEAREST};
    ww_op_case of = {"two pixels", &to_four, 1, {{4, {1, 1, 1, 2}}}, {0}, 0};
    const float pixels[2] = {0, 8}, four[4] = {0, 2, 6, 8}, one[1] = {4}, twice[4] = {0, 0, 8, 8};
    equals(run(&ww_op_resize, &of, WW_INFER, (const float *const[]){pixels}), four);
    of.attr = &to_one;
    equals(run(&ww_op_resize, &of, WW_INFER, (const float *const[]){pixels}), one);
    of.attr = &near;
    equals(run(&ww_op_resize, &of, WW_INFER, (const float *const[]){pixels}), twice);
}

/* Between the average and the maximum; ties go to the first; padding does not count. */
Test(tensor_heavy_ops, pools_are_between_average_and_maximum)
{
    ww_pool_attr attr = {WW_POOL_SOFTMAX, 2, 2, 0, 1e-9};
    ww_op_case of = {"four pixels", &attr, 1, {{4, {1, 1, 2, 2}}}, {0}, 0};
    const float x[4] = {1, 2, 3, 6}, mean[1] = {3}, top[1] = {6};
    const float *const values[] = {x};
    equals(run(&ww_op_pool, &of, WW_INFER, values), mean);
    attr.beta = 60;
    equals(run(&ww_op_pool, &of, WW_INFER, values), top);
    attr.beta = 1;
    double sum = 0, weighted = 0;
    for (int i = 0; i < 4; i++) {
        sum += exp((double)x[i]);
        weighted += exp((double)x[i]) * (double)x[i];
    }
    const float soft[1] = {(float)(weighted / sum)};
    equals(run(&ww_op_pool, &of, WW_INFER, values), soft);
    attr = (ww_pool_attr){WW_POOL_AVERAGE, 3, 2, 1, 0};
    equals(run(&ww_op_pool, &of, WW_INFER, values), mean);
    attr = (ww_pool_attr){WW_POOL_MAX, 2, 2, 0, 0};
    const float ties[4] = {5, 5, 5, 5};
    ww_rig *rig = run(&ww_op_pool, &of, WW_TRAIN, (const float *const[]){ties});
    ww_rig_backward(rig);
    cr_assert(rig->grad_in[0][0] == rig->grad_out[0] && rig->grad_in[0][1] == 0 &&
              rig->grad_in[0][2] == 0 && rig->grad_in[0][3] == 0);
    ww_rig_free(rig);
}

/* Contrast saturation: k equal responses x among C channels give x / sqrt(sigma^2 + k x^2 / C). */
Test(tensor_heavy_ops, divisive_norm_saturates_with_contrast)
{
    ww_divisive_norm_attr attr = {0, 1, 0.5};
    const ww_op_case of = {"channels", &attr, 1, {{4, {1, 4, 1, 1}}}, {0}, 0};
    for (float x = 0.01F; x < 200; x *= 3) {
        const float in[4] = {x, 0, x, 0};
        float y = (float)((double)x / sqrt(0.25 + (double)(x * x) / 2));
        const float wanted[4] = {y, 0, y, 0};
        equals(run(&ww_op_divisive_norm, &of, WW_INFER, (const float *const[]){in}), wanted);
    }
}

/* Training: mean 0, variance 1, then gain and bias; the states move by momentum towards the mean
 * and the unbiased variance. */
Test(tensor_heavy_ops, batch_norm_normalises_and_moves_its_states)
{
    const ww_op_case of = {
        "five numbers", NULL, 5, {{2, {5, 1}}, {1, {1}}, {1, {1}}, {1, {1}}, {1, {1}}}, {0}, 0};
    const float x[5] = {1, 2, 3, 4, 10}, gain = 2, bias = -1, mean = 10, variance = 7;
    const float *const values[] = {x, &gain, &bias, &mean, &variance};
    ww_rig *rig = run(&ww_op_batch_norm, &of, WW_TRAIN, values);
    cr_assert_float_eq(rig->in[3][0], 0.9 * 10 + 0.1 * 4, 1e-6);
    cr_assert_float_eq(rig->in[4][0], 0.9 * 7 + 0.1 * 12.5, 1e-6);
    float wanted[5];
    for (int i = 0; i < 5; i++)
        wanted[i] = (float)(2 * ((double)x[i] - 4) / sqrt(10 + 1e-5) - 1);
    equals(rig, wanted);
    for (int i = 0; i < 5; i++)
        wanted[i] = (float)(2 * ((double)x[i] - 10) / sqrt(7 + 1e-5) - 1);
    equals(run(&ww_op_batch_norm, &of, WW_INFER, values), wanted);
}

/* A large mean costs no digits of the variance. */
Test(tensor_heavy_ops, batch_norm_of_large_numbers)
{
    const ww_op_case of = {"large", NULL, 5, {{2, {4, 1}}, {1, {1}}, {1, {1}}, {1, {1}}, {1, {1}}},
                           {0},     0};
    const float x[4] = {1000001, 1000002, 1000003, 1000004}, one = 1, zero = 0;
    const float r = (float)(1 / sqrt(1.25 + 1e-5));
    const float wanted[4] = {-1.5F * r, -0.5F * r, 0.5F * r, 1.5F * r};
    equals(
        run(&ww_op_batch_norm, &of, WW_TRAIN, (const float *const[]){x, &one, &zero, &zero, &one}),
        wanted);
}

Test(tensor_heavy_ops, gather_refuses_what_is_no_row)
{
    const ww_op_case of = {"rows", NULL, 2, {{2, {3, 2}}, {1, {2}}}, {0, WW_DRAW_LABEL}, 3};
    ww_rig *rig = ww_rig_create(&ww_op_gather, &of, 1, WW_INFER);
    const float bad[] = {3, -1, 0.5F, NAN};
    const char *const shown[] = {"3", "-1", "0.5", "nan"};
    for (int i = 0; i < 4; i++) {
        char wanted[80];
        rig->in[1][1] = bad[i];
        cr_assert_eq(ww_op_gather.forward(&rig->call), WW_EINVAL);
        snprintf(wanted, sizeof wanted, "gather: index %s is no whole number from 0 to 2",
                 shown[i]);
        cr_assert_str_eq(ww_error_message(), wanted);
    }
    ww_rig_free(rig);
}

/* ---- messages, as a user of the graph sees them ---- */

static ww_graph *graph;
static ww_var maps, vectors;

static void begin(void)
{
    graph = ww_graph_create();
    ww_graph_scope(graph, "V4");
    maps = ww_input(graph, "x", WW_SHAPE(WW_BATCH, 6, 8, 8));
    vectors = ww_input(graph, "v", WW_SHAPE(WW_BATCH, 6));
}

static ww_var parameter(const char *name, ww_shape shape)
{
    return ww_parameter(graph, name, shape, (ww_init){0}, 0);
}

static void fails(const char *message)
{
    cr_assert_neq(ww_graph_end(graph), WW_OK, "not refused: %s", message);
    cr_assert_str_eq(ww_error_message(), message);
    ww_graph_free(graph);
    begin();
}

Test(tensor_heavy_ops, messages_of_linear_maps)
{
    begin();
    ww_conv2d(graph, maps, parameter("w", WW_SHAPE(4, 3, 3, 3)), (ww_conv2d_attr){0});
    fails("V4: conv2d: [N, 6, 8, 8] and [4, 3, 3, 3]: 6 channels and 4 filters do not divide into "
          "1 group(s) of 3 channels");
    ww_conv2d(graph, maps, parameter("w", WW_SHAPE(3, 3, 3, 3)), (ww_conv2d_attr){.groups = 2});
    fails("V4: conv2d: [N, 6, 8, 8] and [3, 3, 3, 3]: 6 channels and 3 filters do not divide into "
          "2 group(s) of 3 channels");
    ww_conv2d(graph, maps, parameter("w", WW_SHAPE(4, 6, 9, 9)), (ww_conv2d_attr){0});
    fails("V4: conv2d: [N, 6, 8, 8] and [4, 6, 9, 9]: the filter is larger than the map with its "
          "padding");
    ww_conv2d(graph, vectors, parameter("w", WW_SHAPE(4, 6, 1, 1)), (ww_conv2d_attr){0});
    fails("V4: conv2d: [N, 6] and [4, 6, 1, 1]: maps [N, C, H, W] and filters [K, C/groups, kh, "
          "kw] are wanted");
    ww_conv2d(graph, maps, parameter("w", WW_SHAPE(4, 6, 1, 1)), (ww_conv2d_attr){.pad = -1});
    fails("V4: conv2d: stride 1, pad -1, dilation 1, groups 1: none may be negative");
    ww_linear(graph, vectors, parameter("w", WW_SHAPE(3, 5)));
    fails("V4: linear: [N, 6] and [3, 5]: vectors [N, F] and weights [K, F] of the same F are "
          "wanted");
    ww_matmul(graph, maps, parameter("w", WW_SHAPE(2, 8, 3)));
    fails("V4: matmul: [N, 6, 8, 8] and [2, 8, 3]: [..., M, K] and [..., K, P] or [K, P] are "
          "wanted, with the same leading dimensions");
    ww_bias(graph, maps, parameter("b", WW_SHAPE(8)));
    fails("V4: bias: [N, 6, 8, 8] and [8]: the bias must have one number per channel (axis 1)");
    ww_gather(graph, maps, vectors);
    fails("V4: gather: [N, 6, 8, 8] and [N, 6]: a table [V, D] and an index [N] or [N, L] are "
          "wanted");
    ww_warp(graph, maps, vectors);
    fails("V4: warp: [N, 6, 8, 8] and [N, 6]: maps [N, C, H, W] and a grid [H', W', 2] of (x, y) "
          "are wanted");
    ww_resize(graph, maps, 0, 3, WW_NEAREST);
    fails("V4: resize: [N, 6, 8, 8] cannot become 0 x 3");
    ww_graph_free(graph);
}

Test(tensor_heavy_ops, messages_of_pools_and_norms)
{
    begin();
    ww_var six = parameter("six", WW_SHAPE(6));
    ww_pool(graph, maps, (ww_pool_attr){.size = 3, .pad = 3});
    fails("V4: pool: size 3, stride 3, pad 3: size and stride must be positive, and pad less than "
          "size");
    ww_pool(graph, maps, (ww_pool_attr){.size = 9});
    fails("V4: pool: [N, 6, 8, 8]: a window of 9 x 9 is larger than the map with its padding");
    ww_global_pool(graph, vectors, WW_POOL_MAX);
    fails("V4: global_pool: the map is [N, 6]; [N, C, H, W] is wanted");
    six = parameter("six", WW_SHAPE(6));
    ww_batch_norm(graph, maps, six, six, six, parameter("eight", WW_SHAPE(8)), 0);
    fails("V4: batch_norm: [N, 6, 8, 8] and [8]: the variance must have one number per channel "
          "(axis 1)");
    six = parameter("six", WW_SHAPE(6));
    ww_batch_norm(graph, maps, six, six, six, six, 1.5);
    fails("V4: batch_norm: momentum 1.5 is outside 0 to 1");
    six = parameter("six", WW_SHAPE(6));
    ww_group_norm(graph, maps, six, six, 4);
    fails("V4: group_norm: [N, 6, 8, 8] and [6]: the channels do not divide into 4 groups");
    six = parameter("six", WW_SHAPE(6));
    ww_layer_norm(graph, maps, six, six);
    fails("V4: layer_norm: [N, 6, 8, 8] and [6]: the gain must have the shape of one sample");
    ww_divisive_norm(graph, maps, (ww_divisive_norm_attr){.channels = 4});
    fails("V4: divisive_norm: a window of 4 channels and 1 pixels: odd numbers are wanted");
    ww_divisive_norm(graph, maps, (ww_divisive_norm_attr){.sigma = -1});
    fails("V4: divisive_norm: sigma -1 is not positive");
    ww_graph_free(graph);
}

/* Instance normalisation is group normalisation with a group for each channel. */
Test(tensor_heavy_ops, instance_norm_is_a_group_per_channel)
{
    begin();
    ww_var six = parameter("six", WW_SHAPE(6));
    ww_var y = ww_instance_norm(graph, maps, six, six);
    const ww_node *node = ww_graph_node(graph, (size_t)y.id);
    cr_assert_str_eq(node->name, "V4/group_norm");
    cr_assert_eq(*(const int *)node->attr, 6);
    ww_graph_free(graph);
}

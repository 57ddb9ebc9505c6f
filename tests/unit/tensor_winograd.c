/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Winograd's convolution against sums in double, for every kind of processor that this one can
 * stand in for, whichever kernel conv2d itself would choose. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/tensor/backend/winograd.h"
#include "engine/tensor/ops.h"
#include "tests/support/op_rig.h"

extern const ww_op ww_op_conv2d;

#define SIZED(text, size, c, h, w, k, padding)                                                     \
    {                                                                                              \
        text, &(const ww_conv2d_attr){.pad = padding, .stride = 1 + (size == 4)}, 2,               \
            {{4, {WW_BATCH, c, h, w}}, {4, {k, c, size, size}}}, {WW_DRAW_NORMAL, WW_DRAW_NORMAL}, \
            0                                                                                      \
    }

static const struct {
    ww_op_case of;
    int64_t batch;
} cases[] = {{SIZED("one tile, one sample", 3, 16, 4, 4, 16, 1), 1},
             {SIZED("less than a tile", 3, 3, 2, 1, 5, 1), 7},
             {SIZED("one pixel", 3, 2, 1, 1, 3, 1), 3},
             {SIZED("odd sizes", 3, 17, 9, 7, 13, 1), 5},
             {SIZED("no padding", 3, 3, 11, 6, 4, 0), 3},
             {SIZED("one output", 3, 2, 3, 3, 3, 0), 1},
             {SIZED("wide padding", 3, 2, 5, 9, 9, 2), 4},
             {SIZED("one channel and one filter", 3, 1, 10, 35, 1, 1), 2},
             {SIZED("a row longer than any vector", 3, 2, 5, 150, 3, 1), 1},
             {SIZED("a block begins within a row", 3, 4, 6, 230, 8, 1), 1},
             {SIZED("more than one block", 3, 5, 13, 14, 24, 1), 30},
             {SIZED("several chunks of weights", 3, 6, 32, 32, 5, 1), 14},
             {SIZED("many channels", 3, 130, 5, 6, 33, 1), 2},
             {SIZED("many channels and filters", 3, 96, 4, 8, 97, 1), 2},
             {SIZED("more channels than a panel", 3, 300, 4, 4, 9, 1), 1},
             {SIZED("as many tiles as lanes", 3, 20, 16, 16, 70, 1), 1},
             {SIZED("few tiles, not whole, many filters", 3, 11, 7, 9, 133, 1), 1},
             {SIZED("few tiles of several samples", 3, 9, 8, 4, 50, 0), 4},
             {SIZED("5x5, few tiles", 5, 7, 8, 8, 37, 2), 1},
             {SIZED("5x5, odd sizes", 5, 17, 9, 7, 13, 2), 5},
             {SIZED("5x5, no padding", 5, 3, 11, 9, 4, 0), 3},
             {SIZED("5x5, wide padding", 5, 2, 5, 9, 9, 4), 4},
             {SIZED("5x5, no larger than a filter", 5, 3, 5, 5, 5, 2), 7},
             {SIZED("5x5, whole tiles, several blocks", 5, 20, 14, 14, 24, 2), 6},
             {SIZED("5x5, a long row", 5, 2, 5, 150, 3, 2), 1},
             {SIZED("4x4, whole tiles, several blocks", 4, 20, 32, 32, 24, 1), 5},
             {SIZED("4x4, odd sizes", 4, 17, 19, 15, 13, 1), 5},
             {SIZED("4x4, no padding, pixels that nothing reads", 4, 3, 13, 11, 4, 0), 3},
             {SIZED("4x4, wide padding", 4, 2, 9, 16, 9, 3), 4},
             {SIZED("4x4, padding of two", 4, 5, 12, 9, 70, 2), 2},
             {SIZED("4x4, one output", 4, 2, 4, 4, 3, 0), 1},
             {SIZED("4x4, less than a filter", 4, 3, 2, 1, 5, 2), 7},
             {SIZED("4x4, one channel and one filter", 4, 1, 10, 35, 1, 1), 2},
             {SIZED("4x4, a block begins within a row", 4, 4, 6, 450, 8, 1), 1},
             {SIZED("4x4, many channels and filters", 4, 96, 8, 16, 97, 1), 2},
             {SIZED("4x4, several chunks of weights", 4, 6, 64, 64, 5, 1), 9},
             {SIZED("4x4, more channels than a panel", 4, 70, 8, 8, 9, 1), 1}};

enum { N_CASES = sizeof cases / sizeof cases[0], N_PASSES = 3 };
static const double LIMIT = 1e-5, EXPECTED = 3e-6;

static ww_conv_size size_of(const ww_rig *rig)
{
    const ww_conv2d_attr *a = rig->call.attr;
    const int64_t *x = rig->shape[0].dim, *w = rig->shape[1].dim, *y = rig->call.out_shape.dim;
    return (ww_conv_size){x[0], x[1], x[2],      x[3],   w[0],        w[2],     w[3],
                          y[2], y[3], a->stride, a->pad, a->dilation, a->groups};
}

static size_t floats_of(const ww_rig *rig, int pass)
{
    return pass == WW_CONV_FORWARD ? rig->out_size : rig->size[pass == WW_CONV_WEIGHTS];
}

/* Runs one pass into `result`, or adds it to that; scratch is as long as was asked for and ends in
 * a sentinel. */
static void run(ww_winograd *winograd, ww_rig *rig, int pass, float *result, bool add)
{
    size_t room = ww_winograd_scratch(winograd);
    float *scratch = aligned_alloc(64, (room + 16) * sizeof *scratch);
    cr_assert(scratch != NULL);
    ww_rig_poison(scratch, room);
    scratch[room] = 12345;
    if (!add)
        ww_rig_poison(result, floats_of(rig, pass));
    ww_winograd_run(winograd, pass == WW_CONV_DATA ? result : rig->in[0],
                    pass == WW_CONV_WEIGHTS ? result : rig->in[1],
                    pass == WW_CONV_FORWARD ? result : rig->grad_out, scratch, add);
    cr_assert(scratch[room] == 12345, "%s: pass %d: scratch overrun", rig->where, pass);
    free(scratch);
}

static float *pass_of(ww_rig *rig, int pass, int threads, const ww_kernels *kernels, bool keep)
{
    ww_conv_size size = size_of(rig);
    ww_winograd *winograd;
    cr_assert(ww_winograd_supports(&size, pass));
    cr_assert_eq(ww_winograd_create(&winograd, &size, pass, threads, kernels, keep, false), WW_OK);
    size_t floats = floats_of(rig, pass);
    float *result = malloc((floats + 1) * sizeof *result);
    cr_assert(result != NULL);
    result[floats] = 12345;
    run(winograd, rig, pass, result, false);
    cr_assert(result[floats] == 12345, "%s: pass %d: result overrun", rig->where, pass);
    ww_winograd_free(winograd);
    return result;
}

/* To some numbers: their sums with what is written elsewhere, to the bit. Few tiles cannot. */
static void check_add(ww_rig *rig, const ww_kernels *kernels, bool keep, const float *written)
{
    ww_conv_size size = size_of(rig);
    size_t floats = floats_of(rig, WW_CONV_DATA);
    ww_winograd *winograd;
    cr_assert_eq(ww_winograd_create(&winograd, &size, WW_CONV_DATA, 2, kernels, keep, false),
                 WW_OK);
    float *result = ww_rig_copy(rig->in[0], floats);
    if (ww_winograd_can_add(winograd))
        run(winograd, rig, WW_CONV_DATA, result, true);
    else
        cr_assert(size.n * size.h * size.w <= 16 * kernels->lanes, "%s: cannot add", rig->where);
    for (size_t i = 0; i < floats && ww_winograd_can_add(winograd); i++)
        cr_assert_eq(result[i], rig->in[0][i] + written[i], "%s: %s, element %zu: %.9g", rig->where,
                     kernels->name, i, (double)result[i]);
    ww_winograd_free(winograd);
    free(result);
}

static void check(ww_rig *rig, const ww_kernels *kernels, bool keep)
{
    const float *wanted[] = {rig->out, rig->grad_in[0], rig->grad_in[1]};
    for (int pass = 0; pass < N_PASSES; pass++) {
        ww_conv_size size = size_of(rig);
        if (pass == WW_CONV_DATA && size.stride == 2) /* out of its reach */
            continue;
        size_t floats = floats_of(rig, pass);
        float *one = pass_of(rig, pass, 1, kernels, keep);
        float *five = pass_of(rig, pass, 5, kernels, keep);
        double error = ww_rig_distance(one, wanted[pass], floats);
        cr_assert(error <= LIMIT && error <= EXPECTED, "%s: %s, pass %d: relative rms %.3g",
                  rig->where, kernels->name, pass, error);
        cr_assert(memcmp(one, five, floats * sizeof *one) == 0,
                  "%s: %s, pass %d: five threads differ", rig->where, kernels->name, pass);
        if (pass == WW_CONV_DATA)
            check_add(rig, kernels, keep, one);
        free(one);
        free(five);
    }
}

Test(tensor_winograd, agrees_with_sums_in_double)
{
    for (int i = 0; i < N_CASES; i++) {
        ww_rig *rig = ww_rig_create(&ww_op_conv2d, &cases[i].of, cases[i].batch, WW_TRAIN);
        cr_assert(rig != NULL, "%s", ww_error_message());
        rig->reference = true;
        ww_rig_forward(rig);
        ww_rig_backward(rig);
        for (int kind = 0; kind < WW_N_KERNELS; kind++)
            if (ww_kernels_get(kind) != NULL)
                for (int keep = 0; keep < 2; keep++)
                    check(rig, ww_kernels_get(kind), keep);
        ww_rig_free(rig);
    }
}

Test(tensor_winograd, kept_filters_follow_the_weights)
{
    for (int pass = 0; pass < 2; pass++) {
        ww_rig *rig = ww_rig_create(&ww_op_conv2d, &cases[3].of, cases[3].batch, WW_INFER);
        ww_conv_size size = size_of(rig);
        size_t floats = floats_of(rig, pass);
        float *kept = malloc(floats * sizeof *kept);
        ww_winograd *winograd;
        cr_assert_eq(ww_winograd_create(&winograd, &size, pass, 2, ww_kernels_best(), true, false),
                     WW_OK);
        for (int round = 0; round < 4; round++) {
            if (round == 2)
                rig->in[1][rig->size[1] - 1] += 1;
            run(winograd, rig, pass, kept, false);
            float *fresh = pass_of(rig, pass, 1, ww_kernels_best(), false);
            cr_assert(memcmp(kept, fresh, floats * sizeof *kept) == 0, "pass %d, round %d", pass,
                      round);
            free(fresh);
        }
        ww_winograd_free(winograd);
        free(kept);
        ww_rig_free(rig);
    }
}

Test(tensor_winograd, reach)
{
    const ww_conv_size good = {1, 1, 5, 5, 1, 3, 3, 5, 5, 1, 1, 1, 1};
    ww_conv_size stride = good, pad = good, tall = good, dilated = good, grouped = good;
    ww_conv_size five = {1, 1, 5, 6, 1, 5, 5, 5, 6, 1, 2, 1, 1}, small = five;
    ww_conv_size four = {1, 1, 8, 8, 1, 4, 4, 4, 4, 2, 1, 1, 1}, slow = four, wide = four;
    stride.stride = 2, pad.pad = 3, tall.kh = 5, dilated.dilation = 2, grouped.groups = 2;
    small.h = small.oh = 4, slow.stride = 1, wide.pad = 4;
    const ww_conv_size in[] = {good, five, four};
    const ww_conv_size out[] = {small, stride, pad, tall, dilated, grouped, slow, wide};
    for (int pass = 0; pass < N_PASSES; pass++) {
        for (int i = 0; i < 3; i++)
            cr_assert_eq(ww_winograd_supports(&in[i], pass), i < 2 || pass != WW_CONV_DATA);
        for (int i = 0; i < 8; i++)
            cr_assert_not(ww_winograd_supports(&out[i], pass), "%d", i);
    }
}

Test(tensor_winograd, there_are_kernels_for_every_processor)
{
    cr_assert_not_null(ww_kernels_get(WW_KERNELS_PLAIN));
    cr_assert_not_null(ww_kernels_best());
}

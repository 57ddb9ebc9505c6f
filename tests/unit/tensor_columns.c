/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Convolutions as columns on all cases of conv2d, whichever kernel conv2d itself would choose. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/threads.h"
#include "engine/tensor/backend/columns.h"
#include "engine/tensor/ops.h"
#include "tests/support/op_rig.h"

extern const ww_op ww_op_conv2d;

static ww_conv_size size_of(const ww_rig *rig)
{
    const ww_conv2d_attr *a = rig->call.attr;
    const int64_t *x = rig->shape[0].dim, *w = rig->shape[1].dim, *y = rig->call.out_shape.dim;
    return (ww_conv_size){x[0], x[1], x[2],      x[3],   w[0],        w[2],     w[3],
                          y[2], y[3], a->stride, a->pad, a->dilation, a->groups};
}

/* The result of one pass, between sentinels of its own: scratch is as long as was asked for. */
static float *pass_of(ww_rig *rig, ww_conv_pass pass, int threads)
{
    ww_conv_size size = size_of(rig);
    size_t room = ww_columns_scratch(&size, pass, threads);
    size_t floats = pass == WW_CONV_FORWARD ? rig->out_size : rig->size[pass == WW_CONV_WEIGHTS];
    float *scratch = malloc((room + 1) * sizeof *scratch);
    float *result = malloc((floats + 1) * sizeof *result);
    cr_assert(scratch && result);
    ww_rig_poison(scratch, room);
    ww_rig_poison(result, floats);
    scratch[room] = result[floats] = 12345;
    ww_threads_set(threads);
    ww_columns_run(&size, pass, threads, pass == WW_CONV_DATA ? result : rig->in[0],
                   pass == WW_CONV_WEIGHTS ? result : rig->in[1],
                   pass == WW_CONV_FORWARD ? result : rig->grad_out, scratch);
    cr_assert(scratch[room] == 12345 && result[floats] == 12345, "%s: pass %d", rig->where, pass);
    free(scratch);
    return result;
}

Test(tensor_columns, every_case_of_conv2d)
{
    for (const ww_op_case *of = ww_op_conv2d.cases; of->name != NULL; of++) {
        ww_rig *rig = ww_rig_create(&ww_op_conv2d, of, 11, WW_TRAIN);
        cr_assert(rig != NULL);
        rig->reference = true;
        ww_rig_forward(rig);
        ww_rig_backward(rig);
        const float *wanted[] = {rig->out, rig->grad_in[0], rig->grad_in[1]};
        size_t floats[] = {rig->out_size, rig->size[0], rig->size[1]};
        for (int pass = 0; pass < 3; pass++) {
            float *one = pass_of(rig, pass, 1), *two = pass_of(rig, pass, 2);
            cr_assert_lt(ww_rig_distance(one, wanted[pass], floats[pass]), 1e-6, "%s: pass %d",
                         rig->where, pass);
            cr_assert_eq(memcmp(one, two, floats[pass] * sizeof *one), 0, "%s: pass %d", rig->where,
                         pass);
            free(one);
            free(two);
        }
        ww_rig_free(rig);
    }
    ww_threads_set(0);
}

/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sum with NumPy's broadcasting:
 *
 *     y = a + b;  dy/da = dy/db = 1
 *
 * The gradient of an input that was stretched is summed over the places where it stood. */
#include "engine/tensor/parts/broadcast.h"

extern const ww_op ww_op_add;

ww_var ww_add(ww_graph *g, ww_var a, ww_var b)
{
    return ww_apply(g, &ww_op_add, NULL, 2, (const ww_var[]){a, b});
}

WW_ROW_FUNCTION(row, a + b)
WW_ROW_FUNCTION(row_da, w[j])
WW_ROW_FUNCTION(row_db, w[j])

/* With the rectification: y stands in the place of the other input, and dy counts where it is above
 * 0. */
static inline float where_above(float y, float d)
{
    return y > 0 ? d : 0;
}

WW_ROW_FUNCTION(row_rectified, a + b <= 0 ? 0 : a + b)
WW_ROW_FUNCTION(row_da_rectified, where_above(b, w[j]))
WW_ROW_FUNCTION(row_db_rectified, where_above(a, w[j]))

static ww_status forward(ww_op_call *call)
{
    return ww_broadcast_forward(call, call->rectify ? row_rectified : row);
}

static ww_status backward_rectified(ww_op_call *call)
{
    ww_op_call seen = *call;
    const ww_shape of_b[] = {call->out_shape, call->in_shape[1]};
    const ww_shape of_a[] = {call->in_shape[0], call->out_shape};
    seen.in = (float *[]){call->out, call->out};
    seen.in_shape = of_b;
    ww_broadcast_backward(&seen, 1, row_db_rectified);
    seen.in_shape = of_a;
    ww_broadcast_backward(&seen, 0, row_da_rectified);
    return WW_OK;
}

static ww_status backward(ww_op_call *call)
{
    if (call->rectify)
        return backward_rectified(call);
    ww_broadcast_backward(call, 1, row_db);
    ww_broadcast_backward(call, 0, row_da);
    return WW_OK;
}

const ww_op ww_op_add = {.item = {.name = "add", .summary = "a + b"},
                         .min_in = 2,
                         .max_in = 2,
                         .infer = ww_broadcast_infer,
                         .forward = forward,
                         .backward = backward,
                         .linear_in = WW_BIT(0) | WW_BIT(1),
                         .in_place = true,
                         .rectifies = WW_RECTIFIES_KEEPS_OUT,
                         .cases = ww_broadcast_cases};

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

static ww_status forward(ww_op_call *call)
{
    return ww_broadcast_forward(call, row);
}

static ww_status backward(ww_op_call *call)
{
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
                         .cases = ww_broadcast_cases};

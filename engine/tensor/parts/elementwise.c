/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "engine/tensor/parts/elementwise.h"

#define CASES(drawn)                                                                               \
    {                                                                                              \
        {.name = "vectors", .n_in = 1, .in = {{2, {WW_BATCH, 7}}}, .draw = {drawn}},               \
            {.name = "maps", .n_in = 1, .in = {{4, {WW_BATCH, 11, 10, 19}}}, .draw = {drawn}},     \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }

const ww_op_case ww_cases_normal[] = CASES(WW_DRAW_NORMAL);
const ww_op_case ww_cases_positive[] = CASES(WW_DRAW_POSITIVE);
const ww_op_case ww_cases_away[] = CASES(WW_DRAW_AWAY);

/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tests/support/made.h"

#include <criterion/criterion.h>

#include "engine/base/random.h"

ww_made ww_made_of(ww_graph *g, ww_compile_options options)
{
    ww_made made = {.g = g};
    ww_random random = ww_random_at(3, 0);
    size_t n = 0;
    cr_assert_eq(ww_values_create(&made.values, g, 1), WW_OK, "%s", ww_error_message());
    cr_assert_eq(ww_compile(&made.program, g, made.values, options), WW_OK, "%s",
                 ww_error_message());
    float *x = ww_program_input(made.program, "x", &n);
    for (size_t i = 0; i < n; i++)
        x[i] = (float)ww_random_normal(&random);
    return made;
}

void ww_made_free(ww_made *made)
{
    ww_program_free(made->program);
    ww_values_free(made->values);
    ww_graph_free(made->g);
}

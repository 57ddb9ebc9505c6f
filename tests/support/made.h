/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_MADE_H
#define WW_TESTS_SUPPORT_MADE_H

/* A graph with its values and its program, ready to run. */

#include "engine/tensor/program.h"

typedef struct ww_made {
    ww_graph *g;
    ww_values *values;
    ww_program *program;
} ww_made;

/** Compiles a sealed graph, which it takes over; the input "x" is drawn from a normal distribution,
 * the same each time. Fails the test where that fails. */
ww_made ww_made_of(ww_graph *g, ww_compile_options options);

/** Frees all of it. */
void ww_made_free(ww_made *made);

#endif

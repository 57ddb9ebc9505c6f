/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_BRAINS_H
#define WW_TESTS_SUPPORT_BRAINS_H

/* Brains made by hand, for tests of areas and of building. */

#include "connectome/brain.h"
#include "engine/tensor/program.h"

/** A brain of the blank-separated `areas` (in order; levels are their places in it) and `paths`
 * ("V1>V2 V2>V1"; upwards ascending, downwards feedback), with default parameters and grids of at
 * most view->width_px / 2^k for the k-th area from LGN on. No task. Cancels the test on an unknown
 * name. */
ww_brain *ww_test_brain(const char *areas, const char *paths, const ww_view *view, int steps,
                        ww_arena *arena);

/** Adds a read-out of the last area. */
void ww_test_task(ww_brain *brain, const char *name, ww_label label, ww_readout_kind readout,
                  int classes, ww_arena *arena);

/** A brain, compiled. */
typedef struct ww_test_run {
    ww_graph *graph;
    ww_values *values;
    ww_program *program;
} ww_test_run;

ww_test_run ww_test_compile(const ww_brain *brain, ww_mode mode, int batch);
void ww_test_run_free(ww_test_run *run);

/** The value of an array (a control, a parameter); cancels the test if there is none. */
ww_value *ww_test_value(ww_test_run *run, const char *name);
void ww_test_fill(ww_test_run *run, const char *name, float value);

/** The output "area/AREA" or "TASK" after a run. */
const float *ww_test_output(const ww_test_run *run, const char *name, ww_shape *shape);

#endif

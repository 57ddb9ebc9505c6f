/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_LAYOUT_H
#define WW_ENGINE_TENSOR_LAYOUT_H

/* Memory plans: where buffers of known size and lifetime lie in one piece of memory. */

#include <stddef.h>

#include "engine/base/arena.h"

typedef struct ww_buffer {
    size_t floats;
    int first, last; /* times of the first write and of the last read, both inclusive */
    size_t offset;   /* floats from the beginning, a multiple of WW_ALIGNMENT; the plan's answer */
    const char *owner; /* for messages: "V4/conv2d" */
    const char *role;  /* "output" */
} ww_buffer;

/** Sets every offset, so that buffers whose times overlap do not overlap in memory, with
 * `guard_floats` (a multiple of WW_ALIGNMENT bytes) free before and after each; with `share` false
 * no two overlap. *total is what all of it needs, in floats. `arena` holds what the planning needs.
 * Errors: WW_ENOMEM. */
ww_status ww_layout_plan(ww_buffer *buffers, size_t n, bool share, size_t guard_floats,
                         ww_arena *arena, size_t *total);

#endif

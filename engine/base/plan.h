/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_PLAN_H
#define WW_ENGINE_BASE_PLAN_H

/* Which kernel does which work, where several can: FFTW's wisdom. One plan for the process, as
 * there is one number of threads. Each choice is made once, when the first node with such work is
 * compiled, and is written into the provenance of every file of results, from which it can be
 * replayed. Kernels differ in their last bits: the same plan gives the same numbers. All functions
 * may be called from any thread. */

#include <stdbool.h>
#include <stddef.h>

#include "engine/base/status.h"

typedef enum ww_plan_effort {
    WW_PLAN_DEFAULT,  /* as estimate; a resumed training first follows the plan of its checkpoint */
    WW_PLAN_ESTIMATE, /* by a model of the cost: the same choices in every run */
    WW_PLAN_MEASURE   /* by running the candidates, some hundredths of a second for each work */
} ww_plan_effort;

/** How choices that the plan does not hold yet are made; WW_PLAN_DEFAULT at first. */
void ww_plan_effort_set(ww_plan_effort effort);
/** What was set last. */
ww_plan_effort ww_plan_effort_get(void);

enum { WW_PLAN_KERNEL = 32 };

/** The kernel chosen for `work`, a text such as "conv2d forward [32, 16, 8, 8] ..."; false if
 * there is none yet. */
bool ww_plan_find(const char *work, char kernel[WW_PLAN_KERNEL]);

/** Remembers a choice, unless there is one. Errors: WW_ENOMEM. */
ww_status ww_plan_record(const char *work, const char *kernel);

/** Line i of the plan, "WORK = KERNEL", in `line` of `bytes` bytes; false past the last. */
bool ww_plan_line(size_t i, char *line, size_t bytes);

/** Takes one such line from `where`. Errors: WW_EPARSE "old.h5: 'conv2d': a line of a plan is WORK
 * = KERNEL"; WW_ENOMEM. */
ww_status ww_plan_read_line(const char *line, const char *where);

/** Forgets all choices. */
void ww_plan_forget(void);

/** Times n candidates: run(context, i) once without, then in rounds of all with the clock, a tenth
 * of a second in all; seconds[i] is the median. Errors: those of run. */
ww_status ww_plan_race(int n, ww_status (*run)(void *context, int i), void *context,
                       double *seconds);

#endif

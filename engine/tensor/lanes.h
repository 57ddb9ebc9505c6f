/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_TENSOR_LANES_H
#define WW_ENGINE_TENSOR_LANES_H

/* Steps of a program side by side (lanes.c has the theory): which waits for which, and the state of
 * a run. */

#include <stdatomic.h>
#include <stdint.h>

#include "engine/base/shares.h"
#include "engine/tensor/compile.h"

enum { WW_LANES_MOST = 16, WW_LANES_MESSAGE = 1024 };

/** A step in a list of steps. */
typedef struct ww_lane_link {
    int step;
    struct ww_lane_link *next;
} ww_lane_link;

typedef struct ww_lane_step {
    ww_lane_link *after; /* the steps that wait for this one */
    int waits;           /* for how many this one waits */
    int rank;            /* 0: goes first of those that may */
    double cost_s;       /* as believed, then as measured */
} ww_lane_step;

/** A step in order of who goes first. */
typedef struct ww_lane_goer {
    double path_s; /* from its beginning to the end of all that waits for it */
    int step;
} ww_lane_goer;

struct ww_lanes {
    const ww_program *program;
    ww_lane_step *step;      /* [n_steps] */
    ww_lane_goer *goer;      /* [n_steps]: of each rank */
    _Atomic int *left_of;    /* [n_steps]: how many it waits for that are not done yet */
    _Atomic uint64_t *ready; /* [words]: a bit a rank, set for steps that may begin */
    size_t words;
    ww_offer offer[WW_LANES_MOST]; /* of each lane's loops to those that have no step */
    int runs;                      /* that were done, as far as they are counted */
    atomic_int left, status;
    char message[WW_LANES_MESSAGE];
};

/** How many threads should take whole steps side by side; 1 where sharing each step among all
 * threads is expected to be faster, or where one step after the other is asked for. */
int ww_lanes_choose(const ww_program *program);

/** Finds program->beside, once all pointers and steps are there. Errors: WW_ENOMEM. */
ww_status ww_lanes_plan(ww_program *program);

/** Does all steps; the same bits as one after another on one thread. Errors: those of the first
 * step that fails. */
ww_status ww_lanes_run(ww_lanes *lanes);

#endif

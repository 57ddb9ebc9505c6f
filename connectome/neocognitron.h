/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_NEOCOGNITRON_H
#define WW_CONNECTOME_NEOCOGNITRON_H

/* Teaching a neocognitron, and asking it: a brain with areas of the types neocognitron-stage and
 * neocognitron-top (areas/neocognitron_*.c). Nothing here follows a gradient. */

#include "connectome/model.h"

/** Pictures as the brain sees them. */
typedef struct ww_neo_lesson {
    size_t count;
    const float *picture; /* [count][height_px][width_px] of the view: luminance, 0 .. 1 */
    const int *label;     /* [count] from 0 */
    size_t unlabelled;    /* the middle stages learn from the first so many, without labels */
    int passes;           /* of all pictures through the top, at most */
} ww_neo_lesson;

enum { WW_NEO_STAGES = 8 };

/** What became of a lesson. */
typedef struct ww_neo_learned {
    int stages;
    int planes[WW_NEO_STAGES]; /* cell-planes of each middle stage, in the order of the areas */
    int cells;                 /* labelled cells of the top */
    size_t wrong;              /* pictures that made or wanted a new cell in the last pass */
} ww_neo_learned;

/** Teaches the brain layer by layer, in the order of the pictures; the same bits for any number of
 * threads. What it knew before is forgotten.
 *
 * A middle stage: for each picture, the S cells of the loud places compete with the threshold
 * theta_learning. The strongest is a seed: its plane is reinforced by what it sees, and it keeps
 * other seeds away from its neighbourhood and its plane; then the next strongest, as long as any
 * answers. Loud places where all are silent, the loudest first, become new planes.
 *
 * The top: the cell that resembles a picture most, by more than theta_learning, is reinforced if
 * its label is the right one; else the picture becomes a new cell with its label.
 *
 * WW_EINVAL where the brain has no such areas, a picture no class, or no picture says anything. */
ww_status ww_neo_learn(ww_model *model, const ww_neo_lesson *lesson, ww_neo_learned *out);

/** What a brain knows that was taught: its planes and cells; nothing of `wrong`. */
void ww_neo_known(const ww_model *model, ww_neo_learned *out);

/** A brain to be shown pictures, up to one of its areas. */
typedef struct ww_neo_bench {
    struct ww_graph *graph;
    struct ww_program *program;
    int area;
    size_t units; /* of the area's map */
} ww_neo_bench;

/** Compiles the brain up to area number `area` (-1: that of type neocognitron-top); the model stays
 * the caller's, must outlive the bench, and is run as it is lesioned at the time. Close it also
 * after a failure. */
ww_status ww_neo_bench_open(ww_neo_bench *bench, ww_model *model, int area);
/** Frees what the bench holds; nothing if it is all 0. */
void ww_neo_bench_close(ww_neo_bench *bench);

/** The maps [count][units] of the area for pictures as those of a lesson; `unit` makes each of
 * length 1 (where it is not 0). */
ww_status ww_neo_show(ww_neo_bench *bench, const ww_model *model, const float *picture,
                      size_t count, bool unit, float *maps);

/** Of a top: the class with the largest answer to each picture, the first of several; -1 where all
 * are silent. */
ww_status ww_neo_answer(ww_neo_bench *bench, const ww_model *model, const float *picture,
                        size_t count, int *label);

#endif

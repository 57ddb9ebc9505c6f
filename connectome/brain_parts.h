/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_BRAIN_PARTS_H
#define WW_CONNECTOME_BRAIN_PARTS_H

/* What the files that read a brain share: brain.c leads, brain_areas.c reads areas, brain_wiring.c
 * pathways, brain_tasks.c tasks; brain_set.c overrides, brain_print.c writes it down. */

#include "connectome/brain.h"

/** Numbers that stand beside the big tables. */
typedef struct ww_brain_numbers {
    int steps;
    int samples_per_epoch, validation_samples;
    double cost;
} ww_brain_numbers;

extern const ww_param ww_view_params[];
extern const ww_param ww_brain_top_params[];      /* steps */
extern const ww_param ww_brain_training_params[]; /* what `training` has beyond ww_training */
extern const ww_param ww_brain_wiring_params[];   /* cost */

/** A pathway of `add` or `drop`, as written. */
typedef struct ww_path_word {
    int from, to; /* in the order of the file */
    int line;
} ww_path_word;

/** The parameters of a task, before the labels of the stimulus are known. */
typedef struct ww_task_numbers {
    int label, loss, readout; /* -1: as the name and the label say */
    int classes;              /* 0: as the stimulus says */
    double weight, dropout;
} ww_task_numbers;

extern const ww_param ww_task_params[];

typedef struct ww_brain_task_draft {
    const char *name;
    int line;
    int n_reads;
    int *reads; /* in the order of the file */
    ww_task_numbers numbers;
} ww_brain_task_draft;

typedef struct ww_brain_draft {
    ww_brain *brain; /* view, stimulus, training and augmentation are in their place */
    ww_arena *arena;
    const char *file;
    ww_brain_numbers numbers;

    const ww_atlas *atlas;
    int n_areas; /* in the order of the file, until ww_brain_wire */
    ww_brain_area *area;
    int *area_line;
    bool *own_level; /* the file gives it, not the table */

    const char *table;
    bool use[3]; /* by ww_path_kind */
    int n_add, n_drop;
    ww_path_word *add, *drop;

    int n_tasks;
    ww_brain_task_draft *task;
} ww_brain_draft;

#define WW_LINE_FAIL(draft, line, format, ...)                                                     \
    WW_FAIL(WW_EPARSE, "%s:%d: " format, (draft)->file, line, __VA_ARGS__)

/** Index of an area of the draft, case ignored; -1 if there is none. */
int ww_brain_draft_area(const ww_brain_draft *draft, const char *name);
/** "; did you mean 'V4'?", or "" where no area of the draft is near. */
const char *ww_brain_draft_hint(const ww_brain_draft *draft, const char *name);

/** Reads the table that `wiring` (may be NULL) names, and which of its pathways are used. */
ww_status ww_brain_read_table(ww_brain_draft *draft, const ww_yaml *wiring);
/** Reads `areas`; the table is known. */
ww_status ww_brain_read_areas(ww_brain_draft *draft, const ww_yaml *areas);
/** Reads the pathways of `wiring` that are added and dropped; the areas are known. */
ww_status ww_brain_read_wiring(ww_brain_draft *draft, const ww_yaml *wiring);
/** Reads `tasks` (may be NULL). */
ww_status ww_brain_read_tasks(ww_brain_draft *draft, const ww_yaml *tasks);
/** Sets one "key=value". */
ww_status ww_brain_set(ww_brain_draft *draft, const char *setting);

/** Finds label, loss, read-out and classes of every task. */
ww_status ww_brain_resolve_tasks(ww_brain_draft *draft);
/** Writes the resolved YAML into the brain; areas and reads are in the order of the file. */
ww_status ww_brain_write_yaml(ww_brain_draft *draft);
/** Puts areas and pathways into the brain; area i of the file runs as number order[i]. */
ww_status ww_brain_wire(ww_brain_draft *draft, int **order);

#endif

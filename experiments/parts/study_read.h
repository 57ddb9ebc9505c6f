/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_STUDY_READ_H
#define WW_EXPERIMENTS_PARTS_STUDY_READ_H

/* What the files that read a study share: study_read.c leads and reads settings, brains and seeds;
 * study_read_experiments.c and study_read_lesions.c read these. */

#include "experiments/parts/study.h"

enum { WW_STUDY_WHERE = 400 };

typedef struct ww_study_reader {
    ww_study *study;
    ww_arena *arena;
    const ww_yaml *root;
    size_t room;          /* of lesions */
    const char **lesions; /* words as written, or spelled out */
    const char **places;  /* where each stands */
    int n_own;
    ww_yaml *own;           /* "study.KEY=VALUE" of the command line */
    const char **parameter; /* "KEY=VALUE" for the experiments, NULL-terminated */
} ww_study_reader;

/** Room for n things, zeroed; NULL when out of memory. */
void *ww_study_list(ww_study_reader *r, size_t n, size_t size);

/** The value of a key: what the command line says (the last "study.KEY=VALUE"), or the file; NULL
 * if neither does. */
const ww_yaml *ww_study_find(const ww_study_reader *r, const char *key);

/** What stands before messages about a node, into where[WW_STUDY_WHERE]: "study.yaml:4: seeds: " or
 * "--set study.seeds: ". */
const char *ww_study_place(char *where, const ww_yaml *node, const char *key);

/** Reads the experiments and what the command line sets in them; settings are known. */
ww_status ww_study_read_experiments(ww_study_reader *r);

/** Reads lesions and doses; the brains are known. */
ww_status ww_study_read_lesions(ww_study_reader *r);

#endif

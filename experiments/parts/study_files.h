/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_EXPERIMENTS_PARTS_STUDY_FILES_H
#define WW_EXPERIMENTS_PARTS_STUDY_FILES_H

/* The files of a study's folder: models/, parts/, results.h5, figures/. */

#include "experiments/parts/study.h"

enum { WW_STUDY_PATH = 4096 };

/** What one model has been measured on in one experiment. */
typedef struct ww_part {
    uint64_t hash;  /* of all that the numbers depend on */
    double *value;  /* [n_lesions][n_measures] */
    double *chance; /* [n_measures] */
    bool *done;     /* [n_lesions] */
} ww_part;

/** The study as YAML with all that it leaves to defaults, to `each-area`, to doses and to the
 * command line spelled out: reading that gives the same study. */
ww_status ww_study_print(const ww_study *study, const char **yaml, ww_arena *arena);

/** Makes the folder and those in it, and removes what killed processes left half-written there. */
ww_status ww_study_folders(const char *folder);

/** Removes that alone. */
void ww_study_sweep(const char *folder);

/** FOLDER/models/BRAIN-seedN.h5, FOLDER/parts/BRAIN-seedN.h5, and FOLDER/parts/BRAIN-seedN-X.h5 for
 * what experiment X described of the intact model, into path[WW_STUDY_PATH]. */
void ww_study_model_path(char *path, const char *folder, const char *brain, uint64_t seed);
/** The second of them. */
void ww_study_part_path(char *path, const char *folder, const char *brain, uint64_t seed);
void ww_study_described_path(char *path, const char *folder, const char *brain, uint64_t seed,
                             const char *experiment);

/** A hash of all that the numbers of an experiment depend on, apart from the lesion: the brain with
 * all its parameters and what it was trained with (if it was), or the very bytes of a checkpoint
 * (WW_EIO if it is not there); the seed, the experiment with its parameters, and the version of the
 * program. Never 0. */
ww_status ww_part_hash(uint64_t *out, const ww_study *study, int brain, int seed, int experiment,
                       const char *version);

/** Empty parts, one an experiment of the study. */
ww_status ww_parts_create(ww_part **out, const ww_study *study, ww_arena *arena);

/** Fills in what a file of parts holds under the same hashes; a missing or damaged file holds
 * nothing. With a hash of 0 any is taken. */
void ww_parts_read(const char *path, const ww_study *study, ww_part *part, ww_arena *arena);

/** Writes all that is done, through a temporary name, with the kernels that it was computed by.
 * Lesions that are no longer in the study are left out. */
ww_status ww_parts_write(const char *path, const ww_study *study, const ww_part *part);

/** Takes the kernels that such a file names; a missing or damaged file names none. */
void ww_parts_follow_plan(const char *path);

/** Whether `path` is a file of descriptions under this hash. */
bool ww_described_read(const char *path, uint64_t hash);

/** Writes results.h5 with grids, claims, figures, descriptions and provenance, and the figures. */
ww_status ww_study_results(const ww_study *study, const ww_study_options *options,
                           ww_claim **claims, int *n_claims, ww_arena *arena);

#endif

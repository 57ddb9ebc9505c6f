/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_KILLED_STUDY_H
#define WW_TESTS_SUPPORT_KILLED_STUDY_H

/* Studies that are killed, and whether two folders of studies hold the same. They want the folder
 * of tests/support/folder.h with the brain of tests/support/tiny.h. */

#include "experiments/parts/study.h"

/** The command that was built beside the tests. */
const char *ww_command_path(void);

/** Fails the test unless the grids and what models left are the same bits in both folders, and so
 * are the weights of the trained brains. */
void ww_expect_same_study(const char *a, const char *b, const ww_study *study);

/** Runs a study by the command, kills it at so many random moments (all of its processes, its
 * parent alone, or one job), and lets it end: the bits are those of an undisturbed run, and at no
 * moment is there a file that is not whole. */
void ww_kill_study(int moments);

#endif

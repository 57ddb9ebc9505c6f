/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_TESTS_SUPPORT_TINY_H
#define WW_TESTS_SUPPORT_TINY_H

/* A brain with both streams and every task, quick enough to train within a test. It wants the
 * folder of tests/support/folder.h. */

/** Writes the brain into the folder as "tiny.yaml" and returns its path. Its training: 4 epochs of
 * 4 batches. */
const char *ww_tiny_brain(void);

/** Another, "other.yaml": without V3, FFA, VWFA, LIP, 7a and the tasks that are read from them. */
const char *ww_tiny_other_brain(void);

#endif

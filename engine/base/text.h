/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_TEXT_H
#define WW_ENGINE_BASE_TEXT_H

/* Small helpers for words: numbers read strictly, and the "did you mean" of every message. */

#include <stdbool.h>
#include <stddef.h>

/** Reads the whole of `text` as a number; false when anything is left over or it is not finite. */
bool ww_text_to_real(const char *text, double *value);

/** Reads the whole of `text` as a decimal integer that fits in a long long. */
bool ww_text_to_int(const char *text, long long *value);

/** Edit distance (insertions, deletions, substitutions, swaps of neighbours; case costs half). */
double ww_text_distance(const char *a, const char *b);

/** The name nearest to `word` if it is near enough to be a slip of the pen, else NULL.
 * `names` holds `count` names; the result is one of them. */
const char *ww_text_nearest(const char *word, const char *const *names, size_t count);

/** Whether `word` is one of the blank-separated words of `list`, case ignored. */
bool ww_text_in_list(const char *word, const char *list);

#endif

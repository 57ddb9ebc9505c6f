/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_STIMULI_PARTS_WORD_H
#define WW_STIMULI_PARTS_WORD_H

/* Written words as outlines, set once by pango and drawn at any size by any thread. */

#include <cairo.h>

#include "engine/base/status.h"

enum { WW_WORDS = 40, WW_WORD_FONTS = 6 };

typedef struct ww_word_set ww_word_set;

/** Word `i` of the list (0 .. WW_WORDS - 1), in lower case. */
const char *ww_word_text(int i);

/** The first `n` words of the list (perhaps more of it) in all fonts. What was set once in this
 * process is not set again; from any thread. */
ww_status ww_word_set_open(ww_word_set **out, int n);

/** Sets any words, `n` of them, in all fonts. */
ww_status ww_word_set_open_texts(ww_word_set **out, const char *const *texts, int n);
/** Gives a set back, which is freed when its last user has done so; NULL is allowed. */
void ww_word_set_close(ww_word_set *set);

/** Height of a word's ink for a width of 1. */
double ww_word_aspect(const ww_word_set *set, int word, int font);

/** Adds the word's outline to the path: width 1, centred on the origin, y up. */
void ww_word_path(cairo_t *cr, const ww_word_set *set, int word, int font);

#endif

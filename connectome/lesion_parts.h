/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_LESION_PARTS_H
#define WW_CONNECTOME_LESION_PARTS_H

/* What the files of the lesion share: lesion.c reads, lesion_rules.c says what fits together and
 * prints, lesion_apply.c sets the gates. */

#include "connectome/lesion.h"

extern const char *const ww_lesion_hows[];      /* "ablate", ..., NULL: ww_lesion_how */
extern const char *const ww_lesion_fields[];    /* "both", "left", "right", NULL: ww_hemifield */
extern const char *const ww_lesion_selective[]; /* "face", "word", "object", NULL */

/** Whether `target` (an area, a family as "PIT", or "IT") covers area `a` of the brain. */
bool ww_lesion_targets(const ww_brain *brain, const char *target, int a);

/** Whether unit `i` of a map [height][width] lies in the hemifield and the patch of a lesion. */
bool ww_lesion_covers(const ww_lesion *lesion, const ww_view *view, int height, int width, int i);

/** "; did you mean 'x'?" or "; there are a, b, c"; NULL when out of memory. */
const char *ww_lesion_suggest(ww_arena *arena, const char *word, const char *const *names,
                              int count);

/** Fails where keys do not go together, or name what the targets do not have. Sets the letter case
 * of the unit class right. */
ww_status ww_lesion_check(ww_lesion *lesion, const char *where, const ww_brain *brain,
                          ww_arena *arena);

/** The canonical word; NULL when out of memory. */
const char *ww_lesion_text(const ww_lesion *lesion, ww_arena *arena);

#endif

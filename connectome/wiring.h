/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_WIRING_H
#define WW_CONNECTOME_WIRING_H

/* The hierarchy as a drawing, through graphviz. */

#include "connectome/atlas.h"

/** Draws `atlas` into `path` (*.pdf, *.svg or *.png) and keeps the text that graphviz reads beside
 * it (*.dot; a path with that ending gets the text alone). Areas stand by level and stream; the
 * ascending pathways are drawn, with `all` also the lateral and descending ones.
 * Errors: WW_EINVAL for another ending; WW_EIO; WW_ENOTFOUND where graphviz is not installed (the
 * text is there then); WW_EBACKEND with the first line that graphviz says. */
ww_status ww_wiring_draw(const ww_atlas *atlas, const char *path, bool all, ww_arena *arena);

#endif

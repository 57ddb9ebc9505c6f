/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CLI_PARTS_SHOW_BRAIN_H
#define WW_CLI_PARTS_SHOW_BRAIN_H

/* A brain as text on stdout. */

#include "cli/command.h"

/** Whether `word` is "brain" or "brains", case ignored. */
bool ww_is_brain_word(const char *word);

/** Prints areas, pathways, tasks, and what of them has no effect; `name` is that of a brain, a YAML
 * file or a trained brain, --set changes its keys (not those of a trained one). */
ww_status ww_show_brain(const ww_cli *cli, const char *name);

#endif

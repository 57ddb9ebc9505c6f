/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_DATA_PATH_H
#define WW_ENGINE_BASE_DATA_PATH_H

/* Where the tables that come with whatwhere lie: connectome/felleman_vanessen_1991.tsv,
 * connectome/brains/two-streams.yaml, the published findings of an experiment. They are looked for
 * at run time, so that a reader can put an edited table in front of the one that was installed. */

#include <stddef.h>

#include "engine/base/status.h"

/** Finds `relative` ("connectome/brains/two-streams.yaml") in $WHATWHERE_HOME if that is set, then
 * in the source tree that this build came from, then in PREFIX/share/whatwhere; the first that
 * exists (file or folder) is written to `out`. Errors: WW_ENOTFOUND, as "connectome/x.tsv not found
 * in A, B; did you mean 'connectome/y.tsv'?"; WW_EINVAL when the path has no room in `bytes`. */
ww_status ww_data_path(char *out, size_t bytes, const char *relative);

/** The folders that ww_data_path looks in, first to last; NULL behind the last one, at most three.
 * Valid until the environment changes. */
void ww_data_folders(const char *folder[4]);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_BASE_VERSION_H
#define WW_ENGINE_BASE_VERSION_H

/* What this build is: for `whatwhere version` and for the provenance of every results file. */

/** The release, as "0.1.0". */
const char *ww_version(void);

/** The commit that was built, as "7122b2ee0c1d", with "-dirty" behind it when files had been
 * changed since; "unknown" outside a repository. */
const char *ww_commit(void);

/** The compiler and its version, as "gcc 12.2.0". */
const char *ww_compiler(void);

/** Names and versions of the libraries built against, as "gsl 2.7.1, hdf5 1.10.8, ...". */
const char *ww_libraries(void);

#endif

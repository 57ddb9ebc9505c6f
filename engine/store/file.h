/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_FILE_H
#define WW_ENGINE_STORE_FILE_H

/* Whole files in, and files out that are either complete or not there.
 *
 * A draft is written under a temporary name in the folder of the final one and renamed when it is
 * complete and on the disk, so a reader never sees half a file and a full disk or a killed process
 * loses nothing that was there. Symbolic links are followed, the mode of a file that is replaced is
 * kept, and what is no regular file ("/dev/stdout", a pipe) is written directly. */

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/status.h"

/** Fails with WW_EIO and the system's reason: "areas.tsv: no such file or directory". */
ww_status ww_file_fail(const char *path, int error_number);

/** Reads a whole file of at most `most` bytes into `arena`; a NUL follows the last byte.
 * Errors: WW_EIO; WW_EPARSE for a larger file. */
ww_status ww_file_read(char **data, size_t *bytes, const char *path, size_t most, ww_arena *arena);

/** Writes a whole file through a draft. */
ww_status ww_file_write(const char *path, const void *data, size_t bytes);

/** The names in a folder that do not start with a dot, in natural order (2 before 10). */
ww_status ww_folder_list(const char *const **names, size_t *count, const char *path,
                         ww_arena *arena);

/** The CRC-32 (as zlib, PNG and gzip have it) and the size of a file; of a folder those of the
 * names and the contents of all files in it, in natural order. */
ww_status ww_file_checksum(uint32_t *crc32, int64_t *bytes, const char *path);

/** Natural order of two names: runs of digits compare as numbers, all else byte by byte. */
int ww_natural_order(const char *a, const char *b);

typedef struct ww_draft ww_draft;

/** Starts a draft of `path`. */
ww_status ww_draft_open(ww_draft **out, const char *path);
/** The file descriptor to write to (readable too, unless written directly). */
int ww_draft_descriptor(const ww_draft *draft);
/** The name as given to ww_draft_open, for messages. */
const char *ww_draft_path(const ww_draft *draft);
/** Whether the file is written directly, without a temporary name. */
bool ww_draft_is_direct(const ww_draft *draft);
/** Writes all of `data`. */
ww_status ww_draft_write(ww_draft *draft, const void *data, size_t bytes);
/** Brings the draft to the disk and gives it its name; on failure the temporary file is removed.
 * `draft` is gone after it, whatever it returns. */
ww_status ww_draft_commit(ww_draft *draft);
/** Throws the draft away; NULL is allowed. */
void ww_draft_discard(ww_draft *draft);
enum { WW_DRAFT_MARK = 80 };
/** What is added to a name until the file is whole, ".tmp-MACHINE-PID-N": another one each time. */
void ww_draft_mark(char mark[WW_DRAFT_MARK]);
/** Removes from a folder the drafts (files or folders of files) of processes of this machine that
 * no longer live: killed ones leave them. What cannot be read or removed stays. */
void ww_drafts_sweep(const char *folder);
/** The same in the folder of a file. */
void ww_drafts_sweep_beside(const char *path);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_H5_H
#define WW_ENGINE_STORE_H5_H

/* HDF5 files: results and checkpoints, readable by h5py and MATLAB.
 *
 * Writing goes to a temporary name in the same folder; ww_h5_commit renames it, so that a reader
 * never sees half a file and a killed process loses nothing that was there. Paths inside a file are
 * "/group/name"; groups on the way are made. Every failure is one line that names file and dataset
 * ("run.h5: /values/V1/weight: ..."); HDF5's own error stack is silent. The only place that
 * includes hdf5.h. Not thread safe: one thread at a time uses HDF5. */

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/status.h"

typedef struct ww_h5 ww_h5;

/** Starts a new file that will become `path`. */
ww_status ww_h5_create(ww_h5 **out, const char *path);
/** Flushes, closes and renames to the final name; `file` is gone after it, whatever it returns. */
ww_status ww_h5_commit(ww_h5 *file);
/** Opens an existing file for reading. A file that is no HDF5 is WW_EPARSE. */
ww_status ww_h5_open(ww_h5 **out, const char *path);
/** Opens an existing file for adding to and changing it, in place (WW_EPARSE as above). */
ww_status ww_h5_open_update(ww_h5 **out, const char *path);
/** Closes; a created file that was not committed is thrown away. NULL is allowed. */
void ww_h5_close(ww_h5 *file);
/** The name given to create or open. */
const char *ww_h5_path(const ww_h5 *file);

/** Writes an array of `rank` <= 8 dimensions (rank 0: a scalar); with `compress`, arrays from 4 kB
 * on are chunked, shuffled and deflated. An existing dataset of the name is replaced, together with
 * its attributes. Errors: WW_EIO (also for a write that failed earlier), WW_EINVAL for a name that
 * is a group or leads through a dataset. */
ww_status ww_h5_write_floats(ww_h5 *file, const char *name, const float *data, int rank,
                             const int64_t *dim, bool compress);
ww_status ww_h5_write_doubles(ww_h5 *file, const char *name, const double *data, int rank,
                              const int64_t *dim);
ww_status ww_h5_write_ints(ww_h5 *file, const char *name, const int64_t *data, int rank,
                           const int64_t *dim);
ww_status ww_h5_write_bytes(ww_h5 *file, const char *name, const unsigned char *data, int rank,
                            const int64_t *dim, bool compress);
/** Writes a list of n UTF-8 texts, or with n < 0 one scalar text texts[0]; NULL is "". */
ww_status ww_h5_write_texts(ww_h5 *file, const char *name, const char *const *texts, int64_t n);
/** Attaches a text to a dataset or group ("unit" = "deg"); replaces an old one.
 * WW_ENOTFOUND if there is no dataset or group of the name. */
ww_status ww_h5_attribute(ww_h5 *file, const char *name, const char *key, const char *text);
/** The same with a number. */
ww_status ww_h5_attribute_real(ww_h5 *file, const char *name, const char *key, double value);

/** Whether there is a dataset or group of this name. */
bool ww_h5_has(const ww_h5 *file, const char *name);
/** Names of the members of a group, sorted, in `arena`. */
ww_status ww_h5_list(const ww_h5 *file, const char *group, const char *const **names, size_t *count,
                     ww_arena *arena);
/** Shape of a dataset. WW_EPARSE where it claims more than the file can hold, so that memory can be
 * taken for what it says. */
ww_status ww_h5_shape(const ww_h5 *file, const char *name, int *rank, int64_t dim[8]);
/** Reads a whole dataset of exactly `count` elements into `data`; numbers are converted;
 * one that the integer or byte asked for cannot hold is WW_EPARSE.
 * Errors: WW_ENOTFOUND, WW_ESHAPE (says both sizes), WW_EPARSE for another type. */
ww_status ww_h5_read_floats(const ww_h5 *file, const char *name, float *data, size_t count);
/** As ww_h5_read_floats, into doubles. */
ww_status ww_h5_read_doubles(const ww_h5 *file, const char *name, double *data, size_t count);
/** As ww_h5_read_floats, into 64-bit integers. */
ww_status ww_h5_read_ints(const ww_h5 *file, const char *name, int64_t *data, size_t count);
/** As ww_h5_read_floats, into bytes 0 to 255. */
ww_status ww_h5_read_bytes(const ww_h5 *file, const char *name, unsigned char *data, size_t count);
/** Reads a list of texts (a scalar text: count 1) into `arena`. */
ww_status ww_h5_read_texts(const ww_h5 *file, const char *name, const char *const **texts,
                           size_t *count, ww_arena *arena);
/** Reads an attribute; WW_ENOTFOUND if it is not there. */
ww_status ww_h5_read_attribute(const ww_h5 *file, const char *name, const char *key,
                               const char **text, ww_arena *arena);
ww_status ww_h5_read_attribute_real(const ww_h5 *file, const char *name, const char *key,
                                    double *value);

/** Files or folders that were read. */
typedef struct ww_inputs {
    size_t count;
    const char *const *path;
    const int64_t *bytes;
    const uint32_t *crc32;
} ww_inputs;

/** Size and CRC-32 (ww_file_checksum) of n files or folders, in `arena`; the paths themselves are
 * not copied. WW_EIO for one that is not there. */
ww_status ww_inputs_measure(ww_inputs *out, const char *const *path, size_t n, ww_arena *arena);

/** Writes /provenance/inputs (path, bytes, crc32), in place of what is there. */
ww_status ww_h5_inputs(ww_h5 *file, const ww_inputs *inputs);

/** Writes the group /provenance: version, commit and compiler of whatwhere, versions of the
 * libraries, the resolved configuration (any text, YAML as a rule), seed, command line, host, date
 * (UTC), number of threads, the plan (engine/base/plan.h, a line for each choice so far), and for
 * each of the n_inputs files or folders its path, size and CRC-32 (inputs/path, bytes, crc32). An
 * older one is overwritten. WW_EIO for an input that is not there.
 */
ww_status ww_h5_provenance(ww_h5 *file, const char *configuration, uint64_t seed,
                           const char *command_line, const char *const *inputs, size_t n_inputs);

/** Writes the plan alone: for files from which a later one takes it. */
ww_status ww_h5_plan(ww_h5 *file);

/** Takes the plan that the provenance of a file holds. WW_ENOTFOUND where it holds none, and the
 * errors of ww_h5_open and ww_plan_read_line. */
ww_status ww_h5_follow_plan(const char *path);

#endif

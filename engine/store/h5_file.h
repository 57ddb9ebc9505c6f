/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_H5_FILE_H
#define WW_ENGINE_STORE_H5_FILE_H

/* What the sources behind h5.h share; included by nobody else. */

#include <hdf5.h>

#include "engine/store/file.h"
#include "engine/store/h5.h"

/** The descriptor that a file lies on, and errno of the first failed call, 0 if none. */
typedef struct ww_h5_disk {
    int fd, error;
} ww_h5_disk;

struct ww_h5 {
    ww_arena *arena; /* holds the struct itself */
    const char *path;
    ww_draft *draft; /* of a created file, else NULL */
    ww_h5_disk disk;
    bool writable;
    char group[256]; /* that was written to last, "/values/V4"; "" if none is open */
    hid_t parent;    /* that group, open */
    hid_t plain;     /* property list: how datasets that are not compressed are laid out */
    hid_t id;
    hid_t links;     /* property list: names are UTF-8 */
    hid_t groups;    /* property list: no times */
    hid_t text_type; /* UTF-8 of variable length, for attributes: h5py shows them as str */
};

/** A file access property list whose reads and writes go to `disk`; negative on failure. */
hid_t ww_h5_driver(ww_h5_disk *disk);

/** Fails with what HDF5 said last, or with the error of the disk if that is the cause:
 * "run.h5: /values/x: cannot be read: inflate() failed". `name` may be NULL. To be called before
 * any other call of HDF5 forgets the reason. */
ww_status ww_h5_fail(const ww_h5 *file, ww_status code, const char *name, const char *what);

/** Closes any HDF5 handle; a negative one is passed over. */
void ww_h5_drop(hid_t handle);

/** Writes a dataset of any type; `data` holds items of `memory_type`. */
ww_status ww_h5_write(ww_h5 *file, const char *name, hid_t file_type, hid_t memory_type,
                      const void *data, int rank, const int64_t *dim, bool compress);

#endif

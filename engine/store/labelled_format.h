/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_LABELLED_FORMAT_H
#define WW_ENGINE_STORE_LABELLED_FORMAT_H

/* The layouts behind labelled.h, and gzipped files for the readers of this folder. */

#include <zlib.h>

#include "engine/store/labelled.h"

/** A folder and the names in it. */
typedef struct ww_folder {
    const char *path;
    const char *const *name;
    size_t count;
} ww_folder;

/** Opens a file for reading, gzipped or not. */
ww_status ww_gz_open(gzFile *out, const char *path);
/** Reads exactly `bytes`; WW_EPARSE where the file ends early or is damaged. */
ww_status ww_gz_read(gzFile file, void *to, size_t bytes, const char *path);
/** Whether nothing is left; of a gzipped file only if its check sum is right. */
ww_status ww_gz_at_end(bool *end, gzFile file, const char *path);
/** Fails unless a file, unpacked, can hold `bytes`. */
ww_status ww_gz_can_hold(const char *path, size_t bytes);

/** The first name that starts with `head` and holds `part`, NULL if there is none. */
const char *ww_folder_match(const ww_folder *folder, const char *head, const char *part);

/** Whether `name` is a picture in CIFAR's binary form of this split. */
bool ww_cifar_is(const char *name, ww_split split);

/** The split of a folder of IDX files (MNIST), into `arena`. Errors: WW_EIO, WW_EPARSE (truncated,
 * damaged, another number of labels than of pictures), WW_ENOTFOUND where a file of the split is
 * missing. */
ww_status ww_idx_read(ww_labelled *out, const ww_folder *folder, ww_split split, ww_arena *arena);
/** The split of a folder of CIFAR's binary files, into `arena`. Errors: WW_EIO, WW_EPARSE (a file
 * that is not a whole number of pictures, a label that has no class). */
ww_status ww_cifar_read(ww_labelled *out, const ww_folder *folder, ww_split split, ww_arena *arena);
/** `out` has height and width, 0 for that of the first picture. */
ww_status ww_classes_read(ww_labelled *out, const ww_folder *folder, ww_split split,
                          int train_per_class, ww_arena *arena);

#endif

/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_CONNECTOME_PICTURES_H
#define WW_CONNECTOME_PICTURES_H

/* Which pictures a brain learned from disk: the group /pictures of its checkpoint.
 *
 *     class [classes]              names, in the order of the labels
 *     learned, tested [classes]    pictures of each
 *     per_class                    pictures of each class folder that are learned; 0: half
 *     size [3]                     channels, height, width that all pictures were brought to
 *     train_crc32, test_crc32      of either split as it was read (ww_labelled_crc32)
 *     correct, low, high           share of the test pictures that is right, with its 95 % interval
 *
 * /provenance/inputs names the files that they came from. */

#include "engine/store/h5.h"
#include "engine/store/labelled.h"

typedef struct ww_pictures {
    int classes;
    const char *const *class_name;   /* [classes] */
    const int64_t *learned, *tested; /* [classes] */
    int per_class;
    int channels, height, width;
    uint32_t train_crc32, test_crc32; /* train_crc32 is 0 in files that do not have it */
    double correct, low, high;        /* NAN: not tested yet */
    ww_inputs inputs;                 /* not read back */
} ww_pictures;

/** The record of two splits, not tested yet; all of it in `arena`. The checksums of the files are
 * taken here. `start` is a brain from which training begins, or NULL: it is one of the inputs. */
ww_status ww_pictures_of(ww_pictures *out, const ww_labelled *train, const ww_labelled *test,
                         int per_class, const char *start, ww_arena *arena);

/** Writes the record, and its inputs into /provenance/inputs. */
ww_status ww_pictures_write(const ww_pictures *pictures, ww_h5 *file);

/** Reads the record of a checkpoint. WW_ENOTFOUND if it has none. */
ww_status ww_pictures_read(ww_pictures *out, const char *checkpoint, ww_arena *arena);

/** Fails unless a set has the classes that were learned: "faces: class 3 is 's4' where 's3' was
 * learned"; `path` is where the set lies. */
ww_status ww_pictures_same_classes(const ww_pictures *learned, const ww_labelled *set,
                                   const char *path);

/** Fails unless the pictures of a training are those that a checkpoint learned: "b.h5: it learned
 * other pictures". */
ww_status ww_pictures_same(const ww_pictures *learned, const ww_pictures *now,
                           const char *checkpoint);

#endif

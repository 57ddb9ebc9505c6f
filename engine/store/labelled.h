/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef WW_ENGINE_STORE_LABELLED_H
#define WW_ENGINE_STORE_LABELLED_H

/* Labelled pictures from disk: IDX (MNIST's format, also gzipped), CIFAR-10 binary (also gzipped),
 * or a folder with one folder of pictures per class. All held in memory as bytes. */

#include <stddef.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/status.h"

typedef struct ww_labelled {
    size_t count;
    int channels, height, width; /* of every picture; a class folder is brought to one size */
    int classes;
    const char *const *class_name; /* [classes] */
    const unsigned char *pixel;    /* [count][channels][height][width] */
    const int *label;              /* [count] */
    const char *const *file;       /* [count] of a class folder, else NULL */
    size_t sources;
    const char *const *source; /* [sources] the files that hold all this; class folders: `file` */
} ww_labelled;

typedef enum ww_split { WW_SPLIT_TRAIN, WW_SPLIT_TEST } ww_split;

/** Reads one split of what lies in `path`, told by content:
 *  - a folder with train-images*-idx3-ubyte[.gz] and labels (t10k-* for the test split);
 *  - a folder with CIFAR binaries (*data_batch*.bin[.gz] or *train*.bin[.gz]; *test*.bin[.gz]);
 *  - a folder with `train/` and `test/` each of the same class folders;
 *  - a folder of class folders: the first `train_per_class` pictures of each class (by name,
 *    numbers in their order: 2 before 10) train, the others test (0: half of them train, the larger
 *    half of an odd number).
 * `height` x `width` is the size that class folders are brought to (0: that of the first training
 * picture, from which colour or grey is taken too). IDX and CIFAR keep their own. Classes are the
 * same in both splits. Errors are one line naming the file: not found, truncated, bad magic number,
 * labels and images that differ in number, an empty class folder, a folder with only one class. */
ww_status ww_labelled_read(ww_labelled **out, const char *path, ww_split split, int train_per_class,
                           int height, int width, ww_arena *arena);

/** Above this number of files, ww_labelled_sources names folders. */
enum { WW_LABELLED_MOST_SOURCES = 1000 };

/** What to take checksums of, so that a later reader knows whether it has the same pictures: the
 * source files of n sets, or, where that were more than WW_LABELLED_MOST_SOURCES pictures of class
 * folders, these folders, each once. In `arena`. */
ww_status ww_labelled_sources(const char *const **out, size_t *count, const ww_labelled *const *set,
                              size_t n, ww_arena *arena);

/** A sample of n pictures (all, if there are no more), drawn under `seed`, in the order of the set:
 * each class has the share that it has in the set, to within one picture. The same seed draws the
 * same. A copy in `arena`. n > 0. */
ww_status ww_labelled_sample(ww_labelled **out, const ww_labelled *set, size_t n, uint64_t seed,
                             ww_arena *arena);

/** CRC-32 of a set as it was read: of each picture its label (four bytes, low byte first) and its
 * pixels. */
uint32_t ww_labelled_crc32(const ww_labelled *set);

#endif

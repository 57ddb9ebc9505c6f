/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Any bytes as the images (the first byte says how many of the rest) and the labels of a set either
 * are refused in one line or make a set whose labels are in range. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/store/labelled.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);

static void put(const char *path, const uint8_t *data, size_t bytes)
{
    FILE *stream = fopen(path, "wb");
    if (stream == NULL || fwrite(data, 1, bytes, stream) != bytes || fclose(stream) != 0)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    char folder[64], images[128], labels[128];
    if (bytes == 0)
        return 0;
    snprintf(folder, sizeof folder, "/dev/shm/ww-fuzz-idx-%ld", (long)getpid());
    snprintf(images, sizeof images, "%s/train-images-idx3-ubyte", folder);
    snprintf(labels, sizeof labels, "%s/train-labels-idx1-ubyte", folder);
    mkdir(folder, 0777);
    size_t first = data[0] < bytes - 1 ? data[0] : bytes - 1;
    put(images, data + 1, first);
    put(labels, data + 1 + first, bytes - 1 - first);
    ww_arena *arena = ww_arena_create();
    ww_labelled *set;
    ww_error_clear();
    if (ww_labelled_read(&set, folder, WW_SPLIT_TRAIN, 0, 0, 0, arena) == WW_OK) {
        size_t plane = (size_t)set->height * (size_t)set->width;
        volatile unsigned char last = set->pixel[set->count * plane - 1];
        (void)last;
        for (size_t i = 0; i < set->count; i++)
            if (set->label[i] < 0 || set->label[i] >= set->classes)
                abort();
    } else if (ww_error_message()[0] == '\0') {
        abort();
    }
    ww_arena_free(arena);
    unlink(images);
    unlink(labels);
    rmdir(folder);
    return 0;
}
